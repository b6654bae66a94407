"""Presses and forms that no part of the bot knows: each gets one kind answer.

They come from messages of much earlier versions, and from clients that send what they like. Without
an answer Discord says "This interaction failed", which tells nobody what to do.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.app import answer_privately
from bot.texts import common as texts
from cogs.common.forms import is_taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.app import RestyleBot

log = logging.getLogger(__name__)


class Strangers(commands.Cog):
    """Answers what nobody else does."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Say that a control or form is not ours, unless somebody knows it."""
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id"))
        match interaction.type:
            case discord.InteractionType.component:
                is_known = self._bot.knows_control(custom_id)
            case discord.InteractionType.modal_submit:
                await asyncio.sleep(0)  # those who listen for forms have looked by then
                is_known = is_taken(interaction)
            case _:
                return
        if not is_known:
            log.info("interaction %s: not ours: %.40r", interaction.id, custom_id)
            await answer_privately(interaction, texts.UNKNOWN_CONTROL)


async def setup(bot: RestyleBot) -> None:
    """Listen to what is left over."""
    await bot.add_cog(Strangers(bot))
