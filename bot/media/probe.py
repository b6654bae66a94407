"""What a file really is: found by decoding parts of it in a process of its own.

See ``process_pool.py`` for how, and ``tasks/probe.py`` for what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import MediaProbeError
from bot.media.process_pool import ProcessPool, WorkLimits
from bot.requests.video_facts import VideoFacts

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLimits(WorkLimits):
    """What one look into a file may use. It writes nothing."""

    wall_seconds: float = 60
    cpu_seconds: int = 20


async def probe_video(
    path: Path, *, process_pool: ProcessPool | None = None, limits: ProbeLimits | None = None
) -> VideoFacts:
    """Look into a file that should be a video.

    Raises:
        MediaUnreadableError: It is none that can be decoded; ``reason`` says what is wrong.
        MediaProbeError: It could not be examined.
        MediaBusyError: Too much is waiting to be examined.
    """
    process_pool = process_pool or ProcessPool()
    answer = await process_pool.run("probe", {"path": path}, limits=limits or ProbeLimits())
    try:
        return VideoFacts(**answer | {"key_seconds": tuple(answer.get("key_seconds", ()))})
    except TypeError as exc:  # whatever took the process over speaks another language
        raise MediaProbeError("the process for probing answered something else") from exc
