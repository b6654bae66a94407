"""The id of a guild as the database keeps it, where one is always needed. No I/O."""

from __future__ import annotations

from typing import Final

GLOBAL_GUILD_ID: Final = 0
"""Stands for the whole bot, or for direct messages; Discord gives no guild this id."""


def guild_key(guild_id: int | None) -> int:
    """Return the guild's id, or ``GLOBAL_GUILD_ID`` where Discord names no guild."""
    return GLOBAL_GUILD_ID if guild_id is None else guild_id
