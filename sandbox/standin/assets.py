"""Fetch and check the clips and images that a request names, as Runway does.

Sources:
    https://docs.dev.runwayml.com/assets/inputs
    https://docs.dev.runwayml.com/errors/troubleshooting
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
import av
from yarl import URL

from sandbox.standin import strict
from sandbox.standin.strict import Clip, NotTakenError, inspect_clip

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.standin.rules import Rules

USER_AGENT: Final = "RunwayML API/1.0"
MEBIBYTE: Final = 1024 * 1024
MAX_URL_LENGTH: Final = 2048
VIDEO_TYPES: Final = frozenset(
    {
        "video/mp4", "video/webm", "video/quicktime", "video/mov", "video/ogg", "video/h264",
        "video/x-matroska", "video/matroska", "video/3gpp",
    }
)  # fmt: skip
IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
_DATA_URI: Final = re.compile(
    r"data:([a-z0-9.+-]+/[a-z0-9.+-]+)(?:;[^;,]*)*;base64,", re.IGNORECASE
)
_HTTP_OK: Final = 200


class AssetRefusedError(Exception):
    """An asset is not taken; the text is Runway's own reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLimits:
    """How strict the fetching is.

    Attributes:
        fetch_seconds: For HEAD and GET together.
        max_data_uri_chars: The encoded length. The SDK says 5 MB since 5.17.1, read strictly here.
        allow_loopback: Take http, IP addresses and this machine as well; for tests.
        strict: Take nothing that any copy of the documentation would refuse: only the types that
            all of them name, the smaller of two stated sizes, bytes that are what the answer
            said, every frame sound, no tolerance (:mod:`sandbox.standin.strict`).
    """

    max_video_bytes: int = 32 * MEBIBYTE
    max_image_bytes: int = 16 * MEBIBYTE
    max_data_uri_chars: int = 5_000_000
    fetch_seconds: float = 10
    allow_loopback: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What was fetched.

    Attributes:
        data: All of it.
        content_type: In lower case, without parameters.
    """

    data: bytes
    content_type: str


async def fetch_asset(
    http: aiohttp.ClientSession,
    uri: str,
    *,
    limits: AssetLimits,
    video_rules: Rules | None = None,
) -> Asset:
    """Return what lies behind an address or in a data URI.

    Args:
        http: Fetches it.
        uri: The address or data URI.
        limits: How strict the fetching is.
        video_rules: Of the model that takes the video; ``None`` asks for an image.

    Raises:
        AssetRefusedError: It is not taken.
    """
    types, max_bytes = IMAGE_TYPES, limits.max_image_bytes
    if video_rules is not None:
        types = strict.VIDEO_TYPES if limits.strict else VIDEO_TYPES
        max_bytes = limits.max_video_bytes
        if limits.strict:
            max_bytes = min(max_bytes, video_rules.max_url_bytes)
    if uri.startswith("data:"):
        return _decode_data_uri(uri, types, limits.max_data_uri_chars)
    url = _check_url(uri, allow_loopback=limits.allow_loopback)
    data = bytearray()
    try:
        async with asyncio.timeout(limits.fetch_seconds):
            async with http.head(url, allow_redirects=False) as response:
                announced = _check_answer(response, types, max_bytes)
            async with http.get(url, allow_redirects=False) as response:
                answered = _check_answer(response, types, max_bytes)
                if limits.strict and answered != announced:
                    raise AssetRefusedError("Failed to fetch asset. HEAD and GET do not agree.")
                async for chunk in response.content.iter_chunked(MEBIBYTE):
                    data += chunk
    except TimeoutError:
        raise AssetRefusedError("Timeout while fetching asset.") from None
    except aiohttp.ClientError:
        raise AssetRefusedError(
            "Failed to fetch asset. The URL may be incorrect or the server hosting the asset may "
            "be down."
        ) from None
    return Asset(data=bytes(data), content_type=answered[0])


def _too_large(max_bytes: int) -> str:
    return f"Asset size exceeds {max_bytes / MEBIBYTE:.1f}MB."


def _decode_data_uri(uri: str, types: frozenset[str], max_chars: int) -> Asset:
    match = _DATA_URI.match(uri)
    if match is None:
        raise AssetRefusedError("Invalid data URI.")
    if len(uri) > max_chars:
        raise AssetRefusedError(_too_large(max_chars))
    if match[1].lower() not in types:
        raise AssetRefusedError(f"Unsupported asset type. Received {match[1].lower()}.")
    try:
        data = base64.b64decode(uri[match.end() :], validate=True)
    except binascii.Error:
        raise AssetRefusedError("Invalid data URI.") from None
    if not data:
        raise AssetRefusedError("Invalid data URI.")
    return Asset(data=data, content_type=match[1].lower())


def _check_url(uri: str, *, allow_loopback: bool) -> URL:
    try:
        url = URL(uri)
    except ValueError:
        raise AssetRefusedError("Invalid URL") from None
    if not url.host or len(uri) > MAX_URL_LENGTH:
        raise AssetRefusedError("Invalid URL")
    if allow_loopback and url.scheme in {"http", "https"}:
        return url
    if url.scheme != "https":
        raise AssetRefusedError("Only HTTPS URLs are allowed.")
    try:
        ipaddress.ip_address(url.host)
    except ValueError:
        if "." in url.host:
            return url
    raise AssetRefusedError("URLs must be hosted on a domain.")


def _check_answer(
    response: aiohttp.ClientResponse, types: frozenset[str], max_bytes: int
) -> tuple[str, int]:
    """Return the media type and the length that an answer states."""
    if response.status != _HTTP_OK:  # a redirect too: they are not followed
        raise AssetRefusedError(
            f'Failed to fetch asset. Received HTTP response code "{response.status}"'
        )
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in types:
        raise AssetRefusedError(f"Unsupported asset type. Received {content_type or 'none'}.")
    if response.content_length is None:
        raise AssetRefusedError("Failed to fetch asset. The server did not send a Content-Length.")
    if response.content_length > max_bytes:
        raise AssetRefusedError(_too_large(max_bytes))
    return content_type, response.content_length


def look_at_clip(path: Path, content_type: str, rules: Rules, *, is_strict: bool) -> Clip:
    """Look at a fetched clip, kindly or strictly. Blocking: call it in a thread.

    Raises:
        AssetRefusedError: It is no video that can be decoded.
    """
    if not is_strict:
        return probe_clip(path)
    try:
        return inspect_clip(path, content_type, used_seconds=rules.used_seconds)
    except NotTakenError as exc:
        raise AssetRefusedError(f"Unsupported asset type. {exc}") from exc


def probe_clip(path: Path) -> Clip:
    """Open a clip and decode its first picture. Blocking: call it in a thread.

    Raises:
        AssetRefusedError: It is no video that can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frame = next(container.decode(stream))
            fps = float(stream.average_rate or stream.guessed_rate or 0)
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (container.duration or 0) / av.time_base
            # An image is a video of one picture to FFmpeg, but not to Runway.
            is_picture = (
                container.format.name.endswith("_pipe") or "image2" in container.format.name
            )
            if is_picture or container.format.name == "gif":
                raise AssetRefusedError("Unsupported asset type. The asset is not a video.")
            return Clip(seconds=seconds, width=frame.width, height=frame.height, fps=fps)
    except (av.FFmpegError, IndexError, StopIteration):
        raise AssetRefusedError("Unsupported asset type. The asset could not be decoded.") from None


def probe_image(path: Path) -> None:
    """Decode an image. Blocking: call it in a thread.

    Raises:
        AssetRefusedError: It is no image that can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            next(container.decode(video=0))
    except (av.FFmpegError, IndexError, StopIteration):
        raise AssetRefusedError("Unsupported asset type. The asset could not be decoded.") from None


def clip_problem(clip: Clip, rules: Rules, *, is_strict: bool = False) -> dict[str, object] | None:
    """Return the issue with a clip's length, or ``None``."""
    # A clip of 30 s is often 30.03 s long by its last picture.
    slack = strict.SLACK if is_strict else 0.1
    if rules.max_seconds is not None and clip.seconds > rules.max_seconds + slack:
        code, name, limit, word = "too_big", "maximum", rules.max_seconds, "most"
    elif clip.seconds < rules.min_seconds - slack:
        code, name, limit, word = "too_small", "minimum", rules.min_seconds, "least"
    else:
        return None
    return {
        "code": code,
        name: limit,
        "type": "number",
        "inclusive": True,
        "origin": "number",
        "message": f"Asset duration must be at {word} {limit:g} seconds",
        "path": ["videoUri"],
    }


def is_within(clip: Clip, rules: Rules, *, is_strict: bool = False) -> bool:
    """Tell whether the model can work on a clip of this speed and size."""
    slack = strict.SLACK if is_strict else 0.5
    long_side = rules.max_long_side if is_strict else None
    return (
        (rules.max_fps is None or clip.fps <= rules.max_fps + slack)
        and (rules.max_lines is None or min(clip.width, clip.height) <= rules.max_lines)
        and (long_side is None or max(clip.width, clip.height) <= long_side)
    )
