"""Money: what a job costs, and how amounts are written. No I/O.

Amounts are whole micro-dollars (``micros``): sums stay exact, however many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

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

_Dollars = Annotated[float, Field(ge=0, le=MAX_PRICE_DOLLARS, allow_inf_nan=False)]
_Parts = Annotated[dict[Literal["per_second", "per_job", "minimum"], _Dollars], Field(min_length=1)]
_TABLE: Final = TypeAdapter(dict[str, _Parts], config=ConfigDict(strict=True))
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
