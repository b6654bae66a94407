"""What a file really is: found by decoding parts of it in a process of its own.

Names, types and headers are claims. A hostile or broken file ends the process that reads it
(``probe_child.py``), which has limits on time, memory and files, and none of our secrets.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.errors import MediaProbeError, MediaUnreadableError, UnreadableReason

if TYPE_CHECKING:
    from asyncio.subprocess import Process

log = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).parents[2]  # the folder from which ``bot`` is imported
_MAX_AT_ONCE: Final = 2
_MAX_ANSWER_BYTES: Final = 64 * 1024
_LIMIT_SIGNALS: Final = {9, 24}  # SIGKILL and SIGXCPU, by number since Windows lacks the names
# Without them some Pythons do not start; nothing else of our environment (it holds the token and
# the key) is for a process that reads strangers' files.
_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")

_CONTENT_TYPES: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "ogg": "video/ogg",
    "avi": "video/x-msvideo",
    "gif": "image/gif",
}

# One per event loop, since a semaphore belongs to the loop in which it first made someone wait.
_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """A video as it is, whatever its name and headers say."""

    container: str
    """``mp4``, ``mov``, ``webm``, ``matroska``, ``avi``, ``ogg``, ``mpegts``, ``gif`` …"""
    codec: str
    """As FFmpeg names it: ``h264``, ``hevc``, ``vp9`` …"""
    duration_seconds: float
    """From the first frame's begin to the last one's end, counted; 0 when no frame has a time."""
    width: int
    """In pixels, as shown, so after rotation."""
    height: int
    rotation: int
    """By which the frames are turned to be shown: 0, 90, 180 or 270 degrees clockwise."""
    fps: float
    """Frames over duration, so the mean of a variable rate."""
    has_audio: bool

    @property
    def content_type(self) -> str:
        """The MIME type of the container, or ``application/octet-stream`` for an odd one."""
        return _CONTENT_TYPES.get(self.container, "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """A picture as it is."""

    format: str
    """``jpeg``, ``png``, ``webp`` or ``gif``."""
    width: int
    """In pixels, as shown, so after rotation."""
    height: int
    is_animated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLimits:
    """What one look into a file may use."""

    wall_seconds: float = 60
    """From the start of the process; waiting for a slot does not count."""
    cpu_seconds: int = 20
    memory_bytes: int = 2 * 1024**3
    """Address space. A 4K HEVC clip takes 320 MB of it, Python and FFmpeg included."""


async def probe_video(path: Path, *, limits: ProbeLimits | None = None) -> VideoFacts:
    """Look into a file that should be a video.

    Raises:
        MediaUnreadableError: It is none that can be decoded; ``reason`` says what is wrong.
        MediaProbeError: It could not be examined.
    """
    return VideoFacts(**await _probe("video", path, limits or ProbeLimits()))


async def probe_image(path: Path, *, limits: ProbeLimits | None = None) -> ImageFacts:
    """Look into a file that should be a picture: JPEG, PNG, WebP or GIF.

    Raises:
        MediaUnreadableError: It is none that can be decoded; ``reason`` says what is wrong.
        MediaProbeError: It could not be examined.
    """
    return ImageFacts(**await _probe("image", path, limits or ProbeLimits()))


async def _probe(kind: str, path: Path, limits: ProbeLimits) -> dict[str, Any]:
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_MAX_AT_ONCE))
    async with slots:
        answer, status = await _run_child(kind, path, limits)
    try:
        result = json.loads(answer)
    except ValueError:
        result = {}
    match result:
        case {"facts": dict(facts)}:
            return facts
        case {"unreadable": reason, "detail": detail}:
            log.info("%s is unreadable: %s (%s)", path.name, reason, detail)
            raise MediaUnreadableError(str(detail), reason=UnreadableReason(reason))
        case {"failed": detail}:
            raise MediaProbeError(f"the process for probing failed: {detail}")
    if status is not None and status >= 0:
        raise MediaProbeError(f"the process for probing ended with {status} and no answer")
    # Killed by a signal: by a limit or our clock, or by what it read.
    too_complex = status is None or -status in _LIMIT_SIGNALS
    log.info("%s ended its process: %s", path.name, status)
    raise MediaUnreadableError(
        f"it ended the process that read it ({status})",
        reason=UnreadableReason.TOO_COMPLEX if too_complex else UnreadableReason.DAMAGED,
    )


def _command(kind: str, path: Path, limits: ProbeLimits) -> list[str]:
    rlimits = {
        "CPU": limits.cpu_seconds,
        "AS": limits.memory_bytes,
        "FSIZE": 0,
        "CORE": 0,
        "NOFILE": 64,
    }
    # -E, -s: the environment adds no modules; -B: none may be written.
    python = [sys.executable, "-EsB", "-m", "bot.media.probe_child"]
    return [*python, kind, str(path.absolute()), json.dumps(rlimits)]


async def _run_child(kind: str, path: Path, limits: ProbeLimits) -> tuple[bytes, int | None]:
    """Return what the process printed and its exit status, ``None`` when its time was over."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_command(kind, path, limits),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
        )
    except OSError as exc:
        raise MediaProbeError(f"no process for probing: {exc.strerror}") from exc
    try:
        async with asyncio.timeout(limits.wall_seconds):
            answer = await _read_answer(process)
            return answer, await process.wait()
    except TimeoutError:
        return b"", None
    finally:
        await _end(process)


async def _read_answer(process: Process) -> bytes:
    """Read all that is printed, but keep no more than an honest process prints."""
    answer = b""
    if process.stdout is not None:
        while chunk := await process.stdout.read(_MAX_ANSWER_BYTES):
            answer = (answer + chunk)[: _MAX_ANSWER_BYTES + 1]
    return answer if len(answer) <= _MAX_ANSWER_BYTES else b""


async def _end(process: Process) -> None:
    """Kill the process if it still runs, and wait until it is gone: no zombie stays."""
    if process.returncode is None:
        process.kill()
        await asyncio.shield(process.wait())
