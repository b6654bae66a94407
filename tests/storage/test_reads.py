"""Reading and answering while somebody writes, or holds the database for as long as they like."""

import asyncio
import contextlib
import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.domain.jobs import JobState
from bot.errors import StoreUnavailableError
from bot.storage.store import Store, open_store
from cogs.common.limits import store_deadline
from tests.engine.faults import Counting
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import put

ID = new_job().id
PATIENCE = 60
"""Only so that what waits for the lock fails instead of hanging."""


@contextlib.contextmanager
def held(url):
    """Hold the database as a browser for SQLite or a backup does, from outside the program."""
    person = sqlite3.connect(
        make_url(url).database, isolation_level=None, check_same_thread=False, timeout=PATIENCE
    )
    has_waited = threading.Event()

    def give_up():
        has_waited.set()
        person.execute("ROLLBACK")

    person.execute("BEGIN EXCLUSIVE")
    watchdog = threading.Timer(PATIENCE, give_up)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        watchdog.join()
        if not has_waited.is_set():
            person.execute("ROLLBACK")
        person.close()
    assert not has_waited.is_set()


async def test_reads_do_not_wait_for_a_writer_of_the_same_process(sqlite_store):
    job = await put(sqlite_store, ID, JobState.QUEUED)
    async with asyncio.timeout(PATIENCE), sqlite_store._database.transaction() as connection:
        await connection.execute(text("UPDATE jobs SET state = 'failed'"))
        assert await sqlite_store.get(ID) == job
        await sqlite_store.circumstances.read(GUILD_ID, USER_ID, (USER_ID, [7]))
    assert (await sqlite_store.get(ID)).state is JobState.FAILED


async def test_reads_do_not_wait_for_a_stranger_who_holds_the_file(sqlite_store, sqlite_url):
    job = await put(sqlite_store, ID, JobState.QUEUED)
    with held(sqlite_url):
        assert await sqlite_store.get(ID) == job
        await asyncio.gather(*(sqlite_store.circumstances.read(GUILD_ID, n) for n in range(1, 20)))
        assert await sqlite_store.overview.count_open() == {JobState.QUEUED: 1}


async def test_a_press_is_answered_before_the_stranger_lets_go(sqlite_url):
    async with open_store(f"{sqlite_url}?timeout={2 * PATIENCE}", worker_id="w1") as store:
        job = await put(store, ID, JobState.QUEUED)
        with held(sqlite_url):
            for press in (store.cancel(ID), store.cancel(ID), store.people.pause(1, user_id=2)):
                with pytest.raises(StoreUnavailableError, match="no answer within"):
                    async with store_deadline(0.05):
                        await press
        # What was given up was not carried out behind anybody's back, and holds nothing.
        assert await store.people.paused(1) is None
        assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_whoever_is_cancelled_in_a_read_gives_the_connection_back(store):
    job = await put(store, ID, JobState.QUEUED)
    for steps in range(40):
        reading = asyncio.ensure_future(store.circumstances.read(GUILD_ID, USER_ID))
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.gather(*(store.get(ID) for _ in range(20))) == [job] * 20


async def test_a_read_that_would_write_is_refused(store):
    await put(store, ID, JobState.QUEUED)
    with pytest.raises(StoreUnavailableError):
        async with store._database.read() as connection:
            await connection.execute(text("UPDATE jobs SET state = 'failed'"))
    assert (await store.get(ID)).state is JobState.QUEUED
    assert (await store.cancel(ID)).state is JobState.CANCELLED


async def test_one_look_tells_all_that_holds_for_a_request(store):
    counting = Counting(store._database)
    await Store(counting, worker_id="w2").circumstances.read(GUILD_ID, USER_ID, (USER_ID, [7]))
    assert counting.transactions == 1
