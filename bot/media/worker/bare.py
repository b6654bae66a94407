"""Whether an MP4 or MOV file holds its pictures and its sound, and nothing that tells of anybody.

Only what is known to be harmless is let through: whatever else lies in a file (places, devices,
dates, covers, further tracks, boxes behind the end) makes it one that is packed anew before it
goes anywhere. In the child processes only; nothing is decoded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARENTS: Final = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"moof",
                   b"traf", b"mfra"}  # fmt: skip
_LEAVES: Final = {
    b"ftyp", b"styp", b"mdat", b"sidx", b"elst", b"vmhd", b"smhd", b"dref", b"stsd", b"stts",
    b"stss", b"ctts", b"cslg", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp",
    b"mehd", b"trex", b"mfhd", b"tfhd", b"tfdt", b"trun", b"tfra", b"mfro",
}  # fmt: skip
_DATED: Final = {b"mvhd", b"tkhd", b"mdhd"}
_PADDING: Final = {b"free", b"skip", b"wide"}
_MAX_BOXES: Final = 20_000
_MAX_SMALL: Final = 4096  # bytes of a box that is read whole

# What FFmpeg writes of itself, as every converter does that is built on it: no device, no person.
_FFMPEG: Final = re.compile(
    rb"(?:....meta\0{4}....hdlr\0{8}mdir.{13}....ilst....\xa9too....data\0{3}\x01\0{4}"
    rb"|....\xa9swr.{4})Lavf[0-9.]*",
    re.DOTALL,
)
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
        seen = {b"vide": 0, b"soun": 0}
        left = _MAX_BOXES
        for kind, content in _walk(file, 0, size):
            left -= 1
            if left < 0 or not _is_harmless(kind, content, seen):
                return False
    finally:
        file.seek(position)
    return seen[b"vide"] == 1 and seen[b"soun"] <= 1


def _walk(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each box within; what does not add up is of the kind ``b""``.

    The content is cut off where it is long, and all of it for ``mdat``.
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
        else:
            file.seek(at + header)
            yield kind, file.read(min(length - header, _MAX_SMALL + 1))
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
    return kind in _LEAVES
