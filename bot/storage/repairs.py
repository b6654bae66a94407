"""What an operator's shell asks and changes: any job, whatever its state, and its money."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from bot.domain.jobs import FailureReason, JobState
from bot.storage.changes import change_alone
from bot.storage.overview import OPEN_STATES
from bot.storage.rows import job_from
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.domain.jobs import Job
    from bot.storage.database import Database

log = logging.getLogger(__name__)


class Repairs:
    """Every statement that only the command line needs; ``Store.repairs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self,
        *,
        states: Collection[JobState] = (),
        guild_id: int | None = None,
        user_id: int | None = None,
        limit: int = 25,
    ) -> list[Job]:
        """Return jobs, newest first.

        Args:
            states: Only those in one of these; none are all that are not over.
            guild_id: Only this server's; 0 is direct messages.
            user_id: Only this person's.
            limit: How many at most.
        """
        wanted = states or {*OPEN_STATES, JobState.UNCERTAIN}
        which: list[ColumnElement[bool]] = [jobs.c.state.in_(sorted(wanted))]
        if guild_id is not None:
            which.append(jobs.c.guild_id == guild_id if guild_id else jobs.c.guild_id.is_(None))
        if user_id is not None:
            which.append(jobs.c.user_id == user_id)
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs).where(*which).order_by(jobs.c.id.desc()).limit(limit)
            )
            return [job_from(row) for row in rows.mappings()]

    async def money_of(self, job_id: int) -> list[dict[str, Any]]:
        """Return the job's rows of the ledger, each by the names of its columns."""
        columns = [column for column in ledger.columns if column.name != "job_id"]
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(*columns)
                .where(ledger.c.job_id == job_id)
                .order_by(ledger.c.scope, ledger.c.scope_id)
            )
            return [dict(row) for row in rows.mappings()]

    async def deliver_again(
        self, job_id: int, *, output_url: str, output_expires_at: datetime | None
    ) -> Job | None:
        """Have the answer of a job posted anew: DONE (or UNDELIVERABLE) becomes DELIVERING.

        It costs nothing, and its money stays as it is.

        Args:
            job_id: The job.
            output_url: Where the video can be had now.
            output_expires_at: Until when; ``None`` if for good.

        Returns:
            ``None`` if the job has not ended with a result.
        """
        job = await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.output_url.is_not(None),
            or_(
                jobs.c.state == JobState.DONE,
                jobs.c.failure == FailureReason.UNDELIVERABLE,
            ),
            state=JobState.DELIVERING,
            owner=None,
            failure=None,
            told_at=None,
            delivery_attempts=0,
            output_url=output_url,
            output_expires_at=output_expires_at,
        )
        if job is not None:
            log.info("job %s: its answer is posted again", job_id)
        return job
