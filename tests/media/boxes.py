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
    cos, sin = {90: (0, _ONE), 180: (-_ONE, 0), 270: (0, -_ONE)}[degrees]
    for start, end, kind in tracks(data):
        if kind == b"vide":
            at = find(data, b"tkhd", start=start, end=end) + _MATRIX
            data[at : at + 36] = struct.pack(">9i", cos, sin, 0, -sin, cos, 0, 0, 0, 0x40000000)
