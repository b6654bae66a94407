"""What the one who posted a clip says about its use. No I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.jobs import CancelReason, Hold, JobState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job


class ConsentChoice(enum.StrEnum):
    """What an author can answer; part of custom ids."""

    ALLOW = "allow"  # this once
    NO = "no"  # not this time
    NEVER = "never"  # nor any other time, anywhere: the opt-out


class ConsentStatus(enum.Enum):
    """How a question to an author stands."""

    OPEN = enum.auto()
    ALLOWED = enum.auto()
    REFUSED = enum.auto()
    EXPIRED = enum.auto()  # nobody answered in time
    WITHDRAWN = enum.auto()  # the request was cancelled, or ended for another reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """A press of the author's, and how things stand after it."""

    is_new: bool
    """Whether this press decided."""
    word: ConsentStatus
    job: Job
    others: tuple[Job, ...] = ()
    """The other requests that an opt-out refused along with this one."""


def word_on(job: Job, now: datetime) -> ConsentStatus:
    """Return how the question about ``job`` stands, as its row tells."""
    if job.state is JobState.HELD and job.hold is Hold.CONSENT:
        is_over = job.held_until is not None and job.held_until <= now
        return ConsentStatus.EXPIRED if is_over else ConsentStatus.OPEN
    if job.hold is not Hold.CONSENT:  # it went on: to a moderator, or to its turn
        return ConsentStatus.ALLOWED
    match job.cancel_reason:
        case CancelReason.CONSENT_REFUSED:
            return ConsentStatus.REFUSED
        case CancelReason.CONSENT_EXPIRED:
            return ConsentStatus.EXPIRED
        case _:
            return ConsentStatus.WITHDRAWN
