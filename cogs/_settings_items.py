"""The parts of the settings panel that people touch, and what they say when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot import guild_texts
from bot.app import answer_privately
from bot.guilds import MAX_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

THRESHOLD_ID: Final = "settings:threshold"
RATIO_ID: Final = "settings:ratio"
LIMITS_ID: Final = "settings:limits"
CHANNELS_ID: Final = "settings:channels"
UNDO_ID: Final = "settings:undo"

_CHANNEL_TYPES: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    # No media channels: Discord's API description does not know their type here, and a menu that
    # is refused takes the whole panel with it.
]


class Menu(ui.Select[Any]):
    """A menu that hands its choice on."""

    def __init__(
        self,
        on_choice: Callable[[discord.Interaction[Any], str], Awaitable[None]],
        *,
        custom_id: str,
        options: list[discord.SelectOption],
    ) -> None:
        super().__init__(custom_id=custom_id, options=options)
        self._on_choice = on_choice

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await self._on_choice(interaction, self.values[0])


class ChannelMenu(ui.ChannelSelect[Any]):
    """A menu of channels that hands its choice on."""

    def __init__(
        self,
        on_choice: Callable[[discord.Interaction[Any], frozenset[int]], Awaitable[None]],
        *,
        chosen: Sequence[discord.abc.GuildChannel | discord.Object] = (),
    ) -> None:
        super().__init__(
            custom_id=CHANNELS_ID,
            channel_types=_CHANNEL_TYPES,
            placeholder="Everywhere",
            min_values=0,
            max_values=MAX_CHANNELS,
            default_values=chosen,
        )
        self._on_choice = on_choice

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await self._on_choice(interaction, frozenset(channel.id for channel in self.values))


class Button(ui.Button[Any]):
    """A button that hands its press on."""

    def __init__(
        self,
        on_press: Callable[[discord.Interaction[Any]], Awaitable[None]],
        *,
        label: str,
        custom_id: str,
        disabled: bool = False,
    ) -> None:
        super().__init__(label=label, custom_id=custom_id, disabled=disabled)
        self._on_press = on_press

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await self._on_press(interaction)


class StalePanel(ui.LayoutView):
    """Answers presses on panels that nobody serves any more, as after a restart."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        option = [discord.SelectOption(label="-")]

        async def answer(interaction: discord.Interaction[Any], chosen: object = None) -> None:
            del chosen
            await answer_privately(interaction, guild_texts.panel_stale())

        for item in (
            Menu(answer, custom_id=THRESHOLD_ID, options=option),
            Menu(answer, custom_id=RATIO_ID, options=option),
            ChannelMenu(answer),
            Button(answer, label="-", custom_id=LIMITS_ID),
            Button(answer, label="-", custom_id=UNDO_ID),
        ):
            row: ui.ActionRow[Any] = ui.ActionRow()
            row.add_item(item)
            self.add_item(row)
