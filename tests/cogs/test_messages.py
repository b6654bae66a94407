"""Finding messages of ours again, and whom a message may ping."""

import discord
import pytest

from bot.errors import DeliveryDelayedError
from cogs.common.cards import GREY, card, mark
from cogs.common.messages import find_marked, only

MARK = mark(1, "answer")


@pytest.fixture
async def channel(stage):
    return stage.bot.get_partial_messageable(stage.channel.id, guild_id=stage.guild.id)


@pytest.fixture
async def posted(channel):
    return await channel.send(view=card(GREY, ["hello"], id_=MARK))


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_marked_message_is_found_after_an_older_one_only(
    stage, channel, posted, newest_first
):
    async def found(after):
        return await find_marked(stage.bot, channel, MARK, after=after, newest_first=newest_first)

    assert (await found(posted.id - 1)).id == posted.id
    assert await found(posted.id) is None


async def test_another_apps_message_with_our_mark_is_not_taken_for_ours(stage, channel, posted):
    stage.env.backend.get_message(channel.id, posted.id).author_id = stage.alice.id
    assert await find_marked(stage.bot, channel, MARK, after=posted.id - 1) is None


async def test_a_channel_that_cannot_be_read_has_none_but_trouble_that_passes_is_told(
    stage, channel, posted
):
    path = f"/channels/{channel.id}/messages"
    stage.env.inject_error("GET", path, status=403, code=50013)
    assert await find_marked(stage.bot, channel, MARK, after=posted.id - 1) is None
    stage.env.inject_error("GET", path, status=503)
    with pytest.raises(DeliveryDelayedError):
        await find_marked(stage.bot, channel, MARK, after=posted.id - 1)


@pytest.mark.parametrize("status", [403, 503])
async def test_whoever_must_know_is_told_that_a_channel_cannot_be_read(
    stage, channel, posted, status
):
    stage.env.inject_error("GET", f"/channels/{channel.id}/messages", status=status)
    with pytest.raises(discord.HTTPException):
        await find_marked(stage.bot, channel, MARK, after=posted.id - 1, must_read=True)


def test_a_message_for_one_person_pings_nobody_else_not_even_whom_it_replies_to():
    assert only(7).to_dict() == {"parse": [], "users": [7]}
