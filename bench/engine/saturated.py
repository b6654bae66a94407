"""What one look at a task costs when a client does nothing else: closed loops on one core."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from bench.engine.answerer import task_id
from bench.engine.bare import Line, request_for
from bench.engine.rig import (
    KEY,
    VERSION,
    engine_for,
    open_client,
    running_job,
    settings_for,
    url_of,
)
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.scheduler import Scheduler
from bot.storage.store import open_store
from bot.system.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECTIONS: Final = 32
JOBS: Final = 1000
NAMES: Final = [task_id(number) for number in range(JOBS)]


def _cost(polls: int, seconds: float, cpu: float) -> dict[str, Any]:
    return {
        "polls": polls,
        "cpu_us": 1e6 * cpu / max(1, polls),
        "polls_per_second": polls / seconds,
    }


async def _closed_loop(seconds: float, look: Callable[[], Awaitable[object]]) -> dict[str, Any]:
    polls = 0

    async def go_on(until: float) -> None:
        nonlocal polls
        while time.perf_counter() < until:
            await look()
            polls += 1

    for length in (min(seconds, 0.3), seconds):  # once to open the connections
        polls, cpu, started = 0, time.process_time(), time.perf_counter()
        await asyncio.gather(*(go_on(started + length) for _ in range(CONNECTIONS)))
    return _cost(polls, time.perf_counter() - started, time.process_time() - cpu)


async def bare(*, port: int, seconds: float) -> dict[str, Any]:
    """Bytes by hand."""
    loop = asyncio.get_running_loop()
    requests = itertools.cycle([request_for(port, name) for name in NAMES])
    polls, until = 0, 0.0

    def answered(line: Line) -> None:
        nonlocal polls
        polls += 1
        if time.perf_counter() < until:
            line.send(next(requests))

    lines = []
    for _ in range(CONNECTIONS):
        _, line = await loop.create_connection(lambda: Line(answered), "127.0.0.1", port)
        lines.append(line)
    for length in (min(seconds, 0.3), seconds):
        polls, cpu, started = 0, time.process_time(), time.perf_counter()
        until = started + length
        for line in lines:
            line.send(next(requests))
        await asyncio.sleep(length)
        cpu, passed = time.process_time() - cpu, time.perf_counter() - started
        count = polls
        await asyncio.sleep(0.1)  # the last answers
    return _cost(count, passed, cpu)


async def plain(*, port: int, seconds: float) -> dict[str, Any]:
    """Aiohttp as it comes, as the coroutine per job uses it."""
    return await _aiohttp(port, seconds, aiohttp.ClientSession())


async def lean(*, port: int, seconds: float) -> dict[str, Any]:
    """Aiohttp without all that can be switched off: cookies, deadlines, decompression."""
    http = aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept"),
    )
    return await _aiohttp(port, seconds, http)


async def _aiohttp(port: int, seconds: float, http: aiohttp.ClientSession) -> dict[str, Any]:
    urls = itertools.cycle([f"http://127.0.0.1:{port}/v1/tasks/{name}" for name in NAMES])
    headers = {"Authorization": f"Bearer {KEY}", "X-Runway-Version": VERSION}
    async with http:

        async def look() -> None:
            async with http.get(next(urls), headers=headers) as response:
                await response.json()

        return await _closed_loop(seconds, look)


async def client(*, port: int, seconds: float) -> dict[str, Any]:
    """Run the bot's CometAPI client alone."""
    async with open_client(port) as comet:
        names = itertools.cycle(NAMES)
        return await _closed_loop(seconds, lambda: comet.get_task(next(names)))


async def engine(*, port: int, seconds: float) -> dict[str, Any]:
    """Run the bot's scheduler, steps and client, with jobs that are always due again."""
    settings = settings_for(Path.cwd(), url_of(port))
    async with (
        open_store(settings.database_url, worker_id="bench") as store,
        open_client(port) as comet,
    ):
        whole = engine_for(settings=settings, store=store, comet=comet)
        worker = whole._worker  # noqa: SLF001 - its steps, under a scheduler that never waits
        polls = 0

        async def step(handle: JobHandle) -> float | None:
            nonlocal polls
            polls += 1
            return min(0.0, await worker.step(handle) or 0.0)

        caps = dict.fromkeys(StepKind, CONNECTIONS)
        scheduler = Scheduler(step, clock=SystemClock(), caps=caps)
        for number in range(JOBS):
            scheduler.add(JobHandle(running_job(number)))
        runner = asyncio.create_task(scheduler.run())
        await asyncio.sleep(min(2 * seconds, 4.5))  # the workers become as many as may be
        polls, cpu, started = 0, time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        cost = _cost(polls, time.perf_counter() - started, time.process_time() - cpu)
        scheduler.close()
        await asyncio.wait([runner], timeout=10)
    return cost


async def sdk(*, port: int, seconds: float) -> dict[str, Any]:
    """Run the official SDK."""
    from runwayml import AsyncRunwayML

    async with AsyncRunwayML(
        api_key="key_" + "0" * 128, base_url=f"http://127.0.0.1:{port}"
    ) as comet:
        names = itertools.cycle(NAMES)
        return await _closed_loop(seconds, lambda: comet.tasks.retrieve(next(names)))
