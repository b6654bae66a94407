"""Telling people once that a budget runs out: the bot's owner, or a server's log channel."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from discord.ext import commands, tasks

from bot.errors import DeliveryDelayedError, StoreError
from bot.texts import budget as budget_texts
from cogs.common.discord_errors import DISCORD_ERRORS, lasting_verdict
from cogs.common.messages import NOBODY
from cogs.owner.alert_buttons import spend_step

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.domain.budgets import BudgetNotice

log = logging.getLogger(__name__)

BUDGET_EVENT: Final = "restyle_budget"
"""Dispatched after each request that may have used a budget up; nobody waits for what follows."""
LOOK_MINUTES: Final = 5


class BudgetTeller(commands.Cog):
    """Tells what the store has noted, by whichever request and process, until it is told."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    async def cog_load(self) -> None:
        """Start looking for what is still owed."""
        self._keep_telling.start()

    async def cog_unload(self) -> None:
        """Stop looking."""
        self._keep_telling.cancel()

    @tasks.loop(minutes=LOOK_MINUTES)
    async def _keep_telling(self) -> None:
        try:
            await self.tell()
        except Exception:  # a budget that runs out in silence is found on the bill
            log.exception("The messages about budgets broke")

    @_keep_telling.before_loop
    async def _wait(self) -> None:
        await self._bot.wait_until_ready()

    @commands.Cog.listener(f"on_{BUDGET_EVENT}")
    async def tell(self) -> None:
        """Tell each notice that nobody has told yet."""
        store = self._bot.store
        try:
            for notice in await store.budget_notices.take():
                try:
                    if await self._tell(notice):
                        await store.budget_notices.told(notice)
                except DeliveryDelayedError as exc:
                    log.warning("the message about a budget is postponed: %s", exc)
                    await store.budget_notices.put_back(notice)
        except StoreError as exc:
            log.warning("the messages about budgets are postponed: %s", exc)

    async def _tell(self, notice: BudgetNotice) -> bool:
        """Tell one notice; return whether it can be read now, or nobody wants to.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        log.warning("%s", budget_texts.notice(notice).replace("\n", " "))
        text = budget_texts.notice(notice, self._bot.command_mentions.of)
        guild_id = notice.use.cap.holder.guild_id
        if not guild_id:
            return await self._bot.tell_owners(text, view=spend_step())
        policy = await self._bot.store.policies.read(guild_id)
        channel_id = policy.server("log_channel_id")
        if channel_id is None:
            return True
        channel = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
        return await _send(channel, text)


async def _send(channel: discord.abc.Messageable, text: str) -> bool:
    """Post a text; return whether Discord took it.

    Raises:
        DeliveryDelayedError: Discord is in trouble.
    """
    try:
        await channel.send(text, allowed_mentions=NOBODY)
    except DISCORD_ERRORS as exc:
        lasting_verdict(exc)
        log.warning("channel %s: the message about a budget is postponed: %s", channel, exc)
        return False
    return True


async def setup(bot: RestyleBot) -> None:
    """Add the listeners."""
    await bot.add_cog(BudgetTeller(bot))
