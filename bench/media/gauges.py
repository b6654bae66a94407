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


@dataclass(slots=True)
class Used:
    """What happened meanwhile; complete once the ``async with`` is over."""

    wall_seconds: float = 0
    cpu_seconds: float = 0
    """Of the children that ended meanwhile."""
    peak_bytes: int = 0
    """The most that any one of them had in memory; 0 where the system does not tell."""


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
