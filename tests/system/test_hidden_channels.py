"""Channels that Discord hides from the bot, as it sends them since November 2026."""

import discord
import pytest

from bot.system.hidden_channels import keep_hidden_channels_out
from cogs.restyle.place import is_age_restricted

HIDDEN = 1 << 17
TEXT, VOICE, FORUM = 0, 2, 15
GUILD = 1


def channel(id_, kind=TEXT, *, hidden=False, **fields):
    shown = {
        "id": str(id_),
        "guild_id": str(GUILD),
        "type": kind,
        "name": "___hidden___" if hidden else f"channel-{id_}",
        "flags": HIDDEN if hidden else 0,
        "position": 0,
        "nsfw": False,
        "permission_overwrites": [],
    }
    return shown | fields


@pytest.fixture
async def client():
    client = discord.Client(intents=discord.Intents(guilds=True))

    me = {"id": "2", "username": "bot", "discriminator": "0", "avatar": None}
    client._connection.user = discord.ClientUser(state=client._connection, data=me)
    keep_hidden_channels_out(client._connection.parsers, get_guild=client.get_guild)
    return client


def tell(client, event, data):
    client._connection.parsers[event](data)


def build(client, *channels):
    tell(
        client,
        "GUILD_CREATE",
        {"id": str(GUILD), "name": "Filmclub", "roles": [], "channels": list(channels)},
    )
    return client.get_guild(GUILD)


def ids(guild):
    return {found.id for found in guild.channels}


async def test_a_server_is_built_without_what_is_hidden(client):
    guild = build(
        client,
        channel(11),
        channel(12, VOICE, hidden=True),  # no bit rate
        channel(13, FORUM, hidden=True, available_tags=None),
        channel(14, VOICE),
        channel(15, FORUM, available_tags=None),
    )
    assert ids(guild) == {11, 14, 15}


async def test_a_channel_goes_when_it_is_hidden_and_comes_when_it_is_shown(client):
    guild = build(client, channel(11))
    tell(client, "CHANNEL_CREATE", channel(12, VOICE, hidden=True))
    tell(client, "CHANNEL_UPDATE", channel(13, hidden=True))
    assert ids(guild) == {11}
    tell(client, "CHANNEL_UPDATE", channel(11, hidden=True))
    assert ids(guild) == set()
    tell(client, "CHANNEL_UPDATE", channel(11, nsfw=True))
    assert guild.get_channel(11).nsfw
    tell(client, "CHANNEL_UPDATE", channel(11, name="later"))
    assert guild.get_channel(11).name == "later"


@pytest.mark.parametrize("adults", [False, True])
async def test_the_age_limit_of_a_hidden_channel_is_what_the_interaction_says(client, adults):
    build(client, channel(11, hidden=True))
    heard = []
    client._connection.dispatch = lambda name, *found: heard.extend(found)
    tell(
        client,
        "INTERACTION_CREATE",
        {
            "id": "5",
            "type": 2,
            "token": "t",
            "version": 1,
            "application_id": "9",
            "attachment_size_limit": 1,
            "guild_id": str(GUILD),
            "channel_id": "11",
            "channel": channel(11, nsfw=adults),
            "data": {"id": "1", "name": "restyle", "type": 1},
            "member": {
                "user": {"id": "3", "username": "mira", "discriminator": "0", "avatar": None},
                "roles": [],
                "joined_at": None,
                "deaf": False,
                "mute": False,
                "flags": 0,
                "permissions": "0",
            },
        },
    )
    [interaction] = heard
    assert is_age_restricted(interaction) is adults
