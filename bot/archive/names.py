"""What the files of the archive are called: nobody can guess it, and it is always the same."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

_NAME: Final = re.compile(r"[0-9]{1,20}-[a-z]{1,20}-[0-9a-f]{32}\.[a-z0-9]{2,4}")
_PART: Final = re.compile(r"[a-z]{1,20}")

# A web server tells the content type of a file in a folder by its name.
_SUFFIXES: Final = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}


def make_name(key: bytes, job_id: int, part: str, content_type: str) -> str:
    """Return the name for one file of a job.

    The token in it (128 bits) is an HMAC under ``key``. So every process finds the same name for
    the same file, before and after a crash, without having to write one down first; and who knows
    one name of a job knows none of the others.

    Raises:
        ValueError: ``part`` has something else in it.
    """
    if not _PART.fullmatch(part):
        raise ValueError(f"{part!r} is not a word in lower-case letters")
    stem = f"{job_id}-{part}"
    token = hmac.digest(key, f"restyle archive: {stem}".encode(), hashlib.sha256)[:16].hex()
    return f"{stem}-{token}{_SUFFIXES.get(content_type, '.bin')}"


def is_name(text: str) -> bool:
    """Tell whether ``text`` is a name of ours, which is safe in a path and in a link."""
    return _NAME.fullmatch(text) is not None
