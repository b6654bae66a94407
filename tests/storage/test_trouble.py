"""What happens when the database does not answer, cannot write, or the caller goes away."""

import asyncio
import random
import sqlite3

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.domain.jobs import JobState
from bot.errors import StoreUnavailableError
from bot.storage.store import open_store
from tests.factories import new_job
from tests.postgres import PostgresServer
from tests.storage.rows import all_jobs, put

ID = new_job().id


async def pragma(store, statement):
    """Past the store's transactions, which a read-only database does not even begin."""
    async with store._database._engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute(f"PRAGMA {statement}")


async def run_sql(store, statement):
    async with store._database.transaction() as connection:
        await connection.execute(text(statement))


# SQLite


@pytest.mark.parametrize(
    ("break_it", "mend_it"),
    [
        ("max_page_count = 1", "max_page_count = 1000000"),  # the disk is full
        ("query_only = ON", "query_only = OFF"),  # the file is read-only
    ],
    ids=["full", "readonly"],
)
async def test_sqlite_that_cannot_write_spends_nothing_and_recovers(
    sqlite_store, break_it, mend_it
):
    await sqlite_store.add(new_job())
    (job,) = await sqlite_store.claims.claim(1)
    await pragma(sqlite_store, break_it)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            await sqlite_store.add(new_job(ID + 1, prompt="long " * 10_000))
    await pragma(sqlite_store, mend_it)
    assert await sqlite_store.get(job.id) == job
    await sqlite_store.add(new_job(ID + 1, prompt="long " * 10_000))
    assert (await sqlite_store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_a_locked_sqlite_spends_nothing_and_recovers(sqlite_url):
    async with open_store(f"{sqlite_url}?timeout=0.05", worker_id="w1") as store:
        await store.lease.renew(60)
        await store.add(new_job())
        (job,) = await store.claims.claim(1)
        person = sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)
        person.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match="locked"):
                await store.move(job, JobState.SUBMITTING)
        person.execute("ROLLBACK")
        person.close()
        assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_errors_do_not_carry_what_people_wrote(sqlite_store):
    await pragma(sqlite_store, "query_only = ON")
    with pytest.raises(StoreUnavailableError) as caught:
        await sqlite_store.add(new_job(prompt="my secret wish"))
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    await pragma(sqlite_store, "query_only = OFF")


# PostgreSQL


@pytest.fixture
def own_server():
    """A server that the test may stop and start."""
    server = PostgresServer()
    server.create()
    yield server
    server.remove()


async def test_a_restart_of_postgresql_loses_nothing(own_server):
    url = own_server.dsn.replace("postgresql://", "postgresql+asyncpg://")
    async with open_store(url, worker_id="w1") as store:
        await store.lease.renew(60)
        await store.add(new_job())
        (job,) = await store.claims.claim(1)
        await asyncio.to_thread(own_server.stop)
        for attempt in (store.move(job, JobState.SUBMITTING), store.get(ID), store.claims.claim(1)):
            with pytest.raises(StoreUnavailableError):
                await attempt
        await asyncio.to_thread(own_server.start)
        assert await store.get(ID) == job
        assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING
        await store.lease.renew(60)
    await asyncio.to_thread(own_server.stop)
    with pytest.raises(StoreUnavailableError):
        async with open_store(url, worker_id="w2"):
            pass
    await asyncio.to_thread(own_server.start)


async def test_lines_cut_between_two_statements_are_not_noticed(postgres_url):
    async with open_store(postgres_url, worker_id="w1") as store:
        await asyncio.gather(*(store.get(n) for n in range(10)))
        await cut_all_lines(postgres_url)
        for number in range(10):
            await store.add(new_job(ID + number))
        assert len(await all_jobs(store)) == 10


async def test_a_line_cut_inside_a_transaction_undoes_it(postgres_url):
    async with open_store(postgres_url, worker_id="w1") as store:
        job = await put(store, ID, JobState.QUEUED)

        async def interrupted():
            async with store._database.transaction() as connection:
                await connection.execute(text("UPDATE jobs SET state = 'failed'"))
                await cut_all_lines(postgres_url)
                await connection.execute(text("SELECT 1"))

        with pytest.raises(StoreUnavailableError):
            await interrupted()
        assert await store.get(ID) == job


async def cut_all_lines(url):
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere",
        "postgresql+asyncpg://nobody@/nowhere?host=/nonexistent",
    ],
)
async def test_a_server_that_is_not_there_is_a_plain_error(url):
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        async with open_store(url, worker_id="w1"):
            pass


async def test_a_missing_database_is_a_plain_error(postgres_url):
    url = make_url(postgres_url).set(database="no_such_database")
    with pytest.raises(StoreUnavailableError, match="no_such_database"):
        async with open_store(url.render_as_string(hide_password=False), worker_id="w1"):
            pass


# Both


async def test_mistakes_of_ours_are_not_taken_for_an_outage(store):
    job = await put(store, ID, JobState.QUEUED)
    for values in ({"thread_id": 2**70}, {"submit_attempts": "many"}, {"progress": "half"}):
        if store._database.dialect == "sqlite" and "thread_id" not in values:
            continue  # SQLite stores any type in any column
        with pytest.raises((DBAPIError, OverflowError)) as caught:
            await store.update(job, **values)
        assert not isinstance(caught.value, StoreUnavailableError)
    with pytest.raises(DBAPIError):
        await run_sql(store, "UPDATE jobs SET state = 'nonsense'")
    assert await store.get(ID) == job


async def test_a_closed_store_refuses_everything(database_url):
    async with open_store(database_url, worker_id="w1") as store:
        await store.add(new_job())
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.get(ID)


async def test_closing_waits_for_what_is_being_written(database_url):
    async with open_store(database_url, worker_id="w1") as store:
        writes = [asyncio.ensure_future(store.add(new_job(ID + n))) for n in range(8)]
        await asyncio.sleep(0)
    assert [job.id - ID for job in await asyncio.gather(*writes)] == list(range(8))


async def test_more_callers_than_connections_take_turns(store):
    await asyncio.gather(*(store.add(new_job(ID + number)) for number in range(60)))
    assert await store.overview.count_open() == {JobState.QUEUED: 60}


async def test_an_exception_inside_a_transaction_undoes_it(store):
    job = await put(store, ID, JobState.QUEUED)

    class Surprise(BaseException):
        pass

    async def surprised():
        async with store._database.transaction() as connection:
            await connection.execute(text("UPDATE jobs SET state = 'failed'"))
            raise Surprise

    with pytest.raises(Surprise):
        await surprised()
    assert await store.get(ID) == job


async def test_a_cancelled_transaction_is_undone_and_holds_nothing(store):
    job = await put(store, ID, JobState.QUEUED)
    inside = asyncio.Event()

    async def hold():
        async with store._database.transaction() as connection:
            await connection.execute(text("UPDATE jobs SET state = 'failed'"))
            inside.set()
            await asyncio.Event().wait()

    tasks = [asyncio.ensure_future(hold()) for _ in range(1)]
    await inside.wait()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    assert await store.get(ID) == job
    assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_callers_cancelled_at_any_moment_leave_all_or_nothing(store, store_factory):
    """Whatever instant a cancellation hits, the write is whole or absent, and nothing is stuck."""
    other = await store_factory("w2")
    rng = random.Random(2026)  # noqa: S311 - which instants are tried is no secret
    for number in range(80):
        job = await put(store, ID + number, JobState.QUEUED)
        move = asyncio.ensure_future(store.move(job, JobState.SUBMITTING))
        for _ in range(rng.randrange(40)):
            await asyncio.sleep(rng.choice([0, 0, 0, 0.0002]))
        move.cancel()
        if rng.random() < 0.3:
            await asyncio.sleep(0)
            move.cancel()
        outcome = (await asyncio.gather(move, return_exceptions=True))[0]
        kept = await store.get(job.id)
        assert kept == job or (kept.state, kept.submitted_by) == (JobState.SUBMITTING, "w1")
        if not isinstance(outcome, BaseException):
            assert kept == outcome
    # Every connection is back and no lock is left.
    await asyncio.gather(*(store.get(ID) for _ in range(20)))
    await other.lease.renew(60)
    await store.lease.release()
    assert len(await other.claims.claim(200)) == 80
