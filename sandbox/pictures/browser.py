"""A browser without a window: opens pages, presses in them, takes pictures of parts of them.

It is Chromium, spoken to through its DevTools protocol, so that nothing has to be installed for
Python beside what the bot needs anyway.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import re
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""What the program may be called, where ``CHROMIUM`` does not say."""

START_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_ADDRESS: Final = re.compile(rb"DevTools listening on (ws://\S+)")
_LONGEST_ANSWER: Final = 64 * 1024 * 1024  # bytes; a picture comes as text

_KEYS: Final = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "")}
"""Each with its number and what it writes."""

HOW_TO_GET: Final = (
    "The pictures are taken with Chromium, which is not installed here. Install it "
    "(Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask chromium), or set "
    "CHROMIUM to the path of Chromium or Chrome, then run the command again."
)


class BrowserError(Exception):
    """The browser could not be used; the text says what to do."""


def find_chromium() -> str:
    """Return the path of the browser.

    Raises:
        BrowserError: There is none.
    """
    wanted = os.environ.get("CHROMIUM")
    for name in [wanted] if wanted else NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise BrowserError(HOW_TO_GET)


class Tab:
    """One open page; made by :func:`open_tab`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None

    async def attach(self, width: int, height: int) -> None:
        """Open the tab itself, ``width`` by ``height`` pixels."""
        target = await self._ask("Target.createTarget", url="about:blank")
        attached = await self._ask(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        await self.size(width, height)

    async def size(self, width: int, height: int) -> None:
        """Make the page so large, in pixels."""
        await self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def go(self, url: str) -> None:
        """Open a page."""
        await self._ask("Page.navigate", url="about:blank")  # another fragment alone loads nothing
        await self._ask("Page.navigate", url=url)

    async def run(self, script: str) -> Any:  # noqa: ANN401 - any JSON
        """Run an expression in the page and return its value, awaited.

        Raises:
            BrowserError: It threw.
        """
        answer = await self._ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            raise BrowserError(thrown.get("exception", {}).get("description", thrown["text"]))
        return answer["result"].get("value")

    async def wait(self, script: str, *, what: str, seconds: float = 30.0) -> None:
        """Wait until an expression is true in the page.

        Raises:
            BrowserError: It was not in time; ``what`` names it.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    if await self.run(f"(async () => Boolean(await ({script})))()"):
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        raise BrowserError(f"the page never showed {what}")

    async def type(self, text: str) -> None:
        """Type into what has the keyboard."""
        await self._ask("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press a key and let it go: ``Enter``, ``Escape`` or ``Tab``.

        Raises:
            KeyError: It is another key.
        """
        code, text = _KEYS[key]
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self._ask("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        await self._ask("Input.dispatchKeyEvent", type="keyUp", **pressed)

    async def picture(self, x: float, y: float, width: float, height: float) -> bytes:
        """Return a part of the page as a PNG, all in pixels."""
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        taken = await self._ask("Page.captureScreenshot", format="png", clip=clip)
        return base64.b64decode(taken["data"])

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        number = next(self._numbers)
        question: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session is not None:
            question["sessionId"] = self._session
        await self._socket.send_str(orjson.dumps(question).decode())
        async with asyncio.timeout(ANSWER_SECONDS):
            async for message in self._socket:
                answer = orjson.loads(message.data)
                if answer.get("id") != number:
                    continue  # an event
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
        raise BrowserError("the browser ended")


@asynccontextmanager
async def open_tab(*, width: int, height: int) -> AsyncIterator[Tab]:
    """Start a browser with one tab; nothing of it is left afterwards.

    Raises:
        BrowserError: There is none, or it does not start.
    """
    program = find_chromium()
    with TemporaryDirectory(prefix="restyle-browser-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            program, *_options(Path(folder)), stderr=asyncio.subprocess.PIPE
        )
        try:
            address = await _address(process)
            async with (
                aiohttp.ClientSession() as http,
                http.ws_connect(address, max_msg_size=_LONGEST_ANSWER) as socket,
            ):
                tab = Tab(socket)
                await tab.attach(width, height)
                yield tab
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _options(folder: Path) -> list[str]:
    options = [
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-gpu",
        "--lang=en-US",
        "about:blank",
    ]
    if sys.platform == "linux" and os.geteuid() == 0:
        options.insert(0, "--no-sandbox")  # Chromium refuses to start for root with one
    return options


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None  # noqa: S101 - for the type checker
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            async for line in process.stderr:
                if found := _ADDRESS.search(line):
                    return found[1].decode()
    raise BrowserError("Chromium does not start here; try it by hand: chromium --headless")
