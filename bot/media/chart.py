"""Pictures of numbers: sections of bars below each other, as a PNG.

Drawn like all pictures in a process of its own, so that the bot's stays small. All words come from
the caller and should be plain Latin ones: the font that Pillow brings along knows no others.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Final

from bot.domain.units import MEBIBYTE
from bot.media.process_pool import WorkLimits

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.charts import Chart
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch

_LIMITS: Final = WorkLimits(
    wall_seconds=30, cpu_seconds=30, memory_bytes=256 * MEBIBYTE, file_bytes=4 * MEBIBYTE
)


async def draw(process_pool: ProcessPool, scratch: Scratch, chart: Chart) -> bytes:
    """Return ``chart`` as a PNG, 1000 pixels wide.

    Raises:
        MediaError: It could not be drawn just now: too much is waiting, no room, no process.
    """
    with scratch.folder() as folder:
        target: Path = folder / "chart.png"
        arguments = {**dataclasses.asdict(chart), "target": target}
        await process_pool.run("chart", arguments, limits=_LIMITS)
        return await asyncio.to_thread(target.read_bytes)
