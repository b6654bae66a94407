"""The little Discord in which the demo plays: one server, four people, and where they talk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import discord

from sandbox.cdn import CDN_HOST
from sandbox.demo.avatars import person, robot

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simcord

    from bot.app import RestyleBot

_FACE: Final = "face"
"""Stands for the hash of everybody's picture."""

BOT_NAME: Final = "Restyle"
TOPIC: Final = "Type /restyle, attach a clip, describe a look"
WELCOME: Final = (
    "Welcome to the film club 🎬 Bring a short clip and type {restyle}. "
    "The answer comes in a thread, so this channel stays tidy."
)
"""One emoji, and not the bot's words: a person says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the demo.

    Attributes:
        name: As people read it.
        role: What they are, for whoever chooses among them.
        actor: What they do on the server; ``actor.user`` is who they are in direct messages.
    """

    name: str
    role: str
    actor: simcord.MemberActor


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The server and its people.

    Attributes:
        guild: The server.
        videos: ``#videos``, where everything begins.
        lounge: Where people talk.
        desk: ``#moderators``, which moderators and the owner alone see.
        showcase: An announcement channel.
        mira: A member, who asks for videos.
        noor: Another one.
        sam: A moderator, who may use ``/restyle-settings``.
        olga: The owner of the server and of the bot.
        moderators: Sam's role.
        pictures: Everybody's picture (file name and PNG), by its address.
    """

    guild: simcord.GuildHandle
    videos: simcord.ChannelHandle
    lounge: simcord.ChannelHandle
    desk: simcord.ChannelHandle
    showcase: simcord.ChannelHandle
    mira: Person
    noor: Person
    sam: Person
    olga: Person
    moderators: simcord.RoleHandle
    pictures: dict[str, tuple[str, bytes]]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order in which they are offered."""
        return (self.mira, self.noor, self.sam, self.olga)

    @property
    def channels(self) -> tuple[simcord.ChannelHandle, ...]:
        """The server's channels, in their order."""
        return (self.videos, self.lounge, self.desk, self.showcase)


def name_bot(env: simcord.Env) -> None:
    """Give the bot its name and face; only before ``env`` starts, as Discord tells it at login."""
    env.backend.bot_user.name = BOT_NAME
    env.backend.bot_user.avatar = _FACE


async def build_world(env: simcord.Env) -> World:
    """Found the server and let the people join, in a started ``env``."""
    pictures = {_address(env.backend.bot_user.id): ("restyle.png", robot("#5865f2"))}
    founder = _make_user(env, pictures, "Olga", "#8a5a2b")
    guild = env.create_guild("Film club", owner=founder)
    moderators = guild.create_role(
        "Moderators", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
    )
    sam = join(env, guild, pictures, "Sam", "#2d7d6f", role="moderator", roles=[moderators])
    everybody, bot = guild.default_role, env.bot.user
    assert bot is not None  # noqa: S101 - for the type checker: it has logged in
    videos = guild.create_text_channel("videos", topic=TOPIC)
    lounge = guild.create_text_channel("lounge", topic="Talk about films")
    desk = guild.create_text_channel(
        "moderators",
        overwrites={
            everybody: discord.PermissionOverwrite(view_channel=False),
            moderators: discord.PermissionOverwrite(view_channel=True),
            bot: discord.PermissionOverwrite(view_channel=True),
        },
    )
    showcase = guild.create_news_channel("showcase")
    await sam.actor.send(videos, WELCOME.format(restyle=await _named(env, "restyle")))
    return World(
        guild=guild,
        videos=videos,
        lounge=lounge,
        desk=desk,
        showcase=showcase,
        mira=join(env, guild, pictures, "Mira", "#c2557a"),
        noor=join(env, guild, pictures, "Noor", "#b7791f"),
        sam=sam,
        olga=Person(name="Olga", role="runs the bot", actor=guild.add_member(founder)),
        moderators=moderators,
        pictures=pictures,
    )


async def _named(env: simcord.Env, command: str) -> str:
    """Return what a message names a command by, so that it can be pressed."""
    bot = cast("RestyleBot", env.bot)
    named = {one.name: one.mention for one in await bot.tree.fetch_commands()}
    return named[command]


def join(
    env: simcord.Env,
    guild: simcord.GuildHandle,
    pictures: dict[str, tuple[str, bytes]],
    name: str,
    colour: str,
    *,
    role: str = "member",
    roles: Sequence[simcord.RoleHandle] = (),
) -> Person:
    """Let a person with a face of their own join the server; ``pictures`` gets the face."""
    user = _make_user(env, pictures, name, colour)
    return Person(name=name, role=role, actor=guild.add_member(user, roles=roles))


def _make_user(
    env: simcord.Env, pictures: dict[str, tuple[str, bytes]], name: str, colour: str
) -> simcord.UserHandle:
    user = env.create_user(name.lower(), global_name=name, avatar=_FACE)
    pictures[_address(user.id)] = (f"{name.lower()}.png", person(name[0], colour))
    return user


def _address(user_id: int) -> str:
    return f"https://{CDN_HOST}/avatars/{user_id}/{_FACE}.png"
