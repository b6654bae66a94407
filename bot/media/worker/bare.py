"""Whether an MP4 or MOV file holds its pictures and its sound, and nothing that tells of anybody.

Only what is known to be harmless is let through: whatever else lies in a file (places, devices,
dates, covers, further tracks, boxes behind the end) makes it one that is packed anew before it
goes anywhere, and so are fragmented files. In the child processes only; nothing is decoded.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARENTS: Final = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"dinf"}
_LEAVES: Final = {
    b"ftyp", b"mdat", b"elst", b"vmhd", b"smhd", b"stsd", b"stts", b"stss", b"ctts", b"cslg",
    b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp",
}  # fmt: skip
_DATED: Final = {b"mvhd", b"tkhd", b"mdhd"}
_PADDING: Final = {b"free", b"skip", b"wide"}
_MAX_BOXES: Final = 20_000
_MAX_SMALL: Final = 4096  # bytes of a box that is read whole
_MAX_SIZES: Final = 2_000_000  # likewise, of one that tells how large each picture is

# What FFmpeg writes of itself, as every converter does that is built on it: no device, no person.
_FFMPEG: Final = re.compile(
    rb"(?:....meta\0{4}....hdlr\0{8}mdir.{13}....ilst....\xa9too....data\0{3}\x01\0{4}"
    rb"|....\xa9swr.{4})Lavf[0-9.]*"
    rb"|....meta\0{4}....hdlr\0{8}mdir.{13}\0{3}\x08ilst",
    re.DOTALL,
)
# Where the pictures lie: in this very file.
_HERE: Final = re.compile(rb"\0{7}\x01\0{3}\x0c(?:url |alis)\0{3}\x01")
_HANDLER: Final = re.compile(
    rb"\0{4}(?:\0{4}|mhlr|dhlr)(?:vide|soun|url |alis)(?:\0{12}|appl.{8})"
    rb".?(?:VideoHandler|SoundHandler|DataHandler|Core Media (?:Video|Audio|Data Handler))?\0?",
    re.DOTALL,
)


def is_bare(file: BinaryIO) -> bool:
    """Tell whether an MP4 or MOV file surely holds pictures and sound alone.

    ``False`` also means: it is no such file, or not understood. The file's position stays.
    """
    position = file.tell()
    try:
        size = file.seek(0, 2)
        seen = {b"vide": 0, b"soun": 0, b"mdat": 0, b"stsz": 0}
        left = _MAX_BOXES
        for kind, content in _walk(file, 0, size):
            left -= 1
            if left < 0 or not _is_harmless(kind, content, seen):
                return False
    finally:
        file.seek(position)
    # What no sample uses are pictures that were cut away, or something else altogether.
    is_used_up = seen[b"mdat"] == seen[b"stsz"]
    return seen[b"vide"] == 1 and seen[b"soun"] <= 1 and is_used_up


def _walk(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each box within; what does not add up is of the kind ``b""``.

    The content is cut off where it is long, and for ``mdat`` it is its length.
    """
    at = start
    while at < end:
        file.seek(at)
        head = file.read(16)
        length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), 16
        if length < header or at + length > end:
            yield b"", b""
            return
        if kind in _PARENTS:
            yield from _walk(file, at + header, at + length)
        elif kind == b"mdat":
            yield kind, (length - header).to_bytes(8, "big")
        else:
            file.seek(at + header)
            most = _MAX_SIZES if kind == b"stsz" else _MAX_SMALL + 1
            yield kind, file.read(min(length - header, most))
        at += length


def _is_harmless(kind: bytes, content: bytes, seen: dict[bytes, int]) -> bool:
    if kind in _PADDING:  # editors leave there what they took out
        return len(content) <= _MAX_SMALL and not content.strip(b"\0")
    if kind in _DATED:  # when it was made, and last changed
        width = 8 if content[:1] == b"\1" else 4
        return not content[4 : 4 + 2 * width].strip(b"\0")
    if kind == b"udta":
        return _FFMPEG.fullmatch(content) is not None
    if kind == b"hdlr":
        if content[8:12] in seen:
            seen[content[8:12]] += 1
        return _HANDLER.fullmatch(content) is not None
    if kind == b"dref":
        return _HERE.fullmatch(content) is not None
    if kind == b"mdat":
        seen[kind] += int.from_bytes(content, "big")
    if kind == b"stsz":
        seen[kind] += _total_size(content)
    return kind in _LEAVES


def _total_size(content: bytes) -> int:
    """Return how many bytes all samples of a track have together."""
    one, count = int.from_bytes(content[4:8], "big"), int.from_bytes(content[8:12], "big")
    if one:
        return one * count
    known = min(count, (len(content) - 12) // 4)
    return sum(struct.unpack_from(f">{known}I", content, 12))
