"""Approve: jobs that wait for a person's word, before the spending or before the publishing."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import CancelReason, Hold, JobState
from bot.engine.budget import Urgency, urgency
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.errors import DeliveryDelayedError, DeliveryTooLargeError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS: Final = 300.0
SETTLE_SECONDS: Final = 15.0
"""How long bringing a request up to date may hold the job up."""
NO_LIMIT_SECONDS: Final = 86_400.0
"""The pause of a job that waits without an end; its decision wakes it."""

_EXPIRED: Final = {
    Hold.CONSENT: CancelReason.CONSENT_EXPIRED,
    Hold.REVIEW: CancelReason.REVIEW_EXPIRED,
}

_DECIDED: Final = frozenset(
    {
        CancelReason.DENIED,
        CancelReason.WITHHELD,
        CancelReason.REVIEW_EXPIRED,
        CancelReason.CONSENT_REFUSED,
        CancelReason.CONSENT_EXPIRED,
    }
)


class ApprovalStep:
    """Asks the people who decide, waits without polling, and ends what nobody answered.

    A decision is a change in the database; the claim that follows it brings the job back.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def is_expired(self, job: Job) -> bool:
        """Tell whether the wait is over without an answer."""
        return job.held_until is not None and self._context.clock.now() >= job.held_until

    def must_present(self, handle: JobHandle, job: Job) -> bool:
        """Tell whether people have to be asked yet, for all that this process knows."""
        is_news = handle.asks_anew or handle.presented != (job.state, job.hold)
        return self._context.approval_prompts is not None and is_news

    async def hold(self, handle: JobHandle, job: Job, clip: Path | None = None) -> float:
        """Ask if that is still to be done; return seconds until the wait is over.

        Raises:
            DeliveryTooLargeError: Discord does not take ``clip`` in that size.
        """
        if self.is_expired(job):
            return await self._expire(handle, job)
        approval_prompts = self._context.approval_prompts
        if approval_prompts is not None and self.must_present(handle, job):
            try:
                await approval_prompts.present(job, clip)
            except DeliveryDelayedError as exc:
                log.warning("job %s: approval was not asked for yet: %s", job.id, exc)
                return _later(handle, exc.retry_after_seconds)
            except DeliveryTooLargeError:
                raise  # whoever has the clip can make it smaller
            except Exception:  # the request must come before a person, whatever broke
                log.exception("job %s: asking for approval broke", job.id)
                return _later(handle, None)
            handle.presented = (job.state, job.hold)
            handle.asks_anew = False
            handle.presents = 0
            self._context.announcer.announce(job.id, Progress(phase=None))
        if job.held_until is None:
            return NO_LIMIT_SECONDS
        return max(0.1, (job.held_until - self._context.clock.now()).total_seconds())

    async def _expire(self, handle: JobHandle, job: Job) -> float:
        reason = _EXPIRED[job.hold or Hold.REVIEW]
        if job.state is JobState.WITHHELD:
            reason = CancelReason.REVIEW_EXPIRED
        job = await self._context.store.move(job, JobState.CANCELLED, cancel_reason=reason)
        log.info("job %s: cancelled: %s", job.id, reason)
        handle.sync(job)
        return 0.0

    async def leave(self, handle: JobHandle, job: Job) -> None:
        """Bring the request up to date if ``job`` goes on from where it was presented.

        Where it ends instead, or is delivered, that follows the outcome: see :meth:`told`.
        """
        if handle.presented in {None, (job.state, job.hold)}:
            return
        handle.presented = None
        if job.state in {JobState.HELD, JobState.QUEUED}:
            await self._settle(job)

    async def told(self, job: Job) -> None:
        """Bring the request up to date, if there may be one, after the outcome was told."""
        if job.held_until is not None or job.cancel_reason in _DECIDED:
            await self._settle(job)

    async def _settle(self, job: Job) -> None:
        """Bring the request up to date, best effort."""
        if self._context.approval_prompts is None:
            return
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                with urgency(Urgency.PROGRESS):
                    await self._context.approval_prompts.settled(job)
        except Exception:  # the job must not suffer from a card that is out of date
            log.exception("job %s: its request was not brought up to date", job.id)


def _later(handle: JobHandle, at_least: float | None) -> float:
    handle.presents += 1
    return backoff_seconds(handle.presents, cap=LONGEST_PAUSE_SECONDS, at_least=at_least)
