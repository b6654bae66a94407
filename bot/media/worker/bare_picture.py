"""Whether a JPEG, PNG or WebP file holds its picture and nothing that tells of anybody.

Only what is known to be harmless is let through; see ``bare.py`` for why. In the child processes
only; nothing is decoded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PNG_CHUNKS: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM",
                      b"pHYs", b"sBIT", b"bKGD"}  # fmt: skip
_WEBP_CHUNKS: Final = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
_JFIF: Final = re.compile(rb"JFIF\0.{7}\0\0", re.DOTALL)  # without a preview
_SCAN_END: Final = re.compile(rb"\xff[^\0\xd0-\xd7\xff]")


def is_bare_picture(path: Path) -> bool:
    """Tell whether a picture surely has no notes, profiles, previews or anything behind its end.

    ``False`` also means: it is of another format, or not understood.
    """
    data = path.read_bytes()
    if data.startswith(b"\xff\xd8"):
        return _is_bare_jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _is_bare_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _is_bare_webp(data)
    return False


def _is_bare_jpeg(data: bytes) -> bool:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xD9:
            return at + 2 == len(data)
        content = data[at + 4 : at + 2 + length]
        is_jfif = marker == 0xE0 and _JFIF.fullmatch(content) is not None
        is_adobe = marker == 0xEE and content.startswith(b"Adobe") and len(content) == 12
        is_note = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if is_note and not (is_jfif or is_adobe):
            return False
        at += 2 + length
        if marker == 0xDA:  # the picture itself, up to the next marker
            found = _SCAN_END.search(data, at)
            if found is None:
                return False
            at = found.start()
            if data[at + 1] == 0xD9:
                return at + 2 == len(data)
    return False


def _is_bare_png(data: bytes) -> bool:
    at = 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind not in _PNG_CHUNKS:
            return False
        at += 12 + length
        if kind == b"IEND":
            return at == len(data)
    return False


def _is_bare_webp(data: bytes) -> bool:
    at, end = 12, 8 + int.from_bytes(data[4:8], "little")
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind not in _WEBP_CHUNKS:
            return False
        at += 8 + length + length % 2
    return at == len(data) == end + end % 2
