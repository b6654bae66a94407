"""Reading a prompt as a person would, through every disguise that moderators have not switched off.

A prompt is read in several ways, each of which is a stream of words: as it looks; with strokes and
signs as the letters they may stand for; with a boundary wherever the alphabet changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

from bot.policy.prompt_rules.candidates import Looks, read_digits
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
_STROKES: Final = str.maketrans(
    dict.fromkeys("\u01c0\u04c0\u04cf\u2223\u23fd\uffe8", BAR)
    | {"\u0153": "o", "\u0152": "o", "\u00e6": "a", "\u00c6": "a"}
)
"""Letters and signs of one stroke, and two letters that are written as one for the first alone."""

_TWO_SIGNS: Final = (
    (regex.compile(r"(?:13|\|3)(?=\p{L})|(?<=\p{L})(?:13|\|3)(?!\p{N})"), "8"),
    (regex.compile(r"(?<=\p{L})(?:\(\))+|(?:\(\))+(?=\p{L})"), None),
    (regex.compile(r"[vV]{2}"), "w"),
)
"""Two signs that make one letter: 13 and |3 for b, () for o, vv for w."""

_MARKDOWN: Final = regex.compile(r"(?<=\p{L})(?:\*\*?|\|\||~~|__|`|\\)+(?=\p{L})")
"""What Discord does not show within a word: "bl**oo**d", "bl||ood"."""

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
        self._looks = Looks()
        self._known: dict[tuple[str, ...], bool] = {}
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

        Raises:
            TooManyReadingsError: There are too many places to look at, for all phrases together.
        """
        words = words_of(phrase, letters=self._letters)
        if words not in self._known:
            self._known[words] = bool(words) and any(
                stream.has(words, self._looks) for stream in self._streams
            )
        return self._known[words]


def _ways(prompt: str, shown: str, seen: Collection[Disguise]) -> Iterator[str]:
    """Return the prompt in each way it can be read, the usual one first."""
    usual = spaced(_MIDDLE_NOUGHT.sub(lambda found: "0" * len(found[0]), shown))
    yield usual
    yield _MARKDOWN.sub("", usual)
    loose = usual
    if Disguise.LETTERS in seen:
        loose = WORD.sub(_with_strokes, loose.translate(_STROKES))
    if Disguise.DIGITS in seen:
        for two, one in _TWO_SIGNS:
            loose = two.sub(one or (lambda found: "0" * (len(found[0]) // 2)), loose)
    yield loose
    yield spaced(spaced(visible(parted(prompt))), alphabets=True)


def _with_strokes(found: regex.Match[str]) -> str:
    """Return a word with strokes for a capital I among small letters, or an l among capitals."""
    word = found[0]
    if "I" in word and any(map(str.islower, word)):
        return word.replace("I", BAR)
    if "l" in word and len(word) > 2 and word.replace("l", "").isupper():
        return word.replace("l", BAR)
    return word


_REPEATED: Final = regex.compile(r"(\p{L})\1{2,}")


def _squeezed(text: str, to: str) -> str:
    """Return ``text`` with letters that are repeated thrice and more written once or twice."""
    return _REPEATED.sub(to, text)
