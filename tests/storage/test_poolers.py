"""PostgreSQL behind a pooler that gives each transaction another session of the server."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.domain.jobs import JobState
from bot.storage.reading import open_for_reading
from bot.storage.store import open_store
from tests.factories import new_job

ID = new_job().id


def with_options(url, **options):
    return make_url(url).update_query_dict(options).render_as_string(hide_password=False)


async def settings_of(store):
    async with store._database.transaction() as connection:
        row = await connection.execute(
            text(
                "SELECT current_setting('synchronous_commit'), current_setting('work_mem'), "
                "current_setting('idle_in_transaction_session_timeout'), "
                "(SELECT count(*) FROM pg_prepared_statements)"
            )
        )
        return tuple(row.one())


async def test_nothing_is_left_to_the_sessions_of_a_pooler(postgres_url):
    url = with_options(postgres_url, pooler="transaction", options="-c work_mem=6MB")
    async with open_store(url, worker_id="w1") as store:
        await store.lease.renew(60)
        for number in range(4):
            await store.add(new_job(ID + number))
        (job, *_) = await store.claims.claim(10)
        assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING
        assert await settings_of(store) == ("on", "6MB", "5s", 1)  # prepared is only what asks
        # Outside of a transaction the session is as the server makes it.
        async with store._database._engine.connect() as connection:
            raw = await connection.get_raw_connection()
            shown = await raw.driver_connection.fetchval("SHOW work_mem")
        assert shown != "6MB"


async def test_the_options_of_an_address_hold_without_a_pooler_too(postgres_url):
    url = with_options(postgres_url, options="-c work_mem=6MB", connect_timeout="20")
    async with open_store(url, worker_id="w1") as store:
        assert (await settings_of(store))[:3] == ("on", "6MB", "5s")


class Pooler:
    """What stands before a server and takes no settings when a session begins, as PgBouncer."""

    def __init__(self, path):
        self._path = path
        self.refused = 0

    async def serve(self, reader, writer):
        size = await reader.readexactly(4)
        message = await reader.readexactly(int.from_bytes(size, "big") - 4)
        if b"synchronous_commit" in message:
            self.refused += 1
            told = b"SFATAL\0C08P01\0Munsupported startup parameter: synchronous_commit\0\0"
            writer.write(b"E" + (len(told) + 4).to_bytes(4, "big") + told)
            writer.close()
            return
        from_server, to_server = await asyncio.open_unix_connection(self._path)
        to_server.write(size + message)
        await asyncio.gather(pump(reader, to_server), pump(from_server, writer))


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


@pytest.fixture
async def pooler(postgres_url, tmp_path):
    url = make_url(postgres_url)
    folder = url.query.get("host", url.host)
    port = url.query.get("port", url.port or 5432)
    pooler = Pooler(f"{folder}/.s.PGSQL.{port}")
    server = await asyncio.start_unix_server(pooler.serve, tmp_path / ".s.PGSQL.5432")
    pooler.url = (
        url.set(host=None, port=None, query={"host": str(tmp_path), "ssl": "disable"})
    ).render_as_string(hide_password=False)
    yield pooler
    server.close()


async def test_a_pooler_that_refuses_settings_is_seen_at_the_start(pooler):
    async with open_store(pooler.url, worker_id="w1") as store:
        assert pooler.refused == 1
        assert (await settings_of(store))[0::2] == ("on", "5s")
        await store.add(new_job())
        assert (await store.get(ID)).state is JobState.QUEUED


async def test_the_commands_that_look_see_the_pooler_too(pooler):
    async with open_store(pooler.url, worker_id="w1") as store:
        await store.add(new_job())
        async with open_for_reading(pooler.url) as looking:
            assert (await looking.get(ID)).state is JobState.QUEUED
