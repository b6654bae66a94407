"""The source's sound, laid over an output: the models return silent videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.media.fit import Fitted, encoding_limits

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool


async def add_sound(
    process_pool: ProcessPool,
    *,
    source: Path,
    output: Path,
    target: Path,
    start_seconds: float,
    max_bytes: int,
) -> Fitted:
    """Make an MP4 of the output's pictures and the source's sound, as long as the pictures.

    The pictures are copied, not encoded again, unless that would be too big or MP4 cannot hold
    them. Sound that the output may have is replaced.

    Args:
        process_pool: Does the work.
        source: The clip that was sent in.
        output: What came back.
        target: The MP4 to make.
        start_seconds: Where in ``source`` the part begins that was restyled.
        max_bytes: What the place takes.

    Raises:
        MediaNoSoundError: The source has no sound, or none in that part.
        MediaUnfitError: Even a very small picture would not fit. ``target`` is not there.
        MediaUnreadableError: One of them is no video that can be decoded.
        MediaProbeError: It could not be worked on.
        MediaBusyError: Too much is waiting.
        MediaStorageError: The disk takes no more.
    """
    arguments = {
        "source": source,
        "output": output,
        "target": target,
        "start_seconds": start_seconds,
        "max_bytes": max_bytes,
    }
    limits = encoding_limits(max_bytes)
    return Fitted(**await process_pool.run("add_sound", arguments, limits=limits))
