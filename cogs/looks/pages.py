"""The pages of ``/restyle-looks``: a few looks with their pictures, and one of them whole."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.looks import MOST_LOOKS, LookOrigin
from bot.texts import looks as look_texts
from cogs.common.cards import BLURPLE
from cogs.common.media import gallery
from cogs.common.pages import Page
from cogs.looks.items import LookButton, LookListButton, LookMenu

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.domain.looks import OfferedLook

ON_A_PAGE: Final = 6
"""Looks; each with a picture takes three of the 40 components that a message has.

Source: https://docs.discord.com/developers/components/reference
"""
SAMPLES: Final = Path(__file__).parent / "samples"
_HAVE_SAMPLES: Final = frozenset(path.stem for path in SAMPLES.glob("*.jpg"))


def list_page(
    offered: Sequence[OfferedLook],
    origin: LookOrigin,
    page: int,
    *,
    restyle: str,
    hidden: Collection[str] = (),
    may_add: bool = False,
    in_guild: bool = True,
    said: str | None = None,
) -> Page:
    """Return a page of looks of one origin.

    Args:
        offered: All of that origin.
        origin: Whose they are.
        page: Which page, from 0; past the last one it is the last one.
        restyle: ``/restyle``, to be clicked where that is possible.
        hidden: Keys of those that are switched off; shown to those alone who can switch them on.
        may_add: Whether the person can add one.
        in_guild: Whether there can be a server's.
        said: What to say beside it.
    """
    last = max(0, (len(offered) - 1) // ON_A_PAGE)
    page = min(page, last)
    shown = offered[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=BLURPLE)
    box.add_item(ui.TextDisplay(look_texts.heading(origin, len(offered), restyle=restyle)))
    files: list[discord.File] = []
    for one in shown:
        words: ui.TextDisplay[Any] = ui.TextDisplay(
            look_texts.in_list(one, is_hidden=one.key in hidden)
        )
        sample = _sample(one)
        if sample is None:
            box.add_item(words)
            continue
        files.append(sample)
        alt = look_texts.sample_description(one.look.name)
        picture: ui.Thumbnail[Any] = ui.Thumbnail(
            f"attachment://{sample.filename}", description=alt
        )
        box.add_item(ui.Section(words, accessory=picture))
    if files:
        box.add_item(ui.TextDisplay(look_texts.ABOUT_SAMPLES))
    if shown:
        box.add_item(ui.ActionRow(LookMenu(shown)))
    box.add_item(ui.ActionRow(*_ways(origin, page, last, in_guild=in_guild, may_add=may_add)))
    return Page(view=_view(box), files=files, said=said)


def _ways(
    origin: LookOrigin, page: int, last: int, *, in_guild: bool, may_add: bool
) -> list[ui.Item[Any]]:
    """Return the buttons to other pages; there are at most five."""
    others = [one for one in look_texts.GROUPS if one is not origin]
    if not in_guild:
        others = [one for one in others if one is not LookOrigin.SERVER]
    found: list[ui.Item[Any]] = [LookListButton(one, 0, look_texts.GROUPS[one]) for one in others]
    if page > 0:
        found.append(LookListButton(origin, page - 1, look_texts.BACKWARD))
    if page < last:
        found.append(LookListButton(origin, page + 1, look_texts.FORWARD))
    if may_add:
        found.append(LookButton("add", f"{origin}:"))
    return found


def look_page(one: OfferedLook, *, verbs: Collection[str] = (), is_hidden: bool = False) -> Page:
    """Return the page of one look; ``verbs`` are what the person can do besides trying it."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=BLURPLE)
    box.add_item(ui.TextDisplay(look_texts.whole(one, is_hidden=is_hidden)))
    files: list[discord.File] = []
    sample = _sample(one)
    if sample is not None:
        files.append(sample)
        alt = look_texts.sample_description(one.look.name)
        box.add_item(gallery(f"attachment://{sample.filename}", alt, spoiler=False))
        box.add_item(ui.TextDisplay(look_texts.ABOUT_SAMPLES))
    row: ui.ActionRow[Any] = ui.ActionRow()
    if not is_hidden:
        row.add_item(LookButton("try", one.key))
    for verb in ("edit", "remove", "earlier", "later", "hide", "show"):
        if verb in verbs and len(row.children) < 5:
            row.add_item(LookButton(verb, one.key))
    box.add_item(row) if row.children else None
    box.add_item(ui.ActionRow(LookListButton(one.origin, 0, look_texts.ALL_LABEL)))
    return Page(view=_view(box), files=files)


def removal_page(one: OfferedLook) -> Page:
    """Return the question whether a look is to be removed."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=BLURPLE)
    box.add_item(ui.TextDisplay(look_texts.remove_question(one)))
    keep = LookListButton(one.origin, 0, look_texts.KEEP_LABEL)
    box.add_item(ui.ActionRow(LookButton("remove-sure", one.key), keep))
    return Page(view=_view(box))


def has_room(offered: Sequence[OfferedLook]) -> bool:
    """Tell whether one more can be added."""
    return len(offered) < MOST_LOOKS


def _view(box: ui.Container[ui.LayoutView]) -> ui.LayoutView:
    return ui.LayoutView(timeout=None).add_item(box)


def _sample(one: OfferedLook) -> discord.File | None:
    """Return the picture of a built-in look; a new file, as one is used up by being sent."""
    word = one.key[2:]
    if one.origin is not LookOrigin.BUILT_IN or word not in _HAVE_SAMPLES:
        return None
    return discord.File(io.BytesIO(_picture(word)), filename=f"{word}.jpg")


@cache
def _picture(word: str) -> bytes:
    """Return a sample's bytes; all of them are less than 0.3 MB."""
    return (SAMPLES / f"{word}.jpg").read_bytes()
