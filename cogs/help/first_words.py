"""The first words on a server: three steps to set it up, where its people will see them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from discord import ui
from discord.ext import commands

from bot.policy.doors import closed_door
from bot.texts import help as help_texts
from cogs.common.cards import BLURPLE, card
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import NOBODY
from cogs.help.buttons import HelpButton

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot

log = logging.getLogger(__name__)


class FirstWords(commands.Cog):
    """Speaks once, when the bot joins; on a server that is not the operator's it says nothing."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Post the three steps in the system channel, or the first one that takes them."""
        settings = self._bot.settings
        if closed_door(guild.id, settings) is not None:
            return
        lines = help_texts.first_words(
            budget=help_texts.spending(
                settings.server_micros_per_month, settings.bot_micros_per_month
            ),
            review=help_texts.NOBODY_CHECKS,
        )
        row: ui.ActionRow[Any] = ui.ActionRow(
            HelpButton("setup"), HelpButton("cost", asks=True), HelpButton("data", asks=True)
        )
        view = card(BLURPLE, lines, row)
        first = [guild.system_channel] if guild.system_channel is not None else []
        for channel in dict.fromkeys((*first, *guild.text_channels)):
            may = channel.permissions_for(guild.me)
            if not (may.view_channel and may.send_messages):
                continue
            try:
                await channel.send(view=view, allowed_mentions=NOBODY)
            except DISCORD_ERRORS as exc:
                log.info(
                    "guild %s: channel %s did not accept the first words: %s",
                    guild.id,
                    channel.id,
                    exc,
                )
            else:
                return


async def setup(bot: RestyleBot) -> None:
    """Listen to servers that the bot joins."""
    await bot.add_cog(FirstWords(bot))
