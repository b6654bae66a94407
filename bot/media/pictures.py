"""Stills of videos: the before/after picture, and a poster for clients that do not play.

Pillow draws them, in a process of its own: FFmpeg can stack frames, but it cannot tell before it
has written a PNG how big that becomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.media.process_pool import WorkLimits

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool

MAX_SHEET_BYTES: Final = 1_000_000
MAX_POSTER_SIDE: Final = 1280
"""Pixels; Discord shows previews smaller than that."""

_LIMITS: Final = WorkLimits(wall_seconds=120, cpu_seconds=120, file_bytes=16 * 1024**2)


async def before_after(
    process_pool: ProcessPool, *, source: Path, output: Path, target: Path, start_seconds: float
) -> int:
    """Draw first, middle and last frame of an output below what the source showed then.

    Args:
        process_pool: Does the work.
        source: The clip that was sent in.
        output: What came back.
        target: The PNG to make; at most 1 MB, up to 1200 pixels wide.
        start_seconds: Where in ``source`` the part begins that was restyled.

    Returns:
        The size of the file, in bytes.

    Raises:
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
        "max_bytes": MAX_SHEET_BYTES,
    }
    answer = await process_pool.run("before_after", arguments, limits=_LIMITS)
    return int(answer["size_bytes"])


async def poster(process_pool: ProcessPool, *, video: Path, target: Path) -> int:
    """Draw the first frame of a video that is not black, as a JPEG.

    Args:
        process_pool: Does the work.
        video: The video. If its first seconds are dark, their brightest frame is taken.
        target: The JPEG to make; at most 1280 pixels wide or high.

    Returns:
        The size of the file, in bytes.

    Raises:
        MediaUnreadableError: It is no video that can be decoded.
        MediaProbeError: It could not be worked on.
        MediaBusyError: Too much is waiting.
        MediaStorageError: The disk takes no more.
    """
    arguments = {"video": video, "target": target, "max_side": MAX_POSTER_SIDE}
    answer = await process_pool.run("poster", arguments, limits=_LIMITS)
    return int(answer["size_bytes"])
