"""The panel of ``/restyle-settings``: one container per topic, saved at every choice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot import guild_texts, texts
from bot.app import answer_privately
from bot.errors import StoreError
from bot.guilds import THRESHOLDS, GuildSettings, last_action, undoing
from bot.validation import video_bytes_limit, video_seconds_limit
from cogs._settings_form import LimitsModal
from cogs._settings_items import (
    LIMITS_ID,
    RATIO_ID,
    THRESHOLD_ID,
    UNDO_ID,
    Button,
    ChannelMenu,
    Menu,
)
from cogs._verdicts import TROUBLE
from cogs.restyle import RATIO_CHOICES

if TYPE_CHECKING:
    from bot.cometapi.models import VideoModel
    from bot.guilds import SettingChange
    from bot.settings import Settings
    from bot.storage.store import Store

log = logging.getLogger(__name__)

PANEL_SECONDS: Final = 600.0
"""How long a panel that nobody touches stays open: less than the 900 s for which the token of the
last press can still edit it.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

_PROVIDER: Final = "provider"
_REMEMBERED_CHANGES: Final = 20


class SettingsPanel(ui.LayoutView):
    """One server's settings, for the person who opened them.

    Args:
        interaction: The command, used in a guild.
        settings: The operator's settings.
        store: Where the server's settings are.
        model: What the provider's model takes.
    """

    def __init__(
        self,
        interaction: discord.Interaction[Any],
        *,
        settings: Settings,
        store: Store,
        model: VideoModel,
    ) -> None:
        super().__init__(timeout=PANEL_SECONDS)
        assert interaction.guild_id is not None  # noqa: S101 - the command is for guilds only
        self._guild_id = interaction.guild_id
        self._guild = interaction.guild
        self._user_id = interaction.user.id
        # Who has the command by a role of the server's choice is not asked for the permission.
        self._by_permission = interaction.permissions.manage_guild
        self._latest = interaction
        self._operator = settings
        self._store = store
        self._model = model
        self._settings = GuildSettings(guild_id=self._guild_id)
        self._changes: list[SettingChange] = []

    async def load(self) -> None:
        """Read the settings and their latest changes.

        Raises:
            StoreError: The database does not answer.
        """
        self._settings = await self._store.guild_settings(self._guild_id)
        self._changes = await self._store.setting_changes(self._guild_id, _REMEMBERED_CHANGES)

    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Bring the message up to date; ``interaction`` is answered (deferred) already."""
        self._latest = interaction
        self._render()
        await interaction.edit_original_response(view=self)

    # What is seen

    def _render(self) -> None:
        self.clear_items()
        name = self._guild.name if self._guild else "this server"
        self.add_item(ui.TextDisplay(guild_texts.title(name)))
        self.add_item(self._public_figures())
        self.add_item(self._shape())
        self.add_item(self._clip_limits())
        self.add_item(self._channels())
        self.add_item(self._latest_changes())

    def _public_figures(self) -> ui.Container[Any]:
        options = [
            discord.SelectOption(
                label=guild_texts.THRESHOLD_LABELS[threshold],
                description=guild_texts.THRESHOLD_DESCRIPTIONS[threshold],
                value=threshold,
                default=threshold == self._settings.public_figure_threshold,
            )
            for threshold in THRESHOLDS
        ]
        return ui.Container(
            ui.TextDisplay(guild_texts.public_figures(self._settings)),
            ui.ActionRow(Menu(self._choose_threshold, custom_id=THRESHOLD_ID, options=options)),
        )

    def _ratio_labels(self) -> dict[str, str]:
        names = {str(choice.value): choice.name for choice in RATIO_CHOICES}
        return {ratio: names.get(ratio, ratio) for ratio in self._model.ratios}

    def _shape(self) -> ui.Container[Any]:
        labels = self._ratio_labels()
        card: ui.Container[Any] = ui.Container(
            ui.TextDisplay(guild_texts.shape(self._settings, labels=labels))
        )
        if labels:
            chosen = self._settings.default_ratio
            options = [
                discord.SelectOption(
                    label=guild_texts.PROVIDER_RATIO, value=_PROVIDER, default=chosen not in labels
                ),
                *(
                    discord.SelectOption(label=label, value=ratio, default=ratio == chosen)
                    for ratio, label in labels.items()
                ),
            ]
            card.add_item(
                ui.ActionRow(Menu(self._choose_ratio, custom_id=RATIO_ID, options=options))
            )
        return card

    def _clip_limits(self) -> ui.Container[Any]:
        text = guild_texts.clip_limits(
            self._settings,
            size_limit=video_bytes_limit(self._operator, self._settings, self._model),
            length_limit=video_seconds_limit(self._operator, self._settings, self._model),
        )
        button = Button(self._open_limits, label="Change limits…", custom_id=LIMITS_ID)
        return ui.Container(ui.TextDisplay(text), ui.ActionRow(button))

    def _channels(self) -> ui.Container[Any]:
        allowed = sorted(self._settings.allowed_channel_ids)
        chosen: list[discord.abc.GuildChannel | discord.Object] = []
        for channel_id in allowed:
            if self._guild is None:  # not in the cache: nobody can tell which still exist
                chosen.append(discord.Object(channel_id))
            elif (channel := self._guild.get_channel(channel_id)) is not None:
                chosen.append(channel)
        missing = set(allowed) - {channel.id for channel in chosen}
        return ui.Container(
            ui.TextDisplay(guild_texts.channels(self._settings, missing=missing)),
            ui.ActionRow(ChannelMenu(self._choose_channels, chosen=chosen)),
        )

    def _latest_changes(self) -> ui.Container[Any]:
        button = Button(
            self._undo,
            label="Undo the last change",
            custom_id=UNDO_ID,
            disabled=not self._changes,
        )
        return ui.Container(
            ui.TextDisplay(guild_texts.latest_changes(self._changes)), ui.ActionRow(button)
        )

    # What is done

    async def save(self, interaction: discord.Interaction[Any], /, **changes: Any) -> None:  # noqa: ANN401 - each setting has its own type
        """Store the changes in the name of who pressed, and show them."""
        await interaction.response.defer()
        try:
            await self._write(interaction, changes)
        except StoreError as exc:
            await self._tell_unsaved(interaction, exc)
        else:
            await self.show(interaction)

    async def _write(self, interaction: discord.Interaction[Any], changes: dict[str, Any]) -> None:
        await self._store.change_guild_settings(
            self._guild_id, user_id=interaction.user.id, **changes
        )
        log.info(
            "guild %s: user %s set %s", self._guild_id, interaction.user.id, ", ".join(changes)
        )
        await self.load()

    async def _tell_unsaved(self, interaction: discord.Interaction[Any], error: StoreError) -> None:
        log.warning("guild %s: settings not saved: %s", self._guild_id, error)
        await answer_privately(interaction, guild_texts.perhaps_not_saved())
        await self.show(interaction)  # else the menu would go on showing what was chosen

    async def _choose_threshold(self, interaction: discord.Interaction[Any], chosen: str) -> None:
        await self.save(interaction, public_figure_threshold=chosen)

    async def _choose_ratio(self, interaction: discord.Interaction[Any], chosen: str) -> None:
        await self.save(interaction, default_ratio=None if chosen == _PROVIDER else chosen)

    async def _choose_channels(
        self, interaction: discord.Interaction[Any], chosen: frozenset[int]
    ) -> None:
        await self.save(interaction, allowed_channel_ids=chosen)

    async def _open_limits(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(
            LimitsModal(self.save, self._settings, operator=self._operator, model=self._model)
        )

    async def _undo(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer()
        shown = last_action(self._changes)
        try:
            await self.load()
            current = last_action(self._changes)
            if current == shown:
                await self._write(interaction, undoing(current))
        except StoreError as exc:
            await self._tell_unsaved(interaction, exc)
            return
        await self.show(interaction)
        if current != shown:
            await answer_privately(interaction, guild_texts.undo_overtaken())

    # Who may, and what goes wrong

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let only the person through who opened the panel, while the permission lasts."""
        if interaction.user.id != self._user_id:
            await answer_privately(interaction, guild_texts.panel_not_yours())
            return False
        if self._by_permission and not interaction.permissions.manage_guild:
            await answer_privately(interaction, guild_texts.permission_gone())
            return False
        self._latest = interaction
        return True

    async def on_timeout(self) -> None:
        """Say where the settings are to be found now."""
        closed = ui.LayoutView(timeout=None)
        closed.add_item(ui.TextDisplay(guild_texts.panel_closed()))
        try:
            await self._latest.edit_original_response(view=closed)
        except TROUBLE as exc:
            log.debug("guild %s: a panel could not be closed: %s", self._guild_id, exc)

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: Exception,
        item: ui.Item[Any] | None = None,
        /,
    ) -> None:
        """Tell the person that a press did not do what it should."""
        del item
        log.error("interaction %s: the panel failed", interaction.id, exc_info=error)
        await answer_privately(interaction, texts.trouble())
