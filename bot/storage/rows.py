"""Between rows of ``jobs`` and values of ``bot.domain.jobs``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from bot.domain.jobs import TRANSITIONS, Charge, Job, JobState, NewJob, clip_bucket
from bot.storage.tables.job import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Job))

CHANGEABLE: Final = frozenset(
    {
        "source_url",  # Discord's links expire; a fresh one may be needed
        "reference_url",
        "prompt",  # a reviewer may mend it
        "look_name",  # and is not to be quoted by words that are no more
        "own_words",
        "model",  # another takes over from one that is not offered
        "plan",
        "record_picture",  # it came later than the record
        "part_start",
        "part_seconds",
        "price_micros",
        "hold",
        "held_until",
        "admitted_at",
        "prepared_at",
        "sent_url",
        "sent_bytes",
        "sent_content_type",
        "source_channel_id",
        "source_message_id",
        "archive_url",
        "cancel_reason",
        "cancelled_by",
        "cancel_note",
        "thread_id",
        "status_message_id",
        "answer_message_id",
        "answer_channel_id",
        "submit_attempts",
        "submit_started_at",
        "submitted_at",
        "task_id",
        "phase",
        "progress",
        "output_url",
        "output_expires_at",
        "finished_at",
        "failure",
        "failure_detail",
        "charge",
        "request_id",
        "cost_micros",
        "cost_source",
        "cost_credits",
        "delivery_attempts",
        "told_at",
        "look_at",
    }
)
"""What ``Store.move`` and ``Store.update`` may set. The rest is the store's own, or for ever."""


def job_from(row: RowMapping) -> Job:
    """Return the job that a whole row of ``jobs`` holds."""
    return Job(**{name: row[name] for name in _FIELDS})


async def read_job(connection: AsyncConnection, job_id: int) -> Job | None:
    """Return the job as this transaction sees it; ``None`` if there is none."""
    rows = await connection.execute(select(jobs).where(jobs.c.id == job_id))
    row = rows.mappings().one_or_none()
    return job_from(row) if row else None


def row_from(job: NewJob) -> dict[str, Any]:
    """Return the columns that a new job brings along."""
    return {
        **{field.name: getattr(job, field.name) for field in dataclasses.fields(NewJob)},
        "clip_bucket": clip_bucket(job.restyled_seconds),
        "state": JobState.QUEUED if job.hold is None else JobState.HELD,
        "submit_attempts": 0,
        "delivery_attempts": 0,
    }


def check_changeable(changes: Mapping[str, Any]) -> None:
    """Refuse names that may not be set.

    Raises:
        TypeError: As Python does for a keyword that a function does not take.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"a job's {', '.join(sorted(unknown))} cannot be set")


def values_for_move(
    job: Job,
    to: JobState,
    changes: Mapping[str, Any],
    *,
    worker_id: str,
    now: Any,  # noqa: ANN401 - SQL or a moment
) -> dict[str, Any]:
    """Return the columns that a move sets: what the step implies, overruled by ``changes``.

    Raises:
        TypeError: ``changes`` has a name that may not be set.
        ValueError: The transition does not exist, or it lacks the task's id.
    """
    check_changeable(changes)
    if to not in TRANSITIONS[job.state]:
        raise ValueError(f"job {job.id}: {job.state} cannot become {to}")
    implied: dict[str, Any] = {}
    if to is JobState.SUBMITTING:
        implied = {"submitted_by": worker_id, "submit_started_at": now}
    elif to is JobState.QUEUED:
        implied = {"submitted_by": None, "submit_started_at": None}
    elif to is JobState.RUNNING:
        if not changes.get("task_id", job.task_id):
            raise ValueError(f"job {job.id}: running needs a task_id")
        implied = {"submitted_at": now}
    elif to in {JobState.DELIVERING, JobState.WITHHELD, JobState.FAILED, JobState.CANCELLED}:
        implied = {"finished_at": job.finished_at or now}
        if job.state in {JobState.HELD, JobState.QUEUED}:
            implied["charge"] = Charge.NO
    return {**implied, **changes, "state": to}
