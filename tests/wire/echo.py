"""A client of discord.py with one command, for the tests of the local Discord."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from tests.fakes import Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.fakes import Channel, DiscordServer

CLIP = Upload(filename="clip.mp4", data=b"\0\0\0\x18ftypmp42" + b"x" * 100)

THREAD = {"name": "Clip", "auto_archive_duration": 1440}


class Card(discord.ui.LayoutView):
    """A message in components v2, with a file and a button."""

    def __init__(self, text: str, *media: str) -> None:
        super().__init__(timeout=None)
        box: discord.ui.Container[Any] = discord.ui.Container(discord.ui.TextDisplay(text))
        for name in media:
            item = discord.MediaGalleryItem(f"attachment://{name}", description="the clip")
            box.add_item(discord.ui.MediaGallery(item))
        button: discord.ui.Button[Any] = discord.ui.Button(label="Cancel", custom_id="job:1:cancel")
        box.add_item(discord.ui.ActionRow(button))
        self.add_item(box)


class Echo(discord.Client):
    """A bot with one command; ``handle`` says what it does."""

    def __init__(self, handle: Callable[[discord.Interaction, Any], Awaitable[None]]) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.raised: list[BaseException] = []

        @self.tree.command(name="echo", description="Say it again")
        @app_commands.choices(mood=[app_commands.Choice(name="Calm", value="calm")])
        async def echo(
            interaction: discord.Interaction,
            video: discord.Attachment,
            text: app_commands.Range[str, 1, 1000],
            mood: str | None = None,
        ) -> None:
            try:
                await handle(interaction, video)
            except Exception as exc:  # noqa: BLE001 - handed to the test
                self.raised.append(exc)

    async def setup_hook(self) -> None:
        await self.tree.sync()


@asynccontextmanager
async def connected(server: DiscordServer, client: Echo) -> AsyncIterator[Echo]:
    async with client:
        running = asyncio.create_task(client.start(server.token))
        try:
            await server.until(lambda: server.gateway.ready)
            async with asyncio.timeout(60):
                await client.wait_until_ready()
            yield client
        finally:
            await client.close()
            await running


async def nothing(interaction: discord.Interaction, video: discord.Attachment) -> None:
    pass


def thread_or_text(client: Echo, channel: Channel) -> discord.PartialMessageable:
    return client.get_partial_messageable(channel.id, guild_id=channel.guild_id)
