"""What a server's moderators decide: limits, defaults, strictness."""

from __future__ import annotations

import enum
import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PublicFigureThreshold = Literal["auto", "low"]
THRESHOLDS: Final[tuple[PublicFigureThreshold, ...]] = ("auto", "low")

MIN_VIDEO_MEGABYTES: Final = 1.0
MIN_VIDEO_SECONDS: Final = 1.0
"""Lower limits would close the command without saying so."""

MAX_CHANNELS: Final = 25
"""As many as one of Discord's menus offers.

Source: https://docs.discord.com/developers/components/reference#channel-select
"""

_NUMBER: Final = re.compile(
    r"\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*(?:mi?b|s|sec|seconds)?\s*", re.IGNORECASE
)


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


class Fault(enum.StrEnum):
    """What is wrong with a limit that a moderator typed."""

    NOT_A_NUMBER = "not_a_number"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNumber:
    """A limit that cannot be set, in the unit in which it was typed."""

    fault: Fault
    typed: str
    """The number alone, or all that was typed if it is none."""
    lowest: float
    highest: float


def read_limit(text: str, *, lowest: float, highest: float) -> float | BadNumber | None:
    """Read a limit that a person typed: ``25``, ``12,5``, ``10 MB``, ``8 s``.

    Nothing but spaces is ``None``: the operator's value holds.
    """
    typed = text.strip()
    if not typed:
        return None
    match = _NUMBER.fullmatch(typed)
    if match is None or not typed.isascii():
        return BadNumber(fault=Fault.NOT_A_NUMBER, typed=typed, lowest=lowest, highest=highest)
    number = float(match[1].replace(",", "."))
    if lowest <= number <= highest or math.isclose(number, highest):
        return min(number, highest)
    fault = Fault.TOO_LOW if number < lowest else Fault.TOO_HIGH
    return BadNumber(fault=fault, typed=match[1], lowest=lowest, highest=highest)


def value_of(name: str, text: str) -> Any:  # noqa: ANN401 - each setting has its own type
    """Return the value that a :class:`SettingChange` holds as JSON text."""
    value = json.loads(text)
    return frozenset(value) if name == "allowed_channel_ids" else value


def last_action(changes: Sequence[SettingChange]) -> tuple[SettingChange, ...]:
    """Return what was changed at once by the newest action; ``changes`` come newest first."""
    action: dict[str, SettingChange] = {}
    for change in changes:
        newest = changes[0]
        same = change.user_id == newest.user_id and change.changed_at == newest.changed_at
        if not same or change.name in action:
            break
        action[change.name] = change
    return tuple(action.values())


def undoing(action: Sequence[SettingChange]) -> dict[str, Any]:
    """Return the settings that take ``action`` back."""
    return {change.name: value_of(change.name, change.before) for change in action}
