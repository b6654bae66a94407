"""Whether this machine and the database agree about the time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

WARN_SECONDS: Final = 5.0
WRONG_SECONDS: Final = 300.0
"""From this difference on nothing is spent: links, deadlines and days would be wrong, too."""
COMPARE_SECONDS: Final = 3600.0
RECOMPARE_SECONDS: Final = 30.0
"""How soon to look again while they disagree, so that a clock that was set is noticed."""


class ClockWatch:
    """Compares the two clocks, and says what it found.

    Ages never depend on both: see ``EngineContext.age_seconds``. SQLite has no clock of its own.

    Attributes:
        ahead_seconds: By how much this machine was ahead when they were compared last.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.ahead_seconds = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether nothing may be spent until somebody has set a clock."""
        return abs(self.ahead_seconds) >= WRONG_SECONDS

    async def compare(self) -> float:
        """Compare once; return seconds until the next time.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        was_wrong = self.is_wrong
        self.ahead_seconds = await self._store.lease.compare_clocks(self._clock.now)
        if self.is_wrong:
            if not was_wrong:
                log.error(
                    "This machine's clock is %+.0f s off the database's: nothing is spent until "
                    "they agree. Set both by NTP",
                    self.ahead_seconds,
                )
            return RECOMPARE_SECONDS
        if was_wrong:
            log.warning("The clocks of this machine and the database agree again; jobs continue")
        elif abs(self.ahead_seconds) >= WARN_SECONDS:
            log.warning(
                "This machine's clock is %+.1f s off the database's; from %.0f s on, nothing is "
                "spent. Set both by NTP",
                self.ahead_seconds,
                WRONG_SECONDS,
            )
        return COMPARE_SECONDS
