"""The whole bot as a process between a local Discord and a provider; people use ``/restyle``."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.engine.gauges import percentile
from bench.engine.rig import KEY, fill, settings_for, url_of
from sandbox.cometapi import StandIn
from sandbox.sample import tiny_clip
from tests.fakes import DiscordServer, Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.fakes import Channel, Interaction

_ROOT: Final = Path(__file__).parents[2]
_PEOPLE: Final = 200
PROGRESS: Final = (" (status message)", " (record)")
"""Which edits show how far a job is."""
_ANSWER_SECONDS: Final = 3.5
"""Discord takes an answer for three seconds."""


@asynccontextmanager
async def _bot(
    server: DiscordServer, *, core: int, base_url: str, folder: Path, more: Mapping[str, str]
) -> AsyncIterator[None]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_ROOT),
        "LOCAL_DISCORD_API": server.api_url,
        "LOCAL_DISCORD_GATEWAY": server.gateway_url,
        "DISCORD_TOKEN": server.token,
        "COMETAPI_KEY": KEY,
        "COMETAPI_BASE_URL": base_url,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_ROOT / "tests" / "process" / "run_bot.py")),
        cwd=folder,
        env=environment,
        preexec_fn=(lambda: os.sched_setaffinity(0, {core})) if core >= 0 else None,
    )
    try:
        await server.until(
            lambda: process.returncode is not None or (server.gateway.ready and server.commands),
            seconds=60,
        )
        if process.returncode is not None:
            raise RuntimeError("the bot did not start")
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _clip() -> Upload:
    path = Path("clip.mp4")
    tiny_clip(path)
    return Upload(filename="clip.mp4", data=path.read_bytes(), content_type="video/mp4")


async def acknowledge(
    *,
    port: int,
    jobs: int,
    seconds: float,
    per_second: float,
    bot_core: int,
    seed: int,
) -> dict[str, Any]:
    """Let people start ``per_second`` jobs a second while ``jobs`` wait; see how soon it answers.

    The moments are random, as people are (a Poisson process).
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable, no secret
    data = Path.cwd() / "data"
    data.mkdir()
    base_url = url_of(port)
    await fill(settings_for(data, base_url).database_url, jobs)
    clip = _clip()
    async with DiscordServer() as server:
        server.description = None  # checking bodies against Discord's description takes its time
        places = [server.add_channel(server.add_guild(f"Studio {n}")) for n in range(50)]
        people = [server.add_user(f"user{n}") for n in range(_PEOPLE)]
        async with _bot(server, core=bot_core, base_url=base_url, folder=data, more={}):
            await asyncio.sleep(min(seconds, 6.0))  # the stored jobs are taken on
            quiet = await _use(server, places, people, clip, rng, min(seconds, 3.0), 2.0)
            sent = await _use(server, places, people, clip, rng, seconds, per_second)
            with suppress(TimeoutError):
                await server.until(
                    lambda: all(i.acknowledged_after is not None for i in sent),
                    seconds=_ANSWER_SECONDS,
                )
            late = [i.acknowledged_after for i in sent if i.acknowledged_after is not None]
            calm = [i.acknowledged_after for i in quiet if i.acknowledged_after is not None]
    return {
        "jobs": jobs,
        "per_second": per_second,
        "interactions": len(sent),
        "unanswered": len(sent) - len(late),
        "p50_ms": 1000 * percentile(late, 50),
        "p99_ms": 1000 * percentile(late, 99),
        "max_ms": 1000 * max(late),
        "calm_p50_ms": 1000 * percentile(calm, 50),
    }


async def _use(
    server: DiscordServer,
    places: list[Channel],
    people: list[Any],
    clip: Upload,
    rng: random.Random,
    seconds: float,
    per_second: float,
) -> list[Interaction]:
    loop = asyncio.get_running_loop()
    at = loop.time()
    end = at + seconds
    sent: list[Interaction] = []
    while True:
        at += rng.expovariate(per_second)
        if at >= end:
            return sent
        await asyncio.sleep(max(0.0, at - loop.time()))
        sent.append(
            await server.use(
                "restyle",
                channel=rng.choice(places),
                user=rng.choice(people),
                video=clip,
                prompt="a rainy night",
            )
        )


async def calls(*, jobs: int, bot_core: int, task_seconds: float) -> dict[str, Any]:
    """Let some jobs live their whole life and count what the bot asks of Discord."""
    data = Path.cwd() / "data"
    data.mkdir()
    clip = _clip()
    gaps = {"POLL_MIN_SECONDS": "0.5", "POLL_MAX_SECONDS": "1"}
    async with (
        StandIn(task_seconds=task_seconds, allow_loopback=True, restyles=False) as standin,
        DiscordServer() as server,
    ):
        place = server.add_channel(server.add_guild())
        user = server.add_user()
        async with _bot(server, core=bot_core, base_url=standin.base_url, folder=data, more=gaps):
            before = len(server.calls)
            for _ in range(jobs):
                await server.use("restyle", channel=place, user=user, video=clip, prompt="neon")
            await server.until(
                lambda: sum("Watch" in post.text for post in place.posts) == jobs, seconds=120
            )
            await asyncio.sleep(min(2.0, 2 * task_seconds))  # the last edits
            made = server.calls[before:]
            since = {t.id: _answer_time(server, t) for t in server.threads_of(place)}
    routes: Counter[str] = Counter()
    for call in made:
        name = call.route
        if call.method == "PATCH" and call.path.startswith("/channels/"):
            _, _, channel, _, message = call.path.split("/")
            if int(channel) in since:
                name += " (status message)"
            else:
                is_last = call.time > since.get(int(message), 0.0)
                name += " (record, last)" if is_last else " (record)"
        routes[name] += 1
    per_job = {name: count / jobs for name, count in routes.most_common()}
    progress = sum(per_job.get(f"PATCH /channels/*/messages/*{which}", 0.0) for which in PROGRESS)
    return {
        "jobs": jobs,
        "routes": per_job,
        "progress_edits": progress,
        "others": sum(per_job.values()) - progress,
    }


def _answer_time(server: DiscordServer, thread: Channel) -> float:
    posts = [
        call
        for call in server.calls
        if call.method == "POST" and call.path == f"/channels/{thread.id}/messages"
    ]
    return float(posts[-1].time)
