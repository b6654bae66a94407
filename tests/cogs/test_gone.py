"""Which servers the bot is on no more, as the listeners note it."""

from datetime import timedelta

import pytest

from bot.policy.problems import SERVER
from tests.factories import GUILD_ID

ELSEWHERE = GUILD_ID + 1


@pytest.fixture
def gone(stage, clock):
    """``await gone()``: the servers that the bot is on no more."""

    async def find():
        return await stage.store.retention.guilds_gone(clock() + timedelta(days=1))

    return find


async def test_a_server_that_removes_the_bot_is_noted_until_it_is_back(stage, gone):
    listeners = stage.bot.get_cog("ServersGone")
    guild = stage.bot.get_guild(stage.guild.id)
    await listeners.on_guild_remove(guild)
    assert await gone() == [guild.id]
    await listeners.on_guild_join(guild)
    assert await gone() == []


async def test_what_happened_while_the_bot_was_down_is_found_at_its_start(stage, gone):
    for guild_id in (ELSEWHERE, stage.guild.id):
        await stage.store.policies.change(
            guild_id, {SERVER: {"consent_mode": "own"}}, user_id=stage.alice.id, operator=None
        )
    await stage.store.retention.guild_left(stage.guild.id)
    await stage.bot.get_cog("ServersGone").on_ready()
    assert await gone() == [ELSEWHERE]
