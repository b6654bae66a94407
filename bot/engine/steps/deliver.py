"""Deliver: bring a job's outcome to Discord, then mark it as told."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.cometapi.wire import TaskStatus
from bot.domain.jobs import Charge, FailureReason, JobState, Phase
from bot.domain.money import MICROS_PER_DOLLAR
from bot.engine.budget import Urgency, urgency
from bot.engine.context import UNFIRM_SECONDS
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.engine.signed_links import GONE
from bot.engine.steps.answer_builder import AnswerBuilder
from bot.engine.steps.poll import OUTPUT_LIFE
from bot.engine.steps.sources import smaller_than
from bot.errors import (
    CometError,
    DeliveryDelayedError,
    DeliveryImpossibleError,
    DeliveryTooLargeError,
    MediaError,
    MediaRefusedError,
    MediaStorageError,
    MediaTooLargeError,
    MediaUnreachableError,
)
from bot.media.sniff import is_page, is_video
from bot.system import metrics
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.ports import AnswerContent, Delivered
    from bot.engine.steps.approve import ApprovalStep

log = logging.getLogger(__name__)

MAX_DOWNLOADS: Final = 3
"""How many steps try to download the output (each of them several times) before the answer goes
out with the link alone."""
LONGEST_PAUSE_SECONDS: Final = 300.0
GIVE_UP_AFTER: Final = timedelta(days=7)
"""So long Discord is asked to take an outcome; the output's link is dead by then."""

MAX_WAITING_OUTPUTS: Final = 8
"""How many outputs are kept on disk from one try to post a card to the next; as many as there are
steps at once. The others are downloaded anew."""

MIN_TRIES: Final = 3
"""Even then it is asked some times by this process, which may have been stopped for days."""


def _refuse_other(path: Path) -> None:
    with path.open("rb") as file:
        if not is_video(file):
            what = "a page" if is_page(file) else "another kind of file"
            raise MediaUnreachableError(f"{what} came instead of the video")


class AgainError(Exception):
    """The output is not there yet: come back in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class DeliverStep:
    """Posts outcomes: the answer with its video, or what went wrong. Post first, mark second."""

    def __init__(self, context: EngineContext, approval_step: ApprovalStep) -> None:
        self._context = context
        self._store = context.store
        self._approval_step = approval_step
        self._answer_builder = AnswerBuilder(context)
        self._waiting: dict[int, tuple[ExitStack, Path]] = {}
        """Downloaded outputs of WITHHELD jobs whose card Discord did not take yet, by job."""

    async def deliver(self, handle: JobHandle, job: Job) -> float | None:
        """Try once; return seconds until the next try, or ``None`` when the outcome is told."""
        if handle.delivered is not None:  # posted; only the mark is missing
            await self._mark(handle, job, handle.delivered)
            return None
        self._drop_output(job.id)
        age = self._context.age_seconds(job.finished_at or job.created_at)
        if age > GIVE_UP_AFTER.total_seconds() and handle.deliveries >= MIN_TRIES:
            await self._give_up(job, "Discord did not accept it for days")
            return None
        with ExitStack() as stack:
            answer = None
            if job.state is JobState.DELIVERING:
                try:
                    output = await self.fetch(handle, job, stack)
                except AgainError as exc:
                    return exc.seconds
                job, answer = await self._answer_builder.pack(job, output)
            # An edit under way ends meanwhile; none appears beneath the outcome.
            await self._context.announcer.settle(job.id)
            if not self._context.holds(job):
                return UNFIRM_SECONDS
            handle.deliveries += 1
            job = await self._drop_at_provider(job)
            try:
                handle.delivered = await self._post(job, answer)
            except DeliveryDelayedError as exc:
                return await self._delayed(job, exc)
            except DeliveryImpossibleError as exc:
                await self._give_up(job, str(exc))
                return None
            except Exception as exc:  # Discord has many ways to break; the video must not get lost
                log.exception("job %s: its delivery broke", job.id)
                return await self._delayed(job, exc)
        await self._mark(handle, job, handle.delivered)
        return None

    async def _post(self, job: Job, answer: AnswerContent | None) -> Delivered:
        try:
            return await self._context.deliverer.deliver(job, answer)
        except DeliveryTooLargeError as exc:
            log.info("job %s: %s; made smaller", job.id, exc)
        smaller = await self._answer_builder.shrink(job, answer) if answer is not None else None
        return await self._context.deliverer.deliver(job, smaller)

    async def _drop_at_provider(self, job: Job) -> Job:
        """Tell the provider of a job that somebody stopped before it was begun, where that helps.

        What has begun is paid for either way, so its result is waited for instead.
        """
        if (
            job.state is not JobState.CANCELLED
            or job.charge is not Charge.UNKNOWN  # it was finished, or is settled
            or job.task_id is None
            or job.phase not in {None, Phase.PENDING, Phase.THROTTLED}
        ):
            return job
        try:
            is_gone = await self._context.comet.cancel_task(job.task_id)
        except (CometError, ValueError) as exc:
            log.info("job %s: task %s was not dropped: %s", job.id, job.task_id, exc)
            return job
        if not is_gone:
            return job
        log.info("job %s: task %s was dropped at the provider", job.id, job.task_id)
        return await self._store.update(job, look_at=None)

    async def withhold(self, handle: JobHandle, job: Job) -> float:
        """Show a finished video to a moderator alone, and wait."""
        await self._context.announcer.settle(job.id)
        stack, output = self._waiting.pop(job.id, None) or (ExitStack(), None)
        with stack:
            if self._approval_step.is_expired(job) or not self._approval_step.must_present(
                handle, job
            ):
                return await self._approval_step.hold(handle, job)
            if output is None:
                try:
                    output = await self.fetch(handle, job, stack)
                except AgainError as exc:
                    return exc.seconds
            pause = await self._present(handle, job, output)
            if not self._approval_step.must_present(handle, job):
                handle.downloads = 0
            elif output is not None:
                self._waiting[job.id] = stack.pop_all(), output
                if len(self._waiting) > MAX_WAITING_OUTPUTS:
                    self._drop_output(next(iter(self._waiting)))
            return pause

    async def _present(self, handle: JobHandle, job: Job, output: Path | None) -> float:
        """Ask about the video in a size that Discord takes; return the seconds to wait."""
        if output is None:
            return await self._approval_step.hold(handle, job)
        shown, _ = await self._answer_builder.fit(job, output)
        try:
            return await self._approval_step.hold(handle, job, shown)
        except DeliveryTooLargeError as exc:
            log.info("job %s: %s; made smaller", job.id, exc)
        shown, _ = await self._answer_builder.fit(job, output, smaller_than(shown or output))
        return await self._approval_step.hold(handle, job, shown)

    def _drop_output(self, job_id: int) -> None:
        stack, _ = self._waiting.pop(job_id, (ExitStack(), None))
        stack.close()

    def close(self) -> None:
        """Remove the outputs that wait for their cards."""
        for job_id in list(self._waiting):
            self._drop_output(job_id)

    async def _mark(self, handle: JobHandle, job: Job, delivered: Delivered) -> None:
        now = self._context.clock.now()
        changes = {
            "told_at": now,
            "answer_message_id": delivered.message_id,
            "answer_channel_id": delivered.channel_id,
        }
        if job.state is JobState.DELIVERING:
            await shielded(self._store.move(job, JobState.DONE, **changes))
        else:
            await shielded(self._store.update(job, **changes))
        handle.delivered = None
        log.info("job %s: told in channel %s", job.id, delivered.channel_id)
        _count(job, now)
        await self._approval_step.told(job)

    async def _delayed(self, job: Job, error: Exception) -> float:
        attempts = job.delivery_attempts + 1
        at_least = error.retry_after_seconds if isinstance(error, DeliveryDelayedError) else None
        pause = backoff_seconds(attempts, cap=LONGEST_PAUSE_SECONDS, at_least=at_least)
        log.warning(
            "job %s: Discord did not accept the outcome (attempt %d), again in %.0f s: %s",
            job.id,
            attempts,
            pause,
            error,
        )
        await self._store.update(job, delivery_attempts=attempts)
        return pause

    async def _give_up(self, job: Job, why: str) -> None:
        """End a job that nobody can be told about. The link of a finished video stays stored."""
        now = self._context.clock.now()
        log.error(
            "job %s: no place is left for its outcome (state %s, task %s): %s",
            job.id,
            job.state,
            job.task_id,
            why,
        )
        if job.state is JobState.DELIVERING:
            await self._store.move(
                job, JobState.FAILED, failure=FailureReason.UNDELIVERABLE, told_at=now
            )
        else:
            await self._store.update(job, told_at=now)
        # Its cards are all that is left to tell by, should that place open again.
        await self._store.owed_cards.owe(job.id, is_linked=True)

    async def fetch(self, handle: JobHandle, job: Job, stack: ExitStack) -> Path | None:
        """Download the output; ``None`` means that the answer goes out with the link alone.

        Raises:
            AgainError: Not now.
        """
        if job.output_url is None or handle.downloads >= MAX_DOWNLOADS:
            return None
        try:
            folder = stack.enter_context(self._context.scratch.folder())
            downloaded = await self._context.downloader.download(
                job.output_url, folder / "output", max_bytes=self._context.settings.max_output_bytes
            )
            await asyncio.to_thread(_refuse_other, downloaded.path)
        except MediaTooLargeError as exc:
            log.info("job %s: only the link is posted: %s", job.id, exc)
            return None
        except MediaRefusedError as exc:
            log.warning(
                "job %s: only the link is posted, which must not be followed: %s", job.id, exc
            )
            return None
        except (MediaUnreachableError, MediaStorageError) as exc:
            raise await self._retry(handle, job, exc) from exc
        except MediaError as exc:
            log.warning("job %s: only the link is posted: %s", job.id, exc)
            return None
        handle.downloads = 0
        handle.was_refreshed = False
        return downloaded.path

    async def _retry(self, handle: JobHandle, job: Job, error: MediaError) -> AgainError:
        status = error.status if isinstance(error, MediaUnreachableError) else None
        if status in GONE and not handle.was_refreshed:
            if (pause := self._context.pace.remaining(job.task_id)) > 0:
                return AgainError(pause)
            handle.was_refreshed = True
            if await self._refresh(job):
                return AgainError(0.0)
        handle.downloads += 1
        if handle.downloads == 1:
            await self._say_finished(job)
        log.warning("job %s: the output cannot be downloaded: %s", job.id, error)
        if handle.downloads >= MAX_DOWNLOADS:
            return AgainError(0.0)  # goes out with the link alone
        return AgainError(backoff_seconds(handle.downloads, base=2.0))

    async def _say_finished(self, job: Job) -> None:
        """Show that the provider has finished, which is only worth it when the answer is late."""
        try:
            with urgency(Urgency.PROGRESS):
                await self._context.deliverer.show(job, Progress(phase=None))
        except Exception:  # progress is a courtesy; the video must not wait for it
            log.exception("job %s: progress could not be shown", job.id)

    async def _refresh(self, job: Job) -> bool:
        """Ask for a fresh link; ``False`` if there is none. Asking costs nothing.

        Source: https://docs.dev.runwayml.com/assets/outputs
        """
        self._context.pace.note(job.task_id)
        try:
            task = await self._context.comet.get_task(job.task_id or "")
        except (CometError, ValueError) as exc:
            log.warning("job %s: no fresh link: %s", job.id, exc)
            return False
        if task.status is not TaskStatus.SUCCEEDED or task.output_url in {None, job.output_url}:
            return False
        await self._store.update(
            job,
            output_url=task.output_url,
            output_expires_at=self._context.clock.now() + OUTPUT_LIFE,
        )
        return True


def _count(job: Job, now: datetime) -> None:
    """Count a job whose outcome is posted, with what it took and cost."""
    is_done = job.state is JobState.DELIVERING
    why = "" if is_done else str(job.failure or job.cancel_reason or "")
    metrics.ENDED.labels("done" if is_done else job.state.value, why).inc()
    if job.charge is not None:
        metrics.CHARGES.labels(job.model, job.charge.value).inc()
    if job.charge is Charge.YES:
        spent = job.price_micros if job.cost_micros is None else job.cost_micros
        metrics.MONEY.labels(job.model).inc((spent or 0) / MICROS_PER_DOLLAR)
    if is_done and job.submitted_at is not None and job.finished_at is not None:
        parts = {
            "until sent": job.submitted_at - job.created_at,
            "at the provider": job.finished_at - job.submitted_at,
            "until posted": now - job.finished_at,
        }
        for phase, span in parts.items():
            metrics.PHASE_SECONDS.labels(phase).observe(max(0.0, span.total_seconds()))
