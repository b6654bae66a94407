"""What is known of a server's past jobs when settings are tried out on them. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.looks import shown_words
from bot.domain.quotas import Period, started_at

if TYPE_CHECKING:
    from datetime import datetime

MOST_JOBS: Final = 2_000
"""The newest of them are tried; each costs about a tenth of a millisecond for each policy."""
DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PastJob:
    """One job as it was asked for, and what it came to."""

    job_id: int
    created_at: datetime
    user_id: int
    channel_ids: tuple[int, ...]
    """Where the command was used and, for a thread, then its parent."""
    role_ids: frozenset[int] | None
    """The requester's roles at that moment; ``None`` where nobody noted them."""
    is_age_restricted: bool | None
    """Whether only adults see the channel; ``None`` as above."""
    prompt: str
    """The member's words, or those that a reviewer put in their place; with a look, its words too.
    """
    look_name: str | None = None
    """The look that was chosen, and below what the member wrote beside it."""
    own_words: str | None = None
    model: str
    source_bytes: int
    source_seconds: float
    part_start: float
    """Where the restyled part begins, in seconds."""
    part_seconds: float
    """How long it is."""
    was_cut: bool
    """Whether the clip was longer than allowed, and nobody had chosen that part."""
    micros: int
    """What it cost, or is expected to; 0 when it surely cost nothing."""
    is_counted: bool
    """Whether it counts against caps: everything but what was released."""
    public_figure_threshold: str
    ratio: str | None

    @property
    def shown_prompt(self) -> str:
        """The prompt as everybody reads it: rules are asked about a look's name as well."""
        return shown_words(self.prompt, look_name=self.look_name, own_words=self.own_words)


def tried_since(now: datetime) -> datetime:
    """Return from when on past jobs are tried."""
    return now - timedelta(days=DAYS)


def needed_since(now: datetime) -> datetime:
    """Return from when on past jobs are needed: caps of the first of these months count them."""
    return started_at(Period.MONTH, tried_since(now))
