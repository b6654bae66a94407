"""Money: what a job costs, and how amounts are written. No I/O.

Amounts are whole micro-dollars (``micros``): sums stay exact, however many there are.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MICROS_PER_DOLLAR: Final = 1_000_000
MICROS_PER_CREDIT: Final = 10_000
"""1 credit is $0.01. Source: https://docs.dev.runwayml.com/guides/pricing/"""

QUOTA_PER_DOLLAR: Final = 500_000
"""In CometAPI's books. Source: the package ``cometapi-cli`` 0.3.10."""


MOST_MICROS: Final = 1_000_000 * MICROS_PER_DOLLAR
"""More than that is a slip of whoever says it, and no cost of a clip; no database need hold it."""


class CostSource(enum.StrEnum):
    """Who says what a job costs; an earlier one here is believed before a later one."""

    QUOTA = "quota"  # CometAPI's bill for the task
    CREDITS = "credits"  # Runway's bill, where the provider is Runway itself
    ESTIMATE = "estimate"  # the most that the task may cost, said when it was created


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job costs, in micro-dollars, and who says so."""

    micros: int
    source: CostSource

    @classmethod
    def said(cls, micros: int, source: CostSource) -> Cost | None:
        """Return what somebody says that a job costs; ``None`` where that can be no cost."""
        return cls(micros, source) if micros <= MOST_MICROS else None


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


def micros_of_credits(credits_: float) -> int:
    """Return credits, as the provider counts, in micro-dollars; never below 0."""
    return _whole(credits_ * MICROS_PER_CREDIT)


def micros_of_quota(quota: float) -> int:
    """Return CometAPI's own unit in micro-dollars; never below 0."""
    return _whole(quota * (MICROS_PER_DOLLAR / QUOTA_PER_DOLLAR))


def _whole(micros: float) -> int:
    """Round; whatever is beyond ``MOST_MICROS``, up to infinity, stays just beyond it."""
    return max(0, round(min(micros, MOST_MICROS + 1)))


def dollars(micros: int) -> str:
    """Return an amount as people write it: ``$0.75``, ``$1,234.50``, ``$0.0375``.

    Cents, and hundredths of cents only where there are any: prices of a single job may have them.
    """
    cents, rest = divmod(round(abs(micros) / 100), 100)
    sign = "-" if micros < 0 else ""
    whole = f"{sign}${cents // 100:,}.{cents % 100:02}"
    return f"{whole}{rest:02}".rstrip("0") if rest else whole
