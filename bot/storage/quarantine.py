"""A database that may be an old one: its waiting jobs are spent on only once the owner said so.

A restored backup, or a file that was left behind, holds jobs that were paid for and answered since.
Nobody can tell from the rows. What can be told is when the last process was alive on this database:
``installation.last_seen_at`` is written with every renewal of a lease. Where that is long ago when
a process joins, whatever waits goes into quarantine (``jobs.quarantined_at``), and stays there
until the owner releases it or says that it was finished. A younger copy is known by the last word
of a process (``bot.system.last_word``), which is missing in it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, func, select, text, true, update

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.errors import StoreMovedError
from bot.storage.changes import change_alone
from bot.storage.columns import Moment
from bot.storage.installation import note
from bot.storage.rows import job_from
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.process import installation, workers

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database

log = logging.getLogger(__name__)

STALE_AFTER: Final = timedelta(minutes=15)
"""After such a silence of all processes a database may be an old one (``STALE_MINUTES``)."""

LATE_WRITE: Final = timedelta(seconds=15)
"""So much may lie between two signs of life of which the later one is written first."""

_WAITING: Final = (JobState.HELD, JobState.QUEUED)
_QUARANTINED: Final = jobs.c.quarantined_at.is_not(None)


async def check_not_moved(connection: AsyncConnection) -> None:
    """Refuse a database whose jobs go on in another one.

    Raises:
        StoreMovedError: It bears the mark of ``migrate-data``.
    """
    target = await connection.scalar(select(installation.c.moved_to))
    if target is not None:
        raise StoreMovedError(
            f"This database was moved to {target} and holds the same jobs. Set DATABASE_URL to "
            "that address."
        )


async def mark_moved(connection: AsyncConnection, database: Database, target: str | None) -> None:
    """Write where everything was moved, so that no process starts on this database any more.

    Args:
        connection: Of an open transaction.
        database: The one that was moved.
        target: The address of the other, without a password; ``None`` takes the mark away.
    """
    await note(connection, database, moved_to=target)


async def note_alive(
    connection: AsyncConnection,
    database: Database,
    stale_after: timedelta,
    written: datetime | None = None,
    *,
    is_joining: bool = True,
) -> datetime:
    """Write that a process is alive; before that, quarantine what waits in an old database.

    Returns the database's time. A process names what this returned to it last, or to the one before
    it (``written``): it is no sign of an old database that a process that has joined slept for a
    night, but it is one, however short the time, that this last word is gone.

    Call it in the transaction that takes or renews a lease, before the lease is written, so that a
    worker whose lease holds counts as a sign of life.
    """
    now = await database.read_now(connection)
    row = (await connection.execute(select(installation.c.last_seen_at))).one_or_none()
    last_seen = row.last_seen_at if row is not None else None
    if last_seen is None:
        last_seen = await _last_change(connection)
    is_silent = is_joining and last_seen is not None and now - last_seen > stale_after
    is_behind = written is not None and last_seen is not None and written - last_seen > LATE_WRITE
    if is_silent or is_behind:
        # Processes that start together take turns: the second one finds the first alive.
        await database.take_turn(connection, "join")
        alive = select(exists().where(workers.c.expires_at >= now))
        if is_behind or not await connection.scalar(alive):
            count = await quarantine_waiting(connection, database)
            if count:
                log.error(
                    "%s since %s, so it may be an old one: "
                    "%d waiting jobs are in quarantine until the bot's owner releases them",
                    "This database lacks what the bot wrote"
                    if is_behind
                    else "No process was at work on this database",
                    last_seen.isoformat(timespec="seconds") if last_seen is not None else "ever",
                    count,
                )
    await note(connection, database, last_seen_at=now)
    return now


async def quarantine_waiting(
    connection: AsyncConnection, database: Database, job_ids: Collection[int] | None = None
) -> int:
    """Put every job that waits, or those of ``job_ids``, into quarantine; return how many."""
    marked = await connection.execute(
        update(jobs)
        .where(
            text(UNSETTLED),
            jobs.c.state.in_(_WAITING),
            ~_QUARANTINED,
            true() if job_ids is None else jobs.c.id.in_(job_ids),
        )
        # What the owner said of it before may be of before the backup.
        .values(quarantined_at=database.now(), released_at=None)
    )
    return marked.rowcount


async def _last_change(connection: AsyncConnection) -> datetime | None:
    """Return the best guess for a database from before there was a last sign of life."""
    waits = text(UNSETTLED), jobs.c.state.in_(_WAITING)
    if not await connection.scalar(select(exists().where(*waits))):
        return None
    latest = select(func.max(jobs.c.updated_at, type_=Moment))
    found: datetime | None = await connection.scalar(latest)
    return found


class Quarantine:
    """Every statement about jobs in quarantine on the owner's word; ``Store.quarantine``.

    What the owner decides sets ``jobs.owner`` to NULL, so that the next claim of any process
    continues the job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def jobs(self, limit: int = 25) -> list[Job]:
        """Return the jobs in quarantine that still wait, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs)
                .where(_QUARANTINED, jobs.c.state.in_(_WAITING))
                .order_by(jobs.c.id)
                .limit(limit)
            )
            return [job_from(row) for row in rows.mappings()]

    async def count(self) -> int:
        """Count the jobs in quarantine that still wait."""
        async with self._database.read() as connection:
            return await self._count(connection)

    async def _count(self, connection: AsyncConnection) -> int:
        which = (_QUARANTINED, jobs.c.state.in_(_WAITING))
        return await connection.scalar(select(func.count()).select_from(jobs).where(*which)) or 0

    async def enter(self, job_ids: Collection[int] | None = None) -> int:
        """Put jobs that wait into quarantine; return how many. ``None`` is all, as on a restore."""
        async with self._database.transaction() as connection:
            return await quarantine_waiting(connection, self._database, job_ids)

    async def release(self, job_ids: Collection[int] | None = None, *, user_id: int | None) -> int:
        """Let jobs go on where they were, to be paid for in their turn; return how many there were.

        Args:
            job_ids: Which; ``None`` is all in quarantine.
            user_id: Who says so, for the log; ``None`` is the operator's shell.
        """
        which = [_QUARANTINED, jobs.c.state.in_(_WAITING)]
        if job_ids is not None:
            which.append(jobs.c.id.in_(job_ids))
        async with self._database.transaction() as connection:
            rows = await connection.scalars(
                update(jobs)
                .where(*which)
                .values(
                    quarantined_at=None,
                    released_at=self._database.now(),
                    owner=None,
                    updated_at=self._database.now(),
                )
                .returning(jobs.c.id)
            )
            released = sorted(rows)
            self._database.announce_new_jobs(connection)
        if released:
            log.info("jobs %s: released from quarantine by user %s", released, user_id)
        return len(released)

    async def settle(
        self,
        job_id: int,
        *,
        user_id: int | None,
        restored: bool = True,
        note: str | None = None,
    ) -> Job | None:
        """End a job in quarantine without paying for it: HELD or QUEUED becomes CANCELLED.

        Args:
            job_id: The job.
            user_id: Who says so; ``None`` is the operator's shell.
            restored: Whether it was finished before the database became an old one: then its money
                counts as spent, and people read that. Otherwise nothing was spent on it.
            note: What the requester reads besides.

        Returns:
            ``None`` if no such job is in quarantine (any more).
        """
        reason = CancelReason.RESTORED if restored else CancelReason.MODERATOR
        job = await change_alone(
            self._database,
            jobs.c.id == job_id,
            _QUARANTINED,
            jobs.c.state.in_(_WAITING),
            state=JobState.CANCELLED,
            owner=None,
            quarantined_at=None,
            charge=Charge.YES if restored else Charge.NO,
            cancel_reason=reason,
            cancelled_by=user_id,
            cancel_note=note,
            finished_at=self._database.now(),
        )
        if job is not None:
            log.info("job %s: taken out of quarantine by user %s: %s", job_id, user_id, reason)
        return job
