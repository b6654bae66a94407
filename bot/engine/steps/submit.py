"""Submit: from QUEUED through the one paid request to what its answer means."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.cometapi.models import MAX_DATA_URI_BYTES
from bot.domain.guilds import guild_key
from bot.domain.jobs import CancelReason, Charge, Delay, FailureReason, JobState, Phase
from bot.domain.source_faults import detail_of
from bot.engine.context import UNFIRM_SECONDS
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.engine.steps.earlier_answer import may_be_answered, settle_if_answered
from bot.engine.steps.paid_requests import PaidRequests, accepted_by
from bot.engine.steps.refusal_reasons import OPERATOR_REASONS, refusal_reason, source_reason
from bot.engine.steps.replan import columns_for
from bot.engine.steps.request_builder import Requests, sent_size
from bot.errors import (
    CapReachedError,
    CometAssetError,
    CometError,
    CometModelError,
    CometRateLimitedError,
    DeliveryDelayedError,
    JobLostError,
    MediaBusyError,
    MediaError,
    MediaStorageError,
    RestyleError,
    StoreError,
    StoreUnavailableError,
)
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cometapi.wire import Created, CreateRequest
    from bot.domain.fair_queue import InLine
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.steps.paid_requests import PaidRequest
    from bot.engine.steps.prepare import PrepareStep
    from bot.storage.admission import Admission

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS: Final = 120.0
"""The longest pause before a request that could not be made is made again."""
MAX_ATTEMPTS: Final = 3
"""How often a job is sent while every attempt was surely not carried out."""
RESEND_SECONDS: Final = 5.0
CLOCK_SECONDS: Final = 30.0
"""How soon to look again while the clocks disagree too far."""
LONGEST_RESEND_SECONDS: Final = 900.0
"""The most that ``Retry-After`` may put a job off; the source's link does not live for ever."""


class Submitter:
    """Turns QUEUED into RUNNING, at most once, and says honestly when it cannot tell."""

    def __init__(self, context: EngineContext, prepare_step: PrepareStep) -> None:
        self._context = context
        self._store = context.store
        self._prepare_step = prepare_step
        self._requests = Requests(context, prepare_step)
        self.paid_requests = PaidRequests(context)

    async def submit(self, handle: JobHandle, job: Job) -> float | None:
        """Take one step towards RUNNING; return seconds until the next step.

        Raises:
            JobLostError: The job is not ours in that state any more.
            StoreUnavailableError: The database does not answer. If a paid request is out, its
                outcome is written all the same, as soon as that is possible.
        """
        if job.state is JobState.SUBMITTING:
            return await self._recover(handle, job)
        if self._context.closing.is_set():
            return UNFIRM_SECONDS
        if not self._context.settings.serves(guild_key(job.guild_id)):
            return await self._close(handle, job)
        if self._context.clock_watch.is_wrong:
            self._announce(handle, Progress(phase=None, delay=Delay.CLOCK))
            return CLOCK_SECONDS
        if not self._is_at_hand(handle, job):  # not for a job that may wait for hours
            job = await self._save(handle, job)
            admission = await self._store.admissions.admit(
                job, operator_running=self._context.settings.bot_running
            )
            if not admission.admitted:
                return await self._wait(handle, admission)
            self._let_through(handle)
        try:
            if await settle_if_answered(self._context, handle, job):
                return 0.0
            offered = await self._with_offered_model(handle, job)
            if offered is None:
                return 0.0
            job = offered
            fresh = await self._requests.refresh(job)
            if fresh is None:
                return await self._context.fail(
                    handle,
                    job,
                    FailureReason.SOURCE_GONE,
                    Charge.NO,
                    detail="the attachment's link expired before the job's turn came",
                )
            job = fresh
            request = await self._requests.build(handle, job)
        except (DeliveryDelayedError, MediaBusyError, MediaStorageError) as exc:
            return self._not_built(handle, job, exc)
        except MediaError as exc:
            log.warning("job %s: the source cannot be sent along: %s", job.id, exc)
            detail = f"{detail_of(exc)} (it has to be sent along)"
            return await self._context.fail(
                handle, job, source_reason(exc), Charge.NO, detail=detail
            )
        handle.builds = 0
        return await self._spend(handle, job, request)

    def _is_at_hand(self, handle: JobHandle, job: Job) -> bool:
        """Tell whether nothing has to be asked, fetched or made before the request is sent."""
        models = self._context.models
        return (
            not may_be_answered(self._context, handle, job)
            and (models is None or models.instead_of(job.model) is None)
            and self._requests.is_at_hand(handle, job)
        )

    async def _save(self, handle: JobHandle, job: Job) -> Job:
        """Write what preparing brought, where the move to SUBMITTING may be long in coming."""
        if handle.unsaved:
            job = await self._store.update(job, **handle.unsaved)
            handle.sync(job)
        return job

    async def _close(self, handle: JobHandle, job: Job) -> float:
        """End a job that waited where the operator lets nothing start any more."""
        changes = {"cancel_reason": CancelReason.CLOSED, **handle.unsaved}
        job = await self._store.move(job, JobState.CANCELLED, **changes)
        log.info("job %s: cancelled: nothing starts there any more", job.id)
        handle.sync(job)
        return 0.0

    async def _with_offered_model(self, handle: JobHandle, job: Job) -> Job | None:
        """Return ``job`` made anew for another model where its own is refused as not offered.

        ``None``: it has ended, unpaid, as that model costs more than some budget has left for it.

        Raises:
            MediaError: That cannot be done.
        """
        models = self._context.models
        name = models.instead_of(job.model) if models is not None else None
        if name is None:
            return job
        changes = await columns_for(self._context, job, name)
        try:
            job = await self._store.reprice(job, self._context.settings, **changes)
        except CapReachedError as exc:
            job = await self._store.move(
                job,
                JobState.CANCELLED,
                cancel_reason=CancelReason.TOO_DEAR,
                model=name,
                price_micros=changes["price_micros"],
            )
            log.warning(
                "job %s: cancelled, unpaid: %s costs too much for it: %s", job.id, name, exc
            )
            handle.sync(job)
            return None
        handle.sync(job)
        log.warning("job %s: continues with %s", job.id, name)
        self._context.announcer.announce(job.id, Progress(phase=None))
        return job

    def _not_built(self, handle: JobHandle, job: Job, error: RestyleError) -> float:
        log.warning("job %s: not sent yet: %s", job.id, error)
        handle.builds += 1
        at_least = None
        if isinstance(error, DeliveryDelayedError):
            at_least = error.retry_after_seconds
        else:
            self._context.announcer.announce(job.id, Progress(phase=None, delay=Delay.CROWDED))
        return backoff_seconds(handle.builds, cap=LONGEST_PAUSE_SECONDS, at_least=at_least)

    def _let_through(self, handle: JobHandle) -> None:
        """Take the job out of the line; whatever it waits for from here on is told anew."""
        self._context.wait_queue.leave(handle.job_id)
        handle.place = None

    async def _wait(self, handle: JobHandle, admission: Admission) -> float:
        """Have the job wait for its turn; return for how many seconds."""
        pause = self._context.wait_queue.wait(handle.job_id, admission.position)
        delay = Delay.PAUSED if admission.is_paused else None
        if admission.is_quarantined:
            delay = Delay.QUARANTINED
        progress = Progress(phase=None, delay=delay)
        if (line := admission.line) is not None:
            progress = replace(
                progress,
                position=line.position,
                comes_after_others=line.has_others,
                starts_at=await self._expected(handle, line),
            )
        self._announce(handle, progress)
        return pause

    async def _expected(self, handle: JobHandle, line: InLine) -> datetime | None:
        """Return when the turn of a job comes, by how long the last ones of its kind took."""
        typical = (await self._context.history.of(handle.model, handle.bucket)).typical_seconds
        if typical is None:
            return None
        return self._context.clock.now() + timedelta(seconds=line.wait_seconds(typical))

    def _announce(self, handle: JobHandle, progress: Progress) -> None:
        """Tell people what the job waits for, unless they were told so last."""
        place = (progress.position, progress.delay)
        if place != handle.place:
            handle.place = place
            self._context.announcer.announce(handle.job_id, progress)

    async def _spend(self, handle: JobHandle, job: Job, request: CreateRequest) -> float | None:
        if not self._context.holds(job):
            return UNFIRM_SECONDS
        handle.is_unsent = True
        running = self._context.settings.bot_running
        submit = self._store.submit(job, operator_running=running, **handle.unsaved)
        submission = await shielded(submit)
        job = submission.job
        if not submission.admission.admitted:
            handle.sync(job)
            return await self._wait(handle, submission.admission)
        self._let_through(handle)
        # The write may have taken long; from here to the request nothing is awaited.
        if self._context.closing.is_set() or not self._context.holds(job):
            return await self._recover(handle, job)
        handle.is_unsent = False
        handle.state = JobState.SUBMITTING
        paid_request = self.paid_requests.send(job, request)
        try:
            await self.paid_requests.wait(paid_request)
        except asyncio.CancelledError:
            # Awaited to its end: a shutdown must not lose what was paid for.
            try:
                await shielded(self._record(handle, job, paid_request))
            except StoreError as exc:  # it must not take the place of the cancellation
                log.error("job %s: the outcome was not recorded: %s", job.id, exc)  # noqa: TRY400 - the trace says nothing more
            raise
        return await shielded(self._record(handle, job, paid_request))

    async def _recover(self, handle: JobHandle, job: Job) -> float | None:
        """Settle a job that is stored as SUBMITTING without a request of ours under way."""
        if handle.is_unsent:
            job = await self._store.move(job, JobState.QUEUED)
            handle.is_unsent = False
            handle.sync(job)
            return UNFIRM_SECONDS
        return await self._leave_uncertain(handle, job, "its outcome could not be recorded", None)

    async def _record(self, handle: JobHandle, job: Job, paid_request: PaidRequest) -> float | None:
        """Write down what became of a paid request, however often the database fails meanwhile."""
        try:
            return await self._context.until_stored(lambda: self._judge(handle, job, paid_request))
        except JobLostError:
            # Taken for dead, so UNCERTAIN by somebody else's hand: only we know better.
            self.paid_requests.follow(paid_request)
            raise
        except StoreUnavailableError:
            self.paid_requests.give_up(paid_request)
            raise

    async def _judge(self, handle: JobHandle, job: Job, paid_request: PaidRequest) -> float | None:
        if not paid_request.task.done():
            delay = await self._leave_uncertain(handle, job, "no answer yet", None)
            self.paid_requests.follow(paid_request)
            return delay
        try:
            created = self.paid_requests.result(paid_request)
        except CometError as exc:
            return await self._judge_refusal(handle, job, exc, paid_request)
        except Exception as exc:
            log.exception("job %s: the paid request broke", job.id)
            return await self._leave_uncertain(handle, job, f"{type(exc).__name__}: {exc}", None)
        return await self._accepted(handle, job, created)

    async def _accepted(self, handle: JobHandle, job: Job, created: Created) -> float:
        self._context.creates.served()
        self._context.standing.accepted()
        job = await self._store.move(job, JobState.RUNNING, **accepted_by(created))
        log.info(
            "job %s: submitted as task %s (request %s)",
            job.id,
            created.task_id,
            created.request_id,
        )
        handle.sync(job)
        handle.born_at = self._context.clock.monotonic()
        durations = await self._context.history.of(handle.model, handle.bucket)
        handle.phase = Phase.PENDING
        self._context.announcer.announce(
            job.id, Progress(phase=Phase.PENDING, typical_seconds=durations.typical_seconds)
        )
        return durations.gap_seconds(0.0)

    async def _judge_refusal(
        self, handle: JobHandle, job: Job, error: CometError, paid_request: PaidRequest
    ) -> float | None:
        detail = f"{error}: {error.detail}" if error.detail else str(error)
        if not error.safe_to_resend:
            return await self._leave_uncertain(handle, job, detail, error.request_id)
        attempts = job.submit_attempts + 1
        if error.retryable:
            retry_after = None
            if isinstance(error, CometRateLimitedError):
                retry_after = error.retry_after_seconds
                self._context.creates.refused(
                    asked_at=paid_request.sent_at, retry_after_seconds=retry_after
                )
            if attempts >= MAX_ATTEMPTS:
                return await self._context.fail(
                    handle,
                    job,
                    FailureReason.BUSY,
                    Charge.NO,
                    detail=detail,
                    request_id=error.request_id,
                )
            job = await self._store.move(job, JobState.QUEUED, submit_attempts=attempts)
            handle.sync(job)
            log.warning(
                "job %s: not taken (%s, request %s); will be sent again",
                job.id,
                detail,
                error.request_id,
            )
            at_least = None if retry_after is None else min(retry_after, LONGEST_RESEND_SECONDS)
            return backoff_seconds(attempts, base=RESEND_SECONDS, at_least=at_least)
        if (
            isinstance(error, CometAssetError)
            and error.unreachable
            and not handle.wants_data_uri
            and sent_size(job) <= MAX_DATA_URI_BYTES
        ):
            job = await self._store.move(job, JobState.QUEUED, submit_attempts=attempts)
            handle.sync(job)
            handle.wants_data_uri = True
            log.info("job %s: the provider cannot fetch the source; sent along instead", job.id)
            return 0.0
        models = self._context.models
        if (
            isinstance(error, CometModelError)
            and models is not None
            and models.refuse(job.model) is not None
        ):
            job = await self._store.move(job, JobState.QUEUED, submit_attempts=attempts)
            handle.sync(job)
            return 0.0
        reason = refusal_reason(error)
        if reason in OPERATOR_REASONS:
            self._context.standing.refused(reason, self._context.clock.monotonic())
            log.error(
                "CometAPI refuses every job for now: %s (request %s): %s",
                reason,
                error.request_id,
                detail,
            )
        return await self._context.fail(
            handle, job, reason, Charge.NO, detail=detail, request_id=error.request_id
        )

    async def _leave_uncertain(
        self, handle: JobHandle, job: Job, detail: str, request_id: str | None
    ) -> float:
        job = await self._store.move(
            job,
            JobState.UNCERTAIN,
            charge=Charge.UNKNOWN,
            failure_detail=detail,
            request_id=request_id,
        )
        log.error(
            "job %s: UNCERTAIN, and never sent again: a paid request was sent at %s and its "
            "outcome is unknown (request %s): %s",
            job.id,
            job.submit_started_at,
            request_id,
            detail,
        )
        handle.sync(job)
        return 0.0
