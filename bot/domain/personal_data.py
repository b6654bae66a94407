"""What is kept of a person, as they can take it along. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.domain.jobs import CancelReason, Hold, JobState
from bot.domain.money import MICROS_PER_DOLLAR

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.domain.looks import Look
    from bot.domain.reviews import Appeal, Review
    from bot.domain.sanctions import Block, Strike
    from bot.domain.telling import ToldBy

MOST_JOBS: Final = 5_000
"""How many of the newest jobs an export has at most; some 5 MB."""
_LEAST_OF_MINE: Final = 100
"""So many of the newest jobs of others are in an export, however small it has to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """What the database has of one person. Moments are aware, in UTC."""

    jobs: tuple[Job, ...]
    """Newest first; at most ``MOST_JOBS``."""
    job_count: int
    """How many there are in all."""
    of_mine: tuple[Job, ...]
    """What others asked for with this person's clips; newest first, at most ``MOST_JOBS``."""
    reviews: tuple[Review, ...]
    """Of the person's own jobs."""
    appeals: tuple[Appeal, ...]
    strikes: tuple[Strike, ...]
    blocks: tuple[Block, ...]
    looks: tuple[Look, ...]
    """The person's own."""
    told_by: ToldBy
    """How the person wants to be told of their clips."""
    opted_out_since: datetime | None
    deletion_asked_at: datetime | None
    """Up to when everything is to be deleted, while some of it is under way."""
    files_left: int
    """How many files of the archive are still to be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was deleted of one person, and what was not."""

    jobs: int
    """How many lost their words and links."""
    left: tuple[Job, ...]
    """The jobs under way, which lose theirs once they are over; oldest first."""
    questions: int = 0
    """How many questions to moderators have no answer yet, and go once they have one."""


def export(kept: PersonalData, *, max_bytes: int) -> tuple[bytes, int]:
    """Return it as JSON, and how many jobs are in it: the newest that fit into ``max_bytes``."""
    shown = len(kept.jobs)
    while True:
        found = json.dumps(_document(kept, shown), ensure_ascii=False, indent=1).encode(
            "utf-8", "replace"
        )
        if len(found) <= max_bytes or shown == 0:
            return found, shown
        shown //= 2


def _document(kept: PersonalData, shown: int) -> dict[str, Any]:
    return {
        "about": "What this Restyle bot keeps of you. Moments are in UTC, money in US dollars.",
        "opted_out_since": _moment(kept.opted_out_since),
        "told_by": kept.told_by.value,
        "deletion": {
            "asked_at": _moment(kept.deletion_asked_at),
            "files_left": kept.files_left,
        },
        "older_jobs_left_out": kept.job_count - shown,
        "jobs": [_job(job) for job in kept.jobs[:shown]],
        "clips_of_yours": [_of_mine(job) for job in kept.of_mine[: max(shown, _LEAST_OF_MINE)]],
        "reviews": [
            {
                "job_id": str(review.job_id),
                "opened_at": _moment(review.opened_at),
                "decided_at": _moment(review.decided_at),
                "outcome": review.standing.value,
                "note": review.note,
                "your_words": review.prompt_before,
            }
            for review in kept.reviews
        ],
        "questions_to_moderators": [
            {
                "server_id": str(appeal.guild_id),
                "asked_at": _moment(appeal.opened_at),
                "about": appeal.about,
                "words": appeal.words,
                "answer": appeal.answer,
            }
            for appeal in kept.appeals
        ],
        "strikes": [
            {
                "job_id": str(strike.job_id),
                "server_id": str(strike.guild_id),
                "at": _moment(strike.struck_at),
                "failure": strike.failure.value,
                "lifted_at": _moment(strike.lifted_at),
            }
            for strike in kept.strikes
        ],
        "looks": [
            {
                "name": look.name,
                "words": look.words,
                "seed": look.seed,
                "shape": look.ratio,
                "model": look.model,
                "picture_of_job_id": _text(look.picture_job_id),
            }
            for look in kept.looks
        ],
        "blocks": [
            {
                "server_id": str(block.guild_id) if block.guild_id else None,
                "since": _moment(block.blocked_at),
                "note": block.note,
            }
            for block in kept.blocks
        ],
    }


def _of_mine(job: Job) -> dict[str, Any]:
    """Return what somebody else made of one's clip, without who that was and their words."""
    return {
        "id": str(job.id),
        "server_id": str(job.guild_id) if job.guild_id is not None else None,
        "channel_id": str(job.channel_id),
        "asked_at": _moment(job.created_at),
        "ended_at": _moment(job.finished_at),
        "state": job.state.value,
        "your_answer": _answer(job),
        "clip": job.source_filename,
        "clip_message_url": job.source_message_url,
        "result_url": _result_url(job),
    }


def _answer(job: Job) -> str | None:
    """Return what the author said; ``None`` where they were not asked, or allowed it."""
    if job.cancel_reason is CancelReason.CONSENT_REFUSED:
        return "refused"
    if job.cancel_reason is CancelReason.CONSENT_EXPIRED:
        return "none in time"
    return "awaited" if job.state is JobState.HELD and job.hold is Hold.CONSENT else None


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "server_id": str(job.guild_id) if job.guild_id is not None else None,
        "channel_id": str(job.channel_id),
        "asked_at": _moment(job.created_at),
        "sent_at": _moment(job.submitted_at),
        "ended_at": _moment(job.finished_at),
        "state": job.state.value,
        "failure": job.failure.value if job.failure is not None else None,
        "cancel_reason": job.cancel_reason.value if job.cancel_reason is not None else None,
        "prompt": job.prompt,
        "note": job.cancel_note,
        "deleted_at": _moment(job.deleted_at),
        "deleted_because": job.delete_note,
        "look": job.look_name,
        "own_words": job.own_words,
        "role_ids": [str(role_id) for role_id in sorted(job.role_ids or ())],
        "model": job.model,
        "seed": job.seed,
        "ratio": job.ratio,
        "seconds": round(job.restyled_seconds, 3),
        "clip": job.source_filename,
        "clip_url": job.source_url,
        "clip_message_url": job.source_message_url,
        "reference_url": job.reference_url,
        "result_url": _result_url(job),
        "expected_cost": _dollars(job.price_micros),
        "cost": _dollars(job.bill_micros),
    }


def _result_url(job: Job) -> str | None:
    """Return the link to the result, unless moderators have not published it."""
    unpublished = job.state is JobState.WITHHELD or job.cancel_reason in {
        CancelReason.WITHHELD,
        CancelReason.REVIEW_EXPIRED,
    }
    return None if unpublished else job.archive_url or job.output_url


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def _text(id_: int | None) -> str | None:
    return None if id_ is None else str(id_)


def _dollars(micros: int | None) -> float | None:
    return micros / MICROS_PER_DOLLAR if micros is not None else None
