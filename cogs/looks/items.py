"""The controls of ``/restyle-looks``, and Save as look… under More; all outlive restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.looks import LookOrigin
from bot.requests.text_safety import cut
from bot.texts import looks as look_texts
from cogs.common.items import IdButton, PersistentItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.looks import OfferedLook

_LABEL: Final = 100
_PAGES: Final = 100


def _page(text: str) -> int:
    return min(int(text), _PAGES)


class LookListButton(
    PersistentItem[ui.Button[Any]], template=r"looks:list:(?P<origin>[psb]):(?P<page>[0-9]{1,2})"
):
    """Shows a page of the looks that come with the bot, of the server's, or of one's own."""

    fields: ClassVar = {"origin": LookOrigin, "page": _page}

    def __init__(self, origin: LookOrigin, page: int, label: str = "-") -> None:
        super().__init__(ui.Button(label=label, custom_id=f"looks:list:{origin}:{page}"))
        self.origin, self.page = origin, page


class LookMenu(PersistentItem[ui.Select[Any]], template=r"looks:open"):
    """Shows the one that is chosen, whole."""

    def __init__(self, offered: Sequence[OfferedLook] = ()) -> None:
        options = [
            discord.SelectOption(
                label=cut(one.look.name, _LABEL),
                value=one.key,
                description=cut(one.look.words, _LABEL),
            )
            for one in offered
        ]
        super().__init__(
            ui.Select(
                custom_id="looks:open", placeholder=look_texts.OPEN_PLACEHOLDER, options=options
            )
        )


class LookButton(
    PersistentItem[ui.Button[Any]],
    template=r"(?s)looks:(?P<verb>try|add|edit|remove|remove-sure|earlier|later|hide|show)"
    r":(?P<key>[psb]:.{0,60})",
):
    """Does something with one look, or adds one to the server's or one's own."""

    fields: ClassVar = {"verb": str, "key": str}

    def __init__(self, verb: str, key: str) -> None:
        is_grave = verb == "remove-sure"
        style = discord.ButtonStyle.danger if is_grave else discord.ButtonStyle.secondary
        super().__init__(
            ui.Button(label=look_texts.VERBS[verb], style=style, custom_id=f"looks:{verb}:{key}")
        )
        self.verb, self.key = verb, key


class SaveLookButton(IdButton, verb="save-look", label="Save as look…"):
    """Opens the form that makes a look of how a result was asked for."""
