"""Make people's own words safe to show: no mention, no markdown, no link, one line."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

QUOTE_CHARACTERS: Final = 300
"""How much of a prompt is shown; enough to recognise it by, short enough for a phone."""

WHOLE_ROOM: Final = 1300
"""What the quotation of a whole prompt may take up: two of them, and all that stands beside them,
must fit into the 4,000 characters of a message."""

THREAD_NAME_UNITS: Final = 100
"""Discord's limit for a thread's name, in UTF-16 units.

Source: https://docs.discord.com/developers/resources/channel
"""

_ELLIPSIS: Final = "…"
_SHORT_WORD: Final = 12
"""Characters of a word that a cut rather leaves out than begins."""
_GAP: Final = "\u200b"  # zero width space: breaks what Discord would parse, shows nothing

_BACKTICK: Final = "\u02cb"  # looks like one, and ends no block of code

# Embeddings, overrides and isolates can turn round the text that follows them.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})

# Blank on the screen although Unicode files them under letters and symbols.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")

# Discord shows these by name, or in the reader's time, and pings nobody whom the message does not
# allow to be pinged.
_MENTION: Final = re.compile(r"<(@[!&]?|#)[0-9]{15,20}>|<(t):[0-9]{1,12}(?::[tTdDfFR])?>")

_UNNAMED: Final = {"@": "@someone", "@!": "@someone", "@&": "@role", "#": "#channel", "t": "a time"}

_MARKDOWN: Final = re.compile(r"[\\*_~|`\[\]()<>]")
_LINE_START: Final = re.compile(r"^(?:[#+-]|\d+(?=\.))")
_INVITE_HOST: Final = re.compile(r"(?i)(discord(?:app)?)\.(?=\w)")
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")


def utf16_units(text: str) -> int:
    """Count ``text`` as Discord and Runway do: in UTF-16 units (an emoji is usually two)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_units(text: str, units: int) -> str:
    """Return as much of the beginning of ``text`` as has at most so many UTF-16 units."""
    begun = text.encode("utf-16-le", "surrogatepass")[: 2 * units]
    return begun.decode("utf-16-le", "ignore")


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space as one space, without control characters.

    Right-to-left text and the joiners that build emoji stay; lone surrogates go, because they
    cannot be encoded.
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return " ".join(kept.split())


def is_blank(text: str) -> bool:
    """Tell whether nothing of ``text`` would be seen: spaces, controls, invisible characters."""
    return all(
        character in _BLANK_LETTERS
        or unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
        for character in text
    )


def without_mentions(text: str) -> str:
    """Return ``text`` for where Discord shows no names: an id says nothing to people."""
    return _MENTION.sub(lambda found: _UNNAMED[found[1] or found[2]], text)


def cut(text: str, characters: int) -> str:
    """Return at most ``characters`` of ``text``, with an ellipsis where something is missing.

    An emoji or accented letter made of several characters is not cut in two, nor is a short word.
    """
    if len(text) <= characters:
        return text
    end = characters - 1
    while end > 0 and _continues(text, end):
        end -= 1
    end = end or characters - 1
    if not text[end].isspace():
        word = text.rfind(" ", max(0, end - _SHORT_WORD), end)
        end = word if word > 0 else end
    return text[:end].rstrip() + _ELLIPSIS


def _continues(text: str, index: int) -> bool:
    """Tell whether the character at ``index`` belongs to the one before it."""
    character = text[index]
    return (
        character in _JOINERS
        or unicodedata.combining(character) != 0
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or text[index - 1] == "\u200d"
    )


def harmless(text: str) -> str:
    """Return ``text`` so that Discord shows it literally: nothing pings, links or is formatted.

    Only mentions of members, roles and channels stay, which Discord shows by their names, and
    times. All of our messages say whom they may ping, and what people type is never a reason to.

    Explicit turns of the writing direction are removed, and text that runs from right to left
    is isolated, so that it cannot disturb what stands beside it.
    """
    text = _without_turns(one_line(text))
    shown, end = "", 0
    for match in _MENTION.finditer(text):
        shown += _literal(text[end : match.start()], begins=end == 0) + match.group()
        end = match.end()
    return _isolated(shown + _literal(text[end:], begins=end == 0), text)


def _without_turns(text: str) -> str:
    return "".join(character for character in text if character not in _TURNING)


def _isolated(shown: str, text: str) -> str:
    turned = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)
    return f"{_ISOLATE}{shown}{_END_ISOLATE}" if turned else shown


def _literal(text: str, *, begins: bool) -> str:
    text = _MARKDOWN.sub(r"\\\g<0>", text)
    if begins:
        text = _LINE_START.sub(_escape_line_start, text)
    text = text.replace("@", "@" + _GAP).replace("://", ":" + _GAP + "//")
    return _INVITE_HOST.sub(r"\1." + _GAP, text)


def _escape_line_start(match: re.Match[str]) -> str:
    found = match.group()
    return found + "\\" if found.isdigit() else "\\" + found  # 1\. and \#


def quote(prompt: str) -> str:
    """Return ``prompt`` as a quotation of one line, cut at ``QUOTE_CHARACTERS``."""
    return "> " + harmless(cut(one_line(prompt), QUOTE_CHARACTERS))


def quote_all(text: str, *, room: int = WHOLE_ROOM) -> str:
    """Return all of ``text`` as a quotation whose lines are kept apart.

    Whoever decides must read the end as well. Where so many signs have to be made harmless that
    the quotation would be longer than ``room``, it is a block of code, which needs nothing of it.
    """
    lines = [line for line in map(one_line, text.splitlines()) if line] or [_ELLIPSIS]
    quoted = "\n".join(f"> {harmless(line)}" for line in lines)
    if len(quoted) <= room:
        return quoted
    plain = (_without_turns(line).replace("`", _BACKTICK) for line in lines)
    return "\n".join(["```", *(_isolated(line, line) for line in plain), "```"])


def thread_name(prompt: str, *, otherwise: str) -> str:
    """Return a thread's name made from ``prompt``; ``otherwise`` where nothing of it is seen.

    Names are plain text for Discord, so only length and direction need care.
    """
    name = without_mentions(_without_turns(one_line(prompt)))
    if is_blank(name):
        return otherwise
    length = THREAD_NAME_UNITS
    while utf16_units(short := cut(name, length)) > THREAD_NAME_UNITS:
        length -= 1
    return short
