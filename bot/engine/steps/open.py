"""Open: the thread and the status message of a new job."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.engine.context import UNFIRM_SECONDS
from bot.engine.poll_schedule import backoff_seconds
from bot.errors import DeliveryError

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle

log = logging.getLogger(__name__)

MAX_OPENS: Final = 3
"""How often a thread is asked for before the job goes on without one."""


class OpenStep:
    """Gives a job the place in which everything about it is told."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def open(self, handle: JobHandle, job: Job) -> float:
        """Try once; return seconds until the next step."""
        if self._context.closing.is_set():
            return UNFIRM_SECONDS
        handle.opens += 1
        try:
            opened = await self._context.deliverer.open(job)
        except Exception as exc:  # a missing thread must not stop the job, whatever the cause
            log.warning(
                "job %s: no thread yet", job.id, exc_info=not isinstance(exc, DeliveryError)
            )
            if handle.opens < MAX_OPENS:
                return backoff_seconds(handle.opens, base=1.0)
        else:
            if opened.thread_id is not None or opened.status_message_id is not None:
                job = await self._context.store.update(
                    job, thread_id=opened.thread_id, status_message_id=opened.status_message_id
                )
                handle.sync(job)
        handle.is_opened = True
        return 0.0
