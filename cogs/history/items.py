"""The controls of ``/restyle-jobs``: each says which list it is about, and where in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import discord
from discord import ui

from bot.storage.job_list import StateGroup
from bot.texts import history as history_texts
from cogs.common.items import NO_TEMPLATE, ItemT, PersistentItem

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from bot.domain.jobs import Job

_PLACE: Final = (
    r"(?P<whose>own|all):(?P<group>all|open|done|failed|cancelled)"
    r":(?P<offset>[0-9]{1,6}):(?P<words>.{0,40})"
)
FORM_ID: Final = rf"(?s)history:form:{_PLACE}"
"""The custom id of the form for words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """Which jobs a list has, and how far down in it a page begins."""

    whose: str = "own"
    """``own`` or ``all``: the server's."""
    group: StateGroup = StateGroup.ALL
    offset: int = 0
    words: str = ""

    def __str__(self) -> str:
        """Return it as custom ids carry it."""
        return f"{self.whose}:{self.group}:{self.offset}:{self.words}"

    def at(self, **changes: Any) -> ListPlace:  # noqa: ANN401 - its own fields
        """Return another list, from its beginning unless told otherwise."""
        return replace(self, **{"offset": 0, **changes})

    @classmethod
    def of(cls, match: re.Match[str]) -> ListPlace:
        """Return the place that a custom id names."""
        return cls(
            whose=match["whose"],
            group=StateGroup(match["group"]),
            offset=int(match["offset"]),
            words=match["words"],
        )


class HistoryItem(PersistentItem[ItemT], template=NO_TEMPLATE):
    """A control of a list."""

    place: ListPlace

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the control of a list that was opened earlier."""
        return cls(ListPlace.of(match))  # type: ignore[arg-type] # the kinds below take their place


class ListButton(HistoryItem[ui.Button[Any]], template=rf"(?s)history:list:{_PLACE}"):
    """Shows a page of a list."""

    fields: ClassVar = {}

    def __init__(self, place: ListPlace, label: str = "-") -> None:
        super().__init__(ui.Button(label=label, custom_id=f"history:list:{place}"))
        self.place = place


class SearchButton(HistoryItem[ui.Button[Any]], template=rf"(?s)history:search:{_PLACE}"):
    """Opens the form for words to look for."""

    def __init__(self, place: ListPlace) -> None:
        super().__init__(
            ui.Button(label=history_texts.SEARCH_LABEL, custom_id=f"history:search:{place}")
        )
        self.place = place


class StateMenu(HistoryItem[ui.Select[Any]], template=rf"(?s)history:states:{_PLACE}"):
    """Narrows a list to some states."""

    def __init__(self, place: ListPlace) -> None:
        options = [
            discord.SelectOption(label=name, value=group, default=group == place.group)
            for group, name in history_texts.GROUPS.items()
        ]
        super().__init__(ui.Select(custom_id=f"history:states:{place}", options=options))
        self.place = place


class ListedJobMenu(HistoryItem[ui.Select[Any]], template=rf"(?s)history:open:{_PLACE}"):
    """Opens one of the jobs of a page."""

    def __init__(self, place: ListPlace, offered: Sequence[tuple[Job, bool]] = ()) -> None:
        options = [
            discord.SelectOption(
                label=history_texts.label(job, shows_words=shows_words), value=str(job.id)
            )
            for job, shows_words in offered
        ]
        super().__init__(
            ui.Select(
                custom_id=f"history:open:{place}",
                placeholder=history_texts.OPEN_PLACEHOLDER,
                options=options,
            )
        )
        self.place = place
