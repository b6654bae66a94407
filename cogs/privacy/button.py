"""The buttons of ``/restyle-privacy``; whoever presses acts for themselves alone."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import discord
from discord import ui

from bot.texts import privacy as privacy_texts
from cogs.common.items import PersistentItem

_LABELS: Final = {
    "opt-out": privacy_texts.OPT_OUT_LABEL,
    "opt-in": privacy_texts.OPT_IN_LABEL,
    "export": privacy_texts.EXPORT_LABEL,
    "delete": privacy_texts.DELETE_LABEL,
    "delete-sure": privacy_texts.DELETE_SURE_LABEL,
    "remove": privacy_texts.REMOVE_LABEL,
    "remove-sure": privacy_texts.REMOVE_SURE_LABEL,
    "back": privacy_texts.BACK_LABEL,
}
_STYLES: Final = {
    "opt-out": discord.ButtonStyle.primary,
    "delete-sure": discord.ButtonStyle.danger,
    "remove-sure": discord.ButtonStyle.danger,
}


class PrivacyButton(
    PersistentItem[ui.Button[Any]],
    template=r"privacy:(?P<what>opt-out|opt-in|export|delete|delete-sure|remove|remove-sure|back)",
):
    """One button of the page."""

    fields: ClassVar = {"what": str}

    def __init__(self, what: str) -> None:
        super().__init__(
            ui.Button(
                label=_LABELS[what],
                style=_STYLES.get(what, discord.ButtonStyle.secondary),
                custom_id=f"privacy:{what}",
            )
        )
        self.what = what
