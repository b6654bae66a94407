"""How connections to Discord come back."""

from types import SimpleNamespace

import discord
from discord.shard import Shard

from bot.app import RestyleBot


async def test_after_a_long_outage_a_shard_is_back_within_a_minute():
    client = SimpleNamespace(dispatch=None, loop=None, _reconnect=True)
    shard = Shard(SimpleNamespace(shard_id=3), client, lambda event: None)
    bot = SimpleNamespace(shards={3: discord.ShardInfo(shard, 4)})
    await RestyleBot.on_shard_connect(bot, 3)
    assert max(shard._backoff.delay() for _ in range(1000)) <= 64
