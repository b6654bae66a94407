"""Time as the engine sees it, so that tests can own it."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A steady clock for waiting, a calendar for what is stored."""

    def monotonic(self) -> float:
        """Return seconds since some moment; never goes back."""
        ...

    def now(self) -> datetime:
        """Return the moment it is, aware, in UTC."""
        ...

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Return once ``event`` is set or ``monotonic()`` reaches ``until`` (``None``: never)."""
        ...


def steady_seconds() -> float:
    """Return seconds since some moment, by a clock that goes on while the machine is suspended.

    A lease runs out for the others during that time too; Linux's CLOCK_MONOTONIC, which
    ``time.monotonic`` reads, stands still. Where there is no such clock, it is ``time.monotonic``.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SystemClock:
    """The machine's own time."""

    monotonic = staticmethod(steady_seconds)

    def now(self) -> datetime:
        """Return the moment it is, aware, in UTC."""
        return datetime.now(UTC)

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Return once ``event`` is set or ``monotonic()`` reaches ``until`` (``None``: never)."""
        if event.is_set():
            return
        if until is None:
            await event.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - self.monotonic())):
                await event.wait()
