"""Somebody who may manage messages in one channel alone is no moderator of the server."""

import discord
import pytest

from bot.texts import clip as clip_texts
from cogs.delivery.buttons import DeleteButton
from cogs.history.items import ListButton, ListPlace
from cogs.looks.items import LookButton
from tests.cogs.conftest import buttons_of, said


@pytest.fixture
def her_channel(stage):
    """A channel in which Alice may do what moderators may everywhere."""
    everything = discord.PermissionOverwrite(
        view_channel=True, manage_messages=True, manage_roles=True, manage_threads=True
    )
    return stage.guild.create_text_channel("hers", overwrites={stage.alice: everything})


async def press(stage, channel, item):
    """Press a control that was never posted there."""
    view = discord.ui.View(timeout=None).add_item(item)
    message = await stage.bot.get_partial_messageable(channel.id).send("forged", view=view)
    return await stage.alice.click(message, custom_id=item.custom_id)


async def test_there_she_is_offered_nothing_of_the_servers(stage, her_channel):
    shown = await stage.alice.slash(her_channel, "restyle-jobs")
    assert "This server's" not in buttons_of(shown.response.message)
    shown = await stage.alice.slash(her_channel, "restyle-usage")
    assert "This server" not in buttons_of(shown.response.message)


async def test_what_she_sends_from_there_does_nothing_to_the_server(stage, her_channel, clip):
    job, _ = await stage.done(clip, who=stage.bob)
    before = await stage.store.policies.read(stage.guild.id)
    for item in (ListButton(ListPlace(whose="all")), LookButton("hide", "b:noir")):
        refused = said(await press(stage, her_channel, item))
        assert "for this server's moderators" in refused
    refused = await press(stage, her_channel, DeleteButton(job.id))
    assert said(refused) == clip_texts.delete_not_yours(f"<@{stage.bob.id}>")
    assert await stage.store.policies.read(stage.guild.id) == before
