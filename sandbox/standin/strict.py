"""Look at a clip as hard as the documentation allows a provider to: nothing is taken on trust.

The ordinary probe of the stand-in opens a clip and believes its header, which is kind to clips
that a provider may well refuse after it was paid. Here every packet is walked over, every picture
of the part that is used is decoded, and a limit has no tolerance.

Sources:
    https://docs.dev.runwayml.com/assets/inputs
    https://github.com/runwayml/skills (skills/rw-api-reference/SKILL.md: containers and codecs)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
from av.stream import Disposition

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

VIDEO_TYPES: Final = frozenset(
    {"video/mp4", "video/webm", "video/quicktime", "video/mov", "video/ogg", "video/h264"}
)
"""The types that every published copy of the page names; Matroska and 3GPP stand in some only."""

_FAMILIES: Final = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/mov": "mov",
    "video/webm": "matroska",
    "video/ogg": "ogg",
    "video/h264": "h264",
}
_CODECS: Final = frozenset({"h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "prores", "theora"})
SLACK: Final = 0.001  # seconds and frames per second: rounding, not tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a look at a clip found.

    Attributes:
        seconds: The longest that anything in the file says of its length.
        width: As shown, so after rotation.
        height: Likewise.
        fps: The mean, of what is really there.
    """

    seconds: float
    width: int
    height: int
    fps: float


class NotTakenError(Exception):
    """The clip is none that the provider decodes; the text says why."""


def inspect_clip(path: Path, content_type: str, *, used_seconds: float) -> Clip:
    """Walk over a whole clip and decode the part that is used. Blocking: call it in a thread.

    Args:
        path: The file.
        content_type: What it was served as; the bytes have to be that.
        used_seconds: So much of its beginning is restyled.

    Raises:
        NotTakenError: It cannot be used.
    """
    try:
        with av.open(str(path)) as container:
            if _FAMILIES.get(content_type) not in container.format.name.split(","):
                raise NotTakenError(f"The asset is not {content_type}.")
            stream = _only_video(container)
            measured = _walk(container, stream)
            container.seek(0)
            picture = _decode(container, stream, used_seconds)
    except (av.FFmpegError, ValueError) as exc:
        raise NotTakenError("The asset could not be decoded.") from exc
    turned = picture.rotation % 180 != 0
    seconds, fps = measured
    return Clip(
        seconds=seconds,
        width=picture.height if turned else picture.width,
        height=picture.width if turned else picture.height,
        fps=fps,
    )


def _only_video(container: InputContainer) -> VideoStream:
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise NotTakenError("The asset is not a video.")
    stream = streams[0]
    if stream.codec_context is None or stream.codec_context.name not in _CODECS:
        raise NotTakenError("The codec of the asset is not supported.")
    return stream


def _walk(container: InputContainer, stream: VideoStream) -> tuple[float, float]:
    """Return the length in seconds and the frames per second of what is really there."""
    begins = []
    last = 0
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None and not packet.is_discard:
            begins.append(packet.pts)
            last = packet.duration or last
        if packet.is_corrupt:
            raise NotTakenError("The asset could not be decoded.")
    if not begins or stream.time_base is None:
        raise NotTakenError("The asset holds no frames.")
    shown = float((max(begins) + last - min(begins)) * stream.time_base)
    said = (container.duration or 0) / av.time_base
    return max(shown, said), len(begins) / shown if shown else 0.0


def _decode(container: InputContainer, stream: VideoStream, used_seconds: float) -> av.VideoFrame:
    """Decode the part that is used; return its first picture."""
    stream.thread_type = "AUTO"
    first: av.VideoFrame | None = None
    for frame in container.decode(stream):
        first = first or frame
        if frame.is_corrupt:
            raise NotTakenError("The asset could not be decoded.")
        if (frame.width, frame.height) != (first.width, first.height):
            raise NotTakenError("The size of the pictures changes.")
        if (frame.time or 0) - (first.time or 0) >= used_seconds:
            break
    if first is None:
        raise NotTakenError("The asset holds no frames.")
    return first
