"""Numbers as people type them: ``$12.50``, ``25 MB``, ``8 s``; and as a form shows them again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bot.domain.money import MICROS_PER_DOLLAR
from bot.domain.units import MEBIBYTE
from bot.policy.catalogue import SETTINGS, parse
from bot.policy.problems import Flaw, Problem
from bot.policy.values import Number

if TYPE_CHECKING:
    from bot.policy.problems import Target

_FACTORS: Final = {"bytes": MEBIBYTE, "micros": MICROS_PER_DOLLAR}
"""How many of a unit that is stored are one of the unit that is typed; others are the same."""

_NUMBER: Final = re.compile(
    r"(?P<sign>-?)\$?\s*"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![0-9])|[0-9]{1,15})"
    r"(?:[.,](?P<rest>[0-9]{1,6}))?"
    r"\s*(?:\$|usd|dollars?|mi?b|s|sec|seconds?|h|hours?|d|days?|clips?|jobs?|requests?|strikes?)?",
    re.IGNORECASE,
)

EXAMPLES: Final = {
    "bytes": "25",
    "seconds": "10",
    "micros": "12.50",
    "jobs": "5",
    "hours": "24",
    "days": "7",
    "strikes": "3",
    "requests": "10",
}
"""A number that may be typed, by unit."""


def read_typed(name: str, typed: str, target: Target) -> Any | Problem:  # noqa: ANN401 - a number
    """Return the value of a setting that is a number, or what is wrong with what was typed.

    A comma before three digits sets thousands apart, as in 1,500; before others it is a point.
    """
    kind = SETTINGS[name].kind
    assert isinstance(kind, Number)  # noqa: S101 - nothing else has such a form
    words = " ".join(typed.split())
    match = _NUMBER.fullmatch(words) if words.isascii() else None
    if match is None:
        example = EXAMPLES[kind.unit]
        return Problem(
            name=name, flaw=Flaw.WRONG_KIND, target=target, value=typed, words=(example,)
        )
    digits = f"{match['sign']}{match['whole'].replace(',', '')}.{match['rest'] or 0}"
    number = Decimal(digits) * _FACTORS.get(kind.unit, 1)
    if kind.unit == "bytes":
        number = Decimal(round(number))
    value = int(number) if number == int(number) else float(number)
    found = parse(name, value, target)
    if isinstance(found, Problem) and found.flaw is Flaw.WRONG_KIND:
        return Problem(
            name=name, flaw=Flaw.WRONG_KIND, target=target, value=typed, words=("whole",)
        )
    return found


def typed(name: str, value: float) -> str:
    """Return a number as it is typed into its form."""
    kind = SETTINGS[name].kind
    assert isinstance(kind, Number)  # noqa: S101 - as above
    number = value / _FACTORS.get(kind.unit, 1)
    if kind.unit == "micros" and round(number * 100) == number * 100 and number % 1:
        return f"{number:.2f}"
    return f"{number:.6f}".rstrip("0").rstrip(".")
