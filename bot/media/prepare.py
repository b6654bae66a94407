"""Making of a clip what the provider takes, as a plan says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.errors import MediaProbeError
from bot.media.process_pool import WorkLimits
from bot.requests.clip_plan import Mode

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool
    from bot.requests.clip_plan import Plan

_ROOM_BYTES: Final = 32 * 1024**2  # an attempt may miss its mark, and is then thrown away


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A clip that was prepared, as a look into it found it."""

    size_bytes: int
    seconds: float
    width: int
    """In pixels, as shown."""
    height: int
    content_type: str
    """Always ``video/mp4``: H.264 (or what the source had, when copied) and AAC."""
    attempts: int
    """Of encoding; 0 when the pictures were copied."""


async def prepare(process_pool: ProcessPool, source: Path, target: Path, plan: Plan) -> Prepared:
    """Write the part of a clip that the plan names, in the way it says.

    A copy that comes out larger than foreseen, or cannot be had, is encoded after all.

    Args:
        process_pool: Does the work.
        source: The clip as it was attached.
        target: The MP4 to make; at any error it is not there.
        plan: What ``plan_clip`` decided for this very clip.

    Raises:
        ValueError: The plan leaves the clip as it is.
        MediaUnfitError: Two attempts were too large.
        MediaUnreadableError: The part does not decode, or takes too much work.
        MediaProbeError: It could not be worked on.
        MediaBusyError: Too much is waiting.
        MediaStorageError: The disk takes no more.
    """
    if plan.mode is Mode.AS_IS:
        raise ValueError("nothing is to be prepared")
    limits = WorkLimits(file_bytes=plan.max_bytes * 2 + _ROOM_BYTES)
    arguments = {"source": source, "target": target, "plan": plan.to_json()}
    answer = await process_pool.run("prepare", arguments, limits=limits)
    try:
        return Prepared(**answer)
    except TypeError as exc:  # whatever took the process over speaks another language
        raise MediaProbeError("the process for preparing answered something else") from exc
