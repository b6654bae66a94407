"""Databases and answers of CometAPI that fail, or are late, when a test wants it."""

import asyncio
from contextlib import asynccontextmanager, contextmanager

from bot.domain.jobs import JobState
from bot.errors import StoreUnavailableError
from bot.storage.tables.job import jobs
from sandbox.cometapi import HttpAnswer


class Wrapped:
    """A database that is another one in all but its transactions."""

    def __init__(self, database):
        self._database = database

    def __getattr__(self, name):
        return getattr(self._database, name)

    def read(self, **how):
        return self.transaction(**how)


class Broken(Wrapped):
    """A database that stops answering after some transactions; perhaps right after a commit."""

    def __init__(self, database, *, after=0, commits=False, error=StoreUnavailableError):
        super().__init__(database)
        self._left = after
        self._commits = commits
        self._error = error

    @asynccontextmanager
    async def transaction(self, **how):
        self._left -= 1
        if self._left < 0 and not self._commits:
            raise self._error("the database does not answer")
        async with self._database.transaction(**how) as connection:
            yield connection
        if self._left < 0:
            raise self._error("the connection broke in the commit")


class Counting(Wrapped):
    """A database that counts its transactions."""

    def __init__(self, database):
        super().__init__(database)
        self.transactions = 0

    @asynccontextmanager
    async def transaction(self, **how):
        self.transactions += 1
        async with self._database.transaction(**how) as connection:
            yield connection


class LateCommit(Wrapped):
    """A database that lets a move to SUBMITTING fail and carries it out when it is asked next."""

    def __init__(self, database, *, job_id):
        super().__init__(database)
        self._job_id = job_id
        self._count = 0

    @asynccontextmanager
    async def transaction(self, **how):
        # Read, submit (fails), read, submit (finds the first one carried out).
        self._count += 1
        if self._count == 2:
            raise StoreUnavailableError("the connection broke in the commit")
        if self._count == 4:
            async with self._database.transaction() as connection:
                await connection.execute(
                    jobs.update()
                    .where(jobs.c.id == self._job_id)
                    .values(state=JobState.SUBMITTING, submitted_by="w1")
                )
        async with self._database.transaction(**how) as connection:
            yield connection


class Slow(Wrapped):
    """A database of which, after some transactions, each one takes ``seconds``."""

    def __init__(self, database, *, clock, seconds, after=0):
        super().__init__(database)
        self._clock = clock
        self._seconds = seconds
        self._left = after

    @asynccontextmanager
    async def transaction(self, **how):
        self._left -= 1
        async with self._database.transaction(**how) as connection:
            yield connection
        if self._left < 0:
            self._clock.advance(self._seconds)


class Meanwhile(Wrapped):
    """A database of which one transaction's outcome is told only after ``work`` was done."""

    def __init__(self, database, *, work, after=0):
        super().__init__(database)
        self._work = work
        self._left = after

    @asynccontextmanager
    async def transaction(self, **how):
        self._left -= 1
        is_it = self._left == -1
        async with self._database.transaction(**how) as connection:
            yield connection
        if is_it:
            await self._work()


@contextmanager
def database_of(store, wrapper, **options):
    """Put ``wrapper`` between ``store``, with all that a step asks of it, and their database."""
    real = store._database
    users = (store, store.lease, store.admissions, store._writes)
    wrapped = wrapper(real, **options)
    for user in users:
        user._database = wrapped
    try:
        yield wrapped
    finally:
        for user in users:
            user._database = real


# Of CometAPI

UNREACHABLE = HttpAnswer(
    status=400,
    body={
        "error": "Validation of body failed",
        "issues": [
            {
                "code": "custom",
                "path": ["videoUri"],
                "message": "Failed to fetch asset. The URL may be incorrect or the server "
                "hosting the asset may be down.",
            }
        ],
        "docUrl": "https://docs.dev.runwayml.com/api",
    },
)


class LateComet:
    """CometAPI whose answer comes when the test says so."""

    def __init__(self, comet):
        self._comet = comet
        self.answer = asyncio.Event()

    async def create_task(self, request, *, total_seconds):
        created = await self._comet.create_task(request, total_seconds=total_seconds)
        await self.answer.wait()
        return created

    async def get_task(self, task_id):
        return await self._comet.get_task(task_id)
