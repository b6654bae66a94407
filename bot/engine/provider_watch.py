"""Ask the provider, free of charge, at start and every hour: key, models, and what is left."""

from __future__ import annotations

import asyncio
import enum
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cometapi.console import Console
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 300.0
"""How often to look while no job can be taken: somebody mends that and waits."""
USUAL_DAYS: Final = 7
"""A usual day's spending is the mean of so many."""


class ProviderTrouble(enum.Enum):
    """Why no job can be taken at present."""

    KEY_REFUSED = enum.auto()
    MODEL_ABSENT = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class LowBalance:
    """That little money is left; micro-dollars."""

    left: int
    usual: int
    """Spent in a usual day; 0 where that is not why it is low."""


class ProviderWatch:
    """Knows whether jobs can be taken, as far as the provider says so without being paid.

    Args:
        console: Asks.
        store: Knows what is spent in a usual day.
        clock: Time.
        models: The names that may be used, the preferred first.
        warn_micros: Less than this is little.

    Attributes:
        left: What is left at the provider, in micro-dollars, as it said last; ``None`` unless it
            says so.
        low: That little is left; ``None`` while it is enough or nobody knows.
    """

    def __init__(
        self,
        *,
        console: Console,
        store: Store,
        clock: Clock,
        models: Sequence[str],
        warn_micros: int,
    ) -> None:
        self._console = console
        self._store = store
        self._clock = clock
        self._models = tuple(models)
        self._warn_micros = warn_micros
        self.left: int | None = None
        self.low: LowBalance | None = None
        self.trouble: ProviderTrouble | None = None
        """Why ``/restyle`` cannot take jobs now; ``None``: nothing is known to be wrong."""
        self.is_key_known = self.is_model_known = False
        """Whether the provider said, when it was asked last, that the key or a model is good."""

    async def run(self) -> None:
        """Look again and again, later after an hour than after trouble; never returns."""
        never = asyncio.Event()
        while True:
            pause = AGAIN_SECONDS if self.trouble is not None else LOOK_SECONDS
            await self._clock.wait(never, self._clock.monotonic() + pause)
            try:
                await self.look()
            except Exception:  # a chore that ends would never find the key mended
                log.exception("The check of the provider's account broke")

    async def look(self) -> None:
        """Look once. What the provider does not say blocks nothing."""
        found = await self._find_trouble()
        if found is not self.trouble:
            self.trouble = found
            self._log(found)
        try:
            await self._weigh()
        except StoreError as exc:
            log.warning("The balance at the provider was not checked: %s", exc)

    async def _find_trouble(self) -> ProviderTrouble | None:
        """Ask; where the provider says nothing, what it said before still holds."""
        is_good = await self._console.is_key_good()
        self.is_key_known, self.is_model_known = is_good is True, False
        if is_good is False or (is_good is None and self.trouble is ProviderTrouble.KEY_REFUSED):
            return ProviderTrouble.KEY_REFUSED
        is_unsure = False
        for model in self._models:
            is_offered = await self._console.offers(model)
            if is_offered:
                self.is_model_known = True
                return None
            is_unsure = is_unsure or is_offered is None
        if not is_unsure:
            return ProviderTrouble.MODEL_ABSENT
        return self.trouble if is_good is None else None

    def _log(self, trouble: ProviderTrouble | None) -> None:
        match trouble:
            case None:
                log.warning("The provider accepts jobs again")
            case ProviderTrouble.KEY_REFUSED:
                log.error(
                    "The provider refuses COMETAPI_KEY: /restyle accepts no clips until it is right"
                )
            case ProviderTrouble.MODEL_ABSENT:
                log.error(
                    "The provider does not offer %s (RUNWAY_MODEL): /restyle accepts no clips",
                    " or ".join(self._models),
                )

    async def _weigh(self) -> None:
        left = await self._console.micros_left()
        if left is None:
            return
        now = self._clock.now()
        spent = await self._store.ledger.by_guild(now - timedelta(days=USUAL_DAYS), now)
        usual = sum(one.committed for one in spent) // USUAL_DAYS
        was_low, self.left, self.low = self.low is not None, left, None
        if left < max(self._warn_micros, usual):
            if not was_low:
                log.warning("Only %s is left at the provider", dollars(left))
            self.low = LowBalance(left=left, usual=usual if left >= self._warn_micros else 0)
