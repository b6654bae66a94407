"""Worker: one step of one job = open, prepare, submit, poll or deliver."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Delay, JobState
from bot.engine.budget import Urgency, urgency
from bot.engine.context import UNFIRM_SECONDS, JobMovedError
from bot.engine.job_handle import StepKind
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.engine.steps.approve import ApprovalStep
from bot.engine.steps.deliver import DeliverStep
from bot.engine.steps.open import OpenStep
from bot.engine.steps.poll import Poller
from bot.engine.steps.prepare import PrepareStep
from bot.engine.steps.submit import Submitter
from bot.errors import JobLostError, StoreUnavailableError
from bot.media.turns import work_for

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.steps.paid_requests import PaidRequests

log = logging.getLogger(__name__)

QUARANTINE_SECONDS: Final = 300.0
"""How often to look at a job in quarantine."""

_WAITING: Final = frozenset({JobState.HELD, JobState.WITHHELD})
_NOT_SENT: Final = frozenset({JobState.HELD, JobState.QUEUED})
_AT_THE_PROVIDER: Final = frozenset({JobState.SUBMITTING, JobState.RUNNING})

_SURPRISE_SECONDS: Final = 5.0
_LONGEST_SURPRISE_SECONDS: Final = 300.0
_STORE_SECONDS: Final = 1.0
_LONGEST_STORE_SECONDS: Final = 10.0


class Worker:
    """Carries out steps. Whatever happens to a job is written to the job; nothing is raised."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._prepare_step = PrepareStep(context)
        self._open_step = OpenStep(context, self._prepare_step)
        self._approval_step = ApprovalStep(context)
        self._submitter = Submitter(context, self._prepare_step)
        self._poller = Poller(context)
        self._deliver_step = DeliverStep(context, self._approval_step)

    @property
    def paid_requests(self) -> PaidRequests:
        """The paid requests under way."""
        return self._submitter.paid_requests

    async def close(self) -> None:
        """Stop waiting for late answers, and remove the files that are kept between steps."""
        await self.paid_requests.close()
        self._deliver_step.close()

    async def step(self, handle: JobHandle) -> float | None:
        """Take one step of one job.

        Returns:
            Seconds until the next step is due; ``None`` when there is nothing left to do here.
        """
        before = handle.state
        try:
            delay = await self._advance(handle)
        except JobMovedError as exc:
            delay = self._go_on(handle, exc.job)
        except JobLostError as exc:
            # Dropped at once. If it is ours after all (a write counted although its confirmation
            # got lost), the next claim brings it back, and only the claim knows whether its paid
            # request may still be sent: going on from here could send it twice.
            log.info("job %s: dropped: %s", handle.job_id, exc)
            delay = None
        except StoreUnavailableError as exc:
            delay = self._store_failed(handle, exc)
        except Exception:  # a loop that ends is worse than any error it could report
            log.exception("job %s: step failed", handle.job_id)
            handle.surprises += 1
            return backoff_seconds(
                handle.surprises, base=_SURPRISE_SECONDS, cap=_LONGEST_SURPRISE_SECONDS
            )
        else:
            handle.failures = handle.surprises = 0
        if delay is None:  # told, or in other hands
            self._context.scratch.kept.drop(handle.job_id)
        self._mind_line(handle, before, delay)
        if handle.state is JobState.RUNNING and delay is not None:
            # Whatever failed: the task itself is not asked about again that soon.
            delay = max(delay, self._context.pace.remaining(handle.task_id))
        return delay

    def _mind_line(self, handle: JobHandle, before: JobState, delay: float | None) -> None:
        """Let others ask for their turn when this job has left the provider."""
        if handle.state is not JobState.QUEUED or delay is None:
            self._context.wait_queue.leave(handle.job_id)
        if before in _AT_THE_PROVIDER and handle.state not in _AT_THE_PROVIDER:
            self._context.wait_queue.wake()

    async def _advance(self, handle: JobHandle) -> float | None:
        if handle.state is JobState.RUNNING and not handle.asks_anew:
            return await self._poller.poll(handle)
        job = await self._load(handle)
        if job is None or job.is_settled:
            return None
        if job.state is handle.state is JobState.RUNNING:  # nobody gave it up
            handle.asks_anew = False
            return await self._poller.poll(handle)
        if (job.state, job.hold) != (handle.state, handle.hold):
            step_kind = handle.step_kind
            job = await self._write_unsaved(handle, job)
            handle.sync(job)
            await self._approval_step.leave(handle, job)
            if handle.step_kind is not step_kind:
                return 0.0  # other workers see to it
        if not self._context.holds(job):
            return UNFIRM_SECONDS
        if job.quarantined_at is not None and job.state in _NOT_SENT:
            return self._wait_for_owner(handle)
        with work_for(job.guild_id, job.user_id):
            return await self._take(handle, handle.whole(job))

    async def _take(self, handle: JobHandle, job: Job) -> float | None:
        if handle.step_kind is StepKind.DELIVER and job.state not in _WAITING:
            with urgency(Urgency.OUTCOME):
                return await self._deliver_step.deliver(handle, job)
        with urgency(Urgency.OPENING):
            match handle.step_kind:
                case StepKind.OPEN:
                    return await self._open_step.open(handle, job)
                case StepKind.PREPARE:
                    return await self._prepare_step.prepare(handle, job)
                case StepKind.SUBMIT:
                    return await self._submitter.submit(handle, job)
            if job.state is JobState.HELD:
                return await self._approval_step.hold(handle, job)
            return await self._deliver_step.withhold(handle, job)

    def _wait_for_owner(self, handle: JobHandle) -> float:
        """Do nothing with a job of a database that may be an old one, not even end it."""
        told = (None, Delay.QUARANTINED)
        if handle.place != told:
            handle.place = told
            progress = Progress(phase=None, delay=Delay.QUARANTINED)
            self._context.announcer.announce(handle.job_id, progress)
        return QUARANTINE_SECONDS  # the owner's word brings it back at once

    async def _load(self, handle: JobHandle) -> Job | None:
        """Return the row; ``None`` if the job is in other hands."""
        job = await self._context.store.get(handle.job_id)
        if job is None or job.owner != self._context.store.lease.worker_id:
            log.info("job %s: another process has it", handle.job_id)
            return None
        return job

    async def _write_unsaved(self, handle: JobHandle, job: Job) -> Job:
        """Write what was posted for a job that somebody has changed: it ends, or goes on, there."""
        if not handle.unsaved:
            return job
        job = await self._context.store.update(job, **handle.unsaved)
        handle.unsaved = {}
        return job

    def _go_on(self, handle: JobHandle, job: Job) -> float | None:
        """Go on with a job that is in another state than was thought, if it is ours."""
        if job.owner != self._context.store.lease.worker_id or job.is_settled:
            return None
        handle.sync(job)
        return 0.0

    def _store_failed(self, handle: JobHandle, error: StoreUnavailableError) -> float:
        self._context.watch.failed(error)
        handle.failures += 1
        return backoff_seconds(handle.failures, base=_STORE_SECONDS, cap=_LONGEST_STORE_SECONDS)
