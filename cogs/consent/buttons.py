"""The buttons of the question to an author; each works after a restart."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.consents import ConsentChoice
from bot.texts.consent import LABELS
from cogs.common.ids import read_id
from cogs.common.items import PersistentItem

_STYLES: Final = {
    ConsentChoice.ALLOW: discord.ButtonStyle.success,
    ConsentChoice.NO: discord.ButtonStyle.secondary,
    ConsentChoice.NEVER: discord.ButtonStyle.danger,
}


class ConsentButton(
    PersistentItem[ui.Button[Any]],
    template=r"restyle:(?P<job_id>[0-9]{1,20}):consent-(?P<say>allow|no|never)",
):
    """One answer of the one who posted a clip."""

    fields: ClassVar = {"job_id": read_id, "say": ConsentChoice}

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


def consent_row(job_id: int) -> ui.ActionRow[Any]:
    """Return the row under a question."""
    return ui.ActionRow(*(ConsentButton(job_id, say) for say in ConsentChoice))
