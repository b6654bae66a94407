"""What an MP4 is written from: tracks that are encoded, or copied as they are.

In the child processes only. A moment is counted in seconds from the first picture of its file.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol, cast

import av
from av.filter import Graph

from bot.errors import MediaUnreadableError
from bot.media.worker.containers import open_video
from bot.media.worker.frames import CLOCK, seek_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from bot.media.worker.containers import OpenVideo

SOUND_BITS: Final = 128_000
"""Per second, of encoded sound."""

THREADS: Final = 2
"""Of a decoder or encoder. Each has buffers of its own, and memory is limited."""

_TAGS: Final = {"hevc": "hvc1"}  # what Apple's players want it to be called; others do not mind
_SOUND_RATE: Final = 48_000
_AHEAD_SECONDS: Final = 2.0
_PRIMING_SECONDS: Final = 0.025  # one packet of AAC, without which the next is not whole
_MAX_WAITING: Final = 64  # packets; more than any decoder reorders
_SOUND_FRAME: Final = 1024  # samples of one packet of AAC
_BT709: Final = 1
_LIMITED_RANGE: Final = 1


class Track(Protocol):
    """A source of packets for one track of the file."""

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""

    def packets(self) -> Iterator[Packet]:
        """Yield the packets, in decoding order."""


class EncodedVideo:
    """Pictures, as H.264 that every player takes.

    Args:
        pictures: All of the same size, ``yuv420p``, in order; their moments start near 0.
        width: In pixels, even, as the next.
        height: Likewise.
        fps: The usual rate; the pictures' own moments count.
        max_bits: Per second, at most; ``None`` spends what the quality takes.
        quality: 0..51 of libx264, where less is better and 6 more halve the bits.
        seconds: When the last picture ends; ``None`` lets it stay as long as the one before.
        is_bt709: Whether the colours are surely those of HD television.
    """

    def __init__(
        self,
        pictures: Iterable[VideoFrame],
        *,
        width: int,
        height: int,
        fps: float,
        max_bits: float | None = None,
        quality: float = 20,
        seconds: float | None = None,
        is_bt709: bool = False,
    ) -> None:
        self._pictures = pictures
        self._size = (width, height)
        self._fps = min(max(fps, 1.0), 240.0)
        self._max_bits = max_bits
        self._quality = quality
        self._end = None if seconds is None else round(seconds / CLOCK)
        self._is_bt709 = is_bt709
        self._lengths: dict[int, int] = {}

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""
        options = {"preset": "veryfast", "crf": f"{self._quality:g}"}
        if self._max_bits is not None:
            # A second's worth of buffer: short clips must not overdraw, calm ones stay small.
            bits = str(max(round(self._max_bits), 10_000))
            options |= {"maxrate": bits, "bufsize": bits}
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

    def packets(self) -> Iterator[Packet]:
        """Yield the packets, in decoding order."""
        return self._ended(self._encoded())

    def _encoded(self) -> Iterator[Packet]:
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
            if last is not None and self._end is not None and moment >= self._end:
                break  # moved to a beat that lies past the end
            if last is not None:
                if moment <= last:
                    continue
                length = self._lengths[last] = moment - last
            frame.pts, frame.time_base = moment, CLOCK
            frame.pict_type = 0  # the source's choice of key frames is not ours
            last = moment
            self._lengths[last] = length
            yield frame
        if last is not None and self._end is not None:
            self._lengths[last] = max(self._end - last, 1)

    def _timed(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        for packet in packets:
            # The encoder tells no lengths, and the file's last one would be a guess.
            packet.duration = self._lengths.get(packet.pts or 0, 0)
            yield packet

    def _ended(self, packets: Iterable[Packet]) -> Iterator[Packet]:
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

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""
        with open_video(self._path) as video:
            self._stream: VideoStream = output.add_stream_from_template(video.stream)
            if (tag := _TAGS.get(video.stream.codec_context.name)) is not None:
                self._stream.codec_context.codec_tag = tag

    def packets(self) -> Iterator[Packet]:
        """Yield the packets, in decoding order."""
        with open_video(self._path) as video:
            # A container without an index is searched, and may land a little too far.
            origin = seek_to(video, max(self._start - _AHEAD_SECONDS, 0))
            begin: Fraction | None = None
            for packet in _with_dts(video):
                stamps = (stamp for stamp in (packet.pts, packet.dts) if stamp is not None)
                units = next(stamps, 0)
                moment = units * (packet.time_base or CLOCK)
                if begin is None:
                    if not packet.is_keyframe or moment - origin < self._start - 0.002:
                        continue
                    begin = moment
                    if begin - origin > self._start + 0.2:
                        raise MediaUnreadableError(f"no key frame at {self._start:g} s")
                if moment < begin:
                    continue  # shown before the key frame, with the help of what is cut away
                if self._end is not None and moment - origin >= self._end - 0.001:
                    return
                _shift(packet, begin)
                packet.stream = self._stream
                yield packet


class Sound:
    """The sound of a file: copied when it is AAC, else encoded. Empty when the file has none.

    Args:
        path: The file.
        start: Where to begin.
        seconds: How much of it, at most.
        bits: Per second, when it is encoded.
        strict: Encode it as well when it has more than ``bits``, or may have.
        within_part: Leave out a last packet that reaches past the end, by up to 21 ms: the file
            must not become longer than ``seconds``.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start: float = 0,
        seconds: float,
        bits: int = SOUND_BITS,
        strict: bool = False,
        within_part: bool = False,
    ) -> None:
        self._path = path
        self._start = start
        self._seconds = seconds
        self._bits = bits
        self._strict = strict
        self._within_part = within_part
        self._stream: AudioStream | None = None
        self._is_copied = False

    def add_to(self, output: OutputContainer) -> None:
        """Announce the track; once, before any packet."""
        with open_video(self._path) as video:
            source = sound_of(video)
            if source is None:
                return
            self._is_copied = _can_copy(source) and (
                not self._strict or 0 < (source.codec_context.bit_rate or 0) <= self._bits
            )
            if self._is_copied:
                self._stream = output.add_stream_from_template(source)
                return
            stream = output.add_stream("aac", rate=_SOUND_RATE)
            stream.codec_context.layout = "mono" if source.codec_context.channels == 1 else "stereo"
            stream.codec_context.bit_rate = self._bits
            self._stream = stream

    def packets(self) -> Iterator[Packet]:
        """Yield the packets, in decoding order."""
        if self._stream is None:
            return
        with open_video(self._path) as video:
            source = sound_of(video)
            if source is None:
                return
            # Its packets may lie before those of the pictures that they belong to.
            begin = seek_to(video, max(self._start - _AHEAD_SECONDS, 0))
            begin += Fraction(self._start).limit_denominator(CLOCK.denominator)
            work = self._copied if self._is_copied else self._encoded
            yield from work(video, source, begin, self._stream)

    def is_empty(self) -> bool:
        """Tell whether there is no sound at all in this part."""
        with open_video(self._path) as video:
            source = sound_of(video)
            if source is None:
                return True
            # Its packets may lie before those of the pictures that they belong to.
            begin = seek_to(video, max(self._start - _AHEAD_SECONDS, 0))
            begin += Fraction(self._start).limit_denominator(CLOCK.denominator)
            return all(moment < 0 for _, moment in self._within(video, source, begin))

    def _within(
        self, video: OpenVideo, source: AudioStream, begin: Fraction
    ) -> Iterator[tuple[Packet, float]]:
        """Yield the packets of the part, each with its moment from the part's start on."""
        for packet in video.container.demux(source):
            if packet.size == 0 or packet.pts is None or packet.time_base is None:
                continue
            moment = float(packet.pts * packet.time_base - begin)
            if moment >= self._seconds:
                return
            yield packet, moment

    def _copied(
        self, video: OpenVideo, source: AudioStream, begin: Fraction, stream: AudioStream
    ) -> Iterator[Packet]:
        for packet, moment in self._within(video, source, begin):
            if moment < -_PRIMING_SECONDS:
                continue
            length = float((packet.duration or 0) * (packet.time_base or 0))
            if self._within_part and moment + length > self._seconds:
                return
            _shift(packet, begin)
            packet.dts = packet.pts
            packet.stream = stream
            yield packet

    def _encoded(
        self, video: OpenVideo, source: AudioStream, begin: Fraction, stream: AudioStream
    ) -> Iterator[Packet]:
        graph: Graph | None = None
        source.codec_context.thread_count = 1
        layout = stream.codec_context.layout.name
        for packet, moment in self._within(video, source, begin):
            if moment < -1:
                continue
            with suppress(av.FFmpegError):  # a broken packet is silence, and no reason to stop
                for frame in source.codec_context.decode(packet):
                    if frame.pts is None or frame.time_base is None:
                        continue
                    base = Fraction(1, frame.sample_rate)
                    at = frame.pts * frame.time_base - begin
                    frame.pts, frame.time_base = round(at / base), base
                    graph = graph or _sound_graph(frame, layout, self._seconds)
                    graph.push(frame)
            if graph is not None:
                yield from _drain(graph, stream)
        if graph is not None:
            graph.push(None)
            yield from _drain(graph, stream)
        yield from stream.encode(None)


def sound_of(video: OpenVideo) -> AudioStream | None:
    """Return the sound that a player would play, or ``None`` without any that can be decoded."""
    best = video.container.streams.best("audio")
    tracks = [track for track in video.container.streams.audio if track.codec_context is not None]
    return next((track for track in tracks if track is best), tracks[0] if tracks else None)


def _with_dts(video: OpenVideo) -> Iterator[Packet]:
    """Yield the packets of the picture, each with the time when it is decoded.

    Matroska does not store that, and FFmpeg knows it only some packets after the first.
    """
    stream = video.stream
    base = stream.time_base or CLOCK
    usual = max(round(1 / (stream.average_rate or stream.guessed_rate or 25) / base), 1)
    waiting: list[Packet] = []
    for packet in video.container.demux(stream):
        if packet.size == 0 or packet.is_discard:
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


def _can_copy(sound: AudioStream) -> bool:
    """Tell whether any player of MP4 will play this sound as it is."""
    context = sound.codec_context
    return context.name == "aac" and context.profile == "LC" and 1 <= context.channels <= 2


def _shift(packet: Packet, begin: Fraction) -> None:
    """Count the packet's moments from ``begin`` (in seconds) on."""
    offset = round(begin / packet.time_base) if packet.time_base else 0
    packet.pts = None if packet.pts is None else packet.pts - offset
    packet.dts = None if packet.dts is None else packet.dts - offset


def _sound_graph(frame: AudioFrame, layout: str, seconds: float) -> Graph:
    """Return filters that make plain sound without gaps, from the part's very beginning on."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format,
        layout=frame.layout,
        time_base=frame.time_base,
    )
    steps = [
        ("aresample", f"{_SOUND_RATE}:async={_SOUND_RATE}:first_pts=0"),
        ("aformat", f"sample_fmts=fltp:sample_rates={_SOUND_RATE}:channel_layouts={layout}"),
        ("atrim", f"end={seconds:.6f}"),
        ("asetnsamples", f"n={_SOUND_FRAME}:p=0"),
        ("abuffersink", None),
    ]
    last = source
    for name, options in steps:
        step = graph.add(name, options)
        last.link_to(step)
        last = step
    graph.configure()
    return graph


def _drain(graph: Graph, stream: AudioStream) -> Iterator[Packet]:
    while True:
        try:
            frame = cast("AudioFrame", graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return
        yield from stream.encode(frame)
