"""Money: what a job costs, and how amounts are written. No I/O.

Amounts are whole micro-dollars (``micros``): sums stay exact, however many there are.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cometapi.models import VideoModel

MICROS_PER_DOLLAR: Final = 1_000_000
MICROS_PER_CREDIT: Final = 10_000
"""1 credit is $0.01. Source: https://docs.dev.runwayml.com/guides/pricing/"""

MAX_PRICE_DOLLARS: Final = 10_000
"""Anything above is a slip of the keyboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one job with a model costs, in micro-dollars."""

    per_second: int = 0
    """For each second of the clip that the model restyles."""
    per_job: int = 0
    """On top of that, once."""
    minimum: int = 0
    """The least that a job costs."""

    def of(self, seconds: float) -> int:
        """Return the price of a job that restyles ``seconds``.

        What the seconds cost is rounded up to whole cents: the provider counts in credits.
        """
        # Through its digits: as a float, 3 s could be a hair more, and cost a cent more.
        exact = Decimal(repr(max(0.0, seconds))) * self.per_second
        by_time = math.ceil(exact / MICROS_PER_CREDIT) * MICROS_PER_CREDIT
        return max(self.per_job + by_time, self.minimum)


PRICES: Final[Mapping[str, Price]] = {
    # Runway's own, in credits a second; CometAPI bills at prices of its own, hence the setting.
    # https://docs.dev.runwayml.com/guides/pricing/
    "gen4_aleph": Price(per_second=15 * MICROS_PER_CREDIT),
    # https://www.skills.sh/calesthio/generative-media-skills/runway-video
    "aleph2": Price(per_second=28 * MICROS_PER_CREDIT, minimum=56 * MICROS_PER_CREDIT),
}
"""What holds for models that the operator names no price for."""

_NAMES: Final = frozenset(field.name for field in fields(Price))
_EXAMPLE: Final = '{"gen4_aleph": {"per_second": 0.15, "per_job": 0, "minimum": 0}}'


def estimate(model: VideoModel, seconds: float, prices: Mapping[str, Price] = PRICES) -> int | None:
    """Return what restyling ``seconds`` of a clip is expected to cost, in micro-dollars.

    A model that uses only the clip's start is paid for that alone. ``None`` means that nobody
    knows: the model has no price here.
    """
    price = prices.get(model.name)
    if price is None:
        return None
    return price.of(seconds if model.used_seconds is None else min(seconds, model.used_seconds))


def micros_of_credits(credits_: float) -> int:
    """Return credits, as the provider counts, in micro-dollars; never below 0."""
    return max(0, round(credits_ * MICROS_PER_CREDIT))


def dollars(micros: int) -> str:
    """Return an amount as people write it: ``$0.75``, ``$1,234.50``, ``$0.0375``.

    Cents, and hundredths of cents only where there are any: prices of a single job may have them.
    """
    cents, rest = divmod(round(abs(micros) / 100), 100)
    sign = "-" if micros < 0 else ""
    whole = f"{sign}${cents // 100:,}.{cents % 100:02}"
    return f"{whole}{rest:02}".rstrip("0") if rest else whole


def read_prices(words: str) -> dict[str, Price]:
    """Return the price of each model that ``words``, a JSON object, names; in dollars there.

    Raises:
        ValueError: It is not such an object; the text says what is wrong, for the operator.
    """
    if not words.strip():
        return {}
    try:
        table = json.loads(words, parse_float=Decimal)
    except ValueError:
        raise ValueError(f"must be JSON such as {_EXAMPLE}") from None
    if not isinstance(table, dict):
        raise ValueError(f"must be a JSON object such as {_EXAMPLE}")  # noqa: TRY004 - the settings explain values
    return {name: _read_price(name, entry) for name, entry in table.items()}


def _read_price(model: str, entry: Any) -> Price:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(entry, dict) or not entry or not entry.keys() <= _NAMES:
        raise ValueError(f"{model}: must have some of {', '.join(sorted(_NAMES))}, nothing else")
    for name, amount in entry.items():
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            raise ValueError(f"{model}.{name}: must be a number of dollars")  # noqa: TRY004 - as above
        if not 0 <= amount <= MAX_PRICE_DOLLARS:
            raise ValueError(f"{model}.{name}: must be from 0 to {MAX_PRICE_DOLLARS} dollars")
    return Price(**{name: math.ceil(amount * MICROS_PER_DOLLAR) for name, amount in entry.items()})


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
