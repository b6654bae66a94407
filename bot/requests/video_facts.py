"""What a video is by its frames and streams, as the probe found it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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

    is_mirrored: bool = False
    """Whether the frames are mirrored left to right, before they are turned, to be shown."""
    is_skewed: bool = False
    """Whether the file asks for another angle or size; players ignore that."""
    file_seconds: float = 0.0
    """The longest that anything in the file says or takes, such as sound that goes on."""
    is_trimmed: bool = False
    """Whether the file holds pictures that its edit list hides."""
    is_bare: bool = True
    """Whether it surely holds nothing but pictures and sound; else it is packed anew."""
    flaw: str | None = None
    """A ``PictureFlaw``: ``broken`` (some pictures do not decode), ``changing`` (they are not
    alike), ``unseen`` (too many to be looked at while somebody waits); ``None`` is none."""

    @property
    def is_turned(self) -> bool:
        """Whether its pictures are stored in another way than they are shown."""
        return self.rotation != 0 or self.is_mirrored or self.is_skewed

    @property
    def is_hdr(self) -> bool:
        """Whether its brightness is coded for HDR screens."""
        return bool(self.transfer)

    @property
    def content_type(self) -> str:
        """The MIME type of the container, or ``application/octet-stream`` for an odd one."""
        return _CONTENT_TYPES.get(self.container, "application/octet-stream")
