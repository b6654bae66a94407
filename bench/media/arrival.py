"""From a clip's arrival to the ready request: fetched once, and fetched for each step anew."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import av
from aiohttp import web

from bench.media.clips import Source, make
from bench.media.gauges import children
from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.domain.units import MEBIBYTE
from bot.engine.steps.sources import ORIGINAL
from bot.media.download import Downloader
from bot.media.probe import probe_video
from bot.media.processing import MediaProcessor
from bot.media.scratch import Scratch
from bot.requests.clip_plan import Mode, plan_clip
from bot.requests.validation import Limit, Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.media.process_pool import ProcessPool

_ONCE_SECONDS: Final = 2.0  # so much is encoded, and repeated without encoding
_STEP_SECONDS: Final = Fraction(31, 15)  # from one repetition to the next: the sound is longer
_JOB: Final = 1


def arrivals(*, is_quick: bool) -> list[tuple[Source, float]]:
    """Return what arrives, each with its length in seconds."""
    made = [
        (Source(name="4 s of 1080p, ready"), 4.0),
        (
            Source(
                name="30 s of 4K HEVC, as a phone films", codec="libx265", width=3840, height=2160
            ),
            30.0,
        ),
        (Source(name="100 MB of 1080p", options={"crf": "-1", "b": "27M"}), 30.0),
    ]
    if is_quick:
        return [(replace(one, seconds=2, width=160, height=96), 4.0) for one, _ in made]
    return [(replace(one, seconds=_ONCE_SECONDS), seconds) for one, seconds in made]


def times_for(seconds: float) -> int:
    """Return how often a clip is repeated to last so long, or a little longer than a short one."""
    return max(2, int(seconds / _STEP_SECONDS))


def repeat(path: Path, target: Path, times: int, *, form: str) -> Path:
    """Write a file that plays ``path`` so often, its packets as they are."""
    with av.open(str(path)) as first, av.open(str(target), "w", format=form) as out:
        tracks: list[Any] = [
            out.add_stream_from_template(stream, **({"opaque": True} if is_video else {}))
            for stream in first.streams
            for is_video in (stream.type == "video",)
        ]
        for number in range(times):
            with av.open(str(path)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or not packet.time_base:
                        continue
                    offset = round(number * _STEP_SECONDS / packet.time_base)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = tracks[packet.stream.index]
                    out.mux(packet)
    return target


async def measure_arrivals(
    process_pool: ProcessPool, folder: Path, *, is_quick: bool
) -> list[dict[str, Any]]:
    """Measure each clip both ways; times in seconds."""
    found = []
    for number, (source, seconds) in enumerate(arrivals(is_quick=is_quick)):
        once = await asyncio.to_thread(make, source, folder, name=f"once-{number}")
        path = await asyncio.to_thread(
            repeat, once, once.with_stem(f"arrival-{number}"), times_for(seconds),
            form=source.form,
        )  # fmt: skip
        async with _served(path) as (url, downloader):
            for is_kept in (False, True):
                found.append(
                    await _arrive(process_pool, downloader, url, folder, path, is_kept=is_kept)
                    | {"name": source.name, "bytes": path.stat().st_size, "is_kept": is_kept}
                )
    return found


async def _arrive(
    process_pool: ProcessPool,
    downloader: Downloader,
    url: str,
    folder: Path,
    path: Path,
    *,
    is_kept: bool,
) -> dict[str, Any]:
    """Do what intake and preparing do; without keeping, each fetches the file by itself."""
    scratch = Scratch(folder / "scratch")
    size = path.stat().st_size  # noqa: ASYNC240 - nobody else needs this loop now
    begun, own = time.perf_counter(), time.process_time()
    async with children() as used:
        with scratch.folder() as place:
            async with children() as looked:
                fetched = await downloader.download(url, place / "source", max_bytes=size)
                facts = await probe_video(fetched.path, process_pool=process_pool)
            if is_kept:
                scratch.kept.keep(_JOB, ORIGINAL, fetched.path, user_id=0)
        plan = plan_clip(
            facts,
            size_bytes=size,
            content_type=facts.content_type,
            model=model_rules("aleph2"),
            start=None,
            length=None,
            max_seconds=Limit(value=30, decided_by=Decider.OPERATOR),
            upload_bytes=20 * MEBIBYTE,
        )
        if isinstance(plan, Refusal):
            raise ValueError(f"{path.name}: {plan.rule}")  # noqa: TRY004 - no matter of types
        with scratch.folder() as place:
            original = place / "original.mp4"
            if not scratch.kept.lend(_JOB, ORIGINAL, original):
                await downloader.download(url, original, max_bytes=size)
            if plan.mode is not Mode.AS_IS:
                await MediaProcessor(process_pool).prepare(original, place / "sent.mp4", plan)
    scratch.kept.clear()
    return {
        "way": str(plan.mode),
        "seconds": time.perf_counter() - begun,
        "looking_cpu_seconds": looked.cpu_seconds,
        "cpu_seconds": used.cpu_seconds + time.process_time() - own,
    }


@asynccontextmanager
async def _served(path: Path) -> AsyncIterator[tuple[str, Downloader]]:
    """Serve a file on this machine, as Discord does elsewhere."""

    async def answer(_: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    app = web.Application()
    app.router.add_get("/clip", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as http:
            yield f"{origin}/clip", Downloader(http, trusted_origin=origin)
    finally:
        await runner.cleanup()
