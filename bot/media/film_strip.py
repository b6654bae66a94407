"""The moments of a clip at which a part of it can begin, as one picture.

Drawn like all pictures in a process of its own, which alone decodes the clip.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.domain.units import MEBIBYTE
from bot.media.process_pool import WorkLimits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.media.process_pool import ProcessPool

_LIMITS: Final = WorkLimits(wall_seconds=60, cpu_seconds=60, file_bytes=4 * MEBIBYTE)


async def draw_film_strip(
    process_pool: ProcessPool, clip: Path, target: Path, moments: Mapping[float, str]
) -> bytes:
    """Return frames of a clip in rows of three, each with its words in the corner, as a JPEG.

    Args:
        process_pool: Does the work.
        clip: The file.
        target: Where there is room for the picture; nothing is there yet.
        moments: Seconds into the clip, and what is written into each frame: plain Latin letters.

    Raises:
        MediaError: It could not be drawn just now, or the clip does not decode there.
    """
    arguments = {
        "clip": clip,
        "target": target,
        "moments": list(moments),
        "words": list(moments.values()),
    }
    await process_pool.run("film_strip", arguments, limits=_LIMITS)
    return await asyncio.to_thread(target.read_bytes)
