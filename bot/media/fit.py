"""Making a finished video small enough for the place where it is posted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.media.process_pool import WorkLimits

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool

_ROOM_BYTES: Final = 32 * 1024**2  # an attempt may miss its mark, and is then thrown away


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A video that was made to fit: MP4, playable while it loads."""

    size_bytes: int
    width: int
    """In pixels, as shown."""
    height: int
    seconds: float
    lowered: bool
    """Whether pixels or frames were given up for it."""


def encoding_limits(max_bytes: int) -> WorkLimits:
    """Return what a piece of work may use that writes a video of ``max_bytes``.

    A result of 30 s in 1080p takes about half a minute of processor time for each attempt.
    """
    return WorkLimits(wall_seconds=600, cpu_seconds=900, file_bytes=max_bytes * 2 + _ROOM_BYTES)


async def fit(process_pool: ProcessPool, source: Path, target: Path, *, max_bytes: int) -> Fitted:
    """Encode a video anew so that it has at most ``max_bytes``.

    The bits per second follow from the limit. Where they would fall below what the picture needs,
    the picture becomes smaller instead. Sound is kept.

    Args:
        process_pool: Does the work.
        source: The video.
        target: The MP4 to make.
        max_bytes: What the place takes, such as the server's upload limit.

    Raises:
        MediaUnfitError: Even a very small picture would not fit. ``target`` is not there.
        MediaUnreadableError: It is no video that can be decoded.
        MediaProbeError: It could not be worked on.
        MediaBusyError: Too much is waiting.
        MediaStorageError: The disk takes no more.
    """
    arguments = {"source": source, "target": target, "max_bytes": max_bytes}
    return Fitted(**await process_pool.run("fit", arguments, limits=encoding_limits(max_bytes)))
