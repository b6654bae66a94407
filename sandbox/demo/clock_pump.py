"""The pump: lets the simulated time pass with the real one."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import simcord

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 0.3


class Pump:
    """Advances the simulation, and hands out the right to work on it.

    SimCord allows one operation at a time: whoever acts on ``env`` holds ``lock``.

    Args:
        env: The simulation.
        since: Up to when its time has passed, by ``time.perf_counter()``: what the start took is
            made up for, or the bot, which has a clock of its own, would seem to tell the future.

    Attributes:
        lock: The right to act.
        on_change: Called, with the right held, after the bot has changed something at Discord.
    """

    def __init__(self, env: simcord.Env, *, since: float) -> None:
        self.lock = asyncio.Lock()
        self.on_change: Callable[[], Awaitable[None]] | None = None
        self._env = env
        self._at = since
        self._seen = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Pump until the end of the block."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._beat()
            except TimeoutError:
                log.debug("the bot is busy; the clock goes on later")
            except Exception:  # the demo outlives whatever the simulation thinks of
                log.exception("the simulation stumbled")

    async def _beat(self) -> None:
        async with self.lock:
            now = time.perf_counter()
            elapsed, self._at = now - self._at, now
            await self._env.advance_time(elapsed)
            changes = sum(call.method != "GET" for call in self._env.http_requests)
            if changes != self._seen and self.on_change is not None:
                await self.on_change()
                self._seen = changes
