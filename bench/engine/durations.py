"""How often jobs are asked about, and how late their ends are noticed."""

from __future__ import annotations

import asyncio
import math
import random
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from bench.engine.answerer import task_id
from bench.engine.gauges import counted, percentile
from bench.engine.rig import (
    PROGRESS,
    engine_for,
    insert_jobs,
    open_client,
    running_job,
    settings_for,
    url_of,
)
from bench.scale.measure import typical_job
from bot.cometapi.wire import Created, Task, TaskStatus
from bot.domain.jobs import JobState, Phase
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.poll_schedule import HISTORY, Durations, Limits
from bot.engine.scheduler import Scheduler
from bot.storage.database import open_database
from bot.storage.rows import row_from
from bot.storage.store import Store
from bot.system.clock import SystemClock

if TYPE_CHECKING:
    from bot.cometapi.wire import CreateRequest
    from bot.storage.database import Database

SPREAD: Final = 0.35
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)


def durations(count: int, seed: int, *, median: float) -> list[float]:
    """Return how long tasks take, in seconds: log-normal with sigma 0.35."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, no secret
    return [math.exp(rng.gauss(math.log(median), SPREAD)) for _ in range(count)]


def _summary(looks: int, lags: list[float], jobs: int) -> dict[str, Any]:
    return {
        "jobs": jobs,
        "requests_per_job": looks / jobs,
        "latency_mean": sum(lags) / len(lags),
        "latency_p95": percentile(lags, 95),
        "latency_p99": percentile(lags, 99),
    }


def simple_policies(*, jobs: int, seed: int, median: float) -> dict[str, dict[str, Any]]:
    """Return what the same jobs cost with a fixed gap, and with the SDK's, by arithmetic."""
    rng = random.Random(seed + 1)  # noqa: S311 - repeatable, no secret
    results = {}
    for name, low, high in (("fixed", 5.0, 5.0), ("sdk", 4.5, 7.5)):
        looks, lags = 0, []
        for duration in durations(jobs, seed, median=median):
            at = 0.0
            while at < duration:
                at += rng.uniform(low, high)
                looks += 1
            lags.append(at - duration)
        results[name] = _summary(looks, lags, jobs)
    return results


class VirtualClock:
    """Time that stands still while a step runs, and otherwise jumps to the scheduler's moment."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._busy = 0
        self._quiet = asyncio.Event()

    def monotonic(self) -> float:
        """Return virtual seconds."""
        return self._now

    def now(self) -> datetime:
        """Return the virtual moment."""
        return moment(self._now)

    def begin(self) -> None:
        """Take note that a step runs."""
        self._busy += 1

    def end(self) -> None:
        """Take note that it has ended."""
        self._busy -= 1
        if not self._busy:
            self._quiet.set()

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Let every step end, then jump."""
        while not event.is_set():
            for _ in range(3):  # parked workers need a turn to begin
                await asyncio.sleep(0)
            if self._busy:
                self._quiet.clear()
                await self._quiet.wait()
            elif until is None:
                await event.wait()
            elif not event.is_set():
                self._now = max(self._now, until)
                return


class StepClock(VirtualClock):
    """The same time for the steps: what they wait for always comes, and takes no time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.monotonic = clock.monotonic  # type: ignore[method-assign]
        self.now = clock.now  # type: ignore[method-assign]

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Wait for the event alone."""
        del until
        await event.wait()


def moment(seconds: float) -> datetime:
    """Return virtual seconds as a date."""
    return _EPOCH + timedelta(seconds=seconds)


class VirtualComet:
    """CometAPI without a network: it answers at once, by the virtual clock."""

    def __init__(self, clock: VirtualClock, lengths: list[float]) -> None:
        self._clock = clock
        self._lengths = lengths
        self._created = 0
        self.ends: dict[str, float] = {}
        self.looks = 0
        self.lags: list[float] = []

    def begin(self, at: float) -> str:
        """Return the id of a new task that begins at ``at``."""
        name = task_id(self._created)
        self.ends[name] = at + self._lengths[self._created]
        self._created += 1
        return name

    async def create_task(self, request: CreateRequest, *, total_seconds: float) -> Created:
        """Start a task now."""
        del request, total_seconds
        return Created(task_id=self.begin(self._clock.monotonic()))

    async def get_task(self, name: str) -> Task:
        """Look at a task."""
        self.looks += 1
        lag = self._clock.monotonic() - self.ends[name]
        if lag < 0:
            return Task(
                task_id=name, status=TaskStatus.RUNNING, raw_status="RUNNING", progress=PROGRESS
            )
        self.lags.append(lag)
        return Task(
            task_id=name,
            status=TaskStatus.SUCCEEDED,
            raw_status="SUCCEEDED",
            output_url="https://example.com/output.mp4",
            cost_credits=75,
        )


async def virtual(*, jobs: int, seed: int, median: float, whole: bool) -> dict[str, Any]:
    """Run ``jobs`` jobs, one arriving every second, with virtual time and a virtual provider.

    Scheduler, steps, pacing, history and database are the bot's. From the paid request to the
    moment the end is noticed, or (``whole``) through all steps from QUEUED to DONE.
    """
    clock = VirtualClock()
    settings = settings_for(Path.cwd(), url_of(1))
    comet = VirtualComet(clock, durations(jobs, seed, median=median))
    arrivals = {typical_job(n).id: clock.monotonic() + 10 + n for n in range(jobs)}
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(settings.database_url, clock=clock.now)
        )
        store = Store(database, worker_id="bench")
        await store.lease.renew(7 * 86400)
        engine = engine_for(
            settings=settings, store=store, comet=cast("Any", comet), clock=StepClock(clock)
        )
        parts, worker = engine._context, engine._worker  # noqa: SLF001 - its insides, with our time
        await _arrive(database, arrivals, comet, whole=whole)
        left = jobs
        done = asyncio.Event()

        async def step(handle: JobHandle) -> float | None:
            nonlocal left
            clock.begin()
            try:
                if not whole and arrivals.pop(handle.job_id, None) is not None:
                    durations = await parts.history.of(handle.model, handle.bucket)
                    return durations.gap_seconds(0.0)  # as after the paid request
                delay = await worker.step(handle)
                if delay is not None and (whole or handle.state is JobState.RUNNING):
                    return delay
                left -= 1
                if not left:
                    done.set()
                return None
            finally:
                clock.end()

        scheduler = Scheduler(step, clock=clock, caps=dict.fromkeys(StepKind, 1000))
        while claimed := await store.claims.claim(1000):
            for job in claimed:
                scheduler.add(JobHandle(job), arrivals[job.id] - clock.monotonic())
        with counted(database) as counts:
            runner = asyncio.create_task(scheduler.run())
            await done.wait()
        scheduler.close()
        await runner
    return {**_summary(comet.looks, comet.lags, jobs), "statements": asdict(counts)}


async def _arrive(
    database: Database, arrivals: dict[int, float], comet: VirtualComet, *, whole: bool
) -> None:
    rows = []
    for number, at in enumerate(arrivals.values()):
        now = moment(at)
        row = row_from(typical_job(number)) | {"created_at": now, "updated_at": now}
        if not whole:
            row |= {"state": JobState.RUNNING, "task_id": comet.begin(at), "submitted_at": now}
            row |= {"phase": Phase.RUNNING, "progress": PROGRESS}
        rows.append(row)
    await insert_jobs(database, rows)


async def real(*, port: int, jobs: int, seed: int, median: float) -> dict[str, Any]:
    """Run ``jobs`` jobs in real time, all at once, with scheduler, pacing and client over HTTP.

    The durations of 50 other jobs are known beforehand.
    """
    known = Durations(Limits(), durations(HISTORY, seed + 2, median=median))
    lengths = durations(jobs, seed, median=median)
    lags: list[float] = []
    done = asyncio.Event()
    async with open_client(port) as comet:

        async def step(handle: JobHandle) -> float | None:
            task = await comet.get_task(handle.task_id or "")
            lag = time.monotonic() - started - lengths[handle.job_id]
            if task.status is TaskStatus.RUNNING:
                return known.gap_seconds(lag + lengths[handle.job_id], task.phase)
            lags.append(lag)
            if len(lags) == jobs:
                done.set()
            return None

        scheduler = Scheduler(step, clock=SystemClock())
        started = time.monotonic()
        for number, length in enumerate(lengths):
            handle = JobHandle(running_job(number))
            handle.job_id = number
            handle.task_id = task_id(number, started + length)
            scheduler.add(handle, known.gap_seconds(0.0))
        runner = asyncio.create_task(scheduler.run())
        await done.wait()
        scheduler.close()
        await runner
    return _summary(comet.polls, lags, jobs)
