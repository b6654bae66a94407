"""Commands that can be clicked in a text: ``</restyle:123>``; their ids are known to Discord."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from cogs.common.discord_errors import DISCORD_ERRORS

if TYPE_CHECKING:
    from bot.app import RestyleBot

log = logging.getLogger(__name__)

_SECONDS: Final = 1.5
"""How long Discord may take to tell them; a text without them does as well."""


class CommandMentions:
    """Asks Discord once for the ids of the bot's commands, when they are first needed."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._known: dict[str, str] = {}

    async def of(self, name: str) -> str:
        """Return how to name a command so that it can be clicked, or plainly: ``/restyle``."""
        if not self._known:
            try:
                async with asyncio.timeout(_SECONDS):
                    commands = await self._bot.tree.fetch_commands()
            except DISCORD_ERRORS as exc:
                log.info("the ids of the commands are not known: %r", exc)
            else:
                self._known = {command.name: command.mention for command in commands}
        return self._known.get(name, f"`/{name}`")
