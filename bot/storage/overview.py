"""Which jobs are waiting and under way: what administrators see of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select, text

from bot.domain.jobs import JobState
from bot.storage.rows import job_from
from bot.storage.tables.job import UNSETTLED, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.domain.jobs import Job
    from bot.storage.database import Database

OPEN_STATES: Final = (
    JobState.HELD,
    JobState.QUEUED,
    JobState.SUBMITTING,
    JobState.RUNNING,
    JobState.WITHHELD,
    JobState.DELIVERING,
)
"""The program continues these by itself; UNCERTAIN jobs wait for the bot's owner."""

_WAITING: Final = (JobState.HELD, JobState.QUEUED)


class Overview:
    """What can be asked about many jobs at once; ``Store.overview``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_jobs(self, guild_id: int | None = None, *, limit: int = 25) -> list[Job]:
        """Return the jobs that wait or are under way: first those that wait, each oldest first."""
        waits_first = case((jobs.c.state.in_(_WAITING), 0), else_=1)
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs).where(*_open(guild_id)).order_by(waits_first, jobs.c.id).limit(limit)
            )
            return [job_from(row) for row in rows.mappings()]

    async def count_open(self, guild_id: int | None = None) -> Mapping[JobState, int]:
        """Count the jobs that wait or are under way; states without any are left out."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs.c.state, func.count()).where(*_open(guild_id)).group_by(jobs.c.state)
            )
            return {row[0]: row[1] for row in rows}

    async def oldest_queued_seconds(self) -> float:
        """Return how long the oldest queued job has been there; 0 if there is none."""
        queued = [text(UNSETTLED), jobs.c.state == JobState.QUEUED]
        oldest = select(func.min(jobs.c.created_at)).where(*queued)  # type: ignore[arg-type] # as below
        async with self._database.transaction() as connection:
            since: datetime | None = await connection.scalar(oldest)
            now = await self._database.read_now(connection)
        return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _open(guild_id: int | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [text(UNSETTLED), jobs.c.state.in_(OPEN_STATES)]  # type: ignore[list-item] # plain SQL serves as a condition
    if guild_id is not None:
        found.append(jobs.c.guild_id == guild_id)
    return found
