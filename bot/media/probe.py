"""What a file really is: found by decoding parts of it in a process of its own.

See ``process_pool.py`` for how, and ``tasks/probe.py`` for what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.domain.units import MEBIBYTE
from bot.errors import MediaProbeError
from bot.media.process_pool import ProcessPool, WorkLimits
from bot.requests.video_facts import VideoFacts

if TYPE_CHECKING:
    from pathlib import Path


MOMENT: Final = "moment.jpg"
"""A small picture of what a video shows, under this name beside what was made of the video."""
_FORMS: Final = frozenset({"mp4", "mov", "webm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLimits(WorkLimits):
    """What one look into a file may use."""

    wall_seconds: float = 60
    cpu_seconds: int = 20


async def probe_video(
    path: Path,
    *,
    process_pool: ProcessPool | None = None,
    limits: ProbeLimits | None = None,
    is_known: bool = False,
) -> VideoFacts:
    """Look into a file that should be a video.

    Of one that ``is_known`` to be sound not all pictures are decoded, and no flaw is looked for.

    Raises:
        MediaUnreadableError: It is none that can be decoded; ``reason`` says what is wrong.
        MediaProbeError: It could not be examined.
        MediaBusyError: Too much is waiting to be examined.
    """
    process_pool = process_pool or ProcessPool()
    arguments = {"path": path, "is_known": is_known}
    answer = await process_pool.run("probe", arguments, limits=limits or ProbeLimits())
    return _facts(answer)


async def take_in(
    path: Path,
    target: Path,
    *,
    max_bytes: int,
    process_pool: ProcessPool,
    start: float = 0.0,
) -> tuple[VideoFacts, Path | None]:
    """Look into a file as ``probe_video`` does, and pack it anew at once where that is cheap.

    Likewise what it shows ``start`` seconds into it is drawn beside ``target``, as ``MOMENT``.

    Returns:
        The facts, and a file beside ``target`` with the pictures and the sound alone, of at most
        ``max_bytes``; ``None`` if none was made. Whether it is of use, a plan says.

    Raises:
        MediaStorageError: The disk is full.
        MediaError: As ``probe_video``.
    """
    arguments = {
        "path": path,
        "target": target,
        "max_bytes": max_bytes,
        "start": start,
        "moment": target.with_name(MOMENT),
    }
    limits = ProbeLimits(file_bytes=max_bytes + MEBIBYTE)
    answer = await process_pool.run("take_in", arguments, limits=limits)
    found, form = answer.get("facts"), answer.get("form")
    if not isinstance(found, dict):
        raise MediaProbeError("the process for taking in answered something else")
    return _facts(found), _named(target, form)


def _named(target: Path, form: object) -> Path | None:
    """Give the file its suffix; ``None`` where there is none, or it claims to be what it is not."""
    if form not in _FORMS or not target.is_file():
        target.unlink(missing_ok=True)
        return None
    return target.rename(target.with_suffix(f".{form}"))


def _facts(answer: dict[str, Any]) -> VideoFacts:
    try:
        return VideoFacts(**answer | {"key_seconds": tuple(answer.get("key_seconds", ()))})
    except TypeError as exc:  # whatever took the process over speaks another language
        raise MediaProbeError("the process for probing answered something else") from exc
