"""*Restyle this*, in the menu on messages: another member's clip, or one's own of earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.texts import message as message_texts
from cogs.restyle.cog import Restyle
from cogs.restyle.message_source import sources_of
from cogs.restyle.open_request import OpenRequest
from cogs.restyle.questions import telling_refusals

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.storage.store import Store
    from cogs.restyle.request_flow import RequestFlow

NAME: Final = "Restyle this"


class MessageMenu(commands.Cog):
    """The menu. Discord brings the files of a message along with it, and at no other time."""

    def __init__(self, *, flow: RequestFlow, store: Store) -> None:
        self._flow = flow
        self._store = store

    async def restyle_this(
        self, interaction: discord.Interaction[Any], message: discord.Message
    ) -> None:
        """Ask what to make of a clip, unless nothing may be made of it."""
        async with telling_refusals(interaction, self._store):
            sources = await sources_of(interaction, message, store=self._store)
            request = OpenRequest.of(interaction, sources)
            await self._flow.ask_words(interaction, request, title=message_texts.MENU_TITLE)


async def setup(bot: RestyleBot) -> None:
    """Add the menu; on servers only, for in direct messages there are no others' clips."""
    flow = cast("Restyle", bot.get_cog(Restyle.__name__)).flow  # loaded before
    menu = MessageMenu(flow=flow, store=bot.store)
    await bot.add_cog(menu)
    bot.tree.add_command(
        app_commands.ContextMenu(
            name=NAME,
            callback=menu.restyle_this,
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
    )
