"""The sound of a file that is written: copied where every player takes it, else encoded.

In the child processes only. A moment is counted in seconds from the first picture of its file.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Final, cast

import av
from av.filter import Graph

from bot.media.worker.codecs import audio_tracks
from bot.media.worker.containers import open_video
from bot.media.worker.frames import CLOCK, link, seek_to
from bot.media.worker.tracks import AHEAD_SECONDS, shift

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

    from bot.media.worker.containers import OpenVideo

SOUND_BITS: Final = 128_000
"""Per second, of encoded sound."""

_RATE: Final = 48_000
_PRIMING_SECONDS: Final = 0.025  # one packet of AAC, without which the next is not whole
_FRAME: Final = 1024  # samples of one packet of AAC


class Sound:
    """The sound of a file: copied when it is AAC (for WebM: Opus, Vorbis), else encoded.

    Empty when the file has none.

    Args:
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
            is_web = output.format.name == "webm"
            self._is_copied = _can_copy(source, is_web=is_web) and (
                not self._strict or 0 < (source.codec_context.bit_rate or 0) <= self._bits
            )
            if self._is_copied:
                self._stream = output.add_stream_from_template(source)
                return
            stream = output.add_stream("libopus" if is_web else "aac", rate=_RATE)
            stream.codec_context.layout = "mono" if source.codec_context.channels == 1 else "stereo"
            stream.codec_context.bit_rate = self._bits
            self._stream = stream

    def packets(self) -> Iterator[Packet[AudioStream]]:
        """Yield the packets, in decoding order."""
        if self._stream is None:
            return
        with open_video(self._path) as video:
            source = sound_of(video)
            if source is None:
                return
            work = self._copied if self._is_copied else self._encoded
            yield from work(video, source, self._seek(video), self._stream)

    def is_empty(self) -> bool:
        """Tell whether there is no sound at all in this part."""
        with open_video(self._path) as video:
            source = sound_of(video)
            if source is None:
                return True
            packets = self._within(video, source, self._seek(video))
            return all(moment < 0 for _, moment in packets)

    def _seek(self, video: OpenVideo) -> Fraction:
        """Go to where the part may begin; return when it does, in seconds of the file's clock."""
        begin = seek_to(video, max(self._start - AHEAD_SECONDS, 0))
        return begin + Fraction(self._start).limit_denominator(CLOCK.denominator)

    def _within(
        self, video: OpenVideo, source: AudioStream, begin: Fraction
    ) -> Iterator[tuple[Packet[AudioStream], float]]:
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
    ) -> Iterator[Packet[AudioStream]]:
        for packet, moment in self._within(video, source, begin):
            if moment < -_PRIMING_SECONDS:
                continue
            length = float((packet.duration or 0) * (packet.time_base or 0))
            if self._within_part and moment + length > self._seconds:
                return
            shift(packet, begin)
            packet.dts = packet.pts
            packet.stream = stream
            yield packet

    def _encoded(
        self, video: OpenVideo, source: AudioStream, begin: Fraction, stream: AudioStream
    ) -> Iterator[Packet[AudioStream]]:
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
                    graph = graph or _sound_graph(
                        frame, layout, self._seconds, stream.codec_context
                    )
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
    tracks = audio_tracks(video.container)
    return next((track for track in tracks if track is best), tracks[0] if tracks else None)


def _can_copy(sound: AudioStream, *, is_web: bool) -> bool:
    """Tell whether any player of MP4, or of WebM, will play this sound as it is."""
    context = sound.codec_context
    if is_web:
        return context.codec.canonical_name in {"opus", "vorbis"}
    return context.name == "aac" and context.profile == "LC" and 1 <= context.channels <= 2


def _sound_graph(
    frame: AudioFrame, layout: str, seconds: float, encoder: AudioCodecContext
) -> Graph:
    """Return filters that make plain sound without gaps, from the part's very beginning on."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format,
        layout=frame.layout,
        time_base=frame.time_base,
    )
    steps: list[tuple[str, str | None]] = [
        ("aresample", f"{_RATE}:async={_RATE}:first_pts=0"),
        (
            "aformat",
            f"sample_fmts={encoder.format.name}:sample_rates={_RATE}:channel_layouts={layout}",
        ),
        ("atrim", f"end={seconds:.6f}"),
        ("asetnsamples", f"n={encoder.frame_size or _FRAME}:p=0"),
        ("abuffersink", None),
    ]
    link(graph, source, steps)
    return graph


def _drain(graph: Graph, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    while True:
        try:
            frame = cast("AudioFrame", graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return
        yield from stream.encode(frame)
