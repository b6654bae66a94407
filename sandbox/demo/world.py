"""The little Discord in which the demo plays: one server, one channel, two people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import discord

from sandbox.cdn import CDN_HOST
from sandbox.demo.avatars import person, robot

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        moderators: Sam's role.
        pictures: Everybody's picture (file name and PNG), by its address.
    """

    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    member: simcord.MemberActor
    moderator: simcord.MemberActor
    moderators: simcord.RoleHandle
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
    pictures = {_address(env.backend.bot_user.id): ("restyle.png", robot("#5865f2"))}
    moderator = join(env, guild, pictures, "Sam", "#2d7d6f", roles=[moderators])
    member = join(env, guild, pictures, "Mira", "#c2557a")
    channel = guild.create_text_channel("videos", topic=TOPIC)
    await moderator.send(channel, WELCOME)
    return World(
        guild=guild,
        channel=channel,
        member=member,
        moderator=moderator,
        moderators=moderators,
        pictures=pictures,
    )


def join(
    env: simcord.Env,
    guild: simcord.GuildHandle,
    pictures: dict[str, tuple[str, bytes]],
    name: str,
    colour: str,
    *,
    roles: Sequence[simcord.RoleHandle] = (),
) -> simcord.MemberActor:
    """Let a person with a face of their own join the server; ``pictures`` gets the face."""
    user = env.create_user(name.lower(), global_name=name, avatar=_FACE)
    pictures[_address(user.id)] = (f"{name.lower()}.png", person(name[0], colour))
    return guild.add_member(user, roles=roles)


def _address(user_id: int) -> str:
    return f"https://{CDN_HOST}/avatars/{user_id}/{_FACE}.png"
