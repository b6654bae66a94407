"""Serve the outputs: signed addresses that expire, and everything that can go wrong with them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from aiohttp import web

from sandbox.standin.behaviours import OutputFault

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

_FLOOD_BYTES: Final = 4 * 1024**3
_BLOCK: Final = bytes(64 * 1024)
_DENIED: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code>'
    "<Message>Access Denied</Message></Error>"
)


class Links:
    """Signs the addresses of outputs, and checks them.

    Args:
        clock: In seconds.
        lifetime_seconds: How long an address works.
    """

    def __init__(self, *, clock: Callable[[], float], lifetime_seconds: float) -> None:
        self._clock = clock
        self._lifetime_seconds = lifetime_seconds
        self._key = secrets.token_bytes(32)

    def _sign(self, task_id: str, expires: str) -> str:
        return hmac.new(self._key, f"{task_id} {expires}".encode(), hashlib.sha256).hexdigest()

    def path(self, task_id: str) -> str:
        """Return a new path and query for a task's output."""
        expires = f"{self._clock() + self._lifetime_seconds:.3f}"
        return f"/output/{task_id}/restyled.mp4?_jwt={expires}:{self._sign(task_id, expires)}"

    def is_good(self, request: web.Request) -> bool:
        """Tell whether a request's address was signed here and is not too old."""
        expires, _, signature = request.query.get("_jwt", "").partition(":")
        expected = self._sign(request.match_info["task_id"], expires)
        return hmac.compare_digest(signature, expected) and float(expires) > self._clock()


def denied() -> web.Response:
    """Return what the provider's CDN answers to a link that is wrong or too old."""
    return web.Response(status=403, text=_DENIED, content_type="application/xml")


async def serve_output(
    request: web.Request,
    path: Path,
    data: bytes,
    fault: OutputFault | None,
    *,
    closing: asyncio.Event,
) -> web.StreamResponse:
    """Answer a GET of an output.

    Args:
        request: The GET.
        path: The video.
        data: Its bytes.
        fault: What goes wrong; ``None`` goes well.
        closing: Set when the stand-in stops; ends what would never end.
    """
    match fault:
        case None:
            return web.FileResponse(path, headers={"Content-Type": "video/mp4"})
        case OutputFault.EXPIRED:
            return denied()
        case OutputFault.GONE:
            return web.Response(status=404)
        case OutputFault.ERROR:
            return web.Response(status=500)
        case OutputFault.REDIRECT:
            return web.Response(status=302, headers={"Location": "http://10.0.0.1/private.mp4"})
        case OutputFault.WRONG_TYPE:
            return web.Response(body=data, headers={"Content-Type": "text/html"})
        case OutputFault.PAGE:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        case OutputFault.EMPTY:
            return web.Response(body=b"", headers={"Content-Type": "video/mp4"})
    response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
    match fault:
        case OutputFault.STALLED | OutputFault.CUT:
            response.content_length = len(data)
        case OutputFault.TOO_LARGE:
            response.content_length = _FLOOD_BYTES
        case OutputFault.NO_LENGTH | OutputFault.ENDLESS:
            response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        if fault is OutputFault.NO_LENGTH:
            await response.write(data)
            return response
        if fault in {OutputFault.STALLED, OutputFault.CUT}:
            await response.write(data[: len(data) // 2])
        else:
            for _ in range(_FLOOD_BYTES // len(_BLOCK)):
                if closing.is_set():
                    break
                await response.write(_BLOCK)
        if fault is OutputFault.STALLED:
            await closing.wait()
    except ConnectionError:
        return response  # the reader has seen enough
    if request.transport is not None:
        request.transport.close()
    return response
