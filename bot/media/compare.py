"""The comparison: source and output in one video, at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.media.fit import Fitted, encoding_limits

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool


async def side_by_side(
    process_pool: ProcessPool,
    *,
    source: Path,
    output: Path,
    target: Path,
    start_seconds: float,
    max_bytes: int,
) -> Fitted:
    """Make a video with the source on the left and the output on the right.

    Both are equally high and keep their proportions; pictures wider than 2:1 lie one above the
    other, the source on top. It ends with the shorter of the two and has the source's sound.

    Args:
        process_pool: Does the work.
        source: The clip that was sent in.
        output: What came back.
        target: The MP4 to make.
        start_seconds: Where in ``source`` the part begins that was restyled.
        max_bytes: What the place takes; the picture becomes smaller where needed.

    Raises:
        MediaUnfitError: Even a very small picture would not fit. ``target`` is not there.
        MediaUnreadableError: One of them is no video that can be decoded, or ``source`` is over
            before ``start_seconds``.
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
    return Fitted(**await process_pool.run("side_by_side", arguments, limits=limits))
