"""Jobs that ended while their task went on: seldom looks, and what a late result makes of them.

When the next look is due stands in the row (``jobs.look_at``) and is moved on before anybody asks,
so that of several processes one asks, and none asks too soon.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from bot.domain.jobs import LATE_RESULTS, CancelReason, Charge, JobState
from bot.storage.changes import change_alone
from bot.storage.rows import job_from
from bot.storage.tables.job import jobs

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.storage.database import Database

log = logging.getLogger(__name__)

OUTPUTS_LIVE: Final = timedelta(hours=48)
"""For so long after a job was given up a result may still be there to be fetched.

Source: https://docs.dev.runwayml.com/assets/outputs
"""
FEW_MINUTES: Final = timedelta(minutes=5)
FEW_MINUTES_FOR: Final = timedelta(hours=1)
"""For so long a look comes every few minutes, then every hour."""
_HOUR: Final = timedelta(hours=1)

_ENDED: Final = tuple(LATE_RESULTS)


def next_look(job: Job, now: datetime) -> datetime | None:
    """Return when to look again at a job that was given up, after a look at ``now``."""
    age = now - (job.finished_at or job.created_at)
    if age >= OUTPUTS_LIVE:
        return None
    return now + (FEW_MINUTES if age < FEW_MINUTES_FOR else _HOUR)


class LateResults:
    """Every statement about ended jobs whose task may still bring something; ``Store.late``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, limit: int = 20) -> list[Job]:
        """Take the ended jobs at which somebody should look now, and put off their next look."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            rows = await connection.execute(
                select(jobs)
                .where(jobs.c.look_at.is_not(None), jobs.c.look_at <= now)
                .where(jobs.c.state.in_(_ENDED), jobs.c.task_id.is_not(None))
                .order_by(jobs.c.look_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            found = [job_from(row) for row in rows.mappings()]
            for job in found:
                put_off = update(jobs).where(jobs.c.id == job.id)
                await connection.execute(put_off.values(look_at=next_look(job, now)))
            return found

    async def ended(self, limit: int = 25) -> list[Job]:
        """Return the jobs that ended without a video though their task is known, newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs)
                .where(jobs.c.state.in_(_ENDED), jobs.c.task_id.is_not(None))
                .order_by(jobs.c.id.desc())
                .limit(limit)
            )
            return [job_from(row) for row in rows.mappings()]

    async def look_again(
        self, job_id: int, *, user_id: int | None, after_seconds: float
    ) -> Job | None:
        """Have the provider asked once more about the task of a job that has ended.

        Args:
            job_id: The job.
            user_id: Who says so, for the log; ``None`` is the operator's shell.
            after_seconds: The shortest gap between two questions; somebody may just have asked.

        Returns:
            ``None`` if it has not ended, or its task is not known.
        """
        job = await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state.in_(_ENDED),
            jobs.c.task_id.is_not(None),
            look_at=self._database.now(timedelta(seconds=after_seconds)),
        )
        if job is not None:
            log.info("job %s: user %s has task %s looked at", job_id, user_id, job.task_id)
        return job

    async def stop_waiting(self, job_id: int, *, by: int, reason: CancelReason) -> Job | None:
        """Cancel a RUNNING job, whoever owns it; ``None`` if it is not that (any more).

        The provider may charge for it all the same, so its money stays spent; a result that comes
        is delivered after all.
        """
        return await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state == JobState.RUNNING,
            state=JobState.CANCELLED,
            owner=None,
            charge=Charge.UNKNOWN,
            cancel_reason=reason,
            cancelled_by=by,
            finished_at=self._database.now(),
            look_at=self._database.now(FEW_MINUTES),
        )

    async def deliver(self, job: Job, to: JobState, **result: Any) -> Job | None:  # noqa: ANN401 - each column has its own type
        """Take an ended job back to be delivered, or shown to a moderator first.

        Its outcome counts as untold again, and its money as spent.

        Args:
            job: As :meth:`due` gave it.
            to: DELIVERING or WITHHELD.
            result: Columns of the output, as ``output_url``, and of what it cost.

        Returns:
            ``None`` if somebody was faster.
        """
        if to not in LATE_RESULTS[job.state]:
            raise ValueError(f"job {job.id}: {job.state} cannot become {to}")
        return await change_alone(
            self._database,
            *_still(job),
            state=to,
            owner=None,
            charge=Charge.YES,
            failure=None,
            failure_detail=None,
            cancel_reason=None,
            cancelled_by=None,
            cancel_note=None,
            finished_at=self._database.now(),
            look_at=None,
            told_at=None,
            delivery_attempts=0,
            **_named(job, result),
        )

    async def close(self, job: Job, charge: Charge, **bill: Any) -> Job | None:  # noqa: ANN401 - each column has its own type
        """Note that nothing comes any more, and what the provider says that it took."""
        return await change_alone(
            self._database,
            *_still(job),
            charge=charge,
            look_at=None,
            **_named(job, bill),
        )


def _named(job: Job, bill: dict[str, Any]) -> dict[str, Any]:
    """Name the cost whether there is news of it or not, so that the ledger follows the charge."""
    return {"cost_micros": job.cost_micros} | bill


def _still(job: Job) -> tuple[Any, ...]:
    return (jobs.c.id == job.id, jobs.c.state == job.state, jobs.c.task_id == job.task_id)
