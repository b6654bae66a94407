"""What people attach: clips of every kind, described here and made by PyAV when first needed.

``CLIPS`` is the list; ``write_clip`` makes one. Each frame has a bright quarter at its upper left,
as it is stored, so that a test can see whether a turned clip was turned upright.
"""

import contextlib
import os
import random
import shutil
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition
from av.video.frame import VideoFrame

from tests.media.boxes import show_by, trim, turn

THEORA = Path(__file__).parent / "data" / "theora.ogv"  # PyAV's FFmpeg decodes it, nothing more
BT2020, PQ, HLG = 9, 16, 18  # as FFmpeg numbers primaries (and matrix) and transfers

FAST = {
    "libx264": {"preset": "ultrafast", "threads": "1"},
    "libx265": {
        "preset": "ultrafast",
        "x265-params": "log-level=none:pools=1:bframes=0:rc-lookahead=1",
    },
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
    "vorbis": {"strict": "experimental"},
    "aac": {"aac_coder": "fast"},
}
SERVED = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
    ".3gp": "video/3gpp",
    ".gif": "image/gif",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".ts": "video/mp2t",
    ".flv": "video/x-flv",
    ".wmv": "video/x-ms-wmv",
}


@dataclass(frozen=True, kw_only=True)
class Spec:
    """How one clip is made; the defaults make an MP4 that any provider takes."""

    name: str
    suffix: str = ".mp4"
    form: str = "mp4"
    codec: str = "libx264"
    size: tuple[int, int] = (160, 96)
    fps: int = 12
    seconds: float = 2.5
    audio: str | None = "aac"
    audio_rate: int = 48000
    rotation: int = 0  # clockwise, as shown
    pix_fmt: str = "yuv420p"
    aspect: Fraction | None = None  # of a pixel
    transfer: int | None = None  # HDR: PQ or HLG
    times: tuple[int, ...] | None = None  # in milliseconds: a variable frame rate
    key_every: int = 12
    shift: Fraction = Fraction(0)  # of all moments, in seconds
    seconds_of_noise: float = 0  # frames that no codec makes small
    second_video: bool = False
    cover: bool = False
    options: dict = field(default_factory=dict)  # of the container
    matrix: tuple[int, int, int, int] | None = None  # how it is shown, as MP4 says it
    trim: tuple[float, float] | None = None  # start and length that an edit list leaves, in seconds
    metadata: dict = field(default_factory=dict)  # of the file
    chapters: bool = False
    tail: bytes = b""  # behind the end
    padding: bytes = b""  # in a box that says that it is free
    sound_seconds: float | None = None  # where it is not as long as the pictures
    second_size: tuple[int, int] | None = None  # from the middle on
    tuning: dict = field(default_factory=dict)  # of the codec

    @property
    def served_as(self):
        """The type that the file is served with, going by its name."""
        return SERVED.get(self.suffix, "application/octet-stream")


def paint(width, height, number, pix_fmt, noise=None):
    """Draw a frame: grey by its number, its upper left quarter bright."""
    frame = VideoFrame(width, height, "yuv420p")
    luma, *chroma = frame.planes
    stride, grey = luma.line_size, bytes([60 + number % 60])
    if noise:
        luma.update(noise.randbytes(luma.buffer_size))
    else:
        top = bytes([220]) * (width // 2) + grey * (stride - width // 2)
        luma.update(top * (height // 2) + grey * (luma.buffer_size - stride * (height // 2)))
    for plane, value in zip(chroma, (118, 136), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame if pix_fmt == "yuv420p" else frame.reformat(format=pix_fmt)


@contextlib.contextmanager
def ordinary_priority():
    """Be as important afterwards as before.

    SVT-AV1, run by root, makes the calling thread a real-time one of the highest priority, and
    leaves it so: everything else on the machine would wait for this process, and its children too.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


@ordinary_priority()
def write_clip(spec, path):
    """Make one clip."""
    if spec.codec == "theora":
        return shutil.copyfile(THEORA, path)
    with av.open(str(path), "w", format=spec.form, options=spec.options) as out:
        picture = _picture(out, spec)
        second = _picture(out, spec) if spec.second_video else None
        sound = _sound(out, spec) if spec.audio else None
        out.metadata.update(spec.metadata)
        if spec.chapters:
            out.set_chapters([
                {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "At home, Unter den Linden 77"}},
            ])  # fmt: skip
        if spec.cover:
            _add_cover(out)
        _show(out, spec, picture)
        if second:
            _show(out, spec, second)
        if sound:
            _hum(out, spec, sound)
    data = bytearray(path.read_bytes())
    if spec.rotation:
        turn(data, spec.rotation)
    if spec.matrix:
        show_by(data, spec.matrix)
    if spec.trim:
        trim(data, *spec.trim)
    if spec.padding:
        data += struct.pack(">I4s", 8 + len(spec.padding), b"free") + spec.padding
    path.write_bytes(data + spec.tail)
    return path


def _picture(out, spec):
    stream = out.add_stream(spec.codec, rate=spec.fps)
    context = stream.codec_context
    stream.width, stream.height = spec.size
    stream.pix_fmt = spec.pix_fmt
    context.gop_size = spec.key_every
    context.time_base = Fraction(1, 1000 if spec.times else spec.fps)
    context.options = FAST.get(spec.codec, {}) | spec.tuning
    if spec.aspect:
        context.sample_aspect_ratio = spec.aspect
    if spec.transfer:
        context.color_primaries = context.colorspace = BT2020
        context.color_trc = spec.transfer
    return stream


def _sound(out, spec):
    layout = "mono" if spec.audio == "libopencore_amrnb" else "stereo"
    options = FAST.get(spec.audio)
    return out.add_stream(spec.audio, rate=spec.audio_rate, layout=layout, options=options)


def _add_cover(out):
    stream = out.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 320, 240, "yuvj420p"
    stream.disposition = Disposition.attached_pic.value
    frame = paint(320, 240, 0, "yuvj420p")
    frame.pts = 0
    out.mux([*stream.encode(frame), *stream.encode()])


def _show(out, spec, stream):
    noise = random.Random(spec.name)  # noqa: S311 - the same at every call
    for number, moment in enumerate(spec.times or range(round(spec.seconds * spec.fps))):
        is_noise = number < spec.seconds_of_noise * spec.fps
        if spec.second_size and number == round(spec.seconds * spec.fps) // 2:
            _mux(out, stream.encode(), spec.shift)
            _show_other_size(out, spec, stream, number)
            return
        frame = paint(*spec.size, number, spec.pix_fmt, noise if is_noise else None)
        frame.pts, frame.time_base = moment, stream.codec_context.time_base
        _mux(out, stream.encode(frame), spec.shift)
    _mux(out, stream.encode(), spec.shift)


def _show_other_size(out, spec, stream, begin):
    """Go on in another size, as a browser does that records a phone while it is turned."""
    encoder = av.CodecContext.create(spec.codec, "w")
    encoder.width, encoder.height = spec.second_size
    encoder.pix_fmt, encoder.time_base = spec.pix_fmt, Fraction(1, spec.fps)
    encoder.framerate = Fraction(spec.fps)
    encoder.options = FAST.get(spec.codec, {}) | spec.tuning
    encoder.open()
    frames = []
    for number in range(begin, round(spec.seconds * spec.fps)):
        frame = paint(*spec.second_size, number, spec.pix_fmt)
        frame.pts, frame.time_base = number, encoder.time_base
        frames.append(frame)
    for packet in [packet for frame in [*frames, None] for packet in encoder.encode(frame)]:
        packet.stream, packet.time_base = stream, encoder.time_base
        out.mux(packet)


def _mux(out, packets, shift):
    for packet in packets:
        if shift:
            packet.pts += int(shift / packet.time_base)
            packet.dts += int(shift / packet.time_base)
        out.mux(packet)


_hums = {}
"""The packets of each hum that was encoded; nearly all clips have the same one."""


def _hum(out, spec, stream):
    shift = max(spec.shift, 0)
    seconds = spec.seconds if spec.sound_seconds is None else spec.sound_seconds
    key = (spec.audio, spec.audio_rate, seconds)
    if key not in _hums:
        _hums[key] = [
            (packet, packet.pts, packet.dts, packet.duration, packet.time_base)
            for packet in _encode_hum(spec, seconds, stream)
        ]
    for packet, *moments in _hums[key]:
        packet.stream = stream
        packet.pts, packet.dts, packet.duration, packet.time_base = moments
        _mux(out, [packet], shift)


def _encode_hum(spec, seconds, stream):
    resampler = av.AudioResampler(
        format=stream.codec_context.format,
        layout=stream.codec_context.layout,
        rate=spec.audio_rate,
        frame_size=stream.codec_context.frame_size or 1024,
    )
    for number in range(round(seconds * spec.audio_rate / 960)):
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.planes[0].update(bytes(range(240)) * 16)
        frame.rate, frame.pts = spec.audio_rate, number * 960
        for ready in resampler.resample(frame):
            yield from stream.encode(ready)
    for ready in resampler.resample(None):
        yield from stream.encode(ready)
    yield from stream.encode()


PLACE = {
    "location": "+52.5163+013.3777/",
    "com.apple.quicktime.location.ISO6709": "+52.5163+013.3777+034.000/",
    "com.apple.quicktime.model": "iPhone 15 Pro",
    "artist": "Erika Mustermann",
}
ANY_NOTES = {"movflags": "use_metadata_tags"}
WAYS = {  # the matrix takes (x, y) to (ax + cy, bx + dy)
    "mirrored": (-1, 0, 0, 1),
    "mirrored-90": (0, -1, -1, 0),
    "mirrored-180": (1, 0, 0, -1),
    "mirrored-270": (0, 1, 1, 0),
    "90": (0, 1, -1, 0),
    "180": (-1, 0, 0, -1),
    "270": (0, -1, 1, 0),
}
FHD, UHD = (1920, 1080), (3840, 2160)
FEW = (0, 700, 1400, 2100)  # large frames take time, so there are few of them
PHONE = {"suffix": ".mov", "form": "mov", "codec": "libx265"}
MKV = {"suffix": ".mkv", "form": "matroska"}
WEBM = {"suffix": ".webm", "form": "webm", "codec": "libvpx-vp9", "audio": "libopus"}
TEN_BIT = {"pix_fmt": "yuv420p10le"}

CLIPS = (
    # What fits as it is, or nearly so.
    Spec(name="h264"),
    Spec(name="h264-faststart", options={"movflags": "faststart"}),
    Spec(name="h264-fragmented", options={"movflags": "frag_keyframe+empty_moov"}),
    Spec(name="silent", audio=None),
    Spec(name="smallest", size=(64, 64)),
    Spec(name="24-fps", fps=24),
    Spec(name="30-fps", fps=30),
    Spec(name="50-fps", fps=50),
    Spec(name="60-fps", fps=60),
    Spec(name="120-fps", fps=120, seconds=2),
    Spec(name="720p", size=(1280, 720), times=FEW),
    Spec(name="1080p", size=FHD, times=FEW),
    Spec(name="1080p-portrait", size=(1080, 1920), times=FEW),
    Spec(name="4k", size=UHD, times=FEW, audio=None),
    Spec(name="ultrawide", size=(2560, 1080), times=FEW, audio=None),
    # Phones: turned, HEVC, HDR.
    Spec(name="turned-90", rotation=90),
    Spec(name="turned-180", rotation=180),
    Spec(name="turned-270", rotation=270, suffix=".mov", form="mov"),
    Spec(name="phone-4k-turned", **PHONE, size=UHD, times=(0, 2100), rotation=90),
    Spec(name="phone-hlg-turned", **PHONE, **TEN_BIT, transfer=HLG, rotation=90, fps=60),
    Spec(name="hevc", codec="libx265"),
    Spec(name="hevc-pq", codec="libx265", **TEN_BIT, transfer=PQ),
    Spec(name="hevc-10-bit", codec="libx265", **TEN_BIT),
    Spec(name="prores", suffix=".mov", form="mov", codec="prores_ks", pix_fmt="yuv422p10le"),
    Spec(
        name="prores-alpha",
        suffix=".mov",
        form="mov",
        codec="prores_ks",
        pix_fmt="yuva444p10le",
        audio="pcm_s16le",
    ),
    Spec(name="mov-mjpeg", suffix=".mov", form="mov", codec="mjpeg", pix_fmt="yuvj422p"),
    Spec(name="mov-animation", suffix=".mov", form="mov", codec="qtrle", pix_fmt="argb"),
    # Recordings of screens, and what browsers record.
    Spec(name="mkv-h264", **MKV),
    Spec(name="mkv-h264-flac", **MKV, audio="flac"),
    Spec(name="mkv-hevc-1080p", **MKV, codec="libx265", size=FHD, times=FEW),
    Spec(name="mkv-vp9", **MKV, codec="libvpx-vp9", audio="libopus"),
    Spec(name="mkv-ffv1", **MKV, codec="ffv1", audio=None),
    Spec(name="mkv-mjpeg", **MKV, codec="mjpeg", pix_fmt="yuvj420p", audio="libmp3lame"),
    Spec(name="webm-vp8", **WEBM | {"codec": "libvpx", "audio": "vorbis"}),
    Spec(name="webm-vp9", **WEBM),
    Spec(name="webm-vp9-alpha", **WEBM, pix_fmt="yuva420p"),
    Spec(name="webm-av1", **WEBM | {"codec": "libsvtav1"}),
    Spec(name="webm-av1-pq", **WEBM | {"codec": "libsvtav1"} | TEN_BIT, transfer=PQ),
    Spec(
        name="webm-live",
        **WEBM | {"codec": "libvpx", "audio": None},
        options={"live": "1"},
        times=(0, 30, 60, 500, 530, 1200, 1230, 1900, 2400),
    ),
    # Other containers.
    Spec(name="mp4-mpeg4", codec="mpeg4"),
    Spec(name="mp4-av1", codec="libsvtav1"),
    Spec(name="mp4-vp9", codec="libvpx-vp9"),
    Spec(name="mp4-mp3", audio="libmp3lame"),
    Spec(name="avi-mpeg4", suffix=".avi", form="avi", codec="mpeg4", audio="libmp3lame"),
    Spec(name="avi-mjpeg", suffix=".avi", form="avi", codec="mjpeg", pix_fmt="yuvj420p"),
    Spec(name="ts-h264", suffix=".ts", form="mpegts"),
    Spec(name="ts-hevc", suffix=".ts", form="mpegts", codec="libx265"),
    Spec(
        name="ts-interlaced",
        suffix=".ts",
        form="mpegts",
        codec="mpeg2video",
        audio="ac3",
        size=(720, 576),
        fps=25,
        aspect=Fraction(16, 15),
        tuning={"flags": "+ildct+ilme"},
    ),
    Spec(name="ogv-theora", suffix=".ogv", form="ogg", codec="theora", audio=None),
    Spec(name="ogv-vp8", suffix=".ogv", form="ogg", codec="libvpx", audio="vorbis"),
    Spec(
        name="3gp-h263",
        suffix=".3gp",
        form="3gp",
        codec="h263",
        size=(176, 144),
        audio="libopencore_amrnb",
        audio_rate=8000,
    ),
    Spec(name="3gp-h264", suffix=".3gp", form="3gp"),
    Spec(name="flv", suffix=".flv", form="flv", codec="flv1", audio="libmp3lame", audio_rate=44100),
    Spec(name="wmv", suffix=".wmv", form="asf", codec="wmv2", audio=None),
    Spec(name="gif", suffix=".gif", form="gif", codec="gif", pix_fmt="rgb8", audio=None),
    # Odd ones.
    Spec(name="unnamed", suffix=""),
    Spec(name="odd-size", **WEBM, size=(161, 97)),
    Spec(name="odd-size-444", size=(161, 97), pix_fmt="yuv444p"),
    Spec(name="h264-10-bit", **TEN_BIT),
    Spec(name="h264-422", pix_fmt="yuv422p"),
    Spec(name="wide-pixels", size=(120, 96), aspect=Fraction(4, 3)),
    Spec(name="interlaced", tuning={"flags": "+ildct+ilme", "x264-params": "tff=1"}),
    Spec(name="variable-rate", times=(0, 20, 40, 60, 80, 1000, 1500, 2000, 2040, 2500)),
    Spec(name="key-every-20-s", seconds=40, size=(64, 64), key_every=240, audio=None),
    Spec(name="cut-by-edit-list", shift=Fraction(-1, 2), seconds=3, audio=None),
    Spec(name="starts-late", shift=Fraction(5)),
    Spec(name="two-videos", second_video=True),
    Spec(name="cover-art", cover=True),
    Spec(name="long", seconds=100, size=(64, 64), audio=None),
    Spec(name="30-seconds", seconds=30, size=(64, 64)),
    Spec(name="31-seconds", seconds=31, size=(64, 64)),
    Spec(name="short", seconds=1),
    Spec(name="one-frame", seconds=1 / 12, audio=None),
    Spec(
        name="heavy",
        size=(1280, 720),
        seconds=3,
        seconds_of_noise=1.2,
        tuning={"qp": "4"},
        audio=None,
    ),
    # Shown in each of the ways in which a phone, a mirror or an editor turns a picture.
    *(
        Spec(name=f"shown-{name}-{form}", matrix=matrix, form=form, suffix=f".{form}", audio=None)
        for form in ("mp4", "mov")
        for name, matrix in WAYS.items()
    ),
    # Trimmed without encoding: players show a part of what is there.
    Spec(name="trim-end", seconds=8, trim=(0, 3)),
    Spec(name="trim-both", seconds=8, trim=(2.25, 2.75)),
    Spec(name="trim-start-at-a-key", seconds=8, trim=(5, 3)),
    Spec(name="trim-end-mov", seconds=8, trim=(0, 3), form="mov", suffix=".mov"),
    Spec(name="trim-end-hevc", seconds=8, trim=(0, 3), codec="libx265"),
    Spec(name="trim-silent", seconds=8, trim=(0, 3), audio=None),
    Spec(name="trim-long", seconds=40, size=(64, 64), trim=(1, 32), audio=None),
    Spec(name="trim-too-short", seconds=8, trim=(1, 1)),
    # With more than pictures and sound.
    Spec(name="place-mp4", metadata=PLACE, options=ANY_NOTES),
    Spec(name="place-mov", metadata=PLACE, options=ANY_NOTES, form="mov", suffix=".mov"),
    Spec(name="place-silent", metadata=PLACE, options=ANY_NOTES, audio=None),
    Spec(name="place-hevc", metadata=PLACE, options=ANY_NOTES, codec="libx265"),
    Spec(name="place-mkv", **MKV, metadata=PLACE),
    Spec(name="place-webm", **WEBM, metadata=PLACE),
    Spec(name="place-webm-vp8", **WEBM | {"codec": "libvpx"}, metadata=PLACE),
    Spec(
        name="place-prores",
        metadata=PLACE,
        options=ANY_NOTES,
        form="mov",
        suffix=".mov",
        codec="prores_ks",
        pix_fmt="yuv422p10le",
        audio="pcm_s16le",
    ),
    Spec(name="place-and-turned", metadata=PLACE, options=ANY_NOTES, rotation=90),
    Spec(name="title", metadata={"title": "Unter den Linden 77"}),
    Spec(name="dated", metadata={"creation_time": "2026-11-30T12:00:00Z"}),
    Spec(name="chapters", chapters=True),
    Spec(
        name="box-behind-the-end", tail=struct.pack(">I4s", 28, b"uuid") + b"Unter den Linden 77."
    ),
    Spec(name="bytes-behind-the-end", tail=b"Unter den Linden 77"),
    Spec(name="notes-in-padding", padding=b"Unter den Linden 77"),
    Spec(name="empty-padding", padding=bytes(200)),
    # Sound that is not as long as the pictures.
    Spec(name="sound-longer", seconds=29, sound_seconds=33, size=(64, 64)),
    Spec(name="sound-a-bit-longer", sound_seconds=4),
    Spec(name="sound-shorter", sound_seconds=1),
    # Pictures that change midway, and sizes at the edges.
    Spec(
        name="size-changes-webm",
        **WEBM | {"codec": "libvpx"},
        size=(96, 160),
        second_size=(160, 96),
        tuning={"lag-in-frames": "0"},
    ),
    Spec(
        name="size-changes-mkv",
        **MKV,
        codec="libvpx",
        size=(96, 160),
        audio=None,
        second_size=(160, 96),
        tuning={"lag-in-frames": "0"},
    ),
    Spec(
        name="size-changes-mjpeg",
        **MKV,
        codec="mjpeg",
        pix_fmt="yuvj420p",
        size=(160, 96),
        second_size=(96, 96),
        audio=None,
    ),
    Spec(name="tiny", size=(2, 2), **MKV, codec="mpeg4", audio=None),
    Spec(name="slim", size=(4096, 100), times=FEW, audio=None),
    Spec(name="very-slim", size=(10000, 100), **MKV, codec="ffv1", times=FEW, audio=None),
    Spec(name="upright-and-slim", size=(64, 640), audio=None),
    Spec(name="still-for-3-seconds", times=(0,), audio="aac", seconds=3),
    Spec(name="nearly-square-pixels", aspect=Fraction(81, 80)),
    Spec(name="dvd-wide", size=(720, 576), aspect=Fraction(64, 45), times=FEW),
    Spec(name="tall-pixels", size=(160, 96), aspect=Fraction(1, 2)),
)
BY_NAME = {spec.name: spec for spec in CLIPS}
