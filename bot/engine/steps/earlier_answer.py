"""Whether an old job was paid for before: its row may come from a backup."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import CancelReason, Charge, JobState

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle

log = logging.getLogger(__name__)

ASK_FIRST_SECONDS: Final = 300.0
"""A job older than that may come from a backup: its thread is searched for an answer first,
and the provider's list of tasks for one that nobody knows."""


def may_be_answered(context: EngineContext, handle: JobHandle, job: Job) -> bool:
    """Tell whether it has to be asked first whether a job was paid for before."""
    if handle.is_answer_sought or job.submit_attempts:
        return False
    return context.age_seconds(job.created_at) >= ASK_FIRST_SECONDS


async def settle_if_answered(context: EngineContext, handle: JobHandle, job: Job) -> bool:
    """Tell whether an old job must not be paid for (now).

    One whose answer is posted is settled, unpaid. One that may be a task which the provider lists
    and no job has goes into quarantine. Asked once, before the first paid request.

    Raises:
        DeliveryDelayedError: Discord is in trouble, so nobody knows.
        JobLostError: The job is not ours in that state any more.
        StoreUnavailableError: The database does not answer.
    """
    if not may_be_answered(context, handle, job):
        return False
    answer = await context.deliverer.find_answer(job)
    handle.is_answer_sought = True
    if answer is None:
        if context.may_be_paid is None or not await context.may_be_paid(job):
            return False
        log.warning(
            "job %s: CometAPI lists a task of no job since it was asked for, so it may be paid for "
            "already: it waits for the bot's owner",
            job.id,
        )
        await context.store.quarantine.enter([job.id])
        return True
    job = await context.store.move(
        job,
        JobState.CANCELLED,
        cancel_reason=CancelReason.RESTORED,
        charge=Charge.YES,
        answer_message_id=answer.message_id,
        answer_channel_id=answer.channel_id,
    )
    log.warning("job %s: its answer is posted already, so it is not paid for again", job.id)
    handle.sync(job)
    return True
