"""Looks at Discord without connecting: token, application, commands, and what servers allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord

from bot.app import DISCORD
from bot.discord_trouble import passing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.checkup.finding import CheckSection, Diagnosis
    from bot.settings import Settings

COMMAND_NAMES: Final = frozenset(
    {
        *("restyle", "Restyle this", "restyle-settings", "restyle-usage", "restyle-privacy"),
        *("restyle-about", "restyle-help", "restyle-looks", "restyle-jobs"),
        *("restyle-admin", "restyle-owner"),
    }
)
"""What the bot registers at Discord."""
NEEDED: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    create_public_threads=True,
    send_messages_in_threads=True,
)
MOST_SERVERS: Final = 25
"""Each costs three requests to Discord."""
_MOST_CHANNELS: Final = 5
_TITLES: Final = {"send_messages_in_threads": "Send Messages in Threads"}


class DiscordCheck:
    """The application of ``DISCORD_TOKEN``; asked over HTTP alone, beside a running bot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = discord.Client(
            intents=discord.Intents.none(), proxy=settings.proxy.way_to(DISCORD)
        )
        self._is_in = False

    async def close(self) -> None:
        """End the connections to Discord."""
        await self._client.close()

    async def application(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Log in, and look at the application, its invitation and its commands."""
        try:
            await self._client.login(self._settings.discord_token.get_secret_value())
            application = await self._client.application_info()
        except discord.LoginFailure:
            yield section.broken(
                "Discord does not accept DISCORD_TOKEN", "Reset the token in the portal and set it."
            )
            return
        except Exception as exc:
            trouble = passing(exc)
            if trouble is None:
                raise
            yield section.broken(
                f"Discord cannot be used right now: {trouble.text}",
                "Check discordstatus.com and this machine's network.",
            )
            return
        self._is_in = True
        yield section.ok(f"logged in as {application.name} ({application.id})")
        yield section.ok("no privileged intents are needed")
        invitation = discord.utils.oauth_url(application.id, permissions=NEEDED)
        yield section.ok(f"invite it with {invitation}")
        if application.bot_public and self._settings.served_guild_ids is None:
            yield section.warning(
                "anybody can add the bot to their server and spend your money there",
                "Switch Public Bot off in the portal, or name your servers in SERVERS.",
            )
        async for one in self._commands(section):
            yield one

    async def _commands(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        tree = discord.app_commands.CommandTree(self._client)
        try:
            known = {command.name for command in await tree.fetch_commands()}
        except (discord.HTTPException, aiohttp.ClientError) as exc:
            yield section.unknown(f"the list of commands cannot be read: {exc}")
            return
        if missing := COMMAND_NAMES - known:
            yield section.warning(
                f"not registered: {', '.join(sorted(missing))}",
                f"Start the bot. If it ran already, delete {self._settings.data_dir}/"
                "commands.sha256 and start it again.",
            )
        else:
            yield section.ok(f"{len(COMMAND_NAMES)} commands are registered")
        if foreign := known - COMMAND_NAMES:
            yield section.warning(
                f"registered and not ours: {', '.join(sorted(foreign))}",
                "The next start of this version removes them. Use a token for only one program.",
            )

    async def servers(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Look at what each server, and each channel in it, allows the bot."""
        if not self._is_in:
            yield section.unknown("they cannot be checked without logging in")
            return
        found = [guild async for guild in self._client.fetch_guilds(limit=200)]
        if not found:
            yield section.warning("the bot is on no server", "Invite it with the address above.")
        for guild in found[:MOST_SERVERS]:
            try:
                async for one in self._server(section, guild.id):
                    yield one
            except (discord.HTTPException, aiohttp.ClientError) as exc:
                yield section.unknown(f"{guild.name}: {exc}")
        if len(found) > MOST_SERVERS:
            yield section.unknown(f"{len(found) - MOST_SERVERS} more were not checked")

    async def _server(self, section: CheckSection, guild_id: int) -> AsyncIterator[Diagnosis]:
        guild = await self._client.fetch_guild(guild_id)
        if not self._settings.serves(guild.id):
            yield section.warning(
                f"{guild.name} ({guild.id}) is not in SERVERS: nothing starts there",
                "Add it, or let the bot leave it (LEAVE_OTHERS).",
            )
        found = await guild.fetch_channels()
        assert self._client.user is not None  # noqa: S101 - logged in
        me = await guild.fetch_member(self._client.user.id)
        lacking = {}
        usable = 0
        for channel in found:
            if not isinstance(channel, discord.TextChannel):
                continue
            allowed = channel.permissions_for(me)
            if not allowed.view_channel:
                continue  # not meant for the bot
            if missing := list(_missing(allowed)):
                lacking[channel.name] = missing
            else:
                usable += 1
        everywhere = list(_missing(me.guild_permissions))
        if everywhere:
            yield section.warning(
                f"{guild.name}: the bot's role lacks {', '.join(everywhere)}",
                "Give it to the role, or invite the bot again with the address above.",
            )
        else:
            channels = "1 channel allows" if usable == 1 else f"{usable} channels allow"
            yield section.ok(f"{guild.name}: {channels} everything needed")
        for name, missing in list(lacking.items())[:_MOST_CHANNELS]:
            if new := [one for one in missing if one not in everywhere]:
                yield section.warning(
                    f"{guild.name}, #{name} denies {', '.join(new)}",
                    "Allow it for the bot's role in the channel's permissions.",
                )
        if len(lacking) > _MOST_CHANNELS:
            yield section.unknown(
                f"{guild.name}: {len(lacking) - _MOST_CHANNELS} more channels lack something"
            )


def _missing(allowed: discord.Permissions) -> Iterator[str]:
    granted: dict[str, Any] = dict(allowed)
    for name, is_needed in NEEDED:
        if is_needed and not granted[name]:
            yield _TITLES.get(name, name.replace("_", " ").title())
