"""Cards as all commands show them: colours, blocks of lines, links, and the marks of messages."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.jobs import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

GREY: Final = discord.Colour(0x80848E)
BLURPLE: Final = discord.Colour.blurple()
GREEN: Final = discord.Colour(0x23A55A)
RED: Final = discord.Colour(0xDA373C)
YELLOW: Final = discord.Colour(0xF0B132)

STATE_COLOURS: Final = {
    JobState.HELD: GREY,
    JobState.QUEUED: GREY,
    JobState.SUBMITTING: GREY,
    JobState.RUNNING: BLURPLE,
    JobState.WITHHELD: BLURPLE,
    JobState.DELIVERING: BLURPLE,
    JobState.DONE: GREEN,
    JobState.FAILED: RED,
    JobState.CANCELLED: GREY,
    JobState.UNCERTAIN: YELLOW,
}

_LISTED: Final = re.compile(r"(?:-|[0-9]+\.) ")

_BESIDE: Final = 3
"""Texts that a picture can stand beside.

Source: https://docs.discord.com/developers/components/reference#section
"""

_LINK_CHARACTERS: Final = 2500
"""Longer links are left out: a message has room for 4,000 characters of text."""


def jump_url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """Return the link to a message."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def mark(job_id: int, kind: str) -> int:
    """Return the component id by which a message of ours is known again: 1 to 2³¹ - 1.

    Discord keeps the ids that components are given, whereas a nonce is not told again later.

    Source: https://docs.discord.com/developers/components/reference#anatomy-of-a-component
    """
    digest = hashlib.sha256(f"{job_id}{kind}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


def bears_mark(message: discord.Message, wanted: int) -> bool:
    """Tell whether ``message`` is the one that was posted with this mark."""
    return any(getattr(component, "id", None) == wanted for component in message.components)


def card(
    colour: discord.Colour,
    lines: Sequence[str],
    *items: ui.Item[Any],
    id_: int | None = None,
    picture: ui.Thumbnail[Any] | None = None,
) -> ui.LayoutView:
    """Return a card: lines of text, with a picture beside the first of them, then ``items``.

    ``id_`` is its :func:`mark`.
    """
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour, id=id_)
    texts = ["\n".join(block) for block in blocks(lines)]
    if picture is not None:
        container.add_item(ui.Section(*texts[:_BESIDE], accessory=picture))
        texts = texts[_BESIDE:]
    for text in texts:
        container.add_item(ui.TextDisplay(text))
    for item in items:
        container.add_item(item)
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def blocks(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines in blocks, one of which ends after each quotation and each list.

    Markdown lets those swallow the line after them; Discord's own clients do not, others do.
    """
    found: list[list[str]] = [[]]
    in_list = False
    for line in lines:
        was_in_list, in_list = in_list, _LISTED.match(line) is not None
        if was_in_list and not in_list:
            found.append([])
        found[-1].append(line)
        if line.startswith("> "):
            found.append([])
    return [block for block in found if block]


def markdown_url(url: str) -> str | None:
    """Return ``url`` so that it can stand in a markdown link, or ``None`` when it cannot."""
    if not url.startswith(("https://", "http://")) or len(url) > _LINK_CHARACTERS:
        return None
    for character, code in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        url = url.replace(character, code)
    return None if any(character.isspace() for character in url) else url
