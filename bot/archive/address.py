"""Where the archive lies, as the operator writes it in ``ARCHIVE_URL``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import url2pathname

from yarl import URL

from bot.system.hosts import is_internal, is_loopback

_EXAMPLE: Final = "s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-central-1"
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_OPTIONS: Final = frozenset({"endpoint", "region", "addressing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAddress:
    """An archive in a folder, which a web server shows to people."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """An archive in a bucket of an S3-compatible store."""

    bucket: str
    prefix: str = ""
    """What every key begins with, without slashes around it; empty is the whole bucket."""
    endpoint: str | None = None
    """``None`` is AWS itself."""
    region: str | None = None
    """``None`` is what ``AWS_REGION`` says, or us-east-1."""
    is_virtual: bool = False
    """Whether the bucket is part of the host's name (``addressing=virtual``), not of the path."""


def read_archive_url(text: str) -> FolderAddress | BucketAddress:
    """Return the place that an ``ARCHIVE_URL`` names.

    Raises:
        ValueError: It names none. The text says what to write and repeats no value, because
            people put passwords into addresses.
    """
    if "://" not in text:
        if re.match(r"(?:s3|file):", text, re.IGNORECASE):
            raise ValueError(f"must be a folder or look like {_EXAMPLE}")
        return FolderAddress(path=Path(text).expanduser())
    try:
        parts = urlsplit(text)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(f"must be a folder or look like {_EXAMPLE}") from None
    if parts.fragment or "#" in text:
        raise ValueError("must have no #")
    match parts.scheme:
        case "file":
            if parts.netloc not in {"", "localhost"} or parts.path in {"", "/"} or parts.query:
                raise ValueError("must look like file:///srv/restyle (three slashes) for a folder")
            return FolderAddress(path=Path(url2pathname(parts.path)))
        case "s3":
            return _read_bucket(parts.netloc, unquote(parts.path), options)
        case _:
            raise ValueError(f"must be a folder, file:///… or {_EXAMPLE}")


def _read_bucket(bucket: str, path: str, options: list[tuple[str, str]]) -> BucketAddress:
    if "@" in bucket:
        raise ValueError(
            "must hold no password: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
        )
    if not _BUCKET.fullmatch(bucket):
        raise ValueError(f"must name a bucket: {_EXAMPLE}")
    prefix = path.strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("must have a prefix of letters, digits, '-', '_', '.' and '/' only")
    chosen = dict(options)
    if len(chosen) < len(options) or not chosen.keys() <= _OPTIONS:
        raise ValueError("takes the options endpoint, region and addressing, each once")
    if not _REGION.fullmatch(chosen.get("region", "-")):
        raise ValueError("must have a region such as eu-central-1, or auto")
    if chosen.get("addressing", "path") not in {"path", "virtual"}:
        raise ValueError("must have addressing=path or addressing=virtual")
    is_virtual = chosen.get("addressing") == "virtual"
    endpoint = _read_endpoint(chosen["endpoint"]) if "endpoint" in chosen else None
    return BucketAddress(
        bucket=bucket,
        prefix=prefix,
        endpoint=endpoint,
        region=chosen.get("region"),
        is_virtual=is_virtual,
    )


def _read_endpoint(text: str) -> str:
    try:
        url = URL(text.rstrip("/"))
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.user:
        raise ValueError("must have an endpoint such as https://s3.example.com")
    if url.scheme == "http" and not is_internal(url.host):
        raise ValueError(
            "must have an https endpoint: http is for this machine and its own network"
        )
    return str(url)


def check_archive_url(text: str) -> str:
    """Return ``text``, stripped, if it is empty or names an archive.

    Raises:
        ValueError: As :func:`read_archive_url`.
    """
    if text := text.strip():
        read_archive_url(text)
    return text


def check_public_url(text: str) -> str:
    """Return the base of the links that people get, without a slash at its end.

    Raises:
        ValueError: It is no address that people could open safely.
    """
    if not (text := text.strip().rstrip("/")):
        return text
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("must be an address such as https://videos.example.com")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("must be https: people open these links (http on this machine only)")
    if url.query_string or url.fragment or url.user or "?" in text or "#" in text:
        raise ValueError("must have no user, query or fragment")
    return str(url)
