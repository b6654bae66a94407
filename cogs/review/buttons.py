"""The buttons on everything that asks a moderator; each works after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.domain.quotas import ReviewStage

if TYPE_CHECKING:
    import re

COG: Final = "Reviews"
"""The name of the cog that sees to presses."""

_LABELS: Final = {
    "take": "Take",
    "release": "Release",
    "approve": "Approve",
    "deny": "Deny…",
    "edit": "Edit prompt…",
}
_STYLES: Final = {
    "approve": discord.ButtonStyle.success,
    "deny": discord.ButtonStyle.danger,
}


class Presses(Protocol):
    """What sees to presses."""

    async def press(
        self, interaction: discord.Interaction[Any], job_id: int, stage: ReviewStage, verb: str
    ) -> None:
        """Do what a button on a card says."""
        ...

    async def show_next(self, interaction: discord.Interaction[Any], guild_id: int) -> None:
        """Open one more request than the channel has places for."""
        ...

    async def ask_again(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        """Ask the moderators once more, who could not be reached."""
        ...


def _presses(interaction: discord.Interaction[Any]) -> Presses:
    return cast("Presses", interaction.client.get_cog(COG))  # set up together with the buttons


class ReviewButton(
    ui.DynamicItem[ui.Button[Any]],
    template=(
        r"restyle:(?P<job_id>[0-9]{1,20})"
        r":(?P<verb>take|release|approve|deny|edit)-(?P<stage>spending|publishing)"
    ),
):
    """One button of a card in the review channel."""

    def __init__(self, job_id: int, stage: ReviewStage, verb: str) -> None:
        super().__init__(
            ui.Button(
                label=_LABELS[verb],
                style=_STYLES.get(verb, discord.ButtonStyle.secondary),
                custom_id=f"restyle:{job_id}:{verb}-{stage}",
            )
        )
        self.job_id = job_id
        self.stage = stage
        self.verb = verb

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a card posted earlier, perhaps by another process."""
        del interaction, item
        return cls(int(match["job_id"]), ReviewStage(match["stage"]), match["verb"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await _presses(interaction).press(interaction, self.job_id, self.stage, self.verb)


class ShowNextButton(
    ui.DynamicItem[ui.Button[Any]], template=r"restyle:(?P<guild_id>[0-9]{1,20}):next"
):
    """Opens one of the requests that wait for a place."""

    def __init__(self, guild_id: int) -> None:
        super().__init__(ui.Button(label="Show next", custom_id=f"restyle:{guild_id}:next"))
        self.guild_id = guild_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a message posted earlier."""
        del interaction, item
        return cls(int(match["guild_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await _presses(interaction).show_next(interaction, self.guild_id)


class AskAgainButton(
    ui.DynamicItem[ui.Button[Any]], template=r"restyle:(?P<job_id>[0-9]{1,20}):ask-again"
):
    """Has the moderators asked once more, under the word that they could not be."""

    def __init__(self, job_id: int) -> None:
        super().__init__(ui.Button(label="Ask again", custom_id=f"restyle:{job_id}:ask-again"))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a message posted earlier."""
        del interaction, item
        return cls(int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        await _presses(interaction).ask_again(interaction, self.job_id)
