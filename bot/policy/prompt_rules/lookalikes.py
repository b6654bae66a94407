"""The letters that a text looks like, whatever they are made of.

Unicode's own list of confusable characters is the source of the table: its letters of the scripts
that people borrow from, for the letters a to z, in lower case. Fonts made of symbols, full width,
circles and the like need no table, because compatibility decomposition undoes them.

No library takes the table's place: ``confusable-homoglyphs`` had its last release in January 2024
and parses 0.9 MB at start; ``disarm`` is kept, but a beta, with 5 MB of compiled code. Both hold
the list as it is, made for domain names, which has no small capitals, no flags and no signs.

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
_OLD_LOOK_LIKE: Final = {
    "a": "\U000102a0\U00016f40",
    "b": "\U00010282\U000102a1\U00010301",
    "c": "\U000102a2\U00010302\U0001043d\U0001051c",
    "e": "\u212e\U00010286\U000118c6\U000118ce",
    "f": "\U00010287\U000102a5\U00010525\U000118c2",
    "h": "\U000102cf",
    "i": "\u037a\U000118c3",
    "k": "\u16d5\U00010518",
    "l": "\u16c1\U0001028a\U00010309\U00010443\U00010526\U000118d2\U00016f16\U00016f28",
    "m": "\u16d6\U000102b0\U00010311",
    "n": "\U00010513",
    "o": "\U00010292\U000102ab\U0001042c\U000104ea\U00010516\U000118c8\U000118d5\U000118d7",
    "p": "\U00010295",
    "r": "\U000104dc\U00016f35",
    "s": "\U00010296\U00010448\U000118c1\U00016f3a",
    "t": "\U00010297\U000102b1\U00010315\U00016f0a",
    "u": "\U000104f6\U000118d8\U00016f42",
    "v": "\ua6df\U0001051d\U00011706\U000118c0\U00016f08",
    "w": "\U0001170a\U0001170e\U0001170f",
    "x": "\u16b7\U00010290\U000102b4\U00010317\U00010527",
    "y": "\U000102b2\U000118dc\U00016f43",
    "z": "\U000118c4\U000118c9",
}
"""Those of scripts that nobody writes in any more, in lower case."""

_CIRCLES: Final = (
    "\u2205\u2298\u2299\u25c9\u25cc\u25ce\u25cf\u25ef\u2609\u26aa\u26ab\u2b55\U0001f534\U0001f535"
)
CIRCLE: Final = "\u25cb"
"""The sign for every circle that may stand for an o."""

BAR: Final = "1"
"""What a stroke becomes that may be an l or an i: a digit that is read as both."""

_LETTERS: Final = {
    **{
        ord(one): letter
        for table in (_LOOK_LIKE, _OLD_LOOK_LIKE)
        for letter, others in table.items()
        for one in others
    },
    **dict.fromkeys(map(ord, _CIRCLES), CIRCLE),
    # The letters that flags are made of, and letters in dark squares and circles.
    **{first + n: chr(97 + n) for first in (0x1F1E6, 0x1F150, 0x1F170) for n in range(26)},
}

_BLANK: Final = regex.compile(r"[\u115f\u1160\u2800\u3164\uffa0\U00016fe4\U0001d159]")
"""Letters and signs that show nothing but take up room."""

_UNSEEN: Final = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}&&\P{White_Space}]+", regex.V1
)
_LINK: Final = regex.compile(r"\[([^\[\]\n]*)\]\(<?[^()\s]*>?\)")
"""A link with a text of its own, of which Discord shows the text alone."""

_DIGIT: Final = regex.compile(r"[[\p{Nt=De}\p{Nt=Di}]--[0-9]]", regex.V1)
_DIACRITICS: Final = regex.compile(
    # Not every mark: in Indic scripts and in Thai they are the vowels.
    # The second range stands between letters, as an apostrophe does.
    r"[\u0300-\u036f\u02b9-\u02df\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_TOO_MANY: Final = regex.compile(r"(.)\1{8,}", regex.DOTALL)

WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")
"""What counts as a word; the rest is space and punctuation."""

_ALPHABETIC: Final = (
    r"\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Coptic}\p{Cherokee}\p{Lisu}\p{Georgian}"
    r"\p{Canadian_Aboriginal}\p{Tifinagh}\p{Deseret}\p{Osage}\p{Warang_Citi}\p{Elbasan}\p{Miao}"
    r"\p{Carian}\p{Lycian}\p{Old_Italic}\p{Runic}\p{Ahom}\p{Vai}\p{Bamum}"
)
"""The scripts whose letters are taken for one another: "bl" + "\u043e\u043e" + "d" is one word."""

_SCRIPT_CHANGE: Final = regex.compile(
    # What stands between two scripts, digits and marks, belongs to the one before it.
    rf"([{_ALPHABETIC}][\p{{M}}\p{{N}}]*)(?=[\p{{L}}--[{_ALPHABETIC}\p{{Common}}]])"
    rf"|([\p{{L}}--[{_ALPHABETIC}\p{{Common}}]][\p{{M}}\p{{N}}\u30fc]*)(?=[{_ALPHABETIC}])"
    r"|(\p{Hangul}[\p{M}\p{N}]*)(?=[\p{L}--[\p{Hangul}]])"
    r"|([\p{L}--[\p{Hangul}]][\p{M}\p{N}]*)(?=\p{Hangul})",
    regex.V1,
)
_ALPHABET_CHANGE: Final = regex.compile(
    r"(\p{Latin}[\p{M}\p{N}]*)(?=[\p{L}--[\p{Latin}\p{Common}]])"
    r"|([\p{L}--[\p{Latin}\p{Common}]][\p{M}\p{N}]*)(?=\p{Latin})",
    regex.V1,
)


def visible(text: str) -> str:
    """Return ``text`` as it is seen: no hidden characters, blank letters as spaces, no fonts.

    Fonts are those that are made of symbols. Of a link with a text the text alone stays.
    """
    shown = _UNSEEN.sub("", _BLANK.sub(" ", text))
    return unicodedata.normalize("NFKC", _LINK.sub(r"\1", shown))


def spaced(text: str, *, alphabets: bool = False) -> str:
    """Return ``text`` with a space wherever one script ends and another begins.

    Args:
        text: As ``visible`` returns it.
        alphabets: Also between Latin letters and those of the alphabets that look like them.
    """
    return (_ALPHABET_CHANGE if alphabets else _SCRIPT_CHANGE).sub(r"\g<0> ", text)


def parted(text: str) -> str:
    """Return what was typed with spaces for what nobody sees between two letters."""
    return _UNSEEN.sub(" ", text)


def fold(text: str, *, letters: bool = True) -> str:
    """Return ``text`` in the letters that it looks like: small, without accents, nothing unseen.

    Spaces and punctuation stay; of more than eight equal characters in a row eight stay, which
    bounds what a word can cost. Equal-looking texts become equal, whichever script they are in, so
    the words of a rule have to be folded as well.

    Args:
        text: Any text.
        letters: Whether look-alike letters, digits of other scripts and accents are undone too.
    """
    plain = visible(text)
    if not letters:
        return _TOO_MANY.sub(_eight, unicodedata.normalize("NFC", plain.casefold()))
    plain = _DIACRITICS.sub("", unicodedata.normalize("NFKD", plain))
    small = unicodedata.normalize("NFKD", plain.casefold())
    small = _DIACRITICS.sub("", small).translate(_LETTERS)
    small = _DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), small)
    return _TOO_MANY.sub(_eight, unicodedata.normalize("NFC", small))


def _eight(found: regex.Match[str]) -> str:
    return found[1] * 8


@functools.lru_cache(maxsize=8192)
def words_of(text: str, *, letters: bool = True) -> tuple[str, ...]:
    """Return the words of ``text``, the phrase of a rule, folded in the same way as a prompt."""
    return tuple(WORD.findall(fold(spaced(visible(text)), letters=letters)))
