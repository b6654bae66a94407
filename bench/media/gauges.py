"""What the work of child processes takes, seen from the process that starts them."""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LOOK_SECONDS: Final = 0.02
_GRID_SECONDS: Final = 0.005


@dataclass(slots=True)
class Used:
    """What happened meanwhile; complete once the ``async with`` is over."""

    wall_seconds: float = 0
    cpu_seconds: float = 0
    """Of the children that ended meanwhile."""
    peak_bytes: int = 0
    """The most that any one of them had in memory; 0 where the system does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """How late the loop was at one moment, in seconds."""

    late: float
    own: float
    """Without the time in which this process could have run and something else had its core."""


async def stalls(seconds: float) -> list[Late]:
    """Return how late the loop would have answered at every 5 ms of the next ``seconds``.

    A loop that is held up for 300 ms is late for all moments in that time, not just for the first.
    The resolution is about 1 ms.
    """
    loop = asyncio.get_running_loop()
    found: list[Late] = []
    due, waited = loop.time(), _waited_seconds()
    end = due + seconds
    while due < end:
        due += _GRID_SECONDS
        await asyncio.sleep(due - loop.time())
        now, since = loop.time(), _waited_seconds() - waited
        waited += since
        found.append(Late(late=now - due, own=max(now - due - since, 0.0)))
        while due + _GRID_SECONDS < now:
            due += _GRID_SECONDS
            found.append(Late(late=now - due, own=max(now - due - since, 0.0)))
    return found


def _waited_seconds() -> float:
    """Return how long the main thread was ready to run and something else had its core.

    Source: https://docs.kernel.org/scheduler/sched-stats.html
    """
    try:
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError):  # a kernel without them
        return 0.0


@asynccontextmanager
async def children() -> AsyncIterator[Used]:
    """Watch the child processes of this one."""
    used = Used()
    look = asyncio.create_task(_look(used))
    before, begun = _cpu_seconds(), time.perf_counter()
    try:
        yield used
    finally:
        used.wall_seconds = time.perf_counter() - begun
        used.cpu_seconds = _cpu_seconds() - before
        look.cancel()
        with suppress(asyncio.CancelledError):
            await look


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _look(used: Used) -> None:
    while True:
        used.peak_bytes = max(used.peak_bytes, *map(_peak_bytes, _pids()), 0)
        await asyncio.sleep(_LOOK_SECONDS)


def _pids() -> list[str]:
    found: list[str] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found += thread.read_text(encoding="ascii").split()
    return found


def _peak_bytes(pid: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
