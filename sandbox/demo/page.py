"""The demo in a browser: SimCord's page, with people, channels, a tour and "Try it" around it.

SimCord serves a page for one channel. This server stands in front of it at one address, hands
everything through, and adds the rest to the page; so the browser sees one site.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import signal
import sys
import webbrowser
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
import orjson
from aiohttp import web

from sandbox.demo.harness import Stage, open_stage
from sandbox.demo.preview import DemoPreview
from sandbox.demo.tour import Tour, TourError, View, steps_for_page
from sandbox.sample import sample_clip

if TYPE_CHECKING:
    from collections.abc import Awaitable

TASK_SECONDS: Final = 9.0
POLL_SECONDS: Final = 0.8

PROMPTS: Final = {
    "Neon": "a rainy night in Tokyo, neon signs",
    "Watercolour": "a loose watercolour on rough paper",
    "Sketch": "a pencil sketch in an old notebook",
    "Noir": "a 1940s film noir, black and white",
}
"""Short name: prompt; the looks that can be tried with one press."""

_STATIC: Final = Path(__file__).parent / "static"
_MAX_REQUEST_BYTES: Final = 27 * 1024 * 1024  # SimCord takes 26 MiB
_KEY_HEADER: Final = "X-Simcord-Capability"
_CONTEXT_HEADER: Final = "X-Simcord-Context"
_HEADERS_PASSED_ON: Final = ("Content-Type", _CONTEXT_HEADER)
_HEADERS_PASSED_BACK: Final = (
    "Content-Disposition",
    "Content-Security-Policy",
    "Cache-Control",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Display-Height",
    "X-Display-Width",
    "X-Frame-Options",
    "X-Media-Duration",
    "X-Media-Kind",
    "X-Media-Time",
    "X-Simcord-Media-Metadata",
)


class DemoPage:
    """The site; an async context manager that borrows the stage.

    Args:
        stage: What plays.
        sample: The clip that is offered.
        prompts: Looks for one press, by short name.
        port: 0 takes any free one.
    """

    def __init__(
        self, stage: Stage, *, sample: Path, prompts: dict[str, str], port: int = 0
    ) -> None:
        self._stage = stage
        self._sample = sample
        self._prompts = prompts
        self._port = port
        self._token = secrets.token_urlsafe(24)
        self._preview = DemoPreview(stage)
        self._tour = Tour(stage, sample=sample, prompt=next(iter(prompts.values())))
        self._stack = AsyncExitStack()
        self._http: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """The page's address; whoever has it can use the page."""
        return f"http://127.0.0.1:{self._port}/#{self._token}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES, middlewares=[self._guard])
        app.router.add_get("/", self._index)
        app.router.add_static("/demo/static", _STATIC)
        app.router.add_get("/demo/sample.mp4", self._offer_sample)
        app.router.add_get("/demo/state", self._state)
        app.router.add_post("/demo/go", self._go)
        app.router.add_post("/demo/menu", self._menu)
        app.router.add_post("/demo/try", self._try)
        app.router.add_post("/demo/play", self._play)
        app.router.add_route("*", "/{path:.*}", self._hand_through)
        async with AsyncExitStack() as stack:
            self._http = await stack.enter_async_context(aiohttp.ClientSession())
            await self._tour.prepare()
            async with self._stage.pump.lock:
                await self._preview.open()
            stack.push_async_callback(self._preview.close)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            self._port = runner.addresses[0][1]
            self._stage.pump.on_change = self._preview.publish
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stage.pump.on_change = None
        await self._stack.aclose()

    # Requests

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401
        """Answer this machine's browser only, and on everything that acts only who has the link."""
        if request.host not in {f"127.0.0.1:{self._port}", f"localhost:{self._port}"}:
            raise web.HTTPForbidden(text="Open the address that the demo printed.")
        is_open = request.method == "GET" and not request.path.startswith(("/api/", "/demo/state"))
        given = request.headers.get(_KEY_HEADER, "")
        if not is_open and not hmac.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPUnauthorized(text="Open the address that the demo printed.")
        response: web.StreamResponse = await handler(request)
        return response

    async def _hand_through(self, request: web.Request) -> web.Response:
        if self._preview.url is None or self._http is None:
            raise web.HTTPServiceUnavailable
        # The part after # is SimCord's own key to its page.
        upstream, _, capability = self._preview.url.partition("/#")
        headers = {
            name: request.headers[name] for name in _HEADERS_PASSED_ON if name in request.headers
        }
        if _KEY_HEADER in request.headers:
            headers[_KEY_HEADER] = capability
        try:
            async with self._http.request(
                request.method,
                upstream + request.path_qs,
                headers=headers,
                data=await request.read() or None,
            ) as answer:
                return web.Response(
                    body=await answer.read(),
                    status=answer.status,
                    content_type=answer.content_type,
                    headers={
                        name: answer.headers[name]
                        for name in _HEADERS_PASSED_BACK
                        if name in answer.headers
                    },
                )
        except aiohttp.ClientError as exc:
            raise web.HTTPBadGateway from exc

    async def _index(self, request: web.Request) -> web.Response:
        """Return SimCord's page with ours in it."""
        page = await self._hand_through(request)
        text = page.text or ""
        text = text.replace("<title>SimCord Preview</title>", "<title>Restyle demo</title>")
        text = text.replace(
            "</head>",
            '  <link rel="icon" href="/demo/static/icon.svg">\n'
            '    <link rel="stylesheet" href="/demo/static/page.css">\n'
            '    <script type="module" src="/demo/static/page.js"></script>\n'
            "  </head>",
        )
        page.text = text
        return page

    async def _offer_sample(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(
            self._sample,
            headers={"Content-Disposition": f'attachment; filename="{self._sample.name}"'},
        )

    async def _state(self, request: web.Request) -> web.Response:
        state = self._preview.state(request.headers.get(_CONTEXT_HEADER, ""))
        return _json(state | {"prompts": list(self._prompts), "steps": steps_for_page()})

    async def _go(self, request: web.Request) -> web.Response:
        """Look as the wished person at the wished channel, in the page that asks."""
        wish = await _read(request)
        person = self._preview.person(_number(wish.get("person")))
        if person is None:
            raise web.HTTPNotFound(text="There is nobody with that name.")
        return await self._look(request, wish, View(person, _number(wish.get("channel"))))

    async def _menu(self, request: web.Request) -> web.Response:
        """Use *Restyle this* in the menu of a message that the page shows."""
        wish = await _read(request)
        here = self._preview.place_of(str(wish.get("context")))
        channel = self._preview.channel(here.channel_id)
        if channel is None or channel.guild is None:
            raise web.HTTPNotFound(text="The menu has nothing for direct messages.")
        message_id = _number(wish.get("message"))
        return await self._look(
            request, wish, await _played(self._tour.restyle_this(here.person, channel, message_id))
        )

    async def _try(self, request: web.Request) -> web.Response:
        """Type ``/restyle`` with the sample for the person."""
        wish = await _read(request)
        here = self._preview.place_of(str(wish.get("context")))
        prompt = self._prompts.get(str(wish.get("look")))
        if prompt is None:
            raise web.HTTPNotFound(text="There is no such look.")
        return await self._look(
            request, wish, await _played(self._tour.restyle(here.person, prompt))
        )

    async def _play(self, request: web.Request) -> web.Response:
        """Play a scene of the tour, and look at it in the page that asks."""
        wish = await _read(request)
        scene = self._tour.scenes.get(str(wish.get("scene")))
        if scene is None:
            raise web.HTTPNotFound(text="There is no such scene.")
        return await self._look(request, wish, await _played(scene()))

    async def _look(self, request: web.Request, wish: dict[str, Any], view: View) -> web.Response:
        async with self._stage.pump.lock:
            await self._preview.show(str(wish.get("context")), view)
            with suppress(TimeoutError):  # the pump publishes a little later
                await self._preview.publish()
        return await self._state(request)


async def _played(scene: Awaitable[View]) -> View:
    """Wait for a scene.

    Raises:
        web.HTTPServiceUnavailable: The bot did not do its part; the text says so.
    """
    try:
        return await scene
    except TourError as exc:
        raise web.HTTPServiceUnavailable(text=str(exc)) from exc
    except TimeoutError as exc:
        text = "The bot is still busy. Try again in a moment."
        raise web.HTTPServiceUnavailable(text=text) from exc


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        wish = orjson.loads(await request.read())
    except orjson.JSONDecodeError as exc:
        raise web.HTTPBadRequest from exc
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest
    return wish


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _json(value: Any) -> web.Response:  # noqa: ANN401 - any JSON
    return web.Response(
        body=orjson.dumps(value),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def has_display() -> bool:
    """Tell whether a browser window could open here."""
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


async def run_page(
    *, video: Path | None, prompt: str | None, port: int, opens_browser: bool
) -> int:
    """Serve the page until it is told to stop; return the exit code.

    Args:
        video: The clip that is offered; ``None`` draws the sample.
        prompt: One more look for one press, the first; ``None`` for none.
        port: 0 takes any free one.
        opens_browser: Open the page where there is a browser.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stop.set)
    async with open_stage(task_seconds=TASK_SECONDS, poll_seconds=POLL_SECONDS) as stage:
        sample = video or stage.folder / "sample.mp4"
        if video is None:
            await asyncio.to_thread(sample_clip, sample)
        elif not await asyncio.to_thread(video.is_file):
            raise FileNotFoundError(f"{video}: no such file")
        prompts = ({"Yours": prompt} if prompt else {}) | PROMPTS
        async with DemoPage(stage, sample=sample, prompts=prompts, port=port) as page:
            print("A simulation: no account, no internet, nothing is paid for.")
            print(f"Open {page.url}", flush=True)
            print("Ctrl-C ends it.", flush=True)
            if opens_browser and has_display():
                with suppress(Exception):  # the address is printed; a browser is a courtesy
                    await asyncio.to_thread(webbrowser.open, page.url)
            await stop.wait()
    print("\nStopped; nothing is left behind.")
    return 0
