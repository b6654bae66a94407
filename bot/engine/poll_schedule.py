"""When to ask next: rules without I/O.

The hazard rule. A task has hazard ``h(t) = f(t) / S(t)``: how likely it ends now, having lasted
until now. With questions placed at density ``n(t)``, their expected number is ``∫ n S dt`` and the
expected delay until an end is noticed is ``∫ f / 2n dt``; by Cauchy-Schwarz the product is least
for ``n(t) = √(λ h(t) / 2)``. ``λ`` follows from the delay that is wanted.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY: Final = 50
"""How many durations are remembered per kind of job; older ones describe another provider."""

MIN_HISTORY: Final = 3
"""With fewer finished jobs nothing is foretold."""

LONGEST_FIRST_SECONDS: Final = 60.0
"""However long such tasks took lately: after a jam they are quick again, and somebody waits."""

_PRIOR_LOG_SECONDS: Final = math.log(90.0)
_PRIOR_SPREAD: Final = 0.5
_PRIOR_LOCATION_WEIGHT: Final = 0.1  # in jobs; weak: the first real one outweighs it
_PRIOR_SPREAD_WEIGHT: Final = 2.0  # in jobs

_EARLIEST_Z: Final = -2.878  # the 0.2 % quantile: nothing is asked before it

_SPARSE_PHASES: Final = frozenset({Phase.PENDING, Phase.THROTTLED})
_SPARSE: Final = ((600.0, 4.0), (120.0, 2.0))
"""While the provider has not begun: from which age on, how many shortest gaps apart."""


def backoff_seconds(
    failures: int,
    *,
    base: float = 1.0,
    cap: float = 30.0,
    at_least: float | None = None,
    rng: random.Random | None = None,
) -> float:
    """Return how long to wait after the ``failures``-th failure in a row (1 is the first).

    ``base``, doubled with each failure up to ``cap``, plus up to 50 % jitter so that many jobs do
    not come back together; never less than ``at_least``, what the other side asked for.
    """
    pause = min(cap, base * 2.0 ** min(failures - 1, 30))
    jitter = (rng or random).uniform(1.0, 1.5)
    return max(pause, at_least or 0.0) * jitter


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one task may be asked about, in seconds. Defaults as Runway asks for.

    Source: https://docs.dev.runwayml.com/api-details/sdks (no more often than every 5 s).
    """

    shortest: float = 5.0
    longest: float = 15.0

    @property
    def target(self) -> float:
        """The mean delay that the rule aims at.

        Asking at the shortest gap all the time would give half of it, 2.5 s. The rule aims a bit
        lower, because gaps that come out below the shortest are stretched to it.
        """
        return 0.44 * self.shortest


class Durations:
    """How long jobs of one kind took, and when to ask about the next one."""

    __slots__ = ("_limits", "_location", "_rate", "_seconds", "_seen_late", "_spread")

    def __init__(
        self, limits: Limits, seconds: Iterable[float] = (), *, seen_late: float = 0.0
    ) -> None:
        """Start with ``seconds`` from create to finish, oldest first; the last 50 count.

        Args:
            limits: How often a task may be asked about.
            seconds: What is known already.
            seen_late: How many seconds after it happened an end is seen, on average. Left in
                what is learned, it would make the rule ask too late: 0.1 s more delay.
        """
        self._limits = limits
        self._seen_late = seen_late
        self._seconds = deque((s for s in seconds if s > 0), maxlen=HISTORY)
        self._fit()

    def learn(self, seconds: float) -> None:
        """Remember one more duration; the oldest beyond 50 is forgotten."""
        if seconds > 0:
            self._seconds.append(seconds)
            self._fit()

    @property
    def typical_seconds(self) -> float | None:
        """The median; ``None`` with fewer than three jobs."""
        return statistics.median(self._seconds) if self._is_known else None

    @property
    def _is_known(self) -> bool:
        return len(self._seconds) >= MIN_HISTORY

    def _fit(self) -> None:
        """Fit a log-normal with a weak prior; its spread is the predictive one.

        With few jobs the spread is wide, so the rule is close to asking at the shortest gap.
        """
        logs = [math.log(max(seconds - self._seen_late, seconds / 2)) for seconds in self._seconds]
        count = len(logs)
        weight = count + _PRIOR_LOCATION_WEIGHT
        self._location = (sum(logs) + _PRIOR_LOCATION_WEIGHT * _PRIOR_LOG_SECONDS) / weight
        mean = sum(logs) / count if count else self._location
        squares = sum((value - mean) ** 2 for value in logs)
        variance = (_PRIOR_SPREAD_WEIGHT * _PRIOR_SPREAD**2 + squares) / (
            _PRIOR_SPREAD_WEIGHT + max(0, count - 1)
        )
        self._spread = math.sqrt(variance * (1 + 1 / weight))
        # ∫ √(f S) dt is proportional to the square root of the scale exp(location).
        integral = math.exp(self._location / 2) * _unit_integral(round(self._spread, 3))
        self._rate = (integral / (2 * self._limits.target)) ** 2  # λ / 2

    def gap_seconds(self, age: float, phase: Phase | None = None) -> float:
        """Return after how many seconds to ask again about a task created ``age`` seconds ago.

        Args:
            age: Seconds since the task was created.
            phase: What the task is known to be at; long queueing is looked at sparsely.
        """
        shortest, longest = self._limits.shortest, self._limits.longest
        gap = self._hazard_gap(max(0.0, age)) if self._is_known else shortest
        if phase in _SPARSE_PHASES:
            for since, factor in _SPARSE:
                if age >= since:
                    return max(gap, factor * shortest)
        return min(max(gap, shortest), longest)

    def first_gap_seconds(self) -> float:
        """Return how long after its creation a task is asked about for the first time."""
        if not self._is_known:
            return self._limits.shortest
        earliest = math.exp(self._location + _EARLIEST_Z * self._spread)
        gap = min(earliest + self._hazard_gap(earliest), LONGEST_FIRST_SECONDS)
        return max(self._limits.shortest, gap)

    def _hazard_gap(self, age: float) -> float:
        """Return the gap over which the density integrates to about one question."""
        longest = self._limits.longest
        gap = longest
        for _ in range(3):  # the density in the middle of the gap; three rounds settle it
            density = self._density(age + gap / 2)
            gap = min(longest, 1 / density) if density > 1 / longest else longest
        return gap

    def _density(self, age: float) -> float:
        """Return how many questions a second are worth asking at ``age``."""
        z = (math.log(age) - self._location) / self._spread
        if z > 5:  # beyond five deviations the model says nothing
            z = 5.0
        hazard = _normal_hazard(z) / (age * self._spread)
        return math.sqrt(self._rate * hazard)


def _normal_hazard(z: float) -> float:
    survival = 0.5 * math.erfc(z / math.sqrt(2))
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / survival


@lru_cache(maxsize=4096)
def _unit_integral(spread: float) -> float:
    """Return ``∫ √(f S) dt`` of a log-normal with median 1, by the trapezoidal rule in z."""
    if spread <= 0:
        return 0.0
    step = 0.05
    total = 0.0
    for i in range(-120, 121):
        z = i * step
        survival = 0.5 * math.erfc(z / math.sqrt(2))
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        total += math.sqrt(density * survival * spread * math.exp(spread * z))
    return total * step
