"""Telling people once that a budget runs out: the bot's owner, or a server's log channel."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from discord.ext import commands

from bot.errors import DeliveryDelayedError, StoreError
from bot.texts import budget as budget_texts
from cogs.common.discord_errors import DISCORD_ERRORS, lasting_verdict
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.domain.budgets import BudgetNotice

log = logging.getLogger(__name__)

BUDGET_EVENT: Final = "restyle_budget"
"""Dispatched after each request that may have used a budget up; nobody waits for what follows."""


class BudgetTeller(commands.Cog):
    """Tells what the store has noted, by whichever request and process."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Tell what an earlier run did not come to."""
        await self.tell()

    @commands.Cog.listener(f"on_{BUDGET_EVENT}")
    async def tell(self) -> None:
        """Tell each notice that nobody has told yet."""
        store = self._bot.store
        try:
            for notice in await store.budget_notices.take():
                try:
                    await self._tell(notice)
                except DeliveryDelayedError as exc:
                    log.warning("a budget that runs out is told later: %s", exc)
                    await store.budget_notices.put_back(notice)
        except StoreError as exc:
            log.warning("budgets that run out are told later: %s", exc)

    async def _tell(self, notice: BudgetNotice) -> None:
        text = budget_texts.notice(notice)
        log.warning("%s", text.replace("\n", " "))
        guild_id = notice.use.cap.holder.guild_id
        if not guild_id:
            await self._bot.tell_owners(text)
            return
        policy = await self._bot.store.policies.read(guild_id)
        channel_id = policy.server("log_channel_id")
        guild = self._bot.get_guild(guild_id)
        if channel_id is None or (guild is not None and guild.get_channel(channel_id) is None):
            return
        await _send(self._bot.get_partial_messageable(channel_id, guild_id=guild_id), text)


async def _send(channel: discord.abc.Messageable, text: str) -> None:
    """Post a text; where Discord does not take it for good, the log has it.

    Raises:
        DeliveryDelayedError: Discord is in trouble.
    """
    try:
        await channel.send(text, allowed_mentions=NOBODY)
    except DISCORD_ERRORS as exc:
        lasting_verdict(exc)
        log.warning("channel %s: a budget that runs out was not told: %s", channel, exc)


async def setup(bot: RestyleBot) -> None:
    """Add the listeners."""
    await bot.add_cog(BudgetTeller(bot))
