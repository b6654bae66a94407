"""The letters that a text looks like, whatever they are made of.

Unicode's own list of confusable characters is the source of the table: its letters of the scripts
that people borrow from, for the letters a to z, in lower case. Fonts made of symbols, full width,
circles and the like need no table, because compatibility decomposition undoes them. The libraries
for the same bring nearly a megabyte to parse at start, for domain names.

Sources: https://www.unicode.org/reports/tr39/#Confusable_Detection
https://www.unicode.org/Public/security/latest/confusables.txt
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

import regex

_LOOK_LIKE: Final = {
    "a": "\u0251\u03b1\u0430\u13aa\u15c5\u1d00\ua4ee",
    "ae": "\u00e6",
    "b": "\u0185\u0299\u03b2\u0432\u044c\u13cf\u13f4\u1472\u15af\u15f7\ua4d0\ua7b5",
    "c": "\u0441\u13df\u1d04\u2ca5\ua4da",
    "d": "\u00f0\u0111\u0501\u13a0\u13e7\u146f\u15de\u15ea\u1d05\ua4d2\ua4d3",
    "e": "\u0259\u025b\u03b5\u0435\u04bd\u13ac\u1d07\u2d39\ua4f0\uab32",
    "f": "\u03dd\u0584\u15b4\u1e9d\ua4dd\ua730\ua799\uab35",
    "g": "\u018d\u0261\u0262\u050d\u0581\u13c0\u13f3\u1d83\ua4d6",
    "h": "\u0127\u029c\u03b7\u043d\u04bb\u0570\u13bb\u13c2\u157c\u2c8f\ua4e7",
    "i": "\u0131\u0269\u026a\u03b9\u0456\u04cf\u13a5\ua647",
    "j": "\u029d\u03f3\u0458\u13ab\u148d\u1d0a\ua4d9",
    "k": "\u03ba\u043a\u13e6\u1d0b\u2c95\ua4d7",
    "l": "\u0142\u01c0\u029f\u13de\u14aa\u2c93\u2cd1\u2d4f\ua4e1\ua4f2",
    "m": "\u03bc\u03fb\u043c\u13b7\u15f0\u1d0d\u2c99\ua4df",
    "n": "\u0274\u0578\u057c\u2c9b\ua4e0",
    "o": "\u00f8\u03bf\u03c3\u043e\u0585\u1d0f\u1d11\u2c9f\u2d54\ua4f3\uab3d",
    "oe": "\u0153",
    "p": "\u03c1\u0440\u13e2\u146d\u1d18\u2ca3\ua4d1",
    "q": "\u051b\u0563\u0566\u2d55",
    "r": "\u0280\u0433\u13a1\u13b1\u13d2\u1587\u1d26\u2c85\ua4e3\uab47\uab48",
    "s": "\u01bd\u0455\u057f\u13d5\u13da\ua4e2\ua731",
    "t": "\u0167\u03c4\u0442\u13a2\u1d1b\u2ca7\ua4d4",
    "u": "\u028b\u03c5\u057d\u144c\u1d1c\ua4f4\ua79f\uab4e\uab52",
    "v": "\u03bd\u0475\u13d9\u142f\u1d20\u2d38\ua4e6",
    "w": "\u026f\u0461\u051d\u0561\u13b3\u13d4\u1d21\ua4ea",
    "x": "\u03c7\u0445\u1541\u157d\u2cad\u2d5d\ua4eb\uab53",
    "y": "\u0263\u028f\u03b3\u0443\u04af\u13a9\u13bd\u1d8c\u1eff\u2ca9\ua4ec\uab5a",
    "z": "\u03b6\u13c3\u1d22\ua4dc",
}
_LETTERS: Final = {
    **{ord(one): letter for letter, others in _LOOK_LIKE.items() for one in others},
    # The letters that flags are made of, and letters in dark squares and circles.
    **{first + n: chr(97 + n) for first in (0x1F1E6, 0x1F150, 0x1F170) for n in range(26)},
}

_UNSEEN: Final = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}&&\P{White_Space}]+", regex.V1
)
_DIACRITICS: Final = regex.compile(
    # Not every mark: in Indic scripts and in Thai they are the vowels.
    # The second range stands between letters, as an apostrophe does.
    r"[\u0300-\u036f\u02b9-\u02df\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")
"""What counts as a word; the rest is space and punctuation."""


def fold(text: str) -> str:
    """Return ``text`` in the letters that it looks like: small, without accents, nothing unseen.

    Spaces and punctuation stay. Equal-looking texts become equal, whichever script they are in, so
    the words of a rule have to be folded as well.
    """
    plain = unicodedata.normalize("NFKD", _UNSEEN.sub("", text))
    small = unicodedata.normalize("NFKD", _DIACRITICS.sub("", plain).casefold())
    return unicodedata.normalize("NFC", _DIACRITICS.sub("", small).translate(_LETTERS))


def visible(text: str) -> str:
    """Return ``text`` without what nobody sees, and without the fonts that are made of symbols."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of ``text``, the phrase of a rule, folded."""
    return tuple(WORD.findall(fold(text)))
