"""Open: the thread and the status message of a new job, which keeps the clip if that is at hand."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from bot.engine.context import UNFIRM_SECONDS
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.steps.sources import ORIGINAL
from bot.errors import DeliveryError, JobLostError

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.steps.prepare import PrepareStep

log = logging.getLogger(__name__)

MAX_OPENS: Final = 3
"""How often a thread is asked for before the job goes on without one."""


class OpenStep:
    """Gives a job the place in which everything about it is told."""

    def __init__(self, context: EngineContext, prepare_step: PrepareStep) -> None:
        self._context = context
        self._prepare_step = prepare_step

    async def open(self, handle: JobHandle, job: Job) -> float:
        """Try once; return seconds until the next step."""
        if self._context.closing.is_set():
            return UNFIRM_SECONDS
        handle.opens += 1
        try:
            with ExitStack() as stack:
                clip = self._prepare_step.at_hand(job, stack)
                opened = await self._context.deliverer.open(job, clip=clip)
        except Exception as exc:  # a missing thread must not stop the job, whatever the cause
            log.warning(
                "job %s: no thread yet", job.id, exc_info=not isinstance(exc, DeliveryError)
            )
            if handle.opens < MAX_OPENS:
                return backoff_seconds(handle.opens, base=1.0)
        else:
            if opened.thread_id is not None or opened.status_message_id is not None:
                changes: dict[str, object] = {
                    "thread_id": opened.thread_id,
                    "status_message_id": opened.status_message_id,
                }
                if opened.kept is not None and job.prepared_at is None:
                    changes |= self._prepare_step.columns(job, opened.kept)
                try:
                    job = await self._context.store.update(job, **changes)
                except JobLostError:
                    handle.unsaved = changes
                    raise
                if job.sent_url is not None:  # it stands for the original from now on
                    self._context.scratch.kept.drop(job.id, ORIGINAL)
                handle.sync(job)
        handle.is_opened = True
        return 0.0
