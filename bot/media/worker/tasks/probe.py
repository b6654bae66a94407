"""Looking into a file: what it is, found by decoding parts of it."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import av

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.worker.bare import is_bare
from bot.media.worker.containers import HDR_TRANSFERS, OpenVideo, mind_memory, open_video
from bot.media.worker.flaws import PictureFlaw, find_flaw
from bot.media.worker.orientation import orientation_of
from bot.media.worker.sound_track import sound_of
from bot.requests.clip_cost import least_looking_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_PACKETS: Final = 400_000  # half an hour of 60 fps with sound, several times over
_MAX_PACKETS_PER_PLACE: Final = 300  # decoders hold back a few dozen at most
_FORGIVEN: Final = 5  # broken packets per place
_SOFT_SECONDS: Final = 0.1  # of processor time per place: a person waits; what was seen must do
_LOOK_SECONDS: Final = 2.0  # of processor time for all pictures; what takes longer is seen later
_EDITED: Final = frozenset({"mp4", "mov"})  # what has edit lists, and counts its frames exactly
_MAX_KEYS: Final = 2000  # told to the parent; where every frame is one, a minute's worth will do
_BACK_SECONDS: Final = 1.0  # two recordings in one file; less is a muxer's rounding
_UNEVEN: Final = 0.25  # of the usual gap between two frames: more is not rounding any more

# As FFmpeg numbers them: https://ffmpeg.org/doxygen/trunk/pixfmt_8h.html
_PRIMARIES: Final = {1: "bt709", 9: "bt2020", 11: "smpte431", 12: "smpte432"}


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of the file at ``path``, which should be a video.

    Of one that ``is_known`` to be sound not all pictures are decoded.
    """
    look_seconds = 0 if arguments.get("is_known") else _LOOK_SECONDS
    facts = probe_video(arguments["path"], look_seconds=look_seconds)
    if facts["frames"] == 1:
        raise MediaUnreadableError("a single picture", reason=UnreadableReason.STILL_IMAGE)
    return facts


def probe_video(path: str, *, look_seconds: float = 0) -> dict[str, Any]:
    """Return the facts of a video; raise ``MediaUnreadableError`` if it is none.

    All of its pictures are decoded, unless that surely takes more than ``look_seconds`` of
    processor time. What is wrong with any of them is told as its ``flaw``.
    """
    with open_video(path) as video:
        stream, context = video.stream, video.stream.codec_context
        counted = count(video)
        if video.name == "gif" and counted.frames == 1:
            raise MediaUnreadableError(
                "a GIF that does not move", reason=UnreadableReason.STILL_IMAGE
            )
        flaw: PictureFlaw | None = PictureFlaw.UNSEEN
        least = least_looking_seconds(counted.frames, context.width, context.height)
        if least < look_seconds:  # it is not begun in vain
            flaw = find_flaw(path, cpu_seconds=look_seconds)
        frame = look_inside(video.container, stream, counted, briefly=flaw is None)
        orientation = orientation_of(frame)
        turned = orientation.lies_on_side
        aspect = float(stream.sample_aspect_ratio or 1) or 1.0
        sound = sound_of(video)
        return {
            "container": video.name,
            "codec": context.codec.canonical_name,
            "duration_seconds": round(counted.seconds, 3),
            "width": frame.height if turned else frame.width,
            "height": frame.width if turned else frame.height,
            "rotation": orientation.degrees,
            "is_mirrored": orientation.is_mirrored,
            "is_skewed": not orientation.is_exact,
            "fps": round(counted.fps, 3),
            "has_audio": sound is not None,
            "audio_codec": sound.codec_context.codec.canonical_name if sound else None,
            "pixel_aspect": 1 / aspect if turned else aspect,
            "pixel_format": frame.format.name,
            "transfer": HDR_TRANSFERS.get(context.color_trc, ""),
            "primaries": _PRIMARIES.get(context.color_primaries, ""),
            "is_interlaced": bool(frame.interlaced_frame),
            "is_variable_rate": counted.is_uneven,
            "frames": counted.frames,
            "key_seconds": counted.key_seconds,
            "file_seconds": round(max(counted.seconds, counted.file_seconds), 3),
            "is_trimmed": counted.is_trimmed,
            "is_bare": not counted.is_trimmed and is_bare(video.file),
            "flaw": flaw,
        }


@dataclass
class Counted:
    """What a walk over all packets found; headers may lie about each of these."""

    frames: int
    seconds: float
    file_seconds: float
    """The longest that anything in the file says or takes, so the sound as well."""
    fps: float
    first: int
    """The moment of the first frame, in the stream's time base, as the next two."""
    last: int
    keys: list[int]
    """Of key frames, in order."""
    decoded: dict[int, int]
    """When each of these is decoded, which is earlier when pictures are reordered."""
    is_trimmed: bool
    """Whether an edit list hides some of the frames."""
    is_uneven: bool
    """Whether the gaps between the frames differ."""
    key_seconds: list[float]
    """Of the first key frames, from the first frame on."""


def count(video: OpenVideo) -> Counted:
    """Walk over all packets of picture and sound without decoding them."""
    stream = video.stream
    begins: list[int] = []
    decoded: dict[int, int] = {}
    frames = hidden = length = 0
    sound_end = Fraction(0)
    scale = float(stream.time_base or 1)
    latest = -math.inf
    for packet in _packets(video):
        if packet.size == 0:
            continue
        if packet.stream is not stream:
            end = ((packet.pts or 0) + (packet.duration or 0)) * (packet.time_base or 0)
            sound_end = max(sound_end, Fraction(end))
            continue
        if packet.is_discard:  # cut away by an edit list, as phones trim clips
            hidden += 1
            continue
        if packet.dts is not None:
            if packet.dts < latest - _BACK_SECONDS / scale:
                raise MediaUnreadableError("its times begin again in the middle")
            latest = max(latest, packet.dts)
        frames += 1
        length = packet.duration or length
        moment = packet.pts if packet.pts is not None else packet.dts
        if moment is not None:
            begins.append(moment)
            if packet.is_keyframe:
                decoded[moment] = moment if packet.dts is None else packet.dts
    if not frames:
        raise MediaUnreadableError("not one frame")
    is_short = frames + hidden < stream.frames * 0.95 - 1
    if video.is_cut_off or (is_short and (frames == 1 or not _is_all_there(video))):
        raise MediaUnreadableError(f"cut off: {frames} of {stream.frames or '?'} frames")
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    seconds = frames / rate if rate else 0.0
    begins.sort()
    keys = sorted(decoded)
    if begins and begins[-1] > begins[0] and stream.time_base:
        seconds = float((begins[-1] + length - begins[0]) * stream.time_base)
    first = begins[0] if begins else 0
    return Counted(
        frames=frames,
        seconds=seconds,
        file_seconds=max(float(sound_end) - first * scale, _said_seconds(video)),
        fps=frames / seconds if seconds else rate,
        first=first,
        last=begins[-1] if begins else 0,
        keys=keys,
        decoded=decoded,
        is_trimmed=hidden > 0 or (video.name in _EDITED and frames + hidden < stream.frames),
        is_uneven=is_uneven(begins, scale),
        key_seconds=[round((key - first) * scale, 3) for key in keys[:_MAX_KEYS]],
    )


def _packets(video: OpenVideo) -> Iterator[Packet[Any]]:
    """Yield the packets of the picture and of the sound that belongs to it; not without end."""
    sound = sound_of(video)
    streams = [video.stream] if sound is None else [video.stream, sound]
    for number, packet in enumerate(video.container.demux(streams)):
        if number > _MAX_PACKETS:
            raise MediaUnreadableError("too many packets", reason=UnreadableReason.TOO_MANY_FRAMES)
        yield packet


def _is_all_there(video: OpenVideo) -> bool:
    """Tell whether a track is short because an edit list says so, and no frame is missing."""
    with open_video(video.file.name, ignore_edits=True) as whole:
        frames = sum(packet.size > 0 for packet in whole.container.demux(whole.stream))
        return frames >= whole.stream.frames * 0.95 - 1


def _said_seconds(video: OpenVideo) -> float:
    """Return the longest time that the file's headers tell; 0 when they tell none."""
    tracks = (video.stream, sound_of(video))
    said = [
        float(track.duration * track.time_base)
        for track in tracks
        if track is not None and track.duration and track.time_base
    ]
    return max([*said, (video.container.duration or 0) / av.time_base])


def is_uneven(begins: Sequence[int], scale: float) -> bool:
    """Tell whether frames follow each other at a variable rate.

    Args:
        begins: The moments of the frames, in order.
        scale: Seconds of one unit; containers round moments, often to milliseconds.
    """
    gaps = sorted(later - earlier for earlier, later in pairwise(begins))
    if len(gaps) < 2:
        return False
    # The median; the library's brings random numbers and hashes along, which each start pays for.
    usual = (gaps[len(gaps) // 2] + gaps[(len(gaps) - 1) // 2]) / 2
    allowed = max(_UNEVEN * usual, 0.0025 / scale if scale else 0)
    return sum(abs(gap - usual) > allowed for gap in gaps) > len(gaps) * 0.01


def look_inside(
    container: InputContainer, stream: VideoStream, counted: Counted, *, briefly: bool
) -> VideoFrame:
    """Decode at the beginning, in the middle and at the end; return the first frame.

    Where all pictures were sound one after another, what is left to find out is whether they can
    be sought as well: then ``briefly``, one picture at each place.
    """
    places = (counted.first, (counted.first + counted.last) // 2, counted.last)
    frames = [decode_near(container, stream, counted, at, briefly=briefly) for at in places]
    if frames[0] is None or None in frames:
        raise MediaUnreadableError(f"decodes: {[frame is not None for frame in frames]}")
    return frames[0]


def decode_near(
    container: InputContainer,
    stream: VideoStream,
    counted: Counted,
    moment: int,
    *,
    briefly: bool,
) -> VideoFrame | None:
    """Decode from the last key frame before a moment up to it; return the first frame.

    It ends with that one where ``briefly`` says so. ``None`` when most of it is broken. Players
    skip a bad packet, so a few are forgiven.
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
            except av.FFmpegError as exc:
                mind_memory(exc, stream.codec_context)
                broken += 1
                frames = []
            for frame in frames:
                broken += frame.is_corrupt
                sound += not frame.is_corrupt
                if not frame.is_corrupt:
                    first = first or frame
            is_there = any(frame.pts is None or frame.pts >= moment for frame in frames)
            is_there |= briefly and sound > 0
            is_late = (sound or broken) and time.process_time() > deadline
            if is_there or is_late or number > _MAX_PACKETS_PER_PLACE:
                break
        if sound or broken:
            return first if broken <= sound + _FORGIVEN else None
    return None
