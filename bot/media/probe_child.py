"""The process that looks into a file; ``bot/media/probe.py`` runs it.

It may be killed by what it reads, so it holds nothing: no secrets, no open connection, no right to
write. It prints one JSON object: ``{"facts": {…}}``, ``{"unreadable": reason, "detail": …}`` or
``{"failed": …}`` when it could not do its work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn

from bot.media.sniff import is_animated_picture, is_cut_off, name_container, read_sniff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Demuxers by name, because some of the others (playlists, concatenations) open further files.
_VIDEO_FORMATS: Final = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf,gif"
_AUDIO_FORMATS: Final = "mp3,wav,flac,aac,aiff,amr,caf"

_MAX_VIDEO_PIXELS: Final = 8192 * 4608  # above what phones film; a frame of it takes 60 MB
_MAX_IMAGE_PIXELS: Final = 120_000_000  # the largest phone cameras
_MAX_PACKETS: Final = 400_000  # half an hour of 60 fps with sound, several times over
_MAX_PACKETS_PER_PLACE: Final = 300  # decoders hold back a few dozen at most
_FORGIVEN: Final = 5  # broken packets per place
_SOFT_SECONDS: Final = 3.0  # of processor time per place; then what was seen must do

_STILL_FORMATS: Final = {"jpeg": "jpeg_pipe", "png": "png_pipe", "webp": "webp_pipe"}


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """The file cannot be used, for a reason that ``bot.errors.UnreadableReason`` names."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def step_back() -> None:
    """Let the bot go first where cores are few: people wait three seconds for its answer."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(10)


def set_limits(limits: Mapping[str, int]) -> None:
    """Give up rights for good: processor seconds, memory, files and any writing.

    Where the system has no such limits, the parent's clock still ends this process.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        except (AttributeError, ValueError, OSError):  # macOS knows, but refuses, some
            continue


def refuse_further_files(*_args: object) -> NoReturn:
    """Stand in for the opening of a file that the given one names."""
    raise PermissionError("a media file may not name another one")


def open_media(file: BinaryIO, formats: str, *, form: str | None = None) -> InputContainer:
    """Open what lies in ``file``, with the demuxers named in ``formats`` only."""
    import av

    return av.open(
        file,
        mode="r",
        format=form,
        container_options={"format_whitelist": formats, "protocol_whitelist": ""},
        metadata_errors="replace",
        io_open=refuse_further_files,
    )


def probe_video(file: BinaryIO) -> dict[str, Any]:
    """Return the facts of a video; raise `Unreadable` if it is none that can be decoded."""
    import av

    sniff = read_sniff(file)
    if sniff in {"still", *_STILL_FORMATS}:
        raise Unreadable("still_image", f"a picture ({sniff})")
    cut_off = is_cut_off(file, sniff)
    file.seek(0)
    try:
        container = open_media(file, f"{_VIDEO_FORMATS},{_AUDIO_FORMATS}")
    except av.FFmpegError as exc:
        # A container that announces itself and cannot be opened is broken; all else is no video.
        raise Unreadable("damaged" if sniff else "not_video", f"{type(exc).__name__}") from exc
    with container:
        stream = choose_stream(container, is_known=sniff is not None)
        name = name_container(file, container.format.name)
        counted = count(container, stream, cut_off=cut_off)
        if name == "gif" and counted.frames == 1:
            raise Unreadable("still_image", "a GIF that does not move")
        frame = look_inside(container, stream, counted)
        rotation = frame.rotation % 360
        turned = rotation in {90, 270}
        return {
            "container": name,
            "codec": stream.codec_context.name,
            "duration_seconds": round(counted.seconds, 3),
            "width": frame.height if turned else frame.width,
            "height": frame.width if turned else frame.height,
            "rotation": (360 - rotation) % 360,  # FFmpeg counts the other way round
            "fps": round(counted.fps, 3),
            "has_audio": any(s.codec_context is not None for s in container.streams.audio),
        }


def choose_stream(container: InputContainer, *, is_known: bool) -> VideoStream:
    """Return the video track that a player would show; cover pictures are none."""
    from av.stream import Disposition

    tracks = [
        track
        for track in container.streams.video
        if not track.disposition & Disposition.attached_pic
    ]
    if not tracks:
        if container.streams.audio:
            raise Unreadable("audio_only", "no video track")
        raise Unreadable("damaged" if is_known else "not_video", "no track")
    best = container.streams.best("video")
    stream = next((track for track in tracks if track is best), tracks[0])
    if stream.codec_context is None:
        raise Unreadable("damaged", "the codec is unknown")
    check_size(stream.codec_context.width, stream.codec_context.height, _MAX_VIDEO_PIXELS)
    # One thread: memory stays foreseeable. The decoder checks each change of size by itself.
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"max_pixels": str(_MAX_VIDEO_PIXELS)}
    return stream


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse pictures whose mere size is an attack."""
    if width * height > max_pixels:
        raise Unreadable("too_complex", f"{width} x {height} pixels")


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


def count(container: InputContainer, stream: VideoStream, *, cut_off: bool) -> Counted:
    """Walk over all packets of a track without decoding them."""
    begins: list[int] = []
    keys: list[int] = []
    frames = packets = length = 0
    for packet in container.demux(stream):
        packets += 1
        if packets > _MAX_PACKETS:
            raise Unreadable("too_complex", "too many packets")
        if packet.size == 0 or packet.is_discard:
            continue
        frames += 1
        length = packet.duration or length
        moment = packet.pts if packet.pts is not None else packet.dts
        if moment is not None:
            begins.append(moment)
            if packet.is_keyframe:
                keys.append(moment)
    if not frames:
        raise Unreadable("damaged", "not one frame")
    if cut_off or frames < stream.frames * 0.95 - 1:
        raise Unreadable("damaged", f"cut off: {frames} of {stream.frames or '?'} frames")
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    seconds = frames / rate if rate else 0.0
    if begins and max(begins) > min(begins) and stream.time_base:
        seconds = float((max(begins) + length - min(begins)) * stream.time_base)
    return Counted(
        frames=frames,
        seconds=seconds,
        fps=frames / seconds if seconds else rate,
        first=min(begins, default=0),
        last=max(begins, default=0),
        keys=sorted(keys),
    )


def look_inside(container: InputContainer, stream: VideoStream, counted: Counted) -> VideoFrame:
    """Decode at the beginning, in the middle and at the end; return the first frame."""
    places = (counted.first, (counted.first + counted.last) // 2, counted.last)
    frames = [decode_near(container, stream, counted.keys, moment) for moment in places]
    if frames[0] is None or None in frames:
        raise Unreadable("damaged", f"decodes: {[frame is not None for frame in frames]}")
    return frames[0]


def decode_near(
    container: InputContainer, stream: VideoStream, keys: list[int], moment: int
) -> VideoFrame | None:
    """Decode from the last key frame before a moment up to it; return the first frame.

    ``None`` when most of it is broken. Players skip a bad packet, so a few are forgiven.
    """
    import av

    before = keys[: bisect_right(keys, moment)] or [moment]
    # A container without an index is searched, and may land past the end: then one key earlier.
    for key in before[:-3:-1]:
        container.seek(key, stream=stream)
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


def probe_image(file: BinaryIO) -> dict[str, Any]:
    """Return the facts of a picture; raise `Unreadable` if it is none that can be decoded."""
    import av

    sniff = read_sniff(file)
    form = "gif" if sniff == "gif" else _STILL_FORMATS.get(sniff or "")
    if sniff is None or form is None:
        raise Unreadable("not_image", f"no picture format that we know ({sniff})")
    is_animated = is_animated_picture(file, sniff)
    file.seek(0)
    try:
        with open_media(file, form, form=form) as container:
            stream = container.streams.video[0]
            check_size(stream.codec_context.width, stream.codec_context.height, _MAX_IMAGE_PIXELS)
            stream.codec_context.options = {"max_pixels": str(_MAX_IMAGE_PIXELS)}
            stream.codec_context.thread_count = 1
            frame = next(frame for frame in container.decode(stream) if not frame.is_corrupt)
            if sniff == "gif":
                is_animated = next(container.decode(stream), None) is not None
    except (av.FFmpegError, StopIteration, IndexError) as exc:
        if is_animated:  # FFmpeg does not decode animated WebP; its header says enough
            raise Unreadable("not_image", "an animation") from exc
        raise Unreadable("damaged", f"{type(exc).__name__}") from exc
    turned = frame.rotation % 180 != 0
    return {
        "format": sniff,
        "width": frame.height if turned else frame.width,
        "height": frame.width if turned else frame.height,
        "is_animated": is_animated,
    }


def main(kind: str, path: str, limits: str) -> dict[str, Any]:
    """Look into one file; the parent names kind, file and limits."""
    step_back()
    set_limits(json.loads(limits))
    try:
        import av

        av.logging.set_level(av.logging.PANIC)
    except Exception as exc:  # noqa: BLE001 - told to the parent, which logs it
        return {"failed": f"{type(exc).__name__}: {exc}"}
    try:
        with Path(path).open("rb") as file:
            if not file.read(1):
                raise Unreadable("empty", "no bytes")  # noqa: TRY301 - one place answers
            return {"facts": (probe_video if kind == "video" else probe_image)(file)}
    except Unreadable as exc:
        return {"unreadable": exc.reason, "detail": str(exc)}
    except MemoryError:
        return {"unreadable": "too_complex", "detail": "out of memory"}
    except FileNotFoundError as exc:
        return {"failed": f"FileNotFoundError: {exc}"}
    except Exception as exc:  # noqa: BLE001 - whatever a hostile file provokes is its own fault
        return {"unreadable": "damaged", "detail": f"{type(exc).__name__}: {exc}"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
