"""How large a file Discord takes from the bot, server by server: learned, never known for sure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from bot.domain.guilds import guild_key
from bot.domain.units import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINNING_BYTES: Final = 20 * MEBIBYTE
"""What Discord takes from everybody since autumn 2026, for servers of which nothing is known yet.

Source: https://github.com/discord/discord-api-docs/pull/8578
"""
SAFE_BYTES: Final = 9 * MEBIBYTE
"""What it takes even where that has not arrived, with room for the rest of the message."""

_REMEMBERED: Final = 10_000
_KNOWN_SECONDS: Final = 86_400.0
"""So long the smallest limit counts; a server that was boosted meanwhile is learned anew."""


class UploadLimits:
    """The smallest limit that each server's interactions told of lately.

    Discord tells the greater of the server's limit and the person's, so the smallest comes nearest
    to what holds for the bot. It may be wrong either way: every upload can be refused.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: TTLCache[int, int] = TTLCache(_REMEMBERED, _KNOWN_SECONDS, timer=clock)

    def note(self, guild_id: int | None, limit_bytes: int) -> None:
        """Learn from what an interaction says; ``None`` is direct messages."""
        key = guild_key(guild_id)
        known = self._known.get(key)
        if limit_bytes > 0 and (known is None or limit_bytes < known):
            self._known[key] = limit_bytes

    def refused(self, guild_id: int | None) -> None:
        """Learn that a file within the limit was too large: for a while only small ones go."""
        self.note(guild_id, SAFE_BYTES)

    def of(self, guild_id: int | None) -> int:
        """Return how many bytes a file may have there."""
        return self._known.get(guild_key(guild_id), BEGINNING_BYTES)
