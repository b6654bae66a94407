"""The buttons of the question to an author; each works after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.domain.consents import ConsentChoice
from bot.texts.consent import LABELS

if TYPE_CHECKING:
    import re

COG: Final = "Consents"
"""The name of the cog that sees to presses."""

_STYLES: Final = {
    ConsentChoice.ALLOW: discord.ButtonStyle.success,
    ConsentChoice.NO: discord.ButtonStyle.secondary,
    ConsentChoice.NEVER: discord.ButtonStyle.danger,
}


class Answers(Protocol):
    """What sees to presses."""

    async def answer(
        self, interaction: discord.Interaction[Any], job_id: int, say: ConsentChoice
    ) -> None:
        """Take an author's answer."""
        ...


class ConsentButton(
    ui.DynamicItem[ui.Button[Any]],
    template=r"restyle:(?P<job_id>[0-9]{1,20}):consent-(?P<say>allow|no|never)",
):
    """One answer of the one who posted a clip."""

    def __init__(self, job_id: int, say: ConsentChoice) -> None:
        super().__init__(
            ui.Button(
                label=LABELS[say],
                style=_STYLES[say],
                custom_id=f"restyle:{job_id}:consent-{say}",
            )
        )
        self.job_id = job_id
        self.say = say

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a question asked earlier, perhaps by another process."""
        del interaction, item
        return cls(int(match["job_id"]), ConsentChoice(match["say"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand it on."""
        cog = cast("Answers", interaction.client.get_cog(COG))  # set up together with the button
        await cog.answer(interaction, self.job_id, self.say)


def consent_row(job_id: int) -> ui.ActionRow[Any]:
    """Return the row under a question."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for say in ConsentChoice:
        row.add_item(ConsentButton(job_id, say))
    return row
