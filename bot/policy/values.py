"""The kinds of values that settings have: how each is checked, stored and compared."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from bot.policy.problems import Flaw
from bot.requests.text_safety import is_blank, one_line

MAX_ID: Final = 2**63 - 1
_ID: Final = re.compile(r"[0-9]{1,19}")
_RATIO: Final = re.compile(r"[1-9][0-9]{0,4}:[1-9][0-9]{0,4}")


class BadValueError(ValueError):
    """A value that its kind does not take; :func:`bot.policy.catalogue.parse` names the setting."""

    def __init__(
        self,
        flaw: Flaw,
        *,
        lowest: float | None = None,
        highest: float | None = None,
        words: tuple[str, ...] = (),
        entry: int | None = None,
    ) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw
        self.lowest = lowest
        self.highest = highest
        self.words = words
        self.entry = entry


def _wrong(takes: str) -> NoReturn:
    raise BadValueError(Flaw.WRONG_KIND, words=(takes,))


class Kind(ABC):
    """How values of one kind are checked, stored and compared. ``None`` never gets here."""

    @abstractmethod
    def parse(self, value: Any) -> Any:  # noqa: ANN401 - whatever a file or a form holds
        """Return the value in its own type.

        Raises:
            BadValueError: This kind does not take it.
        """

    def dump(self, value: Any) -> Any:  # noqa: ANN401 - each kind has its own type
        """Return the value as JSON takes it."""
        return value

    def load(self, value: Any) -> Any:  # noqa: ANN401 - each kind has its own type
        """Return what :meth:`dump` made of a value that was checked when it was set.

        Raises:
            ValueError: This kind never wrote it.
        """
        return self.parse(value)

    def generosity(self, value: Any) -> float:  # noqa: ANN401 - each kind has its own type
        """Return a number that is the higher, the more the value permits."""
        del value
        return 0


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words, named from the most generous to the strictest."""

    words: tuple[str, ...]

    def parse(self, value: Any) -> str:  # noqa: ANN401 - as above
        """Return the word."""
        if not isinstance(value, str) or value not in self.words:
            raise BadValueError(Flaw.NOT_OFFERED, words=self.words)
        return value

    def generosity(self, value: Any) -> float:  # noqa: ANN401 - as above
        """Rank the word."""
        return -self.words.index(value)


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number within bounds.

    Attributes:
        unit: ``bytes``, ``seconds``, ``jobs``, ``micros``, ``hours``, ``days``, ``strikes`` or
            ``requests``: what it counts, for the texts.
        whole: Whether fractions are refused.
    """

    lowest: float
    highest: float
    unit: str
    whole: bool = True

    def parse(self, value: Any) -> float:  # noqa: ANN401 - as above
        """Return the number."""
        takes = "a whole number" if self.whole else "a number"
        if isinstance(value, bool) or not isinstance(value, int | float):
            _wrong(takes)
        if isinstance(value, float):
            if not math.isfinite(value) or (self.whole and not value.is_integer()):
                _wrong(takes)
            value = int(value) if value.is_integer() else value  # equal numbers, equal texts
        number: float = value
        if number < self.lowest:
            raise BadValueError(Flaw.TOO_LOW, lowest=self.lowest, highest=self.highest)
        if number > self.highest:
            raise BadValueError(Flaw.TOO_HIGH, lowest=self.lowest, highest=self.highest)
        return number

    def generosity(self, value: Any) -> float:  # noqa: ANN401 - as above
        """Take the number itself: all numbers that roles can have are limits."""
        return float(value)


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """A switch: ``true`` or ``false`` in JSON, nothing else."""

    def parse(self, value: Any) -> bool:  # noqa: ANN401 - as above
        """Take Python's own bool alone: 0 and 1 are numbers."""
        if not isinstance(value, bool):
            _wrong("on or off (true or false)")
        return value


def _id(value: object, entry: int | None = None) -> int:
    if isinstance(value, str) and _ID.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        raise BadValueError(Flaw.WRONG_KIND, words=("an id",), entry=entry)
    return value


@dataclass(frozen=True, slots=True)
class Id(Kind):
    """The id of one channel or role: a number, or its digits.

    Attributes:
        of: ``channel`` or ``role``.
    """

    of: str

    def parse(self, value: Any) -> int:  # noqa: ANN401 - as above
        """Take a snowflake above 0, as a number or its digits."""
        return _id(value)


@dataclass(frozen=True, slots=True)
class Ids(Kind):
    """The ids of several channels or roles.

    Attributes:
        of: ``channel`` or ``role``.
        most: As many as one of Discord's menus offers, so that the panel can show all of them.

    Source: https://docs.discord.com/developers/components/reference#channel-select
    """

    of: str
    most: int = 25

    def parse(self, value: Any) -> frozenset[int]:  # noqa: ANN401 - as above
        """Take a list, in which an id may stand twice."""
        if not isinstance(value, list | tuple | set | frozenset):
            _wrong("a list of ids")
        ids = frozenset(_id(one, entry) for entry, one in enumerate(value, 1))
        if len(ids) > self.most:
            raise BadValueError(Flaw.TOO_MANY, highest=self.most)
        return ids

    def dump(self, value: Any) -> list[int]:  # noqa: ANN401 - as above
        """Return them in order, so that equal sets are equal texts."""
        return sorted(value)


@dataclass(frozen=True, slots=True)
class Ratio(Kind):
    """A shape such as ``1280:720``; whether the model offers it shows when it is used."""

    def parse(self, value: Any) -> str:  # noqa: ANN401 - as above
        """Take two numbers with a colon between them."""
        if not isinstance(value, str) or not _RATIO.fullmatch(value):
            _wrong("a shape such as 1280:720")
        return value


@dataclass(frozen=True, slots=True)
class OneLineText(Kind):
    """Free text without line breaks, cleaned as prompts are, at most ``longest`` characters."""

    longest: int

    def parse(self, value: Any) -> str:  # noqa: ANN401 - as above
        """Take words of which something is left after cleaning."""
        if not isinstance(value, str):
            _wrong("words")
        line = one_line(value)
        if is_blank(line):
            raise BadValueError(Flaw.EMPTY)
        if len(line) > self.longest:
            raise BadValueError(Flaw.TOO_LONG, highest=self.longest)
        return line
