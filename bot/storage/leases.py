"""Workers and their leases: who is alive, and what becomes of the jobs of who is not.

A job's ``owner`` names a worker. Whoever finds a worker's lease expired deletes its row and, in the
same transaction, takes its jobs from it; so a worker either has a row or owns nothing, and one that
was taken for dead notices when it renews.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import delete, exists, func, insert, select, text, update

from bot.domain.jobs import JobState
from bot.errors import LeaseLostError
from bot.storage.quarantine import STALE_AFTER, note_alive
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.process import workers
from bot.system.clock import steady_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database
    from bot.system.last_word import LastWord

log = logging.getLogger(__name__)


def new_worker_id() -> str:
    """Return an id that no worker ever had: new at every start, readable in a log."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


async def release_jobs(
    connection: AsyncConnection, database: Database, dead: Collection[str]
) -> int:
    """Take the unsettled jobs of the ``dead`` workers from them; return how many there were.

    One that was being submitted becomes UNCERTAIN: its paid request may have been carried out.
    """
    theirs = jobs.c.owner.in_(dead) & text(UNSETTLED)
    uncertain = await connection.execute(
        update(jobs)
        .where(theirs, jobs.c.state == JobState.SUBMITTING)
        .values(state=JobState.UNCERTAIN, owner=None, told_at=None, updated_at=database.now())
    )
    others = await connection.execute(update(jobs).where(theirs).values(owner=None))
    return uncertain.rowcount + others.rowcount


def _owners_without_a_row() -> Select[tuple[str]]:
    # From each owner straight to the next in the index, however many jobs each has: DISTINCT
    # reads every unsettled job, 50 ms with 10,000. https://wiki.postgresql.org/wiki/Loose_indexscan
    lowest = select(func.min(jobs.c.owner).label("owner")).where(text(UNSETTLED))
    owners = lowest.cte("owners", recursive=True)
    following = lowest.where(jobs.c.owner > owners.c.owner).scalar_subquery()
    owners = owners.union_all(select(following).where(owners.c.owner.is_not(None)))
    return select(owners.c.owner).where(
        owners.c.owner.is_not(None), ~exists().where(workers.c.id == owners.c.owner)
    )


async def expire_workers(connection: AsyncConnection, database: Database, *, but: str) -> int:
    """Delete the workers whose lease ran out, release their jobs; return how many jobs that were.

    Never the worker ``but``: it asks, so it lives, and may still renew.

    Jobs whose owner has no row in ``workers`` at all are released too.
    """
    expired = await connection.scalars(
        select(workers.c.id)
        .where(workers.c.expires_at < database.now(), workers.c.id != but)
        .with_for_update(skip_locked=True)  # a worker that renews right now is alive after all
    )
    dead = set(expired)
    if dead:
        await connection.execute(delete(workers).where(workers.c.id.in_(dead)))
    # A plain SELECT sees one moment: an owner it reads had joined before, so its row is seen too.
    dead |= set(await connection.scalars(_owners_without_a_row()))
    if not dead:
        return 0
    count = await release_jobs(connection, database, dead)
    log.warning("Worker %s is silent or gone: its %d jobs are free", ", ".join(dead), count)
    return count


async def _has_row(connection: AsyncConnection, worker_id: str) -> bool:
    """Tell whether a worker lives; until the transaction ends nobody can expire it."""
    alive = select(workers.c.id).where(workers.c.id == worker_id).with_for_update(read=True)
    return await connection.scalar(alive) is not None


class Lease:
    """This process's worker id and its lease.

    Attributes:
        worker_id: The present id.
    """

    def __init__(
        self,
        database: Database,
        worker_id: str,
        *,
        monotonic: Callable[[], float] = steady_seconds,
        stale_after: timedelta = STALE_AFTER,
        last_word: LastWord | None = None,
    ) -> None:
        self.worker_id = worker_id
        self._stale_after = stale_after
        self._database = database
        self._monotonic = monotonic
        self._former_ids: list[str] = []
        self._joined = False
        self._has_joined = False
        """Whether it ever did, under whichever id."""
        self._valid_until = float("-inf")
        self._last_word = last_word
        self._written = last_word.read() if last_word is not None else None
        """The sign of life that this process left last, or the one before it."""
        self._seen: tuple[datetime, float] | None = None
        """The database's time, and the monotonic clock's seconds at that moment."""

    def now(self) -> datetime:
        """Return the database's time, reckoned by the monotonic clock; nothing is asked.

        What rows say of moments is measured by this, never by the machine's own calendar.
        """
        if self._seen is None:
            return datetime.now(UTC)
        moment, at = self._seen
        return moment + timedelta(seconds=self._monotonic() - at)

    async def compare_clocks(self, now: Callable[[], datetime]) -> float:
        """Return how many seconds the clock ``now`` is ahead of the database's; 0 on SQLite.

        What the answer's way took is no difference.
        """
        before, at = now(), self._monotonic()
        async with self._database.read() as connection:
            moment = await self._database.read_now(connection)
        after = now()
        self._seen = (moment, at)
        if before > moment:
            return (before - moment).total_seconds()
        return min(0.0, (after - moment).total_seconds())

    @property
    def worker_ids(self) -> list[str]:
        """Every id this process has had, the present one first."""
        return [self.worker_id, *self._former_ids]

    def remaining(self) -> float:
        """Return for how many more seconds the lease surely holds, by the monotonic clock; >= 0."""
        return max(0.0, self._valid_until - self._monotonic())

    async def renew(self, ttl_seconds: float) -> None:
        """Take or prolong the lease, and note that somebody is alive: two rows, however many jobs.

        Where nobody was for long, the jobs that wait go into quarantine.

        Raises:
            LeaseLostError: Another process took this worker for dead. Its jobs are in other hands:
                drop all of them, then :meth:`rejoin`.
        """
        # Counted from before the request: the database's own moment can only be later.
        started = self._monotonic()
        me = self.worker_id
        expires_at = self._database.now(timedelta(seconds=ttl_seconds))
        async with self._database.transaction() as connection:
            seen = await self._note_alive(connection)
            renewed = await connection.execute(
                update(workers).where(workers.c.id == me).values(expires_at=expires_at)
            )
            if not renewed.rowcount:
                if self._joined:
                    self._lose(me)
                await self._insert(connection, me, ttl_seconds)
        self._keep(seen)
        if self._seen is None:
            self._seen = (seen, started)
        if me == self.worker_id:
            self._joined = True
            self._valid_until = started + ttl_seconds

    async def _note_alive(self, connection: AsyncConnection) -> datetime:
        return await note_alive(
            connection,
            self._database,
            self._stale_after,
            self._written,
            is_joining=not self._has_joined,
        )

    def _keep(self, seen: datetime) -> None:
        """Remember a sign of life once it is committed, also for the process after this one."""
        self._has_joined = True
        self._written = seen
        if self._last_word is not None:
            self._last_word.write(seen)

    async def _insert(
        self, connection: AsyncConnection, worker_id: str, ttl_seconds: float
    ) -> None:
        now = self._database.now
        await connection.execute(
            insert(workers).values(
                id=worker_id,
                host=socket.gethostname(),
                pid=os.getpid(),
                started_at=now(),
                expires_at=now(timedelta(seconds=ttl_seconds)),
            )
        )

    def _lose(self, worker_id: str) -> NoReturn:
        """Say that ``worker_id`` was taken for dead; a later id of this process may live."""
        if worker_id == self.worker_id:
            self._valid_until = float("-inf")
        raise LeaseLostError(f"worker {worker_id} was taken for dead")

    async def rejoin(self, ttl_seconds: float) -> str:
        """Start anew after ``LeaseLostError`` under a new worker id, which is returned.

        The new id is in force only once its lease is: whoever asks the database in between still
        goes by the lost one, and cannot take a worker for dead that is just being born.
        """
        started = self._monotonic()
        new_id = new_worker_id()
        async with self._database.transaction() as connection:
            seen = await self._note_alive(connection)
            await self._insert(connection, new_id, ttl_seconds)
        self._keep(seen)
        self._former_ids.insert(0, self.worker_id)
        self.worker_id = new_id
        self._joined = True
        self._valid_until = started + ttl_seconds
        return new_id

    async def check(self, connection: AsyncConnection) -> None:
        """Make sure, inside a transaction, that nobody took this worker for dead.

        Raises:
            LeaseLostError: Somebody did, or the worker never took a lease.
        """
        me = self.worker_id
        if not await _has_row(connection, me):
            self._lose(me)
        self._joined = True

    async def holds(self, connection: AsyncConnection) -> bool:
        """Tell whether this worker lives, and goes on living until a transaction ends."""
        return self.remaining() > 0 and await _has_row(connection, self.worker_id)

    async def release(self) -> None:
        """Give every job back and end the lease, so that other processes take over at once.

        A job still SUBMITTING becomes UNCERTAIN. After this the store can still read, and record
        a late answer with ``Store.lift_uncertain``.
        """
        self._valid_until = float("-inf")
        async with self._database.transaction() as connection:
            await release_jobs(connection, self._database, [self.worker_id])
            await connection.execute(delete(workers).where(workers.c.id == self.worker_id))
        self._joined = False

    async def count_workers(self) -> int:
        """Count the workers whose lease holds: the processes at work on this database."""
        alive = workers.c.expires_at >= self._database.now()
        async with self._database.read() as connection:
            found = await connection.scalar(select(func.count()).select_from(workers).where(alive))
        return found or 0
