"""The little Discord in which the demo plays: one server, one channel, two people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import discord

from sandbox.cdn import CDN_HOST
from sandbox.demo.faces import person, robot

if TYPE_CHECKING:
    import simcord

_FACE: Final = "face"
"""Stands for the hash of everybody's picture."""

BOT_NAME: Final = "Restyle"
TOPIC: Final = "Type /restyle, attach a clip, describe a look"
WELCOME: Final = (
    "Welcome to the film club 🎬 Bring a short clip and type `/restyle`. "
    "The answer comes in a thread, so this channel stays tidy."
)
"""One emoji, and not the bot's words: a person says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The server and its people.

    Attributes:
        guild: The server.
        channel: ``#videos``, where everything begins.
        member: Mira, who asks for videos.
        moderator: Sam, who may use ``/restyle-settings``.
        pictures: Everybody's picture (file name and PNG), by its address.
    """

    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    member: simcord.MemberActor
    moderator: simcord.MemberActor
    pictures: dict[str, tuple[str, bytes]]


def name_bot(env: simcord.Env) -> None:
    """Give the bot its name and face; only before ``env`` starts, as Discord tells it at login."""
    env.backend.bot_user.name = BOT_NAME
    env.backend.bot_user.avatar = _FACE


async def build_world(env: simcord.Env) -> World:
    """Found the server and let the people join, in a started ``env``."""
    guild = env.create_guild("Film club")
    moderators = guild.create_role(
        "Moderators", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
    )
    sam = env.create_user("sam", global_name="Sam", avatar=_FACE)
    mira = env.create_user("mira", global_name="Mira", avatar=_FACE)
    moderator = guild.add_member(sam, roles=[moderators])
    member = guild.add_member(mira)
    channel = guild.create_text_channel("videos", topic=TOPIC)
    await moderator.send(channel, WELCOME)
    return World(
        guild=guild,
        channel=channel,
        member=member,
        moderator=moderator,
        pictures={
            _address(sam.id): ("sam.png", person("S", "#2d7d6f")),
            _address(mira.id): ("mira.png", person("M", "#c2557a")),
            _address(env.backend.bot_user.id): ("restyle.png", robot("#5865f2")),
        },
    )


def _address(user_id: int) -> str:
    return f"https://{CDN_HOST}/avatars/{user_id}/{_FACE}.png"
