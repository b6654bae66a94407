"""The buttons on everything that asks a moderator; each works after a restart."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.quotas import ReviewStage
from cogs.common.ids import read_id
from cogs.common.items import IdButton, PersistentItem

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


class ReviewButton(
    PersistentItem[ui.Button[Any]],
    template=(
        r"restyle:(?P<job_id>[0-9]{1,20})"
        r":(?P<verb>take|release|approve|deny|edit)-(?P<stage>spending|publishing)"
    ),
):
    """One button of a card in the review channel."""

    fields: ClassVar = {"job_id": read_id, "stage": ReviewStage, "verb": str}

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


class ShowNextButton(IdButton, verb="next", label="Show next"):
    """Opens one of a server's requests that wait for a place."""


class AskAgainButton(IdButton, verb="ask-again", label="Ask again"):
    """Has the moderators asked once more, under the word that they could not be."""
