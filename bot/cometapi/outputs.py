"""Where in an answer about a task the finished video's address can stand.

Only places that name a result are read. An answer may echo the request as well, and a link to the
source is no result: nothing below ``input``, ``request``, ``properties`` or the like is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.system.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RESULTS: Final = (
    "output",  # Runway: https://docs.dev.runwayml.com/api
    "outputs",
    "result_url",  # newer gateways: dto/task.go of https://github.com/QuantumNous/new-api
    "resultUrl",
    "output_url",
    "outputUrl",
    "video_url",
    "videoUrl",
    "download_url",
    "downloadUrl",
    "result",
    "results",
    "task_result",
    "videos",
    "metadata",  # the same gateways keep {"url": …} there
)
"""Keys of a task below which results stand, the documented ones first."""
_LINKS: Final = ("url", "uri", "video", "mp4", "src", *_RESULTS)
"""Keys that lead on inside of them."""
_MAX_DEPTH: Final = 4

_OTHER_FILES: Final = (
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".json", ".html", ".htm"),
    *(".txt", ".vtt", ".srt", ".mp3", ".wav", ".m4a"),
)
"""Endings of what may stand beside a video: covers, subtitles, pages."""
_VIDEO_FILES: Final = (".mp4", ".mov", ".webm", ".mkv", ".m4v")


def output_urls(outer: Mapping[str, Any], inner: object) -> Iterator[str]:
    """Yield the usable links of a task's results, the likeliest first.

    Args:
        outer: The task as the gateway wraps it, or the bare task.
        inner: The provider's own object inside it, or its list of results; empty if there is none.
    """
    for key in _RESULTS:
        for part in (outer, inner):
            if isinstance(part, dict):
                yield from _links(part.get(key), 0)
    if isinstance(inner, list):
        yield from _links(inner, 0)


def reason_url(outer: Mapping[str, Any]) -> str | None:
    """Return the link in ``fail_reason``, where older gateways keep the result of a success."""
    text = outer.get("fail_reason")
    return text if isinstance(text, str) and _is_link(text) else None


def is_surely_video(url: str) -> bool:
    """Tell whether the path of ``url`` ends like a video's."""
    return urlsplit(url).path.lower().endswith(_VIDEO_FILES)


def may_be_video(url: str) -> bool:
    """Tell whether ``url`` is not plainly something else, such as a cover picture."""
    return not urlsplit(url).path.lower().endswith(_OTHER_FILES)


def is_same_file(url: str, other: str) -> bool:
    """Tell whether two links lead to one file, however they are signed."""
    one, two = urlsplit(url), urlsplit(other)
    return (one.hostname, one.path) == (two.hostname, two.path)


def _links(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if _is_link(value):
            yield value
    elif depth < _MAX_DEPTH:
        if isinstance(value, list):
            for item in value:
                yield from _links(item, depth + 1)
        elif isinstance(value, dict):
            for key in _LINKS:
                yield from _links(value.get(key), depth + 1)


def _is_link(text: str) -> bool:
    """Tell whether ``text`` is an https link (or http to this machine, as in the sandbox)."""
    if len(text) > 8192 or any(c.isspace() or c in '<>"' or not c.isprintable() for c in text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )
