"""Stretches of a prompt that may be one word in disguise, and whether a person reads it as that.

A digit is read as a letter only where a person would: ``bl00d`` and ``b l 0 0 d``, but ``4k``,
``35mm``, ``f 1 4`` and the "5 ex" of "5 ex wives" are numbers.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from bot.policy.prompt_rules.disguise_kinds import Disguise
from bot.policy.prompt_rules.lookalikes import CIRCLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

READ_AS: Final = {
    "0": "o",
    "1": "il",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "bg",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "\u20ac": "e",
    "\u00a3": "l",
    "\u00a2": "c",
    CIRCLE: "o",
}
"""What digits and signs can stand for, the most usual letter first."""

_ALIKE: Final = str.maketrans(
    {one: letters[0] for one, letters in READ_AS.items()} | {"l": "i", "g": "b", "9": "b"}
)
_RUNS: Final = regex.compile(r"(.)\1+", regex.DOTALL)
_MEASURE: Final = regex.compile(
    r"\d+(?:st|nd|rd|th|am|pm|mm|cm|km|ft|in|px|fps|hz|ml|kg|lbs?|oz|min|sec|hrs?|mph|bit|gb|mb|tb)"
)
MOST_LOOKS: Final = 5_000
"""The most readings that are looked at closely for one prompt: some hundredths of a second."""

_FEWEST_LETTERS: Final = 2
"""A word has at least so many true letters: "a55" is a road, "4k" a size."""


class TooManyReadingsError(Exception):
    """A prompt can be read as a rule's words in more ways than are looked at."""


class Looks:
    """How many readings may still be looked at closely, for all rules together.

    Usual prompts need some dozens. A count, unlike a time, gives the same answer on a busy machine.
    """

    def __init__(self, most: int = MOST_LOOKS) -> None:
        self._left = most

    def take(self, count: int = 1) -> None:
        """Count some.

        Raises:
            TooManyReadingsError: None are left.
        """
        self._left -= count
        if self._left < 0:
            raise TooManyReadingsError


def alike(text: str) -> str:
    """Return ``text`` with everything equal that can be read alike, character by character."""
    return text.translate(_ALIKE)


def key(text: str) -> str:
    """Return what is equal for all texts that may be read alike, repeated letters included."""
    return _RUNS.sub(r"\1", alike(text))


class Candidate(NamedTuple):
    """Words put together, which may be one word in disguise."""

    text: str
    marks: str
    """What each character comes from: ``L`` a letter that stands alone, ``N`` a number, ``0`` a
    nought that stands alone, ``.`` a word."""

    def part(self, start: int, end: int) -> Candidate:
        """Return the candidate from one character to another."""
        return Candidate(self.text[start:end], self.marks[start:end])

    def is_read_as(self, word: str, seen: Collection[Disguise]) -> bool:
        """Tell whether a person would read it as ``word``, through those kinds of disguise."""
        text = self.text
        if text == word:
            return True
        if len(text) < len(word) or not text:
            return False
        if len(text) > len(word) and not (
            Disguise.REPEATS in seen and is_stretched(text, word) and _covers(text, word)
        ):
            return False
        if len(text) == len(word) and not _reads_as(text, word):
            return False
        if text.isalpha():
            return True
        # A digit that both have is no disguise, and needs no leave.
        return (Disguise.DIGITS in seen or not _has_read(text, word)) and (
            is_disguise(text) and not self._counts()
        )

    def _counts(self) -> bool:
        """Tell whether a number stands for how many: "5 ex wives", "a 5-hit combo", "0 men"."""
        return "L" not in self.marks and (
            "N" in self.marks or "0" in {self.marks[0], self.marks[-1]}
        )


def candidate(words: Iterable[str]) -> Candidate:
    """Put neighbours together."""
    words = tuple(words)
    return Candidate("".join(words), "".join(_mark(word) * len(word) for word in words))


def _mark(word: str) -> str:
    if not any(map(str.isalpha, word)):
        return "0" if word == "0" else "N"
    return "L" if len(word) == 1 else "."


def _is(one: str, letter: str) -> bool:
    return one == letter or letter in READ_AS.get(one, "")


def _reads_as(text: str, word: str) -> bool:
    return all(map(_is, text, word))


def _has_read(text: str, word: str) -> bool:
    """Tell whether ``text`` has digits or signs that are not the word's own."""
    return any(one in READ_AS and one not in word for one in text)


def is_stretched(text: str, word: str) -> bool:
    """Tell whether letters are repeated as nobody would by mistake: thrice, or two of them twice.

    "goood" is "good", and "bbllood" is "blood"; but "good" is not "god".
    """
    runs = [[len(list(run)) for _, run in itertools.groupby(alike(one))] for one in (text, word)]
    if len(runs[0]) != len(runs[1]):
        return False
    longer = [(found, found - wanted) for found, wanted in zip(*runs, strict=True)]
    if len(word) < _FEWEST_LETTERS or any(more < 0 for _, more in longer):
        return False
    return any(found > 2 and more for found, more in longer) or (
        sum(more > 0 for _, more in longer) > 1
    )


def _covers(text: str, word: str) -> bool:
    """Tell whether ``text`` is ``word`` with letters of it repeated."""
    reached = {0}  # how many letters of the word may be read so far
    for one in text:
        reached = {
            after
            for at in reached
            for after, letter in ((at + 1, word[at : at + 1]), (at, word[at - 1 : at]))
            if letter and _is(one, letter)
        }
    return len(word) in reached


def is_disguise(text: str) -> bool:
    """Tell whether the digits and signs in ``text`` would be taken for letters."""
    letters = sum(map(str.isalpha, text))
    return (
        letters >= _FEWEST_LETTERS
        and (letters * 2 >= len(text) or text[0].isalpha())
        and "!" not in {text[0], text[-1]}
        and not _MEASURE.fullmatch(text)
    )


def read_digits(joined: str, one: str) -> str:
    """Return words with the letters that digits and signs stand for, ``one`` for the digit 1."""
    table = str.maketrans(
        {sign: letters[0] for sign, letters in READ_AS.items()} | dict.fromkeys("1!|", one)
    )
    return " ".join(
        word.translate(table) if is_disguise(word) else word for word in joined.split(" ") if word
    )
