"""Reviews and appeals: what moderators are asked, and how an answer comes about."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.domain.quotas import ReviewStage, ReviewStatus

LOCK: Final = timedelta(minutes=15)
"""For how long a request that a moderator took is closed to the others."""

ANSWER_AGAIN: Final = timedelta(minutes=1)
"""An answer to an appeal that did not reach the member by then may be given again: whoever gave it
was cut off."""

MAX_OPEN_APPEALS: Final = 3
"""How many unanswered appeals a member may have on a server, so that nobody floods the channel."""

MAX_WORDS: Final = 500
"""How many characters a moderator's reason, and an appeal or its answer, may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One question to the moderators of a guild. Moments are aware, in UTC."""

    job_id: int
    stage: ReviewStage
    guild_id: int
    standing: ReviewStatus
    reasons: tuple[str, ...]
    """Why it came to review, in words of the rules."""
    opened_at: datetime
    expires_at: datetime
    channel_id: int | None = None
    """Where its card is, or is about to be; ``None`` while it has no place."""
    message_id: int | None = None
    """Its card; ``None`` until that is posted."""
    folded_at: datetime | None = None
    """Since when it waits for a place in a channel that is full."""
    taken_by: int | None = None
    taken_at: datetime | None = None
    decided_by: int | None = None
    """``None`` when nobody decided: it expired, or was withdrawn."""
    decided_at: datetime | None = None
    note: str | None = None
    """The moderator's reason for a denial."""
    prompt_before: str | None = None
    """The requester's own words, when a moderator changed them."""
    mended_by: int | None = None

    def holder(self, now: datetime) -> int | None:
        """Return the moderator who has taken it, while that still holds."""
        if self.taken_by is None or self.taken_at is None or now - self.taken_at >= LOCK:
            return None
        return self.taken_by


class PressOutcome(enum.Enum):
    """What a decision by button came to; all but DONE leave the review as it was."""

    DONE = enum.auto()
    OWN = enum.auto()  # nobody decides about their own request
    HELD = enum.auto()  # another moderator has taken it
    NOT_HELD = enum.auto()  # what was to be released is not the presser's
    ADDS_WORDS = enum.auto()  # the clip's author has not seen these words
    DECIDED = enum.auto()  # somebody, or the clock, was faster
    UNKNOWN = enum.auto()  # there is no such request here


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A press, what became of it, and how things stand after it."""

    outcome: PressOutcome
    now: datetime
    """The moment, by the database's clock."""
    review: Review | None = None
    job: Job | None = None
    former_prompt: str | None = None
    """What the prompt was before this press changed it."""


def own_words(review: Review, job: Job) -> str:
    """Return the prompt as its requester wrote it."""
    return job.prompt if review.prompt_before is None else review.prompt_before


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotGrant:
    """Which requests got a place in the review channel."""

    placed: bool
    """Whether the one that was asked for has one, now or since earlier."""
    is_new: bool
    """Whether it got it now: no card of it was ever posted."""
    freed: tuple[int, ...]
    """The jobs of others that got one; their ``owner`` is NULL, so that the engine shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowNotice:
    """The one message that stands for all requests without a place."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """A member's question to the moderators. Moments are aware, in UTC."""

    id: int
    """The job's, or that of the interaction that was refused: each can be appealed once."""
    guild_id: int
    user_id: int
    job_id: int | None
    about: str
    """What it is about, in the words that the member saw."""
    words: str
    """The member's own."""
    opened_at: datetime
    channel_id: int | None = None
    message_id: int | None = None
    """Its card in the review channel; ``None`` until that is posted."""
    answered_by: int | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    told_at: datetime | None = None
    """When the answer reached the member."""

    @property
    def is_report(self) -> bool:
        """Whether it is about somebody's result, and not about how one's own request ended."""
        return self.job_id is not None and self.job_id != self.id

    def is_answered(self, now: datetime) -> bool:
        """Tell whether it needs no more answer."""
        if self.answered_at is None:
            return False
        return self.told_at is not None or now - self.answered_at < ANSWER_AGAIN
