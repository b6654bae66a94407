"""What the bytes of a file say about its format, before any decoder sees them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

_STILL_BRANDS: Final = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1"}
_VIDEOS: Final = {"mp4", "matroska", "ogg", "flv", "asf", "avi"}
_WEBP_ANIMATION: Final = 0x02  # of the flags of VP8X
_HEAD_BYTES: Final = 1024 * 1024  # before its pictures a PNG has colours and words at most
_MP4_BOXES: Final = {b"moov", b"mdat", b"moof"}  # cut off, each of them is a loss
_MP4_OTHER_BOXES: Final = {b"ftyp", b"styp", b"free", b"skip", b"wide", b"uuid", b"sidx", b"mfra"}


def read_sniff(file: BinaryIO) -> str | None:
    """Tell by its first bytes what a file claims to be; ``None`` if that is nothing we know."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    if head[4:8] == b"ftyp":
        return "still" if head[8:12] in _STILL_BRANDS else "mp4"
    if head[4:8] in _MP4_BOXES | _MP4_OTHER_BOXES:
        return "mp4"
    for magic, name in (
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF8", "gif"),
        (b"OggS", "ogg"),
        (b"FLV\x01", "flv"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
        (b"BM", "still"),
        (b"II*\x00", "still"),
        (b"MM\x00*", "still"),
    ):
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"AVI ": "avi"}.get(head[8:12])
    return None


def is_video(file: BinaryIO) -> bool:
    """Tell whether a file begins like a container for video; a moving GIF is none."""
    return read_sniff(file) in _VIDEOS


def is_animated(file: BinaryIO, sniff: str | None) -> bool:
    """Tell whether a picture says that it moves: a WebP by its flags, a PNG by its ``acTL``."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if sniff == "webp":
        flags = int.from_bytes(head[20:21], "big")
        return head[12:16] == b"VP8X" and bool(flags & _WEBP_ANIMATION)
    return sniff == "png" and b"acTL" in head.partition(b"IDAT")[0]


def is_page(file: BinaryIO) -> bool:
    """Tell whether a file is empty or a page (HTML, XML, JSON).

    Proxies and storage send those instead of the file, now and then with a status of 200.
    """
    file.seek(0)
    start = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    return not start or start.startswith((b"<", b"{"))


def is_cut_off(file: BinaryIO, sniff: str | None) -> bool:
    """Tell whether the outermost parts of a file claim more bytes than there are."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if sniff == "mp4":
        return _is_mp4_cut_off(file, size)
    if sniff == "matroska":
        return _is_matroska_cut_off(file, size)
    return False


def _is_mp4_cut_off(file: BinaryIO, size: int) -> bool:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if kind not in _MP4_BOXES | _MP4_OTHER_BOXES or length == 0:
            return False  # something appended by a camera, or "to the end of the file"
        if at + length > size:
            return kind in _MP4_BOXES
        if length < 8:  # its own header
            return True
        at += length
    return False


def _read_ebml_number(file: BinaryIO, *, keep_marker: bool) -> int | None:
    """Read one variable-length number; ``None`` means unknown (live streams) or the end."""
    first = file.read(1)
    if not first or first == b"\x00":
        return None
    length = 8 - first[0].bit_length() + 1
    raw = int.from_bytes(first + file.read(length - 1), "big")
    if keep_marker:
        return raw
    value = raw & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value


def _is_matroska_cut_off(file: BinaryIO, size: int) -> bool:
    _read_ebml_number(file, keep_marker=True)
    header_bytes = _read_ebml_number(file, keep_marker=False)
    if header_bytes is None:
        return False
    file.seek(header_bytes, os.SEEK_CUR)
    _read_ebml_number(file, keep_marker=True)
    segment_bytes = _read_ebml_number(file, keep_marker=False)
    return segment_bytes is not None and file.tell() + segment_bytes > size


def name_container(file: BinaryIO, demuxer: str) -> str:
    """Return the name people use; FFmpeg's demuxers serve whole families."""
    position = file.tell()
    file.seek(0)
    head = file.read(4096)
    file.seek(position)
    if demuxer.startswith("mov,"):
        return "mov" if head[4:8] != b"ftyp" or head[8:12] == b"qt  " else "mp4"
    if demuxer.startswith("matroska"):
        return "webm" if b"webm" in head[:64] else "matroska"
    return demuxer.partition(",")[0]
