"""Seldom looks at tasks that were given up: a late result is delivered all the same."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.wire import TaskStatus, judge_failure
from bot.domain.jobs import JobState
from bot.engine.context import bill_of
from bot.engine.steps.poll import OUTPUT_LIFE
from bot.errors import CometError

if TYPE_CHECKING:
    from bot.cometapi.wire import Task
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext

log = logging.getLogger(__name__)

PASS_SECONDS: Final = 15.0
"""How often the database is asked whether a look is due."""


class LateLooks:
    """Looks at ended jobs when their row says so; see ``bot.storage.late``."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store

    async def run(self) -> None:
        """Look until the engine closes."""
        await self._context.repeat(self.look, every_seconds=PASS_SECONDS)

    async def look(self) -> None:
        """Take one look at each job for which it is time.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        for job in await self._store.late.due():
            if self._context.pace.remaining(job.task_id) > 0:
                continue  # asked about a moment ago; the next look follows in minutes
            self._context.pace.note(job.task_id)
            try:
                task = await self._context.comet.get_task(job.task_id or "")
            except (CometError, ValueError) as exc:
                log.info("job %s: no late news of task %s: %s", job.id, job.task_id, exc)
                continue
            if task.is_over:
                await self._over(job, task)

    async def _over(self, job: Job, task: Task) -> None:
        if task.status is not TaskStatus.SUCCEEDED or task.output_url is None:
            _, charge = judge_failure(task)
            await self._store.late.close(job, charge, **bill_of(task))
            log.info(
                "job %s: task %s ended without a result: %s", job.id, job.task_id, task.raw_status
            )
            return
        now = self._store.lease.now()
        to, result = JobState.DELIVERING, dict[str, Any]()
        if job.review_output:
            to = JobState.WITHHELD
            hours = await self._store.policies.review_hours(job)
            result = {"held_until": now + timedelta(hours=hours)}
        await self._store.late.deliver(
            job,
            to,
            **result,
            **bill_of(task),
            output_url=task.output_url,
            output_expires_at=now + OUTPUT_LIFE,
        )
        log.warning("job %s: task %s finished late", job.id, job.task_id)
