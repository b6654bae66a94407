"""Make the clips that are prepared: a moving test card with some noise, as cameras have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final, cast

import av
from av.filter import Graph

from tests.media.boxes import turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BT2020, _HLG = 9, 18  # as FFmpeg numbers primaries (and matrix) and transfer
_QUICK: Final = {
    "libx264": {"preset": "ultrafast", "crf": "28"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "4M"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One clip, and the part of it that is asked for.

    Attributes:
        name: Of the class of clips that it stands for.
        model: Which model it is prepared for.
        start: In seconds; ``None`` as long as nobody asked.
        length: Likewise.
        rotation: In degrees clockwise.
    """

    name: str
    suffix: str = ".mp4"
    form: str = "mp4"
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    audio: str = "aac"
    width: int = 1920
    height: int = 1080
    fps: int = 30
    seconds: float = 5
    rotation: int = 0
    is_hdr: bool = False
    model: str = "aleph2"
    start: float | None = None
    length: float | None = None
    options: dict[str, str] = field(default_factory=dict)


MKV: Final = {"suffix": ".mkv", "form": "matroska"}
SOURCES: Final = (
    Source(name="1080p H.264, 30 fps: 4 s from 1.3 s on", start=1.3, length=4, seconds=6),
    Source(name="1080p H.264, 60 fps", fps=60),
    Source(name="4K HEVC, 60 fps", codec="libx265", width=3840, height=2160, fps=60, seconds=3),
    Source(
        name="portrait HEVC, HDR (HLG), 60 fps",
        suffix=".mov",
        form="mov",
        codec="libx265",
        pix_fmt="yuv420p10le",
        fps=60,
        rotation=90,
        is_hdr=True,
    ),
    Source(
        name="screen recording, VP9 in WebM, 1440p",
        suffix=".webm",
        form="webm",
        codec="libvpx-vp9",
        audio="libopus",
        width=2560,
        height=1440,
    ),
    Source(name="MPEG-4 in AVI, 720p", suffix=".avi", form="avi", codec="mpeg4",
           audio="libmp3lame", width=1280, height=720, options={"b": "6M"}),
    Source(name="H.264 in Matroska: another container only", suffix=".mkv", form="matroska"),
    Source(name="720p H.264, 40 s: the first 30 s only", width=1280, height=720, seconds=40),
)  # fmt: skip


def _draw(source: Source, seconds: float) -> Iterator[av.VideoFrame]:
    graph = Graph()
    size = f"{source.width}x{source.height}"
    card = graph.add("testsrc2", f"size={size}:rate={source.fps}:duration={seconds}")
    noise = graph.add("noise", "alls=6:allf=t")
    form = graph.add("format", source.pix_fmt)
    sink = graph.add("buffersink")
    card.link_to(noise)
    noise.link_to(form)
    form.link_to(sink)
    graph.configure()
    while True:
        try:
            yield graph.vpull()
        except av.EOFError:
            return


def make(source: Source, folder: Path, *, name: str) -> Path:
    """Make a clip in ``folder`` and return where it is."""
    path = folder / f"{name}{source.suffix}"
    seconds = source.seconds
    with av.open(str(path), "w", format=source.form) as out:
        options = _QUICK.get(source.codec, {}) | source.options
        stream = cast(
            "av.VideoStream", out.add_stream(source.codec, rate=source.fps, options=options)
        )
        stream.width, stream.height = source.width, source.height
        stream.pix_fmt = source.pix_fmt
        stream.codec_context.gop_size = 2 * source.fps
        if source.is_hdr:
            stream.codec_context.color_primaries = _BT2020
            stream.codec_context.colorspace = _BT2020
            stream.codec_context.color_trc = _HLG
        sound = cast("av.AudioStream", out.add_stream(source.audio, rate=48_000, layout="stereo"))
        for number, frame in enumerate(_draw(source, seconds)):
            frame.pts, frame.time_base = number, Fraction(1, source.fps)
            frame.pict_type = 0  # the test card wants key frames only; the encoder chooses
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        for packet in _hum(sound, seconds):
            out.mux(packet)
    if source.rotation:
        data = bytearray(path.read_bytes())
        turn(data, source.rotation)
        path.write_bytes(data)
    return path


def _hum(stream: av.AudioStream, seconds: float) -> Iterator[av.Packet[av.AudioStream]]:
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format,
        layout=context.layout,
        rate=48_000,
        frame_size=context.frame_size or 1024,
    )
    for number in range(round(seconds * 50)):
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.planes[0].update(bytes(range(240)) * 16)
        frame.rate, frame.pts = 48_000, number * 960
        for ready in resampler.resample(frame):
            yield from stream.encode(ready)
    for ready in resampler.resample(None):
        yield from stream.encode(ready)
    yield from stream.encode()
