"""Time as the engine sees it, so that tests can own it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


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


def _steady_clock() -> Callable[[], float]:
    """Return a clock that goes on while the machine sleeps, where there is one.

    A lease runs out for the others whether this machine sleeps or not; Linux's CLOCK_MONOTONIC,
    which ``time.monotonic`` reads, stands still in suspend.
    """
    boot_time: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    if boot_time is None:
        return time.monotonic
    return partial(time.clock_gettime, boot_time)


class SystemClock:
    """The machine's own time."""

    monotonic: Final = staticmethod(_steady_clock())

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
