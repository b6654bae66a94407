"""Poll: look at a task once, and do what its state asks for."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.cometapi.outputs import is_same_file
from bot.cometapi.tasks import without_output
from bot.cometapi.wire import TaskStatus, judge_failure
from bot.domain.jobs import Charge, FailureReason, JobState, Phase
from bot.engine.context import JobMovedError, bill_of
from bot.engine.job_handle import tenth
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.errors import (
    CometAuthError,
    CometError,
    CometRateLimitedError,
    CometServerError,
    CometTaskNotFoundError,
    JobLostError,
)
from bot.storage.late import FEW_MINUTES

if TYPE_CHECKING:
    from bot.cometapi.wire import Task
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.poll_schedule import Durations

log = logging.getLogger(__name__)

GRACE_SECONDS: Final = 60.0
"""A fresh task may be invisible for a moment.

Source: https://apidoc.cometapi.com/api/video/runway/official-format/runway-to-get-task-details
"""
MAX_MISSES: Final = 3
"""So often in a row a task must be unknown before it counts as lost: gateways have replicas."""
MAX_WITHOUT_OUTPUT: Final = 4
"""So often a finished task may lack its output before it counts as having none."""
OVERDUE_SECONDS: Final = 900.0
"""From this age on people are told that it takes unusually long."""
MAX_REFUSALS_PAST_DEADLINE: Final = 5
"""After a long outage of ours the first look may fail, and the video may be ready all the same."""
OUTPUT_LIFE: Final = timedelta(hours=24)
"""Runway says 24 to 48 hours. Source: https://docs.dev.runwayml.com/assets/outputs"""
KEY_SECONDS: Final = 60.0
"""The pause of a job while the key is refused: only a person can mend that."""
LONGEST_PAUSE_SECONDS: Final = 30.0


class Poller:
    """Asks about tasks. A look that shows nothing new touches neither database nor Discord."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._deadline_seconds = context.settings.job_deadline_minutes * 60
        self._shortest = context.history.limits.shortest
        self._key_logged_at = float("-inf")

    async def poll(self, handle: JobHandle) -> float:
        """Look once; return seconds until the next step.

        Raises:
            JobLostError: The job is not ours in that state any more.
            JobMovedError: It left RUNNING by a write whose confirmation got lost.
            StoreUnavailableError: The database does not answer.
        """
        pause = self._context.pace.remaining(handle.task_id)
        if pause > 0:
            return pause
        self._context.pace.note(handle.task_id)
        asked_at = self._context.clock.monotonic()
        if handle.born_at is None:
            handle.born_at = asked_at - self._context.age_seconds(handle.submitted_at)
        age = asked_at - handle.born_at
        try:
            task = await self._context.comet.get_task(handle.task_id or "")
        except CometTaskNotFoundError as exc:
            self._context.polls.served()
            return await self._missing(handle, age, exc)
        except CometError as exc:
            return await self._no_news(handle, age, exc, asked_at)
        except Exception:  # a surprise here must not keep a job beyond its deadline
            log.exception("job %s: its poll broke", handle.job_id)
            return await self._no_news(handle, age, CometError("surprise"), asked_at)
        self._context.polls.served()
        if task.output_url is not None and _is_echo(await self._load(handle), task.output_url):
            log.warning("job %s: the provider shows the source as the result", handle.job_id)
            task = without_output(task)
        handle.refusals = 0
        handle.misses = 0
        if task.is_over:
            return await self._over(handle, task)
        return await self._waiting(handle, task, age)

    async def _waiting(self, handle: JobHandle, task: Task, age: float) -> float:
        if age >= self._deadline_seconds:
            return await self._time_out(handle, f"still {task.raw_status}")
        if task.phase is None and not handle.is_unknown_logged:
            handle.is_unknown_logged = True
            log.warning("job %s: unknown status %r; waiting", handle.job_id, task.raw_status)
        durations = await self._context.history.of(handle.model, handle.bucket)
        self._announce(handle, task, age, durations)
        return durations.gap_seconds(age, handle.phase) * self._context.polls.factor

    def _announce(self, handle: JobHandle, task: Task, age: float, durations: Durations) -> None:
        is_overdue = age >= OVERDUE_SECONDS
        is_news = is_overdue and not handle.is_overdue_told
        if task.phase is not None:
            step = tenth(task.progress)
            is_news = is_news or (task.phase, step) != (handle.phase, handle.tenth)
            handle.phase, handle.tenth = task.phase, step
        if not is_news:
            return
        handle.is_overdue_told = is_overdue
        self._context.announcer.announce(
            handle.job_id,
            Progress(
                phase=handle.phase or Phase.PENDING,  # CometAPI has it, in whatever state
                fraction=task.progress,
                typical_seconds=durations.typical_seconds,
                overdue=is_overdue,
            ),
        )

    async def _over(self, handle: JobHandle, task: Task) -> float:
        if task.status is TaskStatus.SUCCEEDED:
            if task.output_url is not None:
                return await self._succeeded(handle, task, task.output_url)
            handle.without_output += 1
            if handle.without_output < MAX_WITHOUT_OUTPUT:
                return self._shortest
        reason, charge = judge_failure(task)
        words = [word for word in (task.failure_code, task.failure_text) if word]
        detail = ": ".join(words) or task.raw_status
        return await self._fail(handle, reason, charge, detail, task)

    async def _succeeded(self, handle: JobHandle, task: Task, output_url: str) -> float:
        job = await self._load(handle)
        now = self._context.clock.now()
        to, changes = JobState.DELIVERING, {}
        if job.review_output:
            to = JobState.WITHHELD
            hours = await self._context.store.policies.review_hours(job)
            changes = {"held_until": now + timedelta(hours=hours)}
        job = await self._context.store.move(
            job,
            to,
            **changes,
            output_url=output_url,
            output_expires_at=now + OUTPUT_LIFE,
            **bill_of(task),
            charge=Charge.YES,
        )
        if job.submitted_at is not None and job.finished_at is not None:
            seconds = (job.finished_at - job.submitted_at).total_seconds()
            self._context.history.learn(handle.model, handle.bucket, seconds)
            log.info("job %s: task %s finished in %.0f s", job.id, job.task_id, seconds)
        handle.sync(job)
        return 0.0

    async def _missing(self, handle: JobHandle, age: float, error: CometError) -> float:
        if age < GRACE_SECONDS:
            return self._shortest
        handle.misses += 1
        if handle.misses < MAX_MISSES:
            return self._shortest
        detail = error.detail or str(error)
        return await self._fail(handle, FailureReason.TASK_LOST, Charge.UNKNOWN, detail)

    async def _no_news(
        self, handle: JobHandle, age: float, error: CometError, asked_at: float
    ) -> float:
        handle.refusals += 1
        handle.misses = 0
        retry_after = error.retry_after_seconds
        if isinstance(error, CometRateLimitedError) or retry_after is not None:
            self._context.polls.refused(asked_at=asked_at, retry_after_seconds=retry_after)
            self._context.creates.refused(asked_at=asked_at, retry_after_seconds=retry_after)
        elif isinstance(error, CometServerError):
            self._context.polls.troubled(asked_at=asked_at)
        if age >= self._deadline_seconds and handle.refusals >= MAX_REFUSALS_PAST_DEADLINE:
            return await self._time_out(handle, error.detail or str(error))
        if isinstance(error, CometAuthError):
            self._alert(error)
            return KEY_SECONDS
        log.debug("job %s: the poll failed: %s", handle.job_id, error)
        at_least = None if retry_after is None else min(retry_after, self._deadline_seconds)
        return backoff_seconds(
            handle.refusals,
            base=self._shortest,
            cap=max(LONGEST_PAUSE_SECONDS, self._shortest),
            at_least=at_least,
        )

    def _alert(self, error: CometError) -> None:
        now = self._context.clock.monotonic()
        if now >= self._key_logged_at + KEY_SECONDS:
            self._key_logged_at = now
            log.error(
                "CometAPI refuses COMETAPI_KEY for polls (request %s); jobs wait until their "
                "deadline: %s",
                error.request_id,
                error.detail or error,
            )

    async def _time_out(self, handle: JobHandle, detail: str) -> float:
        log.error(
            "job %s: given up after %.0f min; task %s may still finish at the provider, and is "
            "looked at for two days",
            handle.job_id,
            self._deadline_seconds / 60,
            handle.task_id,
        )
        return await self._context.fail(
            handle,
            await self._load(handle),
            FailureReason.TIMED_OUT,
            Charge.UNKNOWN,
            detail=detail,
            look_at=self._context.store.lease.now() + FEW_MINUTES,
        )

    async def _fail(
        self,
        handle: JobHandle,
        reason: FailureReason,
        charge: Charge,
        detail: str,
        task: Task | None = None,
    ) -> float:
        job = await self._load(handle)
        return await self._context.fail(handle, job, reason, charge, detail=detail, task=task)

    async def _load(self, handle: JobHandle) -> Job:
        job = await self._context.store.get(handle.job_id)
        if job is None:
            raise JobLostError(f"job {handle.job_id} is gone")
        if job.state is not JobState.RUNNING:
            raise JobMovedError(job)
        return job


def _is_echo(job: Job, url: str) -> bool:
    """Tell whether ``url`` is something that was sent in, and so no result."""
    sent = (job.source_url, job.sent_url, job.reference_url)
    return any(is_same_file(url, one) for one in sent if one is not None)
