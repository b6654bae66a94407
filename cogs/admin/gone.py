"""Noting which servers the bot is on no more, so that what they left behind is deleted in time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.errors import StoreError

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot

log = logging.getLogger(__name__)


class ServersGone(commands.Cog):
    """Listens to the bot's coming and going; ``Housekeeping`` deletes after ``GUILD_GONE_DAYS``.

    What happened while the process was down is found at its start, by each process for the servers
    of its own shards.
    """

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._retention = bot.store.retention

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Compare the servers of which there are settings with those on which the bot is."""
        here = {guild.id for guild in self._bot.guilds}
        try:
            await self._retention.guilds_back(here)
            for guild_id in sorted(await self._retention.known_guilds() - here):
                if self._is_ours(guild_id):
                    await self._retention.guild_left(guild_id)
        except StoreError as exc:  # the next start looks again
            log.warning("Servers that are gone were not recorded: %s", exc)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that the bot was removed from a server, or the server was deleted."""
        try:
            await self._retention.guild_left(guild.id)
        except StoreError as exc:  # as above
            log.warning("guild %s: its leaving was not recorded: %s", guild.id, exc)
        else:
            log.info("guild %s: the bot is no longer on it", guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what is left of a server to which the bot comes back."""
        log.info("guild %s: joined; the bot is on %d servers", guild.id, len(self._bot.guilds))
        try:
            await self._retention.guilds_back([guild.id])
        except StoreError as exc:  # as above
            log.warning("guild %s: its return was not recorded: %s", guild.id, exc)

    def _is_ours(self, guild_id: int) -> bool:
        """Tell whether events of a server come to this process.

        Source: https://docs.discord.com/developers/events/gateway#sharding
        """
        shard_ids, count = self._bot.settings.shard_ids, self._bot.settings.shard_count
        return shard_ids is None or not count or (guild_id >> 22) % count in shard_ids


async def setup(bot: RestyleBot) -> None:
    """Add the listeners."""
    await bot.add_cog(ServersGone(bot))
