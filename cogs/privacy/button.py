"""The buttons of ``/restyle-privacy``; whoever presses acts for themselves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.texts import privacy as privacy_texts
from cogs.common.pages import Page, answer_press

if TYPE_CHECKING:
    import re

COG: Final = "Privacy"
"""The name of the cog that sees to presses."""

_LABELS: Final = {
    "opt-out": privacy_texts.OPT_OUT_LABEL,
    "opt-in": privacy_texts.OPT_IN_LABEL,
    "export": privacy_texts.EXPORT_LABEL,
    "delete": privacy_texts.DELETE_LABEL,
    "delete-sure": privacy_texts.DELETE_SURE_LABEL,
    "back": privacy_texts.BACK_LABEL,
}
_STYLES: Final = {
    "opt-out": discord.ButtonStyle.primary,
    "delete-sure": discord.ButtonStyle.danger,
}


class Acts(Protocol):
    """What sees to presses."""

    async def act(self, interaction: discord.Interaction[Any], what: str) -> str | Page:
        """Do what a button says for the one who pressed it."""
        ...


class PrivacyButton(
    ui.DynamicItem[ui.Button[Any]],
    template=r"privacy:(?P<what>opt-out|opt-in|export|delete|delete-sure|back)",
):
    """One button of the page."""

    def __init__(self, what: str) -> None:
        super().__init__(
            ui.Button(
                label=_LABELS[what],
                style=_STYLES.get(what, discord.ButtonStyle.secondary),
                custom_id=f"privacy:{what}",
            )
        )
        self.what = what

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(match["what"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says."""
        cog = cast("Acts", interaction.client.get_cog(COG))  # set up together with the button
        await answer_press(interaction, lambda: cog.act(interaction, self.what))
