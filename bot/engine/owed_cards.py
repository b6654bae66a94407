"""Says what cards should say by now: the last edits of jobs that Discord did not take at once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.engine.budget import Urgency, urgency

if TYPE_CHECKING:
    from bot.engine.context import EngineContext

log = logging.getLogger(__name__)

PASS_SECONDS: Final = 5.0
"""How often the database is asked whether a card is owed."""


class OwedCardsRunner:
    """Tries again when a row says so; see ``bot.storage.owed_cards``."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store

    async def run(self) -> None:
        """Try until the engine closes."""
        await self._context.repeat(self.say, every_seconds=PASS_SECONDS)

    async def say(self) -> None:
        """Bring the cards up to date for which it is time.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        for owed in await self._store.owed_cards.due():
            try:
                with urgency(Urgency.PROGRESS):
                    is_said = await self._context.deliverer.show_outcome(
                        owed.job, is_linked=owed.is_linked
                    )
            except Exception:  # a card is a courtesy; the others must not suffer from this one
                log.exception("job %s: its cards could not be brought up to date", owed.job.id)
                continue
            if is_said:
                await self._store.owed_cards.said(owed)
                log.info("job %s: its cards say what came of it, late", owed.job.id)
