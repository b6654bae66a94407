"""Jobs of which nobody knows whether they were paid for: what the bot's owner can do about them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.errors import TaskTakenError
from bot.storage.changes import change_alone, change_job
from bot.storage.rows import job_from
from bot.storage.tables.job import jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.storage.database import Database

log = logging.getLogger(__name__)

_IDS_AT_ONCE: Final = 500


class Uncertain:
    """Every statement about UNCERTAIN jobs on a person's word; ``Store.uncertain``.

    What a person decides sets ``jobs.owner`` to NULL, so that the next claim of any process
    continues the job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def jobs(self, limit: int = 25) -> list[Job]:
        """Return the jobs that are UNCERTAIN, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs)
                .where(jobs.c.state == JobState.UNCERTAIN)
                .order_by(jobs.c.id)
                .limit(limit)
            )
            return [job_from(row) for row in rows.mappings()]

    async def in_doubt(self) -> list[Job]:
        """Return the jobs whose paid request went out and of which no task is known, oldest first.

        Those that are being submitted are among them: a task of theirs is nobody else's.
        """
        doubtful = (JobState.UNCERTAIN, JobState.SUBMITTING)
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs).where(jobs.c.state.in_(doubtful)).order_by(jobs.c.id)
            )
            return [job_from(row) for row in rows.mappings()]

    async def known_among(self, task_ids: Sequence[str]) -> set[str]:
        """Return those of ``task_ids`` that belong to a job, however old."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for start in range(0, len(task_ids), _IDS_AT_ONCE):
                some = task_ids[start : start + _IDS_AT_ONCE]
                rows = await connection.scalars(
                    select(jobs.c.task_id).where(jobs.c.task_id.in_(some))
                )
                found.update(task_id for task_id in rows if task_id is not None)
        return found

    async def submitted_between(self, since: datetime, until: datetime) -> set[str]:
        """Return the tasks of all jobs whose paid request was sent between two moments."""
        async with self._database.read() as connection:
            rows = await connection.scalars(
                select(jobs.c.task_id).where(
                    jobs.c.task_id.is_not(None), jobs.c.submit_started_at.between(since, until)
                )
            )
            return {task_id for task_id in rows if task_id is not None}

    async def never_taken(self, job_id: int) -> Job | None:
        """Close a job of which the provider's list shows no task: UNCERTAIN becomes CANCELLED.

        Nothing was charged, so its money is free again.

        Returns:
            ``None`` if the job is not UNCERTAIN (any more).
        """
        return await self._close(job_id, charge=Charge.NO)

    async def attach(self, job_id: int, *, task_id: str, user_id: int | None) -> Job | None:
        """Name the task that the provider made of a job: UNCERTAIN becomes RUNNING.

        Its money counts as paid from then on, and its outcome as untold.

        Args:
            job_id: The job.
            task_id: As the provider's list of tasks shows it.
            user_id: Who says so, for the log; ``None`` is the operator's shell, or the
                provider's own list.

        Returns:
            ``None`` if the job is not UNCERTAIN (any more): its late answer came, or somebody was
            faster.

        Raises:
            TaskTakenError: The task belongs to another job.
        """
        task_id = task_id.strip()
        if not task_id:
            raise ValueError("a task has an id")
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "attach a task")
            taken = select(jobs.c.id).where(jobs.c.task_id == task_id, jobs.c.id != job_id).limit(1)
            if (other := await connection.scalar(taken)) is not None:
                raise TaskTakenError(f"task {task_id} belongs to job {other}")
            job = await change_job(
                connection,
                self._database,
                jobs.c.id == job_id,
                jobs.c.state == JobState.UNCERTAIN,
                state=JobState.RUNNING,
                owner=None,
                task_id=task_id,
                # From now: the deadline must not be over before the first poll.
                submitted_at=self._database.now(),
                charge=None,
                told_at=None,
                delivery_attempts=0,
            )
        if job is not None:
            log.info("job %s: user %s says that it is task %s", job_id, user_id or "-", task_id)
        return job

    async def write_off(
        self, job_id: int, *, user_id: int | None, note: str | None = None
    ) -> Job | None:
        """Close a job for good and give its money back to the caps: UNCERTAIN becomes CANCELLED.

        Whether the provider charges for it stays unknown. A late answer is not recorded any more.

        Returns:
            ``None`` if the job is not UNCERTAIN (any more).
        """
        job = await self._close(
            job_id, charge=Charge.UNKNOWN, cancelled_by=user_id, cancel_note=note
        )
        if job is not None:
            log.info("job %s: written off by user %s", job_id, user_id)
        return job

    async def _close(self, job_id: int, **changes: Any) -> Job | None:  # noqa: ANN401 - each column has its own type
        return await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state == JobState.UNCERTAIN,
            state=JobState.CANCELLED,
            owner=None,
            cancel_reason=CancelReason.WRITTEN_OFF,
            finished_at=self._database.now(),
            told_at=None,
            delivery_attempts=0,
            **changes,
        )
