"""What a server's moderators decide: limits, defaults, strictness."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

PublicFigureThreshold = Literal["auto", "low"]
THRESHOLDS: Final[tuple[PublicFigureThreshold, ...]] = ("auto", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """One guild's settings; a guild without a row has these defaults.

    ``None`` for a limit or a default means: the operator's value (``Settings``) holds.
    """

    guild_id: int
    public_figure_threshold: PublicFigureThreshold = "auto"
    default_ratio: str | None = None
    max_video_bytes: int | None = None
    max_video_seconds: float | None = None
    allowed_channel_ids: frozenset[int] = field(default_factory=frozenset)
    """Empty means every channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """Who changed which of a guild's settings, when, and from what to what (as JSON text)."""

    guild_id: int
    user_id: int
    changed_at: datetime
    name: str
    before: str
    after: str
