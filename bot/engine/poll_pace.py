"""The one rule of every question about a task: never two within ``POLL_MIN_SECONDS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

if TYPE_CHECKING:
    from bot.system.clock import Clock

_MOST_TASKS: Final = 100_000
"""Far more than a process polls within one shortest gap."""


class PollPace:
    """Remembers which tasks were asked about a moment ago, by whatever step of this process.

    A task that came from another process counts as asked about when it came: that process may have
    asked right before.

    Args:
        seconds: The shortest gap between two questions about one task.
        clock: Time.
    """

    def __init__(self, seconds: float, *, clock: Clock) -> None:
        self._clock = clock
        self._seconds = seconds
        self._asked: TTLCache[str, float] = TTLCache(_MOST_TASKS, seconds, timer=clock.monotonic)

    def note(self, task_id: str | None) -> None:
        """Note that the task is asked about now, or may have been by another process."""
        if task_id is not None:
            self._asked[task_id] = self._clock.monotonic()

    def remaining(self, task_id: str | None) -> float:
        """Return for how many more seconds nobody may ask about the task; 0 when one may."""
        asked_at = self._asked.get(task_id) if task_id is not None else None
        if asked_at is None:
            return 0.0
        return max(0.0, asked_at + self._seconds - self._clock.monotonic())
