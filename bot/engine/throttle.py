"""One pace for everything that is asked of the provider, not one per job."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

LONGEST_HOLD_SECONDS: Final = 120.0
"""However long a ``Retry-After`` is: one look every two minutes harms nobody, and an answer that
names a day must not hide finished videos for a day."""

_LARGEST_FACTOR: Final = 8.0
_RECOVERY_SECONDS: Final = 30.0  # after each, half of the slow-down is gone
_NEGLIGIBLE: Final = 0.05
_TROUBLES: Final = 3


class Throttle:
    """Slows everything down when the provider asks for it, and recovers by itself."""

    def __init__(self, name: str, *, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._peak = 1.0
        self._since = 0.0
        self._troubles = 0
        self.resumes_at = 0.0
        """Until then (``clock.monotonic()``) nothing more is asked."""

    @property
    def factor(self) -> float:
        """By how much gaps are stretched: 1 is not at all; it shrinks with time."""
        if self._peak == 1.0:
            return 1.0
        age = self._clock.monotonic() - self._since
        excess: float = (self._peak - 1) * 0.5 ** (age / _RECOVERY_SECONDS)
        if excess < _NEGLIGIBLE:
            self._peak = 1.0
            log.info("%s: back to the usual pace", self._name)
            return 1.0
        return 1.0 + excess

    def refused(self, *, asked_at: float, retry_after_seconds: float | None = None) -> None:
        """Take note that the provider answered: not now.

        Args:
            asked_at: When it was asked. An answer to a question from before the last slow-down
                does not slow down again: it belongs to the same event.
            retry_after_seconds: How long it wants to be left alone, if it said so.
        """
        now = self._clock.monotonic()
        if retry_after_seconds is not None:
            hold = min(retry_after_seconds, LONGEST_HOLD_SECONDS)
            self.resumes_at = max(self.resumes_at, now + hold)
        if asked_at < self._since:
            return
        factor = self.factor
        self._peak = min(_LARGEST_FACTOR, factor * 2)
        self._since = now
        if retry_after_seconds is None:
            self.resumes_at = max(self.resumes_at, now + self._peak)  # 2 s at first, 8 s at most
        if factor == 1.0:
            hold = max(0.0, self.resumes_at - now)
            log.warning("%s: refused for now; slower, after a pause of %.0f s", self._name, hold)

    def troubled(self, *, asked_at: float) -> None:
        """Take note of a server error: one may concern one task, some in a row concern all."""
        self._troubles += 1
        if self._troubles >= _TROUBLES:
            self._troubles = 0
            self.refused(asked_at=asked_at)

    def served(self) -> None:
        """Take note of a good answer."""
        self._troubles = 0
