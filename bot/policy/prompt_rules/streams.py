"""One way to read a prompt as words, with everything in it that may be a word in disguise."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from bot.policy.prompt_rules.candidates import (
    Candidate,
    alike,
    candidate,
    is_stretched,
    key,
)
from bot.policy.prompt_rules.disguise_kinds import Disguise
from bot.policy.prompt_rules.short_words import are_a_sentence, is_short_word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.policy.prompt_rules.candidates import Looks

_UNSPACED: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Line_Break=SA}]")
_STOPS: Final = regex.compile(r"[,;:!?\u0e2f\u0e5a\u0e5b\u3001\u3002\u17d4\u17d5\u104a\u104b\n]")
"""What ends a clause: letters before and after it are not one word."""

_SHORTENED: Final = regex.compile(r"\P{L}*(\p{L}+)['\u2018\u2019`](ll|re|ve|[sdmt])\P{L}*")
"""The end of "it's" is no letter that stands alone, and "he'll" is no "hell"."""

_SHORTENED_LONGER: Final = frozenset(
    {"i", "you", "he", "she", "it", "we", "they", "who", "that", "this", "there", "here", "what"}
)
"""What "'ll", "'re" and "'ve" come after."""

_INITIAL: Final = regex.compile(r"\P{L}*\p{L}\.")
"""The "S." of "S. Dali"."""

_EDGE_DIGITS: Final = regex.compile(r"\A\d+|\d+\Z")
_PARTICLES: Final = regex.compile(
    r"(?<=\p{Hangul}{2})(?:\uc744|\ub97c|\uc774|\uac00|\uc740|\ub294|\uc758|\uc5d0|\uc5d0\uc11c|\ub85c|"
    r"\uc73c\ub85c|\uc640|\uacfc|\ub3c4|\ub9cc|\uc774\ub2e4|\uc778|\ud55c|\ud558\ub294|\ub4e4|\ub4e4\uc774|\ub4e4\uc744)\Z"
)
"""What Korean puts right behind a noun."""

_WORDS_OF_A_LETTER: Final = frozenset("ai")
_LONGEST_PIECES: Final = 40
"""Characters; longer words are not looked for in pieces."""

_MOST_TOGETHER: Final = 3


class WordStream:
    """A folded prompt as words.

    Args:
        folded: The prompt.
        word: What counts as a word.
        seen: The kinds of disguise that are seen through.

    Attributes:
        joined: The words, with letters that stand alone joined to words.
    """

    def __init__(self, folded: str, word: regex.Pattern[str], seen: Collection[Disguise]) -> None:
        self._seen = seen
        words: list[str] = []
        chunks: list[list[str]] = []
        stretches: list[list[str]] = [[]]
        split = folded.split()
        for at, chunk in enumerate(split):
            parts = word.findall(chunk)
            words += parts
            if _INITIAL.fullmatch(chunk) and not _spells(split, at):
                stretches += [parts, []]
                continue
            short = _SHORTENED.fullmatch(chunk)
            if short and len(parts) == 2 and _is_shortened(*short.groups()):  # it, s
                stretches[-1].append(parts[0])
                stretches += [[parts[1]], []]
                continue
            if _is_hyphened(chunk, parts):
                stretches += [parts, []]
                continue
            if len(parts) > 1:
                chunks.append(parts)
            stretches[-1] += parts
        together = [[one] for one in itertools.chain(words, _without_ends(words))]
        if Disguise.GAPS in seen:
            together += (parts for parts in chunks if not _are_two(parts))  # b.a.d, ba-d
        together += itertools.chain.from_iterable(map(self._neighbours, stretches))
        self._candidates: dict[str, set[Candidate]] = {}
        for one in map(candidate, together):
            self._candidates.setdefault(key(one.text), set()).add(one)
        self._spaced = f" {' '.join(words)} "
        self._alike = alike(self._spaced)
        gap = "" if Disguise.GAPS in seen else " "
        clauses = (gap.join(word.findall(clause)) for clause in _STOPS.split(folded))
        self._clauses = "\n".join(clauses) if _UNSPACED.search(folded) else ""
        self._runs: list[_Run] = []
        self.joined = " ".join(words)
        if Disguise.GAPS in seen:
            self._runs = [run for stretch in stretches for run in _runs(stretch)]
            self.joined = " ".join(itertools.chain.from_iterable(map(_joined, stretches)))
        self._in_runs = " ".join(key(run.whole.text) for run in self._runs)

    def has(self, words: Sequence[str], looks: Looks) -> bool:
        """Tell whether the whole words of a phrase, folded, can be read in this order.

        Raises:
            TooManyReadingsError: There are too many places to look at.
        """
        whole = "".join(words)
        if _UNSPACED.search(whole) and whole in self._clauses:
            return True
        wanted = key(whole)
        found = self._candidates.get(wanted, ())
        looks.take(len(found))
        return (
            any(one.is_read_as(whole, self._seen) for one in found)
            or (
                len(whole) > 1
                and wanted in self._in_runs
                and any(run.has(whole, wanted, self._seen, looks) for run in self._runs)
            )
            or (len(words) > 1 and self._has_phrase(words, looks))
        )

    def _has_phrase(self, words: Sequence[str], looks: Looks) -> bool:
        phrase = f" {' '.join(words)} "
        wanted = alike(phrase)
        start = self._alike.find(wanted)
        while start >= 0:
            looks.take()
            read = self._spaced[start : start + len(phrase)].split()
            if len(read) == len(words) and all(
                candidate([one]).is_read_as(word, self._seen)
                for one, word in zip(read, words, strict=True)
            ):
                return True
            start = self._alike.find(wanted, start + 1)
        return False

    def _neighbours(self, words: list[str]) -> Iterator[list[str]]:
        """Take two or three neighbours that may be one word: "b ad", "ba d", "blo od"."""
        for start in range(len(words)):
            for count in range(2, _MOST_TOGETHER + 1):
                part = words[start : start + count]
                if len(part) < count or sum(map(len, part)) > _LONGEST_PIECES:
                    break
                alone = any(len(word) == 1 for word in part)
                kind = Disguise.GAPS if alone else Disguise.PIECES
                if kind in self._seen and not _are_two(part):
                    yield part


def _spells(chunks: Sequence[str], at: int) -> bool:
    """Tell whether a letter with a full stop stands beside another letter: "b. l. o. o. d."."""
    near = (*chunks[max(0, at - 1) : at], *chunks[at + 1 : at + 2])
    return any(sum(map(str.isalpha, one)) == 1 for one in near)


def _is_hyphened(chunk: str, parts: Sequence[str]) -> bool:
    """Tell whether the beginning belongs to the end alone: "t-shirt", "e-zine", "re-read"."""
    if len(parts) != 2 or "-".join(parts) not in chunk or len(parts[1]) <= 2:
        return False
    return len(parts[0]) == 1 or is_short_word(parts[1])


def _is_shortened(word: str, end: str) -> bool:
    return len(word) > 1 if len(end) == 1 else word in _SHORTENED_LONGER


def _are_two(words: Sequence[str]) -> bool:
    """Tell whether these neighbours are words of their own, not one word in pieces."""
    if words[0] in _WORDS_OF_A_LETTER and sum(len(word) == 1 for word in words) == 1:
        # "a long" is not "along"; but what is so short is hardly a word of its own: "a ss".
        if len(words) == 2 and len(words[1]) == 2:
            return are_a_sentence(words)
        return True
    return are_a_sentence(words)


def _without_ends(words: Sequence[str]) -> Iterator[str]:
    """Return the words without digits around them and without Korean particles."""
    for word in words:
        for ends in (_EDGE_DIGITS, _PARTICLES):
            bare = ends.sub("", word)
            if bare != word and (len(bare) > 2 or ends is _PARTICLES):
                yield bare


class _Run(NamedTuple):
    """Letters that stand alone, and the words around them.

    The run may hold a word anywhere. Its neighbours may not: who forbids "hell" has nothing
    against "hello".
    """

    whole: Candidate
    begin: int
    """Where the run begins in the whole; before it, the neighbour on the left."""
    end: int

    def has(self, word: str, wanted: str, seen: Collection[Disguise], looks: Looks) -> bool:
        """Tell whether ``word`` can be read in it; ``wanted`` is its key.

        Raises:
            TooManyReadingsError: There are too many places to look at.
        """
        letters = self.whole.text[self.begin : self.end]
        if word in letters:
            return True
        text, plain = alike(self.whole.text), alike(word)
        start = text.find(plain)
        while start >= 0:
            looks.take()
            end = start + len(word)
            if self._allows(start, end) and self.whole.part(start, end).is_read_as(word, seen):
                return True
            start = text.find(plain, start + 1)
        return Disguise.REPEATS in seen and self._has_stretched(word, wanted, seen, looks)

    def _has_stretched(
        self, word: str, wanted: str, seen: Collection[Disguise], looks: Looks
    ) -> bool:
        letters = self.whole.text[self.begin : self.end]
        bounds = [self.begin]
        for _, group in itertools.groupby(alike(letters)):
            bounds.append(bounds[-1] + len(list(group)))
        squeezed = key(letters)
        at = squeezed.find(wanted)
        while at >= 0:
            looks.take()
            part = self.whole.part(bounds[at], bounds[at + len(wanted)])
            if is_stretched(part.text, word) and part.is_read_as(word, seen):
                return True
            at = squeezed.find(wanted, at + 1)
        return False

    def _allows(self, start: int, end: int) -> bool:
        left, right = start < self.begin, end > self.end
        if not (start == 0 or self.begin <= start < self.end):
            return False
        if not (end == len(self.whole.text) or self.begin < end <= self.end):
            return False
        # One letter and a neighbour are looked at with the neighbours: "x, a long" is not "along".
        return not (left or right) or min(end, self.end) - max(start, self.begin) > 1


def _runs(words: Sequence[str]) -> Iterator[_Run]:
    """Find neighbours that are single letters, perhaps repeated ("bb ll oo"), two and more."""
    begin = 0
    for alone, group in itertools.groupby(words, lambda one: len(set(one)) == 1):
        letters = list(group)
        if alone and len(letters) > 1:
            left, end = max(0, begin - 1), begin + len(letters)
            at = len("".join(words[left:begin]))
            yield _Run(candidate(words[left : end + 1]), at, at + len("".join(letters)))
        begin += len(letters)


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
