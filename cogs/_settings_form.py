"""The form of the settings panel: how big and how long a clip may be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

import discord
from discord import ui

from bot import guild_texts, texts
from bot.app import answer_privately
from bot.guilds import MIN_VIDEO_MEGABYTES, MIN_VIDEO_SECONDS, BadNumber, GuildSettings, read_limit
from bot.validation import video_bytes_limit, video_seconds_limit

if TYPE_CHECKING:
    from bot.cometapi.models import VideoModel
    from bot.settings import Settings

log = logging.getLogger(__name__)

MODAL_SECONDS: Final = 300.0
"""A form is given up before its panel, which its press kept open, is."""


class Save(Protocol):
    """Stores changes, and shows them where the form was opened."""

    async def __call__(self, interaction: discord.Interaction[Any], /, **changes: Any) -> None:  # noqa: ANN401 - each setting has its own type
        """Store the changes in the name of who sent the form."""
        ...


class LimitsModal(ui.Modal, title="Clip limits"):
    """The form for the two limits; empty fields mean the bot's default."""

    def __init__(
        self,
        save: Save,
        current: GuildSettings,
        *,
        operator: Settings,
        model: VideoModel,
    ) -> None:
        super().__init__(timeout=MODAL_SECONDS)
        self._save = save
        self._size_ceiling = video_bytes_limit(operator, None, model)
        self._length_ceiling = video_seconds_limit(operator, None, model)
        self._min_seconds = max(MIN_VIDEO_SECONDS, model.min_seconds or 0)
        self._size: ui.TextInput[Any] = ui.TextInput(
            custom_id="size",
            required=False,
            max_length=20,
            default=_number(current.max_video_bytes, texts.MEBIBYTE),
        )
        self._length: ui.TextInput[Any] = ui.TextInput(
            custom_id="length",
            required=False,
            max_length=20,
            default=_number(current.max_video_seconds),
        )
        self.add_item(
            ui.Label(
                text="Largest clip, in MB",
                description=guild_texts.size_hint(self._size_ceiling),
                component=self._size,
            )
        )
        self.add_item(
            ui.Label(
                text="Longest clip, in seconds",
                description=guild_texts.length_hint(self._length_ceiling),
                component=self._length,
            )
        )

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Save both limits, or neither."""
        highest = self._size_ceiling.value / texts.MEBIBYTE
        size = read_limit(
            self._size.value, lowest=min(MIN_VIDEO_MEGABYTES, highest), highest=highest
        )
        highest = self._length_ceiling.value
        seconds = read_limit(
            self._length.value, lowest=min(self._min_seconds, highest), highest=highest
        )
        if isinstance(size, BadNumber) or isinstance(seconds, BadNumber):
            reasons = []
            if isinstance(size, BadNumber):
                reasons.append(guild_texts.bad_size(size, self._size_ceiling.decided_by))
            if isinstance(seconds, BadNumber):
                reasons.append(guild_texts.bad_length(seconds, self._length_ceiling.decided_by))
            await answer_privately(interaction, guild_texts.not_saved(reasons))
            return
        await self._save(
            interaction,
            max_video_bytes=None if size is None else round(size * texts.MEBIBYTE),
            max_video_seconds=seconds,
        )

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: Exception,
        item: ui.Item[Any] | None = None,
        /,
    ) -> None:
        """Tell the person that the form was not saved."""
        del item
        log.error("interaction %s: the form failed", interaction.id, exc_info=error)
        await answer_privately(interaction, texts.trouble())


def _number(value: float | None, unit: int = 1) -> str | None:
    return None if value is None else f"{value / unit:.6f}".rstrip("0").rstrip(".")
