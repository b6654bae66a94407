"""What was spent, as the ledger tells it: values for ``/restyle-usage``, previews and the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import CancelReason, FailureReason, JobState
    from bot.domain.quotas import LedgerStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRow:
    """One job of a server and its money."""

    job_id: int
    user_id: int
    day: str
    """On which it was reserved, in UTC: ``2026-01-31``."""
    created_at: datetime
    micros: int
    """Expected, or as the provider reported it; not spent when ``standing`` is RELEASED."""
    standing: LedgerStatus
    state: JobState
    failure: FailureReason | None
    cancel_reason: CancelReason | None
    channel_id: int
    """Where the command was used."""
    channel_ids: frozenset[int]
    """Every channel that it counts for: that one, and what it lies in."""
    role_ids: frozenset[int]
    """The member's roles that it counts for."""
    source_bytes: int
    restyled_seconds: float
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendSum:
    """Jobs of one member of a server, of one day, that ended (or stand) alike."""

    user_id: int
    day: str
    state: JobState
    failure: FailureReason | None
    standing: LedgerStatus
    jobs: int
    micros: int
    """Of all of them; not spent when ``standing`` is RELEASED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSpend:
    """What one server used of the bot; released money is left out."""

    guild_id: int | None
    """``None`` is direct messages."""
    jobs: int
    committed: int
    """Micro-dollars that count as paid."""
    reserved: int
    """Micro-dollars set aside for jobs that are not taken yet, or of which nobody knows."""
