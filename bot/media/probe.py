"""What a file really is: found by decoding parts of it in a process of its own.

See ``process_pool.py`` for how, and ``tasks/probe.py`` for what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.errors import MediaProbeError
from bot.media.process_pool import ProcessPool, WorkLimits

if TYPE_CHECKING:
    from pathlib import Path

_CONTENT_TYPES: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "ogg": "video/ogg",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "asf": "video/x-ms-wmv",
    "gif": "image/gif",
}


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
    """In pixels, after rotation; they are shown ``pixel_aspect`` times as wide."""
    height: int
    rotation: int
    """By which the frames are turned to be shown: 0, 90, 180 or 270 degrees clockwise."""
    fps: float
    """Frames over duration, so the mean of a variable rate."""
    has_audio: bool
    audio_codec: str | None = None
    """``None`` without sound, and when it is unknown."""
    pixel_aspect: float = 1.0
    """Width of a pixel over its height, after rotation."""
    pixel_format: str = "yuv420p"
    """As FFmpeg names it; ``yuv420p10le`` has 10 bits …"""
    transfer: str = ""
    """``smpte2084`` (PQ) or ``arib-std-b67`` (HLG) when it is HDR, else empty."""
    primaries: str = ""
    """``bt709``, ``bt2020`` …; empty when the file does not say."""
    is_interlaced: bool = False
    is_variable_rate: bool = False
    """Whether the gaps between the frames differ by more than rounding."""
    frames: int = 0
    key_seconds: tuple[float, ...] = ()
    """From the first frame to each key frame; the first 2000 of them."""

    @property
    def is_hdr(self) -> bool:
        """Whether its brightness is coded for HDR screens."""
        return bool(self.transfer)

    @property
    def content_type(self) -> str:
        """The MIME type of the container, or ``application/octet-stream`` for an odd one."""
        return _CONTENT_TYPES.get(self.container, "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLimits(WorkLimits):
    """What one look into a file may use. It writes nothing."""

    wall_seconds: float = 60
    cpu_seconds: int = 20
    memory_bytes: int = 2 * 1024**3
    """Address space. A 4K HEVC clip takes 320 MB of it, Python and FFmpeg included."""


async def probe_video(
    path: Path, *, process_pool: ProcessPool | None = None, limits: ProbeLimits | None = None
) -> VideoFacts:
    """Look into a file that should be a video.

    Args:
        path: Where it lies.
        process_pool: Does the work; without one, a workshop for this call.
        limits: What the look may use.

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
