"""Find the boxes of an MP4, so that a test can change what its header says."""

import struct

_MATRIX = 40  # bytes into a track's header, version 0
_ONE = 0x10000


def boxes(data, start=0, end=None):
    """Yield (kind, offset, length) of the boxes of an MP4."""
    at = start
    end = len(data) if end is None else end
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, at, length
        at += length


def find(data, *path, start=0, end=None):
    """Return where the content of the box at ``path`` begins."""
    for kind in path:
        start, end = next((at + 8, at + n) for k, at, n in boxes(data, start, end) if k == kind)
    return start


def tracks(data):
    """Yield where the content of each track begins and ends, and what it is: vide, soun …"""
    at, length = next((at, n) for kind, at, n in boxes(data) if kind == b"moov")
    for kind, track, size in boxes(data, at + 8, at + length):
        if kind == b"trak":
            start, end = track + 8, track + size
            handler = find(data, b"mdia", b"hdlr", start=start, end=end) + 8
            yield start, end, bytes(data[handler : handler + 4])


def turn(data, degrees):
    """Say in every picture track of an MP4 that it is shown turned clockwise."""
    show_by(data, {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees])


def show_by(data, matrix):
    """Say in every picture track of an MP4 how (x, y) is shown: at (ax + cy, bx + dy)."""
    a, b, c, d = (value * _ONE for value in matrix)
    for start, end, kind in tracks(data):
        if kind == b"vide":
            at = find(data, b"tkhd", start=start, end=end) + _MATRIX
            data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)


def trim(data, begin, length):
    """Have every track's edit list leave the part from ``begin`` on, both in seconds."""
    movie = struct.unpack_from(">I", data, find(data, b"moov", b"mvhd") + 12)[0]
    struct.pack_into(">I", data, find(data, b"moov", b"mvhd") + 16, round(length * movie))
    for start, end, _ in tracks(data):
        edits = find(data, b"edts", b"elst", start=start, end=end)
        clock = struct.unpack_from(
            ">I", data, find(data, b"mdia", b"mdhd", start=start, end=end) + 12
        )[0]
        first = struct.unpack_from(">i", data, edits + 12)[0]
        struct.pack_into(
            ">Ii", data, edits + 8, round(length * movie), round(begin * clock) + first
        )
