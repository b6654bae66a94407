"""What a server, or the bot's owner, holds against people: strikes, blocks and pauses. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import FailureReason

MAX_NOTE: Final = 200
"""Characters of the reason for a pause or a block; it is shown to everybody whom it stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing new starts on a server, or anywhere."""

    guild_id: int
    """``GLOBAL_GUILD_ID`` is the whole bot."""
    paused_by: int
    paused_at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One person may not start anything on a server, or anywhere."""

    guild_id: int
    """``GLOBAL_GUILD_ID`` is the whole bot, direct messages included."""
    user_id: int
    blocked_by: int
    blocked_at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """The provider's safety check refused a member's job; for so much a member has to answer."""

    job_id: int
    guild_id: int
    user_id: int
    struck_at: datetime
    failure: FailureReason
    lifted_by: int | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """What stands in the way of one member on one server."""

    pause: Pause | None = None
    """Of everything, else of the server."""
    block: Block | None = None
    """From everything, else from the server."""
    strikes: tuple[Strike, ...] = ()
    """Those that were not lifted, newest first."""

    def strikes_since(self, now: datetime, days: int) -> tuple[Strike, ...]:
        """Return the strikes of the last ``days`` days: those that count together."""
        since = now - timedelta(days=days)
        return tuple(strike for strike in self.strikes if strike.struck_at >= since)
