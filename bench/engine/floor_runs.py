"""Runs the floor beside which the bot's waits stand (``floor.py``), and measures it."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.media.worker.encoder import bits_for
from bot.media.worker.sound_track import SOUND_BITS

if TYPE_CHECKING:
    from bench.engine.arriving import Arriving
    from tests.fakes import Channel, DiscordServer

_ROOT: Final = Path(__file__).parents[2]
_SENT_BYTES: Final = 32 * 1024 * 1024  # the most that the provider fetches
_AT_ONCE: Final = 2  # as the bot, on two cores


class Floor:
    """Does the least for each clip, in processes of its own, against the same servers."""

    def __init__(
        self,
        server: DiscordServer,
        channel: Channel,
        folder: Path,
        kinds: list[Arriving],
        clips: list[Path],
        outputs: list[Path],
    ) -> None:
        self._to = f"{server.api_url}/channels/{channel.id}/messages"
        self._token = server.token
        self._folder, self._kinds = folder, kinds
        self._clips = [_stored(server, channel, path) for path in clips]
        self._outputs = [_stored(server, channel, path) for path in outputs]
        self._number = 0

    async def run(self, kind: int) -> dict[str, Any]:
        """Do it for one clip; return seconds and CPU seconds of both halves."""
        self._number += 1
        place = self._folder / f"floor{self._number}"
        place.mkdir()
        said: dict[str, Any] = {"to": self._to, "token": self._token}
        encoding: dict[str, Any] = {}
        filters = self._kinds[kind].filters
        if filters:
            width, height = self._kinds[kind].size
            bits = bits_for(_SENT_BYTES, self._kinds[kind].seconds, sound_bits=SOUND_BITS)
            encoding = {
                "width": width, "height": height, "fps": 30, "max_bits": round(bits),
                "filters": filters,
            }  # fmt: skip
        asked = await _process(
            place, "request", clip=self._clips[kind], way="encode" if filters else "as_is",
            **said, **encoding,
        )  # fmt: skip
        source = "sent.mp4" if filters else "source.mp4"
        answered = await _process(
            place, "answer", source=source, output=self._outputs[kind], **said
        )
        shutil.rmtree(place)
        return {"request": asked[0], "request_cpu": asked[1], "answer": answered[0],
                "answer_cpu": answered[1]}  # fmt: skip

    async def run_all(self, order: list[int], minute_seconds: float) -> dict[str, Any]:
        """Do it for many clips that come within a minute, two at once."""
        slots, begun = asyncio.Semaphore(_AT_ONCE), time.perf_counter()
        before = _children_cpu()

        async def one(number: int, kind: int) -> None:
            await asyncio.sleep(number * minute_seconds / len(order))
            async with slots:
                await self.run(kind)

        await asyncio.gather(*(one(number, kind) for number, kind in enumerate(order)))
        return {
            "seconds": time.perf_counter() - begun,
            "cpu_seconds": _children_cpu() - before,
        }


async def _process(folder: Path, name: str, **arguments: Any) -> tuple[float, float]:  # noqa: ANN401 - JSON
    """Run a half of the floor; return its seconds and, where nothing runs beside it, its CPU."""
    begun, before = time.perf_counter(), _children_cpu()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.engine.floor", name, json.dumps(arguments)),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        preexec_fn=lambda: os.sched_setaffinity(0, range(os.cpu_count() or 1)),
    )
    if await process.wait():
        raise RuntimeError(f"the floor's {name} ended with {process.returncode}")
    return time.perf_counter() - begun, _children_cpu() - before


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stored(server: DiscordServer, channel: Channel, path: Path) -> str:
    return str(server.store_file(channel.id, path.name, path.read_bytes()).url)
