"""Four clients wait for many tasks; each runs in a process of its own (see ``child.py``)."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.engine.answerer import task_id
from bench.engine.bare import Bare
from bench.engine.gauges import counted, end_if_stuck, resident_bytes, watch
from bench.engine.rig import KEY, VERSION, engine_for, fill, open_client, settings_for, url_of
from bot.storage.database import open_database
from bot.storage.store import Store
from bot.system.gc import freeze_startup_objects

if TYPE_CHECKING:
    from collections.abc import Callable


MANY = 2_000
"""From here on the SDK collapses."""


async def _measure(
    jobs: int, seconds: float, warm_seconds: float, before: int, polls: Callable[[], int]
) -> dict[str, Any]:
    await asyncio.sleep(warm_seconds)
    used = resident_bytes() - before
    seen = await watch(seconds, polls)
    return {"used_bytes": used, **asdict(seen)}


async def engine(
    *, port: int, jobs: int, seconds: float, warm_seconds: float, gap_seconds: float
) -> dict[str, Any]:
    """Let the whole engine of the bot wait, with its database on disk."""
    settings = settings_for(Path.cwd(), url_of(port), gap_seconds=gap_seconds)
    await fill(settings.database_url, jobs)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.database_url))
        store = Store(database, worker_id="bench")
        comet = await stack.enter_async_context(open_client(port))
        await store.policies.read(1)  # the connection, and what a statement needs once
        freeze_startup_objects()  # as the bot does
        before = resident_bytes()
        started = time.perf_counter()
        running = await stack.enter_async_context(
            engine_for(settings=settings, store=store, comet=comet)
        )
        while len(running) < jobs:  # noqa: ASYNC110 - the engine announces it nowhere
            await asyncio.sleep(0.01)
        took_on = time.perf_counter() - started
        await asyncio.sleep(max(0.0, warm_seconds - took_on))
        with counted(database) as counts:
            polls = comet.polls
            result = await _measure(jobs, seconds, 0, before, lambda: comet.polls)
            return {
                **result,
                "lateness_seconds": running.lateness_seconds,
                "counted_polls": comet.polls - polls,
                "statements": asdict(counts),
            }


async def coroutines(
    *, port: int, jobs: int, seconds: float, warm_seconds: float, gap_seconds: float
) -> dict[str, Any]:
    """Start one coroutine per job, all at once as after a restart; aiohttp as it comes."""
    polls = 0

    async def wait_for(http: aiohttp.ClientSession, name: str) -> None:
        nonlocal polls
        url = f"http://127.0.0.1:{port}/v1/tasks/{name}"
        headers = {"Authorization": f"Bearer {KEY}", "X-Runway-Version": VERSION}
        while True:
            async with http.get(url, headers=headers) as response:
                if (await response.json())["status"] != "RUNNING":
                    return
            polls += 1
            await asyncio.sleep(gap_seconds)

    async with aiohttp.ClientSession() as http:
        before = resident_bytes()
        tasks = [asyncio.create_task(wait_for(http, task_id(n))) for n in range(jobs)]
        result = await _measure(jobs, seconds, warm_seconds, before, lambda: polls)
        await _end(tasks)
    return result


async def sdk(
    *, port: int, jobs: int, seconds: float, warm_seconds: float, gap_seconds: float
) -> dict[str, Any]:
    """Await ``wait_for_task_output`` of the official SDK once per job; it polls every 4.5-7.5 s.

    The awaitables are made without the request that usually creates them, and begin at random
    moments, which spares it bursts: only the waiting is measured.
    """
    from runwayml import AsyncRunwayML
    from runwayml.lib import polling

    for name in ("POLL_TIME", "POLL_JITTER"):  # only --quick has another gap than 5 s
        setattr(polling, name, getattr(polling, name) * gap_seconds / 5)
    polls = 0
    async with AsyncRunwayML(
        api_key="key_" + "0" * 128, base_url=f"http://127.0.0.1:{port}"
    ) as client:
        get = client.tasks.retrieve

        async def retrieve(name: str) -> Any:  # noqa: ANN401 - the SDK's
            nonlocal polls
            found = await get(name)
            polls += 1
            return found

        client.tasks.retrieve = retrieve  # type: ignore[method-assign,assignment] # counted
        await get(task_id(0))
        make = partial(
            polling.create_async_waitable_resource, polling.AsyncNewTaskCreatedResponse, client
        )
        # The SDK makes a class for every task it creates, at 3 ms each; not for 10,000 of them.
        shared = make() if jobs > MANY else None
        rng = random.Random(jobs)  # noqa: S311 - repeatable, no secret
        spread = 1.2 * gap_seconds

        async def wait_for(name: str) -> None:
            await asyncio.sleep(rng.uniform(0, spread))
            await (shared or make())(id=name).wait_for_task_output(None)

        before = resident_bytes()
        tasks = [asyncio.create_task(wait_for(task_id(n))) for n in range(jobs)]
        warm_seconds += spread
        limit = warm_seconds + 2 * seconds + 5
        beating = (
            end_if_stuck(limit, lambda: polls, lambda: resident_bytes() - before)
            if jobs > MANY
            else None
        )
        result = await _measure(jobs, seconds, warm_seconds, before, lambda: polls)
        if beating is not None:
            beating.cancel()
        await _end(tasks)
    return result


async def bare(
    *, port: int, jobs: int, seconds: float, warm_seconds: float, gap_seconds: float
) -> dict[str, Any]:
    """Let the floor wait."""
    before = resident_bytes()
    client = Bare(port=port, names=[task_id(n) for n in range(jobs)], gap_seconds=gap_seconds)
    await client.start()
    return await _measure(jobs, seconds, warm_seconds, before, lambda: client.polls)


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=5)
