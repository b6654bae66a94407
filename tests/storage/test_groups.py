"""Changes that share a commit on SQLite: each has its own outcome, and nobody is told too early."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text

from bot.domain.jobs import JobState
from bot.domain.quotas import Cap, Decider, Period, QuotaSubject, Scope, Unit
from bot.errors import CapReachedError, JobLostError, StoreUnavailableError
from tests.factories import GUILD_ID, new_job
from tests.storage.rows import all_jobs, put

ID = new_job().id
SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=GUILD_ID, guild_id=GUILD_ID)


@pytest.fixture
def commits(sqlite_store):
    """How many commits there were; with ``commits.fail``, the next one fails."""
    engine = sqlite_store._database._engine.sync_engine
    commits = Commits()
    event.listen(engine, "commit", commits.note)
    yield commits
    event.remove(engine, "commit", commits.note)


class Commits:
    def __init__(self):
        self.count = 0
        self.fails = False

    def note(self, _connection):
        if self.fails:
            self.fails = False
            raise OSError("the disk is gone")
        self.count += 1


@asynccontextmanager
async def everybody_waits(store):
    """Hold the turn to write until the block is over, so that all of its changes wait together."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def hold():
        async with store._database.transaction():
            begun.set()
            await may_end.wait()

    holding = asyncio.ensure_future(hold())
    await begun.wait()
    yield
    await asyncio.sleep(0)  # each has asked for its turn
    may_end.set()
    await holding


async def together(store, *changes):
    """Return the outcomes of ``changes``, which wait for their turns at the same time."""
    async with everybody_waits(store):
        tasks = [asyncio.ensure_future(change) for change in changes]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_waits_together_is_committed_together(sqlite_store, commits):
    added = await together(sqlite_store, *(sqlite_store.add(new_job(ID + n)) for n in range(10)))
    assert commits.count == 2  # of whoever held them up, and theirs
    assert [job.id - ID for job in added] == list(range(10))
    assert [*(await all_jobs(sqlite_store)).values()] == added


async def test_a_change_that_fails_harms_only_itself(sqlite_store):
    first = await put(sqlite_store, ID, JobState.QUEUED)
    second = await put(sqlite_store, ID + 1, JobState.QUEUED)

    async def surprised():
        async with sqlite_store._database.transaction(grouped=True) as connection:
            await connection.execute(text("UPDATE jobs SET prompt = 'lost'"))
            raise ZeroDivisionError

    async def mistaken():
        async with sqlite_store._database.transaction(grouped=True) as connection:
            await connection.execute(text("UPDATE jobs SET prompt = 'lost'"))
            await connection.execute(text("UPDATE jobs SET state = 'nonsense'"))

    moved, surprise, mistake, lost, cancelled = await together(
        sqlite_store,
        sqlite_store.move(first, JobState.SUBMITTING),
        surprised(),
        mistaken(),
        sqlite_store.move(first, JobState.CANCELLED),
        sqlite_store.cancel(second.id),
    )
    assert moved.state is JobState.SUBMITTING
    assert isinstance(surprise, ZeroDivisionError)
    assert "CHECK" in str(mistake)
    assert isinstance(lost, JobLostError)
    assert cancelled.state is JobState.CANCELLED
    assert [*(await all_jobs(sqlite_store)).values()] == [moved, cancelled]


async def test_the_last_slot_goes_to_one_of_those_that_wait_together(sqlite_store):
    cap = Cap(
        holder=SERVER, period=Period.DAY, unit=Unit.JOBS, limit=2, decided_by=Decider.MODERATORS
    )
    outcomes = await together(
        sqlite_store,
        *(sqlite_store.add(new_job(ID + n), holders=[SERVER], caps=[cap]) for n in range(5)),
    )
    assert [isinstance(one, CapReachedError) for one in outcomes] == [False] * 2 + [True] * 3
    assert len(await all_jobs(sqlite_store)) == 2


async def test_nobody_is_told_anything_before_the_shared_commit(sqlite_store, commits):
    jobs = [await put(sqlite_store, ID + n, JobState.QUEUED) for n in range(3)]
    before = commits.count
    told = []

    async def tell(number, change):
        try:
            return await change
        finally:
            told.append((number, commits.count))

    async def surprised():
        async with sqlite_store._database.transaction(grouped=True):
            raise ZeroDivisionError

    await together(
        sqlite_store,
        tell(0, sqlite_store.move(jobs[0], JobState.SUBMITTING)),
        tell(1, sqlite_store.move(jobs[0], JobState.SUBMITTING)),  # not in that state any more
        tell(2, surprised()),
        tell(3, sqlite_store.move(jobs[2], JobState.SUBMITTING)),
    )
    assert [count - before for _, count in told] == [2] * 4


async def test_where_the_shared_commit_fails_everybody_failed(sqlite_store, commits):
    jobs = [await put(sqlite_store, ID + n, JobState.QUEUED) for n in range(3)]
    async with everybody_waits(sqlite_store):
        tasks = [
            asyncio.ensure_future(sqlite_store.move(job, JobState.SUBMITTING))
            for job in (*jobs, jobs[0])
        ]
        await asyncio.sleep(0)
        event.listen(
            sqlite_store._database._engine.sync_engine,
            "commit",
            lambda _connection: setattr(commits, "fails", True),
            once=True,
        )
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    # Not even "it is not ours any more" is true of what was undone.
    assert [type(one) for one in outcomes] == [StoreUnavailableError] * 4
    assert [*(await all_jobs(sqlite_store)).values()] == jobs


async def test_who_leaves_a_group_takes_only_its_own_change_along(sqlite_store):
    inside = asyncio.Event()

    async def dawdle():
        async with sqlite_store._database.transaction(grouped=True) as connection:
            await connection.execute(text("UPDATE jobs SET prompt = 'lost'"))
            inside.set()
            await asyncio.Event().wait()

    async with everybody_waits(sqlite_store):
        tasks = [
            asyncio.ensure_future(work)
            for work in (sqlite_store.add(new_job(ID)), dawdle(), sqlite_store.add(new_job(ID + 1)))
        ]
        await asyncio.sleep(0)
    await inside.wait()
    tasks[1].cancel()
    first, left, second = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(left, asyncio.CancelledError)
    assert [*(await all_jobs(sqlite_store)).values()] == [first, second]
