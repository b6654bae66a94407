"""When to poll a task again, and when to try again after a failure: rules without I/O.

The poll rule has three parts. The first poll comes shortly before the fastest of the last jobs of
the same kind was over. From then on polls are the shortest gap apart, so that an end is seen half
a gap late on average. Once a task takes long, the gap is a fixed share of its age.

A fitted model of the durations would save two or three polls a task, and see the latest one end
in a hundred 8 s late instead of 5 s (docs/benchmarks.md, "When to poll").
"""

from __future__ import annotations

import random
import statistics
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY: Final = 50
"""How many durations are remembered per kind of job; older ones describe another provider."""

MIN_HISTORY: Final = 3
"""With fewer finished jobs people are told no typical duration."""

LONGEST_UNSEEN_SECONDS: Final = 60.0
"""The longest gap before an end is expected: after a jam, tasks are quick again."""

_UNSEEN_JOBS: Final = 3
"""With ``n`` durations known, the earliest end is put at ``n / (n + 3)`` of the fastest.

Few jobs hardly ever include a fast one: of 3 the fastest is no low quantile, of 50 it nearly is.
"""

_SHARE_OF_AGE: Final = 1 / 60
"""The gap grows with the age: whoever waits for a minute waits at most one second more."""

_SHARE_OF_AGE_QUEUED: Final = 1 / 30
"""The same while the provider has not begun, so that no end is near."""

_QUEUED: Final = frozenset({Phase.PENDING, Phase.THROTTLED})


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


class Durations:
    """How long jobs of one kind took, and when to poll the next one."""

    __slots__ = ("_earliest", "_limits", "_seconds")

    def __init__(self, limits: Limits, seconds: Iterable[float] = ()) -> None:
        """Start with ``seconds`` from create to the end being seen, oldest first; 50 count."""
        self._limits = limits
        self._earliest = 0.0
        self._seconds = deque((one for one in seconds if one > 0), maxlen=HISTORY)
        self._expect()

    def learn(self, seconds: float) -> None:
        """Remember one more duration; the oldest beyond 50 is forgotten."""
        if seconds > 0:
            self._seconds.append(seconds)
            self._expect()

    def _expect(self) -> None:
        """Work out the age before which no end is expected.

        That is the fastest less one shortest gap, because its end was seen up to that late.
        """
        if known := len(self._seconds):
            fastest = min(self._seconds) * known / (known + _UNSEEN_JOBS)
            self._earliest = fastest - self._limits.shortest

    @property
    def typical_seconds(self) -> float | None:
        """The median; ``None`` with fewer than three jobs."""
        return statistics.median(self._seconds) if len(self._seconds) >= MIN_HISTORY else None

    def gap_seconds(self, age: float, phase: Phase | None = None) -> float:
        """Return after how many seconds to poll a task (again) that was created ``age`` ago.

        Args:
            age: Seconds since the task was created; 0 for the gap before the first poll.
            phase: What the task is known to be at; one that only queues is polled less often.
        """
        if age < self._earliest:
            gap = min(self._earliest - age, LONGEST_UNSEEN_SECONDS)
        else:
            share = _SHARE_OF_AGE_QUEUED if phase in _QUEUED else _SHARE_OF_AGE
            gap = min(age * share, self._limits.longest)
        return max(gap, self._limits.shortest)
