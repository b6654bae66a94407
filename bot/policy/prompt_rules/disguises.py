"""Reading a prompt as a person would: digits and signs for letters, and however spaced.

A digit is read as a letter only where a person would: ``bl00d`` and ``b l 0 0 d``, but ``4k``,
``35mm``, ``f 1 4`` and the "5 ex" of "5 ex wives" are numbers.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from bot.policy.prompt_rules.lookalikes import WORD, fold, visible, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_READ_AS: Final = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "@": "a",
    "$": "s",
    "!": "i",
}
_ALIKE: Final = str.maketrans({one: letters[0] for one, letters in _READ_AS.items()} | {"l": "i"})
"""Makes equal what can be read alike; ``_reads_as`` looks closer."""

_SIGN: Final = regex.compile(r"[@$!]")
_WORD_WITH_SIGNS: Final = regex.compile(
    # A "!" ends a sentence, unless more of the word follows or it stands for itself ("h ! t").
    r"""(?: [\p{L}\p{M}\p{N}@$] | (?<=[\p{L}\p{N}@$!])!+(?=[\p{L}\p{N}@$]) )+
      | (?<![\p{L}\p{N}!])!(?![\p{L}\p{N}!])""",
    regex.VERBOSE,
)
_UNSPACED: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
)
_SHORTENED: Final = regex.compile(r"\P{L}*\p{L}{2,}['\u2018\u2019`][sdmt]\P{L}*")
"""The end of "it's" is no letter that stands alone: "he's hot" is not "he shot"."""

_MEASURE: Final = regex.compile(
    r"\d+(?:st|nd|rd|th|am|pm|mm|cm|km|ft|in|px|fps|hz|ml|kg|lbs?|oz|min|sec|hrs?|mph)"
)
_WORDS_OF_A_LETTER: Final = frozenset("ai")
_FEWEST_LETTERS: Final = 2
"""A word has at least so many true letters: "a55" is a road, "4k" a size."""

_LONGEST_PIECES: Final = 40
"""Characters; longer words are not looked for in pieces."""


class Reading:
    """A prompt as it can be read.

    Attributes:
        texts: The prompt as patterns look at it: as it is seen, folded, with letters that stand
            alone joined to words, and this with digits and signs as the letters they stand for.
    """

    def __init__(self, prompt: str) -> None:
        seen, folded = visible(prompt), fold(prompt)
        self._streams = [_Stream(folded, WORD)]
        if _SIGN.search(folded):
            self._streams.append(_Stream(folded, _WORD_WITH_SIGNS))
        joined = self._streams[0].joined
        read = (_read_digits(self._streams[-1].joined, one) for one in "il")
        self.texts = tuple(dict.fromkeys((seen, folded, joined, *read)))

    def has(self, phrase: str) -> bool:
        """Tell whether the whole words of ``phrase`` can be read in the prompt, in this order.

        Tricks with spaces and punctuation do not hide them ("b a d", "b.a.d", "b ad"), nor do
        digits and signs for letters ("b4d", "b @ d"). Where a script puts no spaces between words,
        any place counts.
        """
        words = words_of(phrase)
        return bool(words) and any(stream.has(words) for stream in self._streams)


class _Piece(NamedTuple):
    """Words put together, which may be one word in disguise."""

    text: str
    marks: str
    """What each character comes from: ``L`` a letter that stands alone, ``N`` a number, ``0`` a
    nought that stands alone, ``.`` a word."""

    def part(self, start: int, end: int) -> _Piece:
        return _Piece(self.text[start:end], self.marks[start:end])

    def is_read_as(self, word: str) -> bool:
        """Tell whether a person would read it as ``word``."""
        if self.text == word:
            return True
        return _reads_as(self.text, word) and _is_disguise(self.text) and not self._counts()

    def _counts(self) -> bool:
        """Tell whether a number stands for how many: "5 ex wives", "a 5-hit combo", "0 men"."""
        return "L" not in self.marks and (
            "N" in self.marks or "0" in {self.marks[0], self.marks[-1]}
        )


def _piece(words: Iterable[str]) -> _Piece:
    words = tuple(words)
    return _Piece("".join(words), "".join(_mark(word) * len(word) for word in words))


def _mark(word: str) -> str:
    if not any(map(str.isalpha, word)):
        return "0" if word == "0" else "N"
    return "L" if len(word) == 1 else "."


def _reads_as(text: str, word: str) -> bool:
    return len(text) == len(word) and all(
        one == letter or letter in _READ_AS.get(one, "")
        for one, letter in zip(text, word, strict=True)
    )


def _is_disguise(text: str) -> bool:
    """Tell whether the digits and signs in ``text`` would be taken for letters."""
    letters = sum(map(str.isalpha, text))
    return (
        letters >= _FEWEST_LETTERS
        and (letters * 2 >= len(text) or text[0].isalpha())
        and "!" not in {text[0], text[-1]}
        and not _MEASURE.fullmatch(text)
    )


def _read_digits(joined: str, one: str) -> str:
    """Read the words that are disguised, with ``one`` for the digit 1."""
    table = str.maketrans({sign: letters[0] for sign, letters in _READ_AS.items()} | {"1": one})
    return " ".join(
        word.translate(table) if _is_disguise(word) else word for word in joined.split(" ") if word
    )


class _Run(NamedTuple):
    """Letters that stand alone, and the words around them.

    The run may hold a word anywhere. Its neighbours may not: who forbids "hell" has nothing
    against "hello".
    """

    piece: _Piece
    alike: str
    begin: int
    """Where the run begins in the piece; before it, the neighbour on the left."""
    end: int

    def has(self, word: str, alike: str) -> bool:
        start = self.alike.find(alike)
        while start >= 0:
            end = start + len(word)
            if self._allows(start, end) and self.piece.part(start, end).is_read_as(word):
                return True
            start = self.alike.find(alike, start + 1)
        return False

    def _allows(self, start: int, end: int) -> bool:
        if not (start == 0 or self.begin <= start < self.end):
            return False
        if not (end == len(self.alike) or self.begin < end <= self.end):
            return False
        # "x, a long road" is not "along".
        return not (end > self.end == start + 1 and self.piece.text[start] in _WORDS_OF_A_LETTER)


class _Stream:
    """One way to read a prompt, as words.

    Args:
        folded: The prompt.
        word: What counts as a word.
    """

    def __init__(self, folded: str, word: regex.Pattern[str]) -> None:
        words: list[str] = []
        chunks: list[list[str]] = []
        stretches: list[list[str]] = [[]]
        for chunk in folded.split():
            parts = word.findall(chunk)
            chunks.append(parts)
            words += parts
            if len(parts) == 2 and _SHORTENED.fullmatch(chunk):  # it, s
                stretches[-1].append(parts[0])
                stretches += [[parts[1]], []]
            else:
                stretches[-1] += parts
        near = itertools.chain.from_iterable(map(_neighbours, stretches))
        self._pieces: dict[str, set[_Piece]] = {}
        for several in itertools.chain(([one] for one in words), chunks, near):
            piece = _piece(several)  # blood; b.a.d, ba-d; b ad
            self._pieces.setdefault(piece.text.translate(_ALIKE), set()).add(piece)
        self._spaced = f" {' '.join(words)} "
        self._alike = self._spaced.translate(_ALIKE)
        self._runs = [run for stretch in stretches for run in _runs(stretch)]
        self._in_runs = " ".join(run.alike for run in self._runs)
        self.joined = " ".join(itertools.chain.from_iterable(map(_joined, stretches)))

    def has(self, words: Sequence[str]) -> bool:
        whole = "".join(words)
        if _UNSPACED.search(whole):
            return whole in self._spaced.replace(" ", "")
        alike = whole.translate(_ALIKE)
        return (
            any(piece.is_read_as(whole) for piece in self._pieces.get(alike, ()))
            or (
                len(whole) > 1
                and alike in self._in_runs
                and any(run.has(whole, alike) for run in self._runs)
            )
            or (len(words) > 1 and self._has_phrase(words))
        )

    def _has_phrase(self, words: Sequence[str]) -> bool:
        phrase = f" {' '.join(words)} "
        alike = phrase.translate(_ALIKE)
        start = self._alike.find(alike)
        while start >= 0:
            read = self._spaced[start : start + len(phrase)].split()
            if all(_piece([one]).is_read_as(word) for one, word in zip(read, words, strict=True)):
                return True
            start = self._alike.find(alike, start + 1)
        return False


def _runs(words: Sequence[str]) -> Iterator[_Run]:
    """Find neighbours that are single characters, two and more."""
    begin = 0
    for alone, group in itertools.groupby(words, lambda one: len(one) == 1):
        count = len(list(group))
        if alone and count > 1:
            left, end = max(0, begin - 1), begin + count
            piece = _piece(words[left : end + 1])
            at = len("".join(words[left:begin]))
            yield _Run(piece, piece.text.translate(_ALIKE), at, at + count)
        begin += count


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Join neighbours that are single characters; other words stay as they are.

    "a" and "i" may belong to the word or stand before it: "a b a d" gives "abad bad".
    """
    for alone, group in itertools.groupby(words, lambda one: len(one) == 1):
        if not alone:
            yield from group
            continue
        run = "".join(group)
        yield run
        if run[0] in _WORDS_OF_A_LETTER and len(run) > 2:
            yield run[1:]


def _neighbours(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Take up to three neighbours, one of which is a single character: "b ad", "ba d".

    "a" and "i" before a word are words of their own: "a long" is not "along".
    """
    for start, first in enumerate(words):
        for count in (2, 3):
            part = words[start : start + count]
            alone = sum(len(word) == 1 for word in part)
            if len(part) == count and alone and sum(map(len, part)) <= _LONGEST_PIECES:
                if first in _WORDS_OF_A_LETTER and alone == 1:
                    continue
                yield part
