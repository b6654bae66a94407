"""More files made to hurt: GIFs, Matroska, boxes and streams written byte by byte, odd codecs.

``MORE_HOSTILE`` yields (kind, name, function that makes the bytes from ``clips(name)``), as
``HOSTILE`` of ``hostile.py`` does.
"""

import struct

from tests.media.boxes import boxes, find, tracks
from tests.media.hostile import _in_track, _lie, _table, _wrap

MORE_HOSTILE = []


def _add(kind, files):
    MORE_HOSTILE.extend((kind, name, make) for name, make in files.items())


# GIFs: each picture costs a few bytes, and a whole canvas.

_PIXEL = b"\x02\x02\x44\x01\x00"  # one, packed


def _gif(
    width, height, frames, *, delay=4, place=(0, 0, 1, 1), pixels=_PIXEL, before=b"", flags=0xF0
):
    head = b"GIF89a" + struct.pack("<2H3B", width, height, flags, 0, 0)
    palette = bytes((0, 0, 0, 255, 255, 255)) if flags & 0x80 else b""
    one = b"\x21\xf9\x04\x04" + struct.pack("<H", delay) + b"\0\0"
    one += b"\x2c" + struct.pack("<4H", *place) + b"\0" + pixels
    return lambda _: head + palette + before + one * frames + b";"


def _comment(size):
    return b"\x21\xfe" + (b"\xff" + b"x" * 255) * (size // 255) + b"\0"


_add("gif", {
    "ten-thousand-huge-canvases": _gif(4096, 4096, 10_000, delay=1),
    "canvas-without-end": _gif(65535, 65535, 60),
    "canvas-of-nothing": _gif(0, 0, 60),
    "canvas-one-wide": _gif(1, 2000, 60),
    "pictures-beyond-the-canvas": _gif(64, 64, 60, place=(65000, 65000, 500, 500)),
    "pictures-larger-than-the-canvas": _gif(64, 64, 60, place=(0, 0, 65535, 65535)),
    "pictures-of-nothing": _gif(64, 64, 60, place=(0, 0, 0, 0)),
    "no-delay": _gif(64, 64, 60, delay=0),
    "eleven-minutes-each": _gif(64, 64, 60, delay=65535),
    "no-colours": _gif(64, 64, 60, flags=0x70),
    "codes-of-twelve-bits": _gif(64, 64, 60, pixels=b"\x0c\x02\xff\xff\x00"),
    "codes-of-no-such-size": _gif(64, 64, 60, pixels=b"\xff\x02\x44\x01\x00"),
    "pixels-without-end": _gif(64, 64, 1, pixels=b"\x02" + (b"\xff" + b"\x44" * 255) * 2000),
    "a-megabyte-of-comment": _gif(64, 64, 60, before=_comment(1_000_000)),
    "a-comment-without-end": _gif(64, 64, 60, before=b"\x21\xfe" + b"\xff" * 200_000),
    "blocks-of-no-kind": _gif(64, 64, 60, before=b"\x99" * 10_000),
})  # fmt: skip


# Matroska: elements within elements, of whatever size they say.

_SEGMENT, _CLUSTER, _VOID = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xec"


def _element(name, content, *, size=None):
    size = len(content) if size is None else size
    return name + struct.pack(">Q", size | 1 << 56) + content


def _ebml(doctype=b"matroska", **sizes):
    return _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x82", doctype), **sizes)


def _track(codec, *, width=64, height=48, private=b"", number=1):
    size = _element(b"\xb0", struct.pack(">I", width)) + _element(
        b"\xba", struct.pack(">I", height)
    )
    inside = (
        _element(b"\xd7", bytes([number])) + _element(b"\x83", b"\1") + _element(b"\x86", codec)
        + _element(b"\xe0", size) + (_element(b"\x63\xa2", private) if private else b"")
    )  # fmt: skip
    return _element(b"\x16\x54\xae\x6b", _element(b"\xae", inside))


def _matroska(*parts, head=None):
    return lambda _: (head or _ebml()) + _element(_SEGMENT, b"".join(parts))


def _blocks(data, *, count=30, number=1, flags=0x80, time=0):
    block = _element(b"\xa3", bytes([0x80 | number]) + struct.pack(">hB", time, flags) + data)
    return _element(_CLUSTER, _element(b"\xe7", b"\0") + block * count)


def _nest(depth):
    inside = b""
    for _ in range(depth):
        inside = _element(b"\x67\xc8", inside)
    return _element(b"\x12\x54\xc3\x67", _element(b"\x73\x73", inside))


_MJPEG, _NOISE = b"V_MJPEG", b"\xff\xd8" + b"\x11" * 50
_add("matroska", {
    "another-doctype": _matroska(_track(_MJPEG), _blocks(_NOISE), head=_ebml(b"doctype")),
    "head-of-exabytes": lambda _: _ebml(size=2**55) + b"\0" * 100,
    "void-of-exabytes": _matroska(_element(_VOID, b"", size=2**55), _track(_MJPEG)),
    "segment-alone": lambda _: _ebml() + _SEGMENT + b"\x01" + b"\xff" * 7,
    "tags-in-tags": _matroska(_track(_MJPEG), _nest(2000), _blocks(_NOISE)),
    "no-width": _matroska(_track(_MJPEG, width=0), _blocks(_NOISE)),
    "width-without-end": _matroska(_track(_MJPEG, width=2**31 - 1), _blocks(_NOISE)),
    "private-of-a-megabyte": _matroska(
        _track(b"V_MPEG4/ISO/AVC", private=b"\1" * 1_000_000), _blocks(_NOISE)),
    "private-of-nothing": _matroska(_track(b"V_MPEG4/ISO/HEVC"), _blocks(_NOISE)),
    "blocks-of-no-track": _matroska(_track(_MJPEG), _blocks(_NOISE, number=9)),
    "blocks-before-the-start": _matroska(_track(_MJPEG), _blocks(_NOISE, time=-32768)),
    "laces-that-lie": _matroska(_track(_MJPEG), _blocks(b"\xff" * 40, flags=0x86)),
    "laces-of-bytes": _matroska(_track(_MJPEG), _blocks(b"\xff" * 40, flags=0x84)),
    "blocks-of-nothing": _matroska(_track(_MJPEG), _blocks(b"", count=2000)),
    "a-hundred-tracks": _matroska(
        *(_track(_MJPEG, number=n) for n in range(1, 101)), _blocks(_NOISE)),
    "raw-pictures": _matroska(_track(b"V_UNCOMPRESSED"), _blocks(b"\0" * 5000)),
    "squeezed-without-end": _matroska(_track(b"V_MS/VFW/FOURCC", private=b"\0" * 40)),
})  # fmt: skip


# Boxes of MP4 that say what is not so, or name what is not theirs.


def _stays_elsewhere(address):
    """Have the pictures lie in another file, as QuickTime's references allow."""

    def make(clips):
        data = bytearray(clips("h264-faststart"))
        start, end = next((start, end) for start, end, kind in tracks(data) if kind == b"vide")
        at = find(data, b"mdia", b"minf", b"dinf", b"dref", start=start, end=end)
        entry = struct.pack(">I4sI", 12 + len(address), b"url ", 0) + address
        # In place: what follows moves into a box that nobody reads.
        room = struct.unpack_from(">I", data, at + 8)[0]
        struct.pack_into(">I", data, at + 16, 0)  # not in this file
        data[at + 8 : at + 8 + room] = entry[:room].ljust(room, b"\0")
        struct.pack_into(">I", data, at + 8, room)
        return data

    return make


def _added(kind, content, *, base="h264-faststart"):
    """Put a box in front of everything."""
    return lambda clips: struct.pack(">I4s", 8 + len(content), kind) + content + clips(base)


def _twice(kind):
    def make(clips):
        data = clips("h264-faststart")
        at, size = next((at, size) for found, at, size in boxes(data) if found == kind)
        return data + data[at : at + size]

    return make


def _without(kind):
    def make(clips):
        data = clips("h264-faststart")
        at, size = next((at, size) for found, at, size in boxes(data) if found == kind)
        return data[:at] + data[at + size :]

    return make


_add("boxes", {
    "pictures-in-another-file": _stays_elsewhere(b"file:///etc/passwd\0"),
    "pictures-on-the-net": _stays_elsewhere(b"http://127.0.0.1:1/a\0"),
    "marked-as-locked": _lie(_table(b"stsd"), 12, ">4s", b"encv"),
    "no-sizes": _lie(_table(b"stsz"), 4, ">2I", 0, 0),
    "sizes-of-nothing": _lie(_table(b"stsz"), 12, ">8I", *[0] * 8),
    "sizes-without-end": _lie(_table(b"stsz"), 12, ">2I", 0xFFFFFFFF, 0x7FFFFFFF),
    "chunks-without-samples": _lie(_table(b"stsc"), 8, ">3I", 1, 0, 1),
    "chunks-of-all-samples": _lie(_table(b"stsc"), 8, ">3I", 1, 0x7FFFFFFF, 1),
    "chunks-of-no-kind": _lie(_table(b"stsc"), 8, ">3I", 1, 1, 99),
    "no-kind-at-all": _lie(_table(b"stsd"), 4, ">I", 0),
    "kinds-without-end": _lie(_table(b"stsd"), 4, ">I", 0xFFFFFFFF),
    "edits-without-end": _lie(_in_track(b"edts", b"elst"), 4, ">I", 0xFFFFFFFF),
    "edit-of-nothing": _lie(_in_track(b"edts", b"elst"), 8, ">I", 0),
    "edit-that-stands": _lie(_in_track(b"edts", b"elst"), 16, ">2H", 0, 0),
    "size-of-the-track": _lie(_in_track(b"tkhd"), 76, ">2I", 0xFFFFFFFF, 0xFFFFFFFF),
    "two-indexes": _twice(b"moov"),
    "two-contents": _twice(b"mdat"),
    "no-index": _without(b"moov"),
    "no-content": _without(b"mdat"),
    "a-picture-of-an-app": _added(b"uuid", b"\0" * 500_000),
    "a-shop-in-front": _added(b"moof", b"\0" * 64),
    "free-as-air": _added(b"free", b"\0" * 2_000_000),
})  # fmt: skip


# Streams that say where the next part lies.


def _changed(base, mark, offset, data, *, every=False):
    """Overwrite what lies ``offset`` behind a mark, behind the first or behind each."""

    def make(clips):
        found = bytearray(clips(base))
        at = found.find(mark)
        assert at >= 0, (base, mark)
        while at >= 0:
            found[at + offset : at + offset + len(data)] = data
            at = found.find(mark, at + len(mark)) if every else -1
        return found

    return make


def _packets(base, change):
    """Change every packet of a transport stream."""

    def make(clips):
        data = clips(base)
        parts = [bytearray(data[at : at + 188]) for at in range(0, len(data) - 187, 188)]
        return b"".join(bytes(change(number, part)) for number, part in enumerate(parts))

    return make


def _other_pid(number, part):
    part[1:3] = struct.pack(">H", (number * 37) & 0x1FFF)
    return part


def _no_sync(_, part):
    part[0] = 0x46
    return part


def _only_padding(_, part):
    part[3] = (part[3] & 0x0F) | 0x20  # an adaptation field and no content
    part[4] = 183
    return part


_add("stream", {
    "ts-another-pid-each": _packets("ts-h264", _other_pid),
    "ts-without-marks": _packets("ts-h264", _no_sync),
    "ts-only-padding": _packets("ts-h264", _only_padding),
    "ts-backwards": lambda clips: _packets("ts-h264", lambda _, part: part)(clips)[::-1],
    "avi-list-of-everything": _changed("avi-mpeg4", b"LIST", 4, b"\xff\xff\xff\x7f"),
    "avi-format-without-end": _changed("avi-mpeg4", b"strf", 4, b"\xff\xff\xff\x7f"),
    "avi-index-of-nothing": _changed("avi-mpeg4", b"idx1", 8, b"\0" * 400),
    "avi-index-without-end": _changed("avi-mpeg4", b"idx1", 4, b"\xff\xff\xff\xff"),
    "avi-frames-without-end": _changed("avi-mpeg4", b"00dc", 4, b"\xff\xff\xff\x7f", every=True),
    "avi-size-of-nothing": _changed("avi-mpeg4", b"strf", 12, b"\0" * 8),
    "flv-tags-without-end": _changed("flv", b"\x09\0", 1, b"\xff\xff\xff", every=True),
    "flv-notes-without-end": _changed("flv", b"onMetaData", 10, b"\x08\xff\xff\xff\xff" * 20),
    "ogg-page-without-end": _changed("ogv-vp8", b"OggS", 26, b"\xff" * 200),
    "ogg-no-such-version": _changed("ogv-vp8", b"OggS", 4, b"\xff", every=True),
    "ogg-time-without-end": _changed("ogv-vp8", b"OggS", 6, b"\xff" * 7 + b"\x7f", every=True),
    "asf-objects-without-end": _changed("wmv", b"\x30\x26\xb2\x75", 16, b"\xff" * 7 + b"\x7f"),
    "asf-parts-of-nothing": _changed("wmv", b"\x30\x26\xb2\x75", 24, b"\0\0\0\0"),
    "webm-cluster-in-cluster": _changed("webm-live", _CLUSTER, 4, b"\x01" + b"\xff" * 7),
})  # fmt: skip


# Pictures of codecs that are not opened here, each of which has had its own bugs.

_add("codec", {
    f"{codec}-in-{form}": _wrap(codec, pix_fmt, form, lambda honest: [honest] * 30)
    for codec, pix_fmt, form in (
        ("magicyuv", "yuv420p", "avi"), ("huffyuv", "yuv422p", "avi"),
        ("ffvhuff", "yuv420p", "avi"),
        ("utvideo", "yuv420p", "avi"), ("zmbv", "bgr0", "avi"), ("cinepak", "rgb24", "avi"),
        ("rawvideo", "yuv420p", "matroska"), ("targa", "bgr24", "mov"),
        ("snow", "yuv420p", "avi"), ("asv1", "yuv420p", "avi"),
    )
})  # fmt: skip
