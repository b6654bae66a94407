"""Files made to hurt whoever reads them: headers that lie, bombs, nothing inside, far too much.

``HOSTILE`` yields (kind, name, function that makes the bytes from ``clips(name)``).
"""

import functools
import struct
import zlib
from fractions import Fraction

import av

from tests.media.boxes import boxes, find, tracks
from tests.media.corpus import paint

HOSTILE = []


def _add(kind, name, make):
    HOSTILE.append((kind, name, make))


# Headers that lie.

_SAMPLES = (b"mdia", b"minf", b"stbl")


def _video(data, *path):
    """Return where the content of a box of the video track begins."""
    start, end = next((start, end) for start, end, kind in tracks(data) if kind == b"vide")
    return find(data, *path, start=start, end=end)


def _lie(where, offset, form, *values, base="h264-faststart"):
    def make(clips):
        data = bytearray(clips(base))
        struct.pack_into(form, data, where(data) + offset, *values)
        return data

    return make


def _in_track(*path):
    return lambda data: _video(data, *path)


def _table(name):
    return _in_track(*_SAMPLES, name)


def _ebml(element):
    """Return where the value of an element of Matroska begins; its length takes one byte."""
    return lambda data: data.index(element) + len(element) + 1


_STSD = 8  # version, flags and count; the entry's own size and kind follow
for _name, _make in {
    "duration": _lie(lambda data: find(data, b"moov", b"mvhd"), 16, ">I", 0xFFFFFFF0),
    "duration-of-the-track": _lie(_in_track(b"mdia", b"mdhd"), 16, ">I", 99_000_000),
    "no-clock": _lie(_in_track(b"mdia", b"mdhd"), 12, ">I", 0),
    "slow-clock": _lie(_in_track(b"mdia", b"mdhd"), 12, ">I", 1),
    "fast-clock": _lie(_in_track(b"mdia", b"mdhd"), 12, ">I", 0x7FFFFFFF),
    "no-such-codec": _lie(_table(b"stsd"), _STSD + 4, ">4s", b"zzzz"),
    "another-codec": _lie(_table(b"stsd"), _STSD + 4, ">4s", b"hvc1"),
    "size": _lie(_table(b"stsd"), _STSD + 32, ">2H", 65535, 65535),
    "no-samples": _lie(_table(b"stsz"), 8, ">I", 0),
    "four-billion-samples": _lie(_table(b"stsz"), 4, ">2I", 1, 0xFFFFFFFF),
    "huge-samples": _lie(_table(b"stsz"), 4, ">I", 0x7FFFFFFF),
    "samples-elsewhere": _lie(_table(b"stco"), 8, ">I", 0x7FFFFFFF),
    "samples-in-the-header": _lie(_table(b"stco"), 8, ">I", 0),
    "four-billion-chunks": _lie(_table(b"stco"), 4, ">I", 0xFFFFFFFF),
    "all-at-once": _lie(_table(b"stts"), 12, ">I", 0),
    "years-apart": _lie(_table(b"stts"), 12, ">I", 0x7FFFFFFF),
    "four-billion-moments": _lie(_table(b"stts"), 8, ">I", 0xFFFFFFFF),
    "squashed": _lie(_in_track(b"tkhd"), 40, ">9i", *[0] * 9),
    "starts-after-its-end": _lie(_in_track(b"edts", b"elst"), 12, ">i", 0x7FFFFFFF),
    "a-box-of-exabytes": _lie(lambda _: 0, 0, ">I4sQ", 1, b"ftyp", 2**63 - 1),
    "a-box-of-nothing": _lie(lambda data: find(data, b"moov") - 8, 0, ">I", 0),
    "a-photo": _lie(lambda _: 8, 0, ">4s", b"avif"),
    "mkv-clock-stands": _lie(_ebml(b"\x2a\xd7\xb1"), 0, ">3s", b"\0\0\0", base="mkv-h264"),
    "mkv-slow-clock": _lie(_ebml(b"\x2a\xd7\xb1"), 0, ">3s", b"\xff\xff\xff", base="mkv-h264"),
    "mkv-no-such-codec": _lie(_ebml(b"\x86"), 0, ">3s", b"V_X", base="webm-vp8"),
    "avi-no-rate": _lie(lambda data: data.index(b"strh") + 28, 0, "<2I", 0, 0, base="avi-mpeg4"),
    "avi-mad-rate": _lie(
        lambda data: data.index(b"strh") + 28, 0, "<2I", 1, 0xFFFFFFFF, base="avi-mpeg4"
    ),
}.items():
    _add("lying", _name, _make)


# Small files that ask for huge memory or for ever.


def _huge_jpegs(base):
    def make(clips):
        data = bytearray(clips(base))
        at = data.find(b"\xff\xc0")
        while at > 0:
            data[at + 5 : at + 9] = struct.pack(">2H", 65500, 65500)
            at = data.find(b"\xff\xc0", at + 2)
        return data

    return make


def _huge_vp8(clips):
    data = bytearray(clips("webm-vp8"))
    at = data.find(b"\x9d\x01\x2a")
    while at > 0:
        data[at + 3 : at + 7] = struct.pack("<2H", 16383, 16383)
        at = data.find(b"\x9d\x01\x2a", at + 2)
    return data


def _huge_gif(clips):
    data = bytearray(clips("gif"))
    data[6:10] = struct.pack("<2H", 65535, 65535)
    return data


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)
    )  # fmt: skip


@functools.cache
def huge_png(side):
    """Return a PNG of one colour: so many pixels, and hardly a byte."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + side)
    rows = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    head = struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )


def _wrap(codec, pix_fmt, form, packets, *, size=(64, 48), rate=10):
    """Mux packets that no encoder would make; each is a key frame."""

    def make(clips):
        path = clips.unfinished("wrapped")
        with av.open(str(path), "w", format=form) as out:
            stream = out.add_stream(codec, rate=rate)
            stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
            frame = paint(*size, 0, pix_fmt)
            frame.pts, frame.time_base = 0, Fraction(1, rate)
            stream.codec_context.time_base = frame.time_base
            first = [*stream.encode(frame), *stream.encode()][0]
            time_base, honest = first.time_base, bytes(first)
            for number, data in enumerate(packets(honest)):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, time_base
                packet.pts = packet.dts = round(Fraction(number, rate) / time_base)
                packet.is_keyframe = True
                out.mux(packet)
        data = path.read_bytes()
        path.unlink()
        return data

    return make


def _nested(depth):
    """Return boxes within boxes within boxes."""
    data = b""
    for _ in range(depth):
        data = struct.pack(">I4s", len(data) + 8, b"moov") + data
    return struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + data


def _squeezed_header(size):
    """Return an MP4 whose index is compressed, and claims to be enormous."""
    squeezed = zlib.compress(bytes(4_000_000), 9)
    dcom = struct.pack(">I4s4s", 12, b"dcom", b"zlib")
    cmvd = struct.pack(">I4sI", 12 + len(squeezed), b"cmvd", size) + squeezed
    cmov = struct.pack(">I4s", 8 + len(dcom + cmvd), b"cmov") + dcom + cmvd
    moov = struct.pack(">I4s", 8 + len(cmov), b"moov") + cmov
    return struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + moov


for _name, _make in {
    "jpegs-mkv": _huge_jpegs("mkv-mjpeg"),
    "jpegs-avi": _huge_jpegs("avi-mjpeg"),
    "jpegs-mov": _huge_jpegs("mov-mjpeg"),
    "vp8": _huge_vp8,
    "gif": _huge_gif,
    "png-in-mov": _wrap("png", "rgb24", "mov", lambda _: [huge_png(12_000)] * 20),
    "png-in-avi": _wrap("png", "rgb24", "avi", lambda _: [huge_png(12_000)] * 20),
    "boxes-in-boxes": lambda _: _nested(20_000),
    "squeezed-header": lambda _: _squeezed_header(4_000_000),
    "squeezed-header-that-lies": lambda _: _squeezed_header(0x7FFFFFFF),
}.items():
    _add("bomb", _name, _make)


# Nothing in it.


def _without_frames(base, mark):
    """Keep what stands before the first frames."""
    return lambda clips: clips(base)[: clips(base).index(mark)]


def _only_header(clips):
    data = clips("h264-faststart")
    return data[: next(at for kind, at, _ in boxes(data) if kind == b"mdat")]


for _name, _make in {
    "mp4": _only_header,
    "fragmented": _without_frames("h264-fragmented", b"moof"),
    "mkv": _without_frames("mkv-h264", b"\x1f\x43\xb6\x75"),
    "webm-live": _without_frames("webm-live", b"\x1f\x43\xb6\x75"),
    "avi": _without_frames("avi-mpeg4", b"movi"),
    "gif": lambda clips: clips("gif")[:13] + b";",
    "flv": lambda clips: clips("flv")[:13],
    "frames-without-bytes": _wrap("mjpeg", "yuvj420p", "matroska", lambda _: [b""] * 50),
    "frames-of-one-byte": _wrap("mjpeg", "yuvj420p", "matroska", lambda _: [b"\0"] * 50),
}.items():
    _add("empty", _name, _make)


# 100,000 packets: slow to walk over, quick to send.

for _name, _make in {
    "mkv": _wrap("mjpeg", "yuvj420p", "matroska", lambda _: [b"\xff\xd8\xff\xd9"] * 100_000),
    "avi": _wrap("mjpeg", "yuvj420p", "avi", lambda _: [b"\0"] * 100_000),
    "real-pictures": _wrap(
        "mpeg4", "yuv420p", "avi", lambda honest: [honest] * 100_000, size=(32, 32), rate=50
    ),
    "mp4-at-1000-fps": _wrap(
        "mjpeg", "yuvj420p", "mp4", lambda honest: [honest] * 100_000, size=(32, 32), rate=1000
    ),
}.items():
    _add("crowd", _name, _make)
