"""The buttons of ``/restyle-usage``: from one part of the usage to another."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from discord import ui

from bot.texts import usage as usage_texts
from cogs.common.items import PersistentItem

_LABELS: Final = {
    "mine": usage_texts.MINE_LABEL,
    "server": usage_texts.SERVER_LABEL,
    "csv": usage_texts.CSV_LABEL,
    "strikes": usage_texts.STRIKES_LABEL,
}


class UsageButton(
    PersistentItem[ui.Button[Any]], template=r"usage:(?P<what>mine|server|csv|strikes)"
):
    """Shows another part of the usage."""

    fields: ClassVar = {"what": str}

    def __init__(self, what: str, label: str | None = None) -> None:
        super().__init__(ui.Button(label=label or _LABELS[what], custom_id=f"usage:{what}"))
        self.what = what
