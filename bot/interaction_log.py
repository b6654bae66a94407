"""What the log says of a press or a command: whose it is, and when it breaks in the program."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any

from bot.system.log_context import note_ids
from bot.texts import common as texts

if TYPE_CHECKING:
    import discord

log = logging.getLogger(__name__)


def note_interaction(interaction: discord.Interaction[Any]) -> None:
    """Put who presses or commands, and where, on every line that this asyncio task logs."""
    note_ids(
        interaction=interaction.id, server=interaction.guild_id or None, user=interaction.user.id
    )


def broke(interaction: discord.Interaction[Any], error: BaseException) -> str:
    """Log a surprise, and return what the person reads of it: the mark by which the log has it."""
    mark = secrets.token_hex(3)
    log.error("interaction %s: trouble %s", interaction.id, mark, exc_info=error)
    return texts.trouble(mark)
