"""The jobs that wait because only so many may run at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 30.0
"""How often a job asks whether its turn has come; those far behind ask less often."""
_SECONDS_PER_PLACE: Final = 1.0
_WOKEN_PLACE: Final = 2


class WaitQueue:
    """Remembers the places of this process's waiting jobs, and wakes the first when one ends.

    Only hints: whose turn it is the database says, and other processes' jobs end unnoticed.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self.hurry: Callable[[int], None] = lambda _: None
        """Called with the id of a job whose turn may have come."""

    def wait(self, job_id: int, position: int | None) -> float:
        """Note the place of a job that has to wait; return seconds until it should ask again."""
        self._places[job_id] = position or _WOKEN_PLACE + 1
        pause = SHORTEST_SECONDS + _SECONDS_PER_PLACE * (position or 1)
        return min(LONGEST_SECONDS, pause) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    def leave(self, job_id: int) -> None:
        """Forget a job."""
        self._places.pop(job_id, None)

    def wake(self) -> None:
        """Have the first ones ask now: a job of this process has ended."""
        for job_id, place in list(self._places.items()):
            if place <= _WOKEN_PLACE:
                self.hurry(job_id)

    def clear(self) -> None:
        """Forget all."""
        self._places.clear()
