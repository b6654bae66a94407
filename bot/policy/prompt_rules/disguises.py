"""Reading a prompt as a person would, through every disguise that moderators have not switched off.

A prompt is read in several ways, each of which is a stream of words: as it looks; with strokes and
signs as the letters they may stand for; with a boundary wherever the alphabet changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from bot.policy.prompt_rules.candidates import read_digits
from bot.policy.prompt_rules.disguise_kinds import EVERY_DISGUISE, Disguise
from bot.policy.prompt_rules.lookalikes import (
    BAR,
    CIRCLE,
    WORD,
    fold,
    parted,
    spaced,
    visible,
    words_of,
)
from bot.policy.prompt_rules.streams import WordStream

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_SIGNS: Final = f"@$\u20ac\u00a3\u00a2{CIRCLE}"
_SIGN: Final = regex.compile(rf"[{_SIGNS}!|]")
_WORD_WITH_SIGNS: Final = regex.compile(
    # A "!" ends a sentence, unless more of the word follows or it stands for itself ("h ! t").
    rf"""(?: [\p{{L}}\p{{M}}\p{{N}}{_SIGNS}|]
           | (?<=[\p{{L}}\p{{N}}{_SIGNS}!])!+(?=[\p{{L}}\p{{N}}{_SIGNS}]) )+
      | (?<![\p{{L}}\p{{N}}!])!(?![\p{{L}}\p{{N}}!])""",
    regex.VERBOSE,
)
_STROKE: Final = regex.compile(
    # A capital I looks like an l among small letters, and a small l like an I among capitals.
    r"I(?=[\p{L}\p{N}\p{M}]*\p{Ll})|(?<=\p{Ll}[\p{L}\p{N}\p{M}]*)I"
    r"|(?<=\p{Lu})l(?=\p{Lu})|(?<=\p{Lu}l)l(?=\p{Lu})|(?<=\p{Lu})l(?=l\p{Lu})"
    r"|[\u01c0\u04c0\u04cf\u2223\u23fd\uffe8]"
)
_TWO_SIGNS: Final = (
    (regex.compile(r"(?:13|\|3)(?=\p{L})|(?<=\p{L})(?:13|\|3)(?!\p{N})"), "8"),
    (regex.compile(r"(?<=\p{L})(?:\(\))+|(?:\(\))+(?=\p{L})"), None),
    (regex.compile(r"[vV]{2}"), "w"),
)
"""Two signs that make one letter: 13 and |3 for b, () for o, vv for w."""

_LIGATURES: Final = str.maketrans("\u0153\u0152\u00e6\u00c6", "ooaa")
_MIDDLE_NOUGHT: Final = regex.compile(r"(?<=\p{Latin})\u3007+(?=\p{Latin})")
"""The Chinese nought, which is a letter there."""


class Reading:
    """A prompt as it can be read.

    Args:
        prompt: As the member wrote it.
        seen: The kinds of disguise that are seen through.

    Attributes:
        texts: The prompt as patterns look at it: as it is seen, folded, with letters that stand
            alone joined to words, and this with digits and signs as the letters they stand for and
            without repetition.
    """

    def __init__(self, prompt: str, seen: Collection[Disguise] = EVERY_DISGUISE) -> None:
        shown = visible(prompt)
        self._letters = Disguise.LETTERS in seen
        folded = dict.fromkeys(
            fold(way, letters=self._letters) for way in _ways(prompt, shown, seen)
        )
        self._streams: list[WordStream] = []
        joined: list[str] = []
        for way in folded:
            self._streams.append(WordStream(way, WORD, seen))
            joined.append(self._streams[-1].joined)
            if Disguise.DIGITS in seen and _SIGN.search(way):
                self._streams.append(WordStream(way, _WORD_WITH_SIGNS, seen))
                joined.append(self._streams[-1].joined)
        texts = [shown, fold(shown, letters=self._letters), joined[0]]
        if Disguise.DIGITS in seen:
            texts += (read_digits(one, letter) for one in joined for letter in "il")
        if Disguise.REPEATS in seen:
            texts += [_squeezed(text, to) for text in texts[1:] for to in (r"\1", r"\1\1")]
        self.texts = tuple(dict.fromkeys(texts))

    def has(self, phrase: str) -> bool:
        """Tell whether the whole words of ``phrase`` can be read in the prompt, in this order.

        Where a script puts no spaces between words, any place counts.
        """
        words = words_of(phrase, letters=self._letters)
        return bool(words) and any(stream.has(words) for stream in self._streams)


def _ways(prompt: str, shown: str, seen: Collection[Disguise]) -> Iterator[str]:
    """Return the prompt in each way it can be read, the usual one first."""
    usual = spaced(_MIDDLE_NOUGHT.sub(lambda found: "0" * len(found[0]), shown))
    yield usual
    loose = usual
    if Disguise.LETTERS in seen:
        loose = _STROKE.sub(BAR, loose.translate(_LIGATURES))
    if Disguise.DIGITS in seen:
        for two, one in _TWO_SIGNS:
            loose = two.sub(one or (lambda found: "0" * (len(found[0]) // 2)), loose)
    yield loose
    yield spaced(spaced(visible(parted(prompt))), alphabets=True)


_REPEATED: Final = regex.compile(r"(\p{L})\1{2,}")


def _squeezed(text: str, to: str) -> str:
    """Return ``text`` with letters that are repeated thrice and more written once or twice."""
    return _REPEATED.sub(to, text)
