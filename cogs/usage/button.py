"""The buttons of ``/restyle-usage``: from one part of the usage to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.texts import usage as usage_texts
from cogs.common.pages import Page, answer_press

if TYPE_CHECKING:
    import re

COG: Final = "Usage"
"""The name of the cog that sees to presses."""

_LABELS: Final = {
    "mine": usage_texts.MINE_LABEL,
    "server": usage_texts.SERVER_LABEL,
    "csv": usage_texts.CSV_LABEL,
    "strikes": usage_texts.STRIKES_LABEL,
}


class Shows(Protocol):
    """What sees to presses."""

    async def show(self, interaction: discord.Interaction[Any], what: str) -> str | Page:
        """Return what a button shows."""
        ...


class UsageButton(
    ui.DynamicItem[ui.Button[Any]], template=r"usage:(?P<what>mine|server|csv|strikes)"
):
    """Shows another part of the usage."""

    def __init__(self, what: str) -> None:
        super().__init__(ui.Button(label=_LABELS[what], custom_id=f"usage:{what}"))
        self.what = what

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(match["what"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show it, if the person may see it."""
        cog = cast("Shows", interaction.client.get_cog(COG))  # set up together with the button
        await answer_press(interaction, lambda: cog.show(interaction, self.what))
