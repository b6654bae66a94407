"""Looking into a file: what it is, found by decoding parts of it."""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import av

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.worker.codecs import audio_tracks
from bot.media.worker.containers import HDR_TRANSFERS, OpenVideo, open_video, turned_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_PACKETS: Final = 400_000  # half an hour of 60 fps with sound, several times over
_MAX_PACKETS_PER_PLACE: Final = 300  # decoders hold back a few dozen at most
_FORGIVEN: Final = 5  # broken packets per place
_SOFT_SECONDS: Final = 0.5  # of processor time per place: a person waits; what was seen must do
_MAX_KEYS: Final = 2000  # told to the parent; where every frame is one, a minute's worth will do
_UNEVEN: Final = 0.25  # of the usual gap between two frames: more is not rounding any more

# As FFmpeg numbers them: https://ffmpeg.org/doxygen/trunk/pixfmt_8h.html
_PRIMARIES: Final = {1: "bt709", 9: "bt2020", 11: "smpte431", 12: "smpte432"}


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of the file at ``path``, which should be a video."""
    return probe_video(arguments["path"])


def probe_video(path: str) -> dict[str, Any]:
    """Return the facts of a video; raise ``MediaUnreadableError`` if it is none."""
    with open_video(path) as video:
        stream = video.stream
        counted = count(video)
        if video.name == "gif" and counted.frames == 1:
            raise MediaUnreadableError(
                "a GIF that does not move", reason=UnreadableReason.STILL_IMAGE
            )
        frame = look_inside(video.container, stream, counted)
        rotation = turned_by(frame)
        turned = rotation in {90, 270}
        aspect = float(stream.sample_aspect_ratio or 1) or 1.0
        context = stream.codec_context
        sound = next(iter(audio_tracks(video.container)), None)
        return {
            "container": video.name,
            "codec": context.codec.canonical_name,
            "duration_seconds": round(counted.seconds, 3),
            "width": frame.height if turned else frame.width,
            "height": frame.width if turned else frame.height,
            "rotation": rotation,
            "fps": round(counted.fps, 3),
            "has_audio": sound is not None,
            "audio_codec": sound.codec_context.codec.canonical_name if sound else None,
            "pixel_aspect": round(1 / aspect if turned else aspect, 4),
            "pixel_format": frame.format.name,
            "transfer": HDR_TRANSFERS.get(context.color_trc, ""),
            "primaries": _PRIMARIES.get(context.color_primaries, ""),
            "is_interlaced": bool(frame.interlaced_frame),
            "is_variable_rate": counted.is_uneven,
            "frames": counted.frames,
            "key_seconds": counted.key_seconds,
        }


@dataclass
class Counted:
    """What a walk over all packets found; headers may lie about each of these."""

    frames: int
    seconds: float
    fps: float
    first: int
    """The moment of the first frame, in the stream's time base, as the next two."""
    last: int
    keys: list[int]
    """Of key frames, in order."""
    decoded: dict[int, int]
    """When each of these is decoded, which is earlier when pictures are reordered."""
    is_uneven: bool
    """Whether the gaps between the frames differ."""
    key_seconds: list[float]
    """Of the first key frames, from the first frame on."""


def count(video: OpenVideo) -> Counted:
    """Walk over all packets of a track without decoding them."""
    stream = video.stream
    begins: list[int] = []
    decoded: dict[int, int] = {}
    frames = hidden = packets = length = 0
    for packet in video.container.demux(stream):
        packets += 1
        if packets > _MAX_PACKETS:
            raise MediaUnreadableError("too many packets", reason=UnreadableReason.TOO_COMPLEX)
        if packet.size == 0:
            continue
        if packet.is_discard:  # cut away by an edit list, as phones trim clips
            hidden += 1
            continue
        frames += 1
        length = packet.duration or length
        moment = packet.pts if packet.pts is not None else packet.dts
        if moment is not None:
            begins.append(moment)
            if packet.is_keyframe:
                decoded[moment] = moment if packet.dts is None else packet.dts
    if not frames:
        raise MediaUnreadableError("not one frame")
    if video.is_cut_off or frames + hidden < stream.frames * 0.95 - 1:
        raise MediaUnreadableError(f"cut off: {frames} of {stream.frames or '?'} frames")
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    seconds = frames / rate if rate else 0.0
    begins.sort()
    keys = sorted(decoded)
    if begins and begins[-1] > begins[0] and stream.time_base:
        seconds = float((begins[-1] + length - begins[0]) * stream.time_base)
    first = begins[0] if begins else 0
    scale = float(stream.time_base or 0)
    return Counted(
        frames=frames,
        seconds=seconds,
        fps=frames / seconds if seconds else rate,
        first=first,
        last=begins[-1] if begins else 0,
        keys=keys,
        decoded=decoded,
        is_uneven=is_uneven(begins, scale),
        key_seconds=[round((key - first) * scale, 3) for key in keys[:_MAX_KEYS]],
    )


def is_uneven(begins: Sequence[int], scale: float) -> bool:
    """Tell whether frames follow each other at a variable rate.

    Args:
        begins: The moments of the frames, in order.
        scale: Seconds of one unit; containers round moments, often to milliseconds.
    """
    gaps = [later - earlier for earlier, later in pairwise(begins)]
    if len(gaps) < 2:
        return False
    usual = median(gaps)
    allowed = max(_UNEVEN * usual, 0.0025 / scale if scale else 0)
    return sum(abs(gap - usual) > allowed for gap in gaps) > len(gaps) * 0.01


def look_inside(container: InputContainer, stream: VideoStream, counted: Counted) -> VideoFrame:
    """Decode at the beginning, in the middle and at the end; return the first frame."""
    places = (counted.first, (counted.first + counted.last) // 2, counted.last)
    frames = [decode_near(container, stream, counted, moment) for moment in places]
    if frames[0] is None or None in frames:
        raise MediaUnreadableError(f"decodes: {[frame is not None for frame in frames]}")
    return frames[0]


def decode_near(
    container: InputContainer, stream: VideoStream, counted: Counted, moment: int
) -> VideoFrame | None:
    """Decode from the last key frame before a moment up to it; return the first frame.

    ``None`` when most of it is broken. Players skip a bad packet, so a few are forgiven.
    """
    before = counted.keys[: bisect_right(counted.keys, moment)] or [moment]
    # A container without an index is searched, and may land past the end or past the key frame:
    # then one key earlier, or at the time when it is decoded.
    for place in (*before[:-3:-1], counted.decoded.get(before[-1], counted.first)):
        container.seek(place, stream=stream)
        deadline = time.process_time() + _SOFT_SECONDS
        first: VideoFrame | None = None
        sound = broken = 0
        for number, packet in enumerate(container.demux(stream)):
            try:
                frames = stream.codec_context.decode(packet)
            except av.FFmpegError:
                broken += 1
                frames = []
            for frame in frames:
                broken += frame.is_corrupt
                sound += not frame.is_corrupt
                if not frame.is_corrupt:
                    first = first or frame
            is_there = any(frame.pts is None or frame.pts >= moment for frame in frames)
            if is_there or number > _MAX_PACKETS_PER_PLACE or time.process_time() > deadline:
                break
        if sound or broken:
            return first if broken <= sound + _FORGIVEN else None
    return None
