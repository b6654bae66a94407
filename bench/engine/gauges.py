"""What a process measures about itself."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.storage.database import Database

READING: Final = ("SELECT", "WITH")
"""How statements begin that change nothing; no statement of ours changes something after WITH."""
_GRID_SECONDS: Final = 0.005
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that ``percent`` of all ``values`` do not exceed; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def resident_bytes() -> int:
    """Return the memory of this process that is in RAM, after tidying up."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES


async def stalls(seconds: float) -> list[float]:
    """Return how late the loop would have answered at every 5 ms of the next ``seconds``.

    A loop that is held up for 300 ms is late for all moments in that time, not just for the first,
    so each late wake-up stands for those it hid. The resolution is about 1 ms.
    """
    loop = asyncio.get_running_loop()
    late: list[float] = []
    due = loop.time()
    end = due + seconds
    while due < end:
        due += _GRID_SECONDS
        await asyncio.sleep(due - loop.time())
        now = loop.time()
        late.append(now - due)
        while due + _GRID_SECONDS < now:
            due += _GRID_SECONDS
            late.append(now - due)
    return late


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a client used while it waited for many tasks."""

    seconds: float
    polls: int
    cpu_seconds: float
    stall_p50_ms: float
    stall_p99_ms: float
    stall_max_ms: float
    kept_waiting: float
    """The share of the time in which something else had the core that the client wanted."""


def _waited_seconds() -> float:
    """Return how long the main thread was ready to run and something else had its core.

    Source: https://docs.kernel.org/scheduler/sched-stats.html
    """
    try:
        text = Path("/proc/self/schedstat").read_text(encoding="ascii")
    except OSError:  # a kernel without them
        return 0.0
    return int(text.split()[1]) / 1e9


async def watch(seconds: float, polls: Callable[[], int]) -> Waiting:
    """Measure CPU for ``seconds``, then stalls for as long again; ``polls`` tells the count.

    One after the other, because the watching itself costs CPU.
    """
    began, waited = time.perf_counter(), _waited_seconds()
    before, started, cpu = polls(), time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    cpu, passed = time.process_time() - cpu, time.perf_counter() - started
    count = polls() - before
    late = [1000 * s for s in await stalls(seconds)]
    return Waiting(
        seconds=passed,
        polls=count,
        cpu_seconds=cpu,
        stall_p50_ms=percentile(late, 50),
        stall_p99_ms=percentile(late, 99),
        stall_max_ms=max(late),
        kept_waiting=(_waited_seconds() - waited) / (time.perf_counter() - began),
    )


def end_if_stuck(
    after_seconds: float, polls: Callable[[], int], used_bytes: Callable[[], int]
) -> asyncio.Task[None]:
    """Print what is known and end the process if it still runs ``after_seconds`` from now.

    For a client that collapses: its event loop does not even come to end the measurement. What
    counts as its stall is for how long the loop has been held up by then. The task returned is to
    be cancelled otherwise.
    """
    seen = {"at": time.perf_counter()}
    started, cpu, before = time.perf_counter(), time.process_time(), _waited_seconds()
    over = threading.Event()

    def watch_over() -> None:
        if over.wait(after_seconds):
            return
        stuck = 1000 * (time.perf_counter() - seen["at"])
        passed = time.perf_counter() - started
        found = Waiting(
            seconds=passed,
            polls=polls(),
            cpu_seconds=time.process_time() - cpu,
            stall_p50_ms=stuck,
            stall_p99_ms=stuck,
            stall_max_ms=stuck,
            kept_waiting=(_waited_seconds() - before) / passed,
        )
        result = {**asdict(found), "used_bytes": used_bytes(), "collapsed": True}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        os._exit(0)

    async def beat() -> None:
        try:
            while True:
                seen["at"] = time.perf_counter()
                await asyncio.sleep(0.05)
        finally:
            over.set()

    threading.Thread(target=watch_over, daemon=True).start()
    return asyncio.create_task(beat())


@dataclass(slots=True)
class Statements:
    """How often a database was asked, and how often something was changed."""

    reads: int = 0
    """Statements that only read."""
    writes: int = 0
    """Transactions that changed something; those that share a commit count each."""
    transactions: int = 0
    """Commits."""


@contextmanager
def counted(database: Database) -> Iterator[Statements]:
    """Count the statements of ``database`` meanwhile."""
    engines = [one.sync_engine for one in database._engines]  # noqa: SLF001 - nothing else needs to look so deep
    counts = Statements()
    has_written = False

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        nonlocal has_written
        if statement.startswith(READING):
            counts.reads += 1
        elif statement.startswith(("SAVEPOINT", "RELEASE")):  # where one caller's changes end
            count()
        elif not statement.startswith(("BEGIN", "ROLLBACK")):
            has_written = True

    def count() -> None:
        nonlocal has_written
        counts.writes += has_written
        has_written = False

    def end(_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        counts.transactions += 1
        count()

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "commit", end)
    try:
        yield counts
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
            event.remove(engine, "commit", end)
