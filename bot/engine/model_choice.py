"""Which of the operator's models new requests are sent to: the first that is not refused."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.system.clock import Clock

log = logging.getLogger(__name__)

REMEMBERED_SECONDS: Final = 3600.0
"""After this a model that was refused as not offered is tried once more."""


class ModelChoice:
    """Remembers which models the provider does not offer, in this process.

    Args:
        names: ``RUNWAY_MODEL``, the preferred first.
        clock: Time.
        tell: Called once with a model that is refused and the one that follows it.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        clock: Clock,
        tell: Callable[[str, str], None] = lambda refused, following: None,
    ) -> None:
        self._names = tuple(names)
        self._clock = clock
        self._tell = tell
        self._refused_until: dict[str, float] = {}

    @property
    def current(self) -> str:
        """The model for new requests; the first one where all are refused."""
        return next((name for name in self._names if not self._is_refused(name)), self._names[0])

    def instead_of(self, name: str) -> str | None:
        """Return the model that takes over from ``name``; ``None`` while none must or can."""
        if not self._is_refused(name) or self._is_refused(self.current):
            return None
        return self.current

    def refuse(self, name: str) -> str | None:
        """Note that the provider does not offer ``name``; return what takes over, if anything."""
        is_news = not self._is_refused(name)
        self._refused_until[name] = self._clock.monotonic() + REMEMBERED_SECONDS
        following = self.instead_of(name)
        if is_news and following is not None:
            log.error("The provider does not offer %s; %s takes over", name, following)
            self._tell(name, following)
        return following

    def _is_refused(self, name: str) -> bool:
        return self._refused_until.get(name, float("-inf")) > self._clock.monotonic()
