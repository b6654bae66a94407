"""Leaving servers that are not the operator's (``LEAVE_OTHERS``), on joining and at start."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.policy.doors import closed_door
from bot.texts import doors as door_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot

log = logging.getLogger(__name__)


class ServerDoor(commands.Cog):
    """Leaves, after a word where it may be posted; what is paid for is delivered in private then.

    Who only stays there with nothing starting is told so by the command tree.
    """

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Leave the servers that were not the operator's at this start."""
        for guild in list(self._bot.guilds):
            await self._leave_unless_served(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Leave a server to which somebody else has just added the bot."""
        await self._leave_unless_served(guild)

    async def _leave_unless_served(self, guild: discord.Guild) -> None:
        settings = self._bot.settings
        if not settings.leave_others or closed_door(guild.id, settings) is None:
            return
        try:
            await _say_goodbye(guild)
            await guild.leave()
        except DISCORD_ERRORS as exc:  # the next start tries again
            log.warning("guild %s: not left: %s", guild.id, exc)
        else:
            log.info("guild %s: left, because it is not in SERVERS", guild.id)


async def _say_goodbye(guild: discord.Guild) -> None:
    """Post one message in the first channel that takes it; a server without one hears nothing."""
    first = [guild.system_channel] if guild.system_channel is not None else []
    for channel in dict.fromkeys((*first, *guild.text_channels)):
        may = channel.permissions_for(guild.me)
        if not (may.view_channel and may.send_messages):
            continue
        try:
            await channel.send(door_texts.goodbye(), allowed_mentions=NOBODY)
        except DISCORD_ERRORS as exc:
            log.info(
                "guild %s: channel %s did not accept the goodbye: %s", guild.id, channel.id, exc
            )
        else:
            return


async def setup(bot: RestyleBot) -> None:
    """Add the listeners."""
    await bot.add_cog(ServerDoor(bot))
