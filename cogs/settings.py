"""``/restyle-settings``: moderators see and change what holds on their server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import guild_texts
from bot.app import RestyleBot, answer_privately
from bot.cometapi.models import model_rules
from bot.errors import StoreError
from cogs._settings_items import StalePanel
from cogs._settings_panel import SettingsPanel
from cogs._verdicts import TROUBLE

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.storage.store import Store

log = logging.getLogger(__name__)


class ServerSettings(commands.Cog):
    """The command that opens the panel."""

    def __init__(self, *, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._model = model_rules(settings.runway_model)

    @app_commands.command(
        name="restyle-settings", description="See and change how Restyle works on this server"
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def restyle_settings(self, interaction: discord.Interaction[Any]) -> None:
        """Show the panel to the person alone.

        Who may is Discord's business: administrators can hand the command to another role, so
        no second check stands here.
        """
        if interaction.guild_id is None:  # the command is not offered in direct messages
            return
        try:
            # The database may take longer than Discord waits.
            await interaction.response.defer(ephemeral=True, thinking=True)
        except TROUBLE as exc:
            log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
            return
        panel = SettingsPanel(
            interaction, settings=self._settings, store=self._store, model=self._model
        )
        try:
            await panel.load()
            await panel.show(interaction)
        except StoreError as exc:
            log.warning("guild %s: settings cannot be read: %s", interaction.guild_id, exc)
            await answer_privately(interaction, guild_texts.unavailable())
        except TROUBLE as exc:
            log.warning("interaction %s: the panel was not shown: %s", interaction.id, exc)


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the answers to panels from before this start."""
    await bot.add_cog(ServerSettings(settings=bot.settings, store=bot.store))
    bot.add_view(StalePanel())
