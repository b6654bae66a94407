"""Serve the simulated Discord's attachments over a real loopback socket.

SimCord keeps attachments in memory under addresses on ``cdn.simcord.invalid``. The bot and the
stand-in stream such addresses with aiohttp, so this server hands out the bytes, and a session
middleware leads requests for that host to it.
"""

from __future__ import annotations

import mimetypes
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

CDN_HOST: Final = "cdn.simcord.invalid"


@asynccontextmanager
async def serve_cdn(read: Callable[[str], bytes | None]) -> AsyncIterator[ClientMiddlewareType]:
    """Serve what ``read(url)`` knows; yield the middleware for sessions that should reach it.

    Args:
        read: Returns an attachment's bytes by its full address, or ``None`` (404). For SimCord
            this is ``lambda url: env.backend.cdn.get(url)``.
    """

    async def answer(request: web.Request) -> web.Response:
        data = read(f"https://{CDN_HOST}{request.path}")
        if data is None:
            return web.Response(status=404, text="This content is no longer available.")
        content_type = mimetypes.guess_type(request.path)[0] or "application/octet-stream"
        return web.Response(body=data, content_type=content_type)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]

        async def lead(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
            if request.url.host == CDN_HOST:
                request.url = request.url.with_scheme("http").with_host("127.0.0.1").with_port(port)
            return await handler(request)

        yield lead
    finally:
        await runner.cleanup()
