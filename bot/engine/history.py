"""How long jobs took lately, by kind, from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.engine.poll_schedule import HISTORY, Durations
from bot.errors import StoreUnavailableError

if TYPE_CHECKING:
    from bot.engine.poll_schedule import Limits
    from bot.storage.store import Store
    from bot.system.clock import Clock

REFRESH_SECONDS: Final = 600.0
"""How old the picture may get: other processes finish jobs, too."""


class History:
    """The durations of each kind of job: model and clip length."""

    def __init__(self, *, store: Store, clock: Clock, limits: Limits) -> None:
        self.limits = limits
        self._store = store
        self._clock = clock
        self._kinds: dict[tuple[str, int], Durations] = {}
        self._due: dict[tuple[str, int], float] = {}

    async def of(self, model: str, bucket: int) -> Durations:
        """Return the durations of one kind; read from the database at first, and now and then.

        If the database does not answer, what is known so far has to do.
        """
        kind = (model, bucket)
        now = self._clock.monotonic()
        if now >= self._due.get(kind, 0.0):
            self._due[kind] = now + REFRESH_SECONDS  # first: one reader is enough
            try:
                newest_first = await self._store.past.recent_durations(model, bucket, HISTORY)
            except StoreUnavailableError:
                self._due[kind] = now + self.limits.longest
            else:
                self._kinds[kind] = Durations(self.limits, reversed(newest_first))
        return self._kinds.setdefault(kind, Durations(self.limits))

    def learn(self, model: str, bucket: int, seconds: float) -> None:
        """Remember that a job of this kind took so long, from create to its end being seen."""
        known = self._kinds.get((model, bucket))
        if known is not None:  # otherwise it is read with the others when it is needed
            known.learn(seconds)
