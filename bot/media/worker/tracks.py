"""The pictures of a file that is written: encoded, or copied as they are.

In the child processes only. A moment is counted in seconds from the first picture of its file.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.errors import MediaUnreadableError
from bot.media.worker.containers import open_video
from bot.media.worker.frames import CLOCK, seek_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from bot.media.worker.containers import OpenVideo

THREADS: Final = 2
"""Of a decoder or encoder. Each has buffers of its own, and memory is limited."""

AHEAD_SECONDS: Final = 2.0
"""So much earlier a copy begins to read: a packet may lie before those that it belongs to."""

_TAGS: Final = {"hevc": "hvc1"}  # what Apple's players want it to be called; others do not mind
_WEB_CODECS: Final = frozenset({"vp8", "vp9", "av1"})
_MAX_WAITING: Final = 64  # packets; more than any decoder reorders
_BT709: Final = 1
_LIMITED_RANGE: Final = 1


class Track(Protocol):
    """A source of packets for one track of the file."""

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""

    def packets(self) -> Iterator[Packet[Any]]:
        """Yield the packets, in decoding order."""


class EncodedVideo:
    """Pictures, as H.264 that every player takes.

    Args:
        pictures: All of the same size, ``yuv420p``, in order; their moments start near 0.
        max_bits: Per second, at most.
        quality: 0..51 of libx264, where less is better and 6 more halve the bits.
        seconds: When the last picture ends.
        is_bt709: Whether the colours are surely those of HD television.
    """

    def __init__(
        self,
        pictures: Iterable[VideoFrame],
        *,
        width: int,
        height: int,
        fps: float,
        max_bits: float,
        quality: float,
        seconds: float,
        is_bt709: bool,
    ) -> None:
        self._pictures = pictures
        self._size = (width, height)
        self._fps = min(max(fps, 1.0), 240.0)
        self._max_bits = max_bits
        self._quality = quality
        self._end = round(seconds / CLOCK)
        self._is_bt709 = is_bt709
        self._lengths: dict[int, int] = {}

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""
        # A second's worth of buffer: short clips must not overdraw, calm ones stay small.
        bits = str(max(round(self._max_bits), 10_000))
        crf = f"{self._quality:g}"
        options = {"preset": "veryfast", "crf": crf, "maxrate": bits, "bufsize": bits}
        rate = Fraction(self._fps).limit_denominator(1001)
        stream = output.add_stream("libx264", rate=rate, options=options)
        context = stream.codec_context
        context.width, context.height = self._size
        context.pix_fmt = "yuv420p"
        context.time_base = CLOCK
        context.framerate = rate
        context.thread_count = THREADS
        if self._is_bt709:
            context.color_primaries = context.color_trc = context.colorspace = _BT709
            context.color_range = _LIMITED_RANGE
        self._stream = stream

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the packets, in decoding order."""
        return self._ended(self._encoded())

    def _encoded(self) -> Iterator[Packet[VideoStream]]:
        for frame in self._in_step():
            yield from self._timed(self._stream.encode(frame))
        yield from self._timed(self._stream.encode(None))

    def _in_step(self) -> Iterator[VideoFrame]:
        """Yield the pictures with moments on our clock, each later than the one before."""
        last: int | None = None
        usual = round(1 / self._fps / CLOCK)
        length = usual
        for frame in self._pictures:
            if frame.pts is None or frame.time_base is None:
                continue
            moment = max(0, round(frame.pts * frame.time_base / CLOCK))
            if last is not None:
                if moment >= self._end:
                    break  # moved to a beat that lies past the end
                if moment <= last:
                    continue
                length = self._lengths[last] = moment - last
            frame.pts, frame.time_base = moment, CLOCK
            frame.pict_type = 0  # the source's choice of key frames is not ours
            last = moment
            self._lengths[last] = length
            yield frame
        if last is not None:
            self._lengths[last] = max(self._end - last, 1)

    def _timed(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        for packet in packets:
            # The encoder tells no lengths, and the file's last one would be a guess.
            packet.duration = self._lengths.get(packet.pts or 0, 0)
            yield packet

    def _ended(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        """Let the last packet end where the last picture does.

        MP4 keeps how long after each other packets are decoded, and only of the last one how long
        it is. The last to be decoded is often not the last to be shown.
        """
        first = latest = None
        for packet in packets:
            if latest is not None:
                yield latest
            elif packet.dts is not None:
                first = packet.dts
            latest = packet
        if latest is not None:
            if first is not None and latest.dts is not None:
                end = max(moment + length for moment, length in self._lengths.items())
                latest.duration = max(end + first - latest.dts, 1)
            yield latest


class CopiedVideo:
    """The pictures of a file as they are, from a key frame on.

    Args:
        path: The file.
        start: Where to begin: where a key frame is.
        seconds: How much of it; ``None`` for all the rest. It ends at most a few frames early,
            where no later picture is needed to show the earlier ones.
    """

    def __init__(self, path: str | Path, *, start: float = 0, seconds: float | None = None) -> None:
        self._path = path
        self._start = start
        self._end = None if seconds is None else start + seconds

    @property
    def form(self) -> str:
        """What can hold these pictures and is widely played: ``mp4``, ``mov`` or ``webm``."""
        with open_video(self._path) as video:
            codec = video.stream.codec_context.codec.canonical_name
            if codec == "vp8" or (codec in _WEB_CODECS and video.name in {"webm", "matroska"}):
                return "webm"
            return "mov" if codec == "prores" else "mp4"

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""
        with open_video(self._path) as video:
            self._stream: VideoStream = output.add_stream_from_template(video.stream, opaque=True)
            if output.format.name == "webm":
                return
            if (tag := _TAGS.get(video.stream.codec_context.name)) is not None:
                self._stream.codec_context.codec_tag = tag

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the packets, in decoding order."""
        with open_video(self._path) as video:
            # A container without an index is searched, and may land a little too far.
            origin = seek_to(video, max(self._start - AHEAD_SECONDS, 0))
            begin: Fraction | None = None
            for packet in _with_dts(video):
                stamps = (stamp for stamp in (packet.pts, packet.dts) if stamp is not None)
                units = next(stamps, 0)
                moment = units * (packet.time_base or CLOCK)
                if begin is None:
                    is_early = packet.is_discard or moment - origin < self._start - 0.002
                    if is_early or not packet.is_keyframe:
                        continue
                    begin = moment
                    if begin - origin > self._start + 0.2:
                        raise MediaUnreadableError(f"no key frame at {self._start:g} s")
                if packet.is_discard:
                    return  # an edit list hides the rest; what follows may not even belong here
                if moment < begin:
                    continue  # shown before the key frame, with the help of what is cut away
                if self._end is not None and moment - origin >= self._end - 0.001:
                    return
                shift(packet, begin)
                packet.stream = self._stream
                yield packet


def _with_dts(video: OpenVideo) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of the picture, each with the time when it is decoded.

    Matroska does not store that, and FFmpeg knows it only some packets after the first.
    """
    stream = video.stream
    base = stream.time_base or CLOCK
    usual = max(round(1 / (stream.average_rate or stream.guessed_rate or 25) / base), 1)
    waiting: list[Packet[VideoStream]] = []
    for packet in video.container.demux(stream):
        if packet.size == 0:
            continue
        waiting.append(packet)
        if packet.dts is None:
            if len(waiting) > _MAX_WAITING:
                break
            continue
        for number, earlier in enumerate(reversed(waiting)):
            if earlier.dts is None:
                earlier.dts = packet.dts - number * usual
        yield from waiting
        waiting.clear()
    if waiting:
        raise MediaUnreadableError("packets without any time")


def shift(packet: Packet[Any], begin: Fraction) -> None:
    """Count the packet's moments from ``begin`` (in seconds) on."""
    offset = round(begin / packet.time_base) if packet.time_base else 0
    packet.pts = None if packet.pts is None else packet.pts - offset
    packet.dts = None if packet.dts is None else packet.dts - offset
