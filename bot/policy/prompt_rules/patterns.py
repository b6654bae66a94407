r"""Regular expressions that strangers write: checked before they are kept, and timed in use.

The dialect is that of Python's ``re``, run by ``regex``, which takes a time limit and reads ``\w``
and ``\b`` in every script. (Google's RE2 needs no time limit, but there they are ASCII only: a
rule about a Cyrillic word would silently find nothing.)

``regex`` writes repetitions out while it compiles, and no time limit covers that: a pattern of 20
characters can take all memory. So the size is reckoned before, and what cannot be reckoned is
refused.

Source: https://github.com/mrabarnett/mrab-regex#timeout
"""

from __future__ import annotations

import functools
import itertools
import time
from typing import TYPE_CHECKING, Final

import regex

from bot.policy.problems import Flaw
from bot.policy.values import BadValueError

if TYPE_CHECKING:
    from collections.abc import Iterable

PATTERN_SECONDS: Final = 0.02
"""The most that one pattern may take for one text; usual ones take some millionths."""

TRYING_SECONDS: Final = 0.04
"""The most that trying one pattern out may take: the bot does nothing else meanwhile."""

MAX_EXPANDED: Final = 2_000
"""The most parts that a pattern may have once its repetitions are written out."""

_PROBE_CHARACTERS: Final = 1_000  # as long as a prompt can be
_PROBED_CHARACTERS: Final = 6

_TOKEN: Final = regex.compile(
    r"""
      (?P<escape>\\(?:[pPN]\{[^}]*\}|.))
    | (?P<set>\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\])
    | (?P<open>\((?:\?(?::|=|!|<=|<!|>|P?<\w+>))?(?!\?))
    | (?P<flag>\(\?i\))
    | (?P<close>\))
    | (?P<many>(?:[*+?]|\{(?P<least>\d*)(?P<upto>,\d*)?\})[+?]?)
    | (?P<other>[^\[({*+?\\])
    """,
    regex.VERBOSE | regex.DOTALL,
)


class SlowPatternError(Exception):
    """A pattern took longer than it may."""


def check_pattern(text: str, *, entry: int | None = None, until: float | None = None) -> None:
    """Refuse a pattern that is wrong, or that could hold the bot up.

    Args:
        text: The pattern.
        entry: Which entry of a list it is, from 1.
        until: When to give up trying it out, by ``time.monotonic``.

    Raises:
        BadValueError: It does not compile or is too large, finds something in empty text (and so
            in every prompt), or takes too long on one of the texts that such patterns choke on.
    """
    if expanded_size(text) > MAX_EXPANDED:
        raise BadValueError(Flaw.SLOW_PATTERN, entry=entry)
    try:
        compiled(text)
    except (regex.error, ValueError, RecursionError, OverflowError) as exc:
        raise BadValueError(Flaw.BAD_PATTERN, words=(str(exc),), entry=entry) from exc
    soon = time.monotonic() + TRYING_SECONDS
    until = soon if until is None else min(soon, until)
    try:
        if finds(text, "", until=until):
            raise BadValueError(Flaw.EMPTY, entry=entry)
        for probe in _probes(text):
            finds(text, probe, until=until)
    except SlowPatternError as exc:
        raise BadValueError(Flaw.SLOW_PATTERN, entry=entry) from exc


def finds(text: str, prompt: str, *, until: float | None = None) -> bool:
    """Tell whether a checked pattern finds something.

    Args:
        text: The pattern.
        prompt: Where to look.
        until: When to give up, by ``time.monotonic``, if that is before ``PATTERN_SECONDS``.

    Raises:
        SlowPatternError: It took too long.
    """
    seconds = PATTERN_SECONDS
    if until is not None:
        seconds = min(seconds, until - time.monotonic())
        if seconds <= 0:
            raise SlowPatternError(text)
    try:
        return compiled(text).search(prompt, timeout=seconds) is not None
    except TimeoutError as exc:
        raise SlowPatternError(text) from exc


@functools.lru_cache(maxsize=4096)
def compiled(text: str) -> regex.Pattern[str]:
    """Return the compiled pattern; case never matters.

    Raises:
        regex.error: It is wrong.
    """
    return regex.compile(text, regex.IGNORECASE | regex.V0)


def expanded_size(text: str) -> float:
    """Return how many parts a pattern has once its repetitions are written out; never too few.

    What this does not know (comments, conditions, fuzzy counts, flags other than ``(?i)``) counts
    as infinitely large.
    """
    sizes, last = [0.0], 0.0  # of the groups that are open, and of the latest part
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return float("inf")
        position = token.end()
        match token.lastgroup:
            case "open":
                sizes.append(0.0)
                last = 0.0
            case "close":
                if len(sizes) == 1:
                    return float("inf")
                last = 1 + sizes.pop()
                sizes[-1] += last
            case "many":
                sizes[-1] += last * _copies(token)
                last += last * _copies(token)
            case "flag":
                last = 0.0
            case _:
                last = 1.0
                sizes[-1] += last
    return sum(sizes)


def _copies(token: regex.Match[str]) -> float:
    """Return how many copies a repetition adds to the first."""
    if token["least"] is None:
        return 1
    return float(token["least"] or 0) + 1


def _probes(text: str) -> Iterable[str]:
    """Return texts on which patterns with too much choice take for ever."""
    letters = dict.fromkeys(c for c in text if c.isalnum())
    characters = [*itertools.islice(letters, _PROBED_CHARACTERS), "a", "0", " ", "!", "é"]
    for character in dict.fromkeys(characters):
        for end in ("", "\x01"):
            yield character * _PROBE_CHARACTERS + end
    for words in ("ab ", "".join(letters)[:20] + " ", "a1", "a."):
        yield (words * _PROBE_CHARACTERS)[:_PROBE_CHARACTERS] + "\x01"
