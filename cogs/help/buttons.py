"""The buttons of ``/restyle-help`` and of the first words: from one subject to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.telling import ToldBy
from bot.texts import help as help_texts
from bot.texts import telling as telling_texts
from cogs.common.items import PersistentItem

if TYPE_CHECKING:
    from collections.abc import Collection

_LABELS: Final = {
    "how": help_texts.HOW_LABEL,
    "cost": help_texts.COST_LABEL,
    "data": help_texts.DATA_LABEL,
    "told": telling_texts.TOLD_LABEL,
    "moderators": help_texts.MODERATORS_LABEL,
    "pin": help_texts.PIN_LABEL,
    "setup": help_texts.SETUP_LABEL,
}
_WORDED: Final = {"cost": help_texts.ASK_COST_LABEL, "data": help_texts.ASK_DATA_LABEL}
"""What the same is called among the first words, where nobody has asked for anything yet."""


class HelpButton(
    PersistentItem[ui.Button[Any]],
    template=r"help:(?P<what>how|cost|data|told|moderators|pin|setup)",
):
    """Shows a subject: in place of the page that it is on, or in private below a public message."""

    fields: ClassVar = {"what": str}

    def __init__(self, what: str, *, asks: bool = False) -> None:
        label = _WORDED.get(what, _LABELS[what]) if asks else _LABELS[what]
        super().__init__(ui.Button(label=label, custom_id=f"help:{what}"))
        self.what = what


class ToldButton(PersistentItem[ui.Button[Any]], template=r"told:(?P<how>thread|direct|silent)"):
    """Chooses how the person who presses wants to be told of their clips."""

    fields: ClassVar = {"how": ToldBy}

    def __init__(self, how: ToldBy, *, is_chosen: bool = False) -> None:
        style = discord.ButtonStyle.primary if is_chosen else discord.ButtonStyle.secondary
        super().__init__(
            ui.Button(
                label=telling_texts.LABELS[how],
                style=style,
                disabled=is_chosen,
                custom_id=f"told:{how}",
            )
        )
        self.how = how


def help_row(*, shown: str, is_staff: bool) -> ui.ActionRow[Any]:
    """Return the buttons of a page to the subjects that it is not about."""
    subjects: Collection[str] = (
        "how",
        "cost",
        "data",
        "told",
        *(("moderators",) if is_staff else ()),
    )
    return ui.ActionRow(*(HelpButton(what) for what in subjects if what != shown))
