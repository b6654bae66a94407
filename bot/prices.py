"""The operator's ``PRICES``: what jobs cost by model, read from JSON in dollars."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.money import MICROS_PER_DOLLAR, PRICES, Price

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_DOLLARS: Final = 10_000  # anything above is a slip of the keyboard
_Dollars = Annotated[float, Field(ge=0, le=_MAX_DOLLARS, allow_inf_nan=False)]
_Parts = Annotated[dict[Literal["per_second", "per_job", "minimum"], _Dollars], Field(min_length=1)]
_TABLE: Final = TypeAdapter(dict[str, _Parts], config=ConfigDict(strict=True))
_EXAMPLE: Final = '{"gen4_aleph": {"per_second": 0.15, "per_job": 0, "minimum": 0}}'


def read_prices(words: str) -> dict[str, Price]:
    """Return the price of each model that ``words``, a JSON object, names; in dollars there.

    Raises:
        ValueError: It is not such an object; the text says all that is wrong, for the operator.
    """
    if not words.strip():
        return {}
    try:
        table = _TABLE.validate_json(words)
    except ValidationError as exc:
        problems = exc.errors(include_url=False, include_context=False, include_input=False)
        wrong = [": ".join(filter(None, (_where(one["loc"]), one["msg"]))) for one in problems]
        raise ValueError(f"{'; '.join(wrong)} (dollars by model, as JSON: {_EXAMPLE})") from None
    return {
        model: Price(**{part: _micros(dollars) for part, dollars in entry.items()})
        for model, entry in table.items()
    }


def _where(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc if part != "[key]")


def _micros(amount: float) -> int:
    """Return dollars in micro-dollars, a fraction of one rounded up; by their digits, exactly."""
    return math.ceil(Decimal(repr(amount)) * MICROS_PER_DOLLAR)


def check_prices(words: str) -> str:
    """Return ``words`` if :func:`read_prices` can read them.

    Raises:
        ValueError: It cannot.
    """
    read_prices(words)
    return words.strip()


def prices_with(words: str) -> Mapping[str, Price]:
    """Return the built-in prices, and over them those that ``words`` name."""
    return {**PRICES, **read_prices(words)}
