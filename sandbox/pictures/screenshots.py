"""The camera: shows a channel to somebody in the browser, and keeps what matters as a small PNG."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson
from PIL import Image

from sandbox.demo.simcord_private import (
    pass_videos_through,
    show_linked_files,
    steady_actions,
)
from sandbox.pictures.browser import BrowserError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import simcord

    from sandbox.demo.harness import Stage
    from sandbox.pictures.browser import Tab

WIDTH: Final = 720
HEIGHT: Final = 3200
"""Of the page, in pixels: so high that nothing has to be scrolled to."""

MAX_BYTES: Final = 150_000
"""Of a picture: a page of docs with a dozen of them still opens on a phone."""

_MARGIN: Final = 12
_SETTLE_SECONDS: Final = 0.4  # fonts and pictures find their size
_COLOURS: Final = (256, 128, 64, 32)

_STYLE: Final = """
  .preview-toolbar, .messages-sidebar, .channel-composer, .channel-header, .timeline-day-divider,
  .history-button, .media-player-controls, .attachment-media-actions,
  .channel-message:has(.message-system), [data-left-out] { display: none !important; }
  #channel-message-list { padding: 16px 0; }
  * { animation: none !important; transition: none !important; caret-color: transparent; }
  .channel-message { background: transparent !important; }
  .channel-message .command-mention { max-width: none; margin: 0; }
  .modal-dialog, .modal-body { max-height: none !important; }
  button.component-button { opacity: 1 !important; }
  .channel-message:has(> .message-components:not(.components-v2) + .message-attachments) {
    display: flex; flex-direction: column;
  }
  .channel-message:has(> .message-attachments) > .message-components:not(.components-v2) {
    order: 1;
  }
  .media-player { position: relative; width: 100%; padding: 0; border: 0; }
  .media-player-native { border-radius: 8px; object-fit: cover; }
  .media-player::after {
    position: absolute; inset: calc(50% - 24px) auto auto calc(50% - 24px);
    width: 48px; height: 48px; background: #fff; content: "";
    clip-path: polygon(30% 22%, 30% 78%, 78% 50%);
  }
"""
"""As Discord looks, without the tools of the simulation; a clip has a sign that it plays."""
_ADD_STYLE: Final = """(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(%s);
  document.adoptedStyleSheets.push(sheet);
})()"""
_READY: Final = "window.simcordPreview?.ready === true"
_MESSAGES: Final = "[...document.querySelectorAll('.channel-message:not([data-left-out])')]"
_LEAVE_OUT: Final = """(() => {
  document.activeElement?.blur();
  const all = [...document.querySelectorAll('.channel-message:not(:has(.message-system))')];
  const kept = all.slice(all.length - %d);
  for (const found of all) found.toggleAttribute('data-left-out', !kept.includes(found));
})()"""
_FORM: Final = "[document.querySelector('#modal-root [role=dialog]')]"
_BOX: Final = """(() => {
  const boxes = %s.filter(Boolean).map((found) => found.getBoundingClientRect());
  if (!boxes.length) return null;
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  return { x: left, y: top, width: Math.max(...boxes.map((box) => box.right)) - left,
           height: Math.max(...boxes.map((box) => box.bottom)) - top };
})()"""
_PRESS: Final = """(() => {
  const found = [...document.querySelectorAll('.channel-message button, .modal button')]
    .filter((button) => button.textContent.trim() === %s && !button.disabled).at(%d);
  found?.click();
  return Boolean(found);
})()"""


class Screenshots:
    """Takes pictures of the simulated Discord.

    Args:
        tab: Where it is looked at.
        stage: What plays.
        folder: Where the pictures go.
    """

    def __init__(self, tab: Tab, stage: Stage, folder: Path) -> None:
        self._tab = tab
        self._stage = stage
        self._folder = folder
        self._preview: Any = None
        self.taken: list[Path] = []

    @asynccontextmanager
    async def looking(
        self,
        channel: simcord.ChannelHandle,
        viewer: simcord.MemberActor,
    ) -> AsyncIterator[None]:
        """Have the channel in the browser while the block runs.

        Args:
            channel: What is looked at.
            viewer: Whose eyes see it.
        """
        async with self._stage.pump.lock:
            self._preview = self._stage.env.preview(
                channel,
                viewers=[viewer],
                layout="channel",
                assets=self._stage.world.pictures,
            )
            await self._preview.__aenter__()
            show_linked_files(self._preview, self._stage.env)
            steady_actions(self._preview, self._stage.pump.lock, lambda _: channel)
            pass_videos_through(self._preview)
        try:
            await self._tab.go(self._preview.url)
            await self.ready()
            await self._tab.run(_ADD_STYLE % _js(_STYLE))
            yield
        finally:
            async with self._stage.pump.lock:
                await self._preview.close()

    async def ready(self) -> None:
        """Wait until the page shows all that it was told."""
        await self._tab.wait(_READY, what="the channel")
        await asyncio.sleep(_SETTLE_SECONDS)
        await self._tab.wait(_READY, what="the channel")

    async def update(self) -> None:
        """Show what has happened since."""
        async with self._stage.pump.lock:
            await self._preview.refresh()
        await self.ready()

    async def press(self, label: str, *, number: int = -1) -> None:
        """Press a button of this name, as the viewer; the newest, or that ``number`` from 0.

        Raises:
            BrowserError: There is none.
        """
        if not await self._tab.run(_PRESS % (_js(label), number)):
            raise BrowserError(f'there is no button "{label}" to press')
        await asyncio.sleep(_SETTLE_SECONDS)
        await self.ready()

    async def messages(self, name: str, count: int = 1) -> None:
        """Keep a picture of the last messages."""
        await self._tab.run(_LEAVE_OUT % count)
        await asyncio.sleep(_SETTLE_SECONDS)
        await self._keep(name, _MESSAGES)

    async def form(self, name: str) -> None:
        """Keep a picture of the form that is open."""
        await self._tab.run(_LEAVE_OUT % 0)
        await self._keep(name, _FORM)

    async def _keep(self, name: str, elements: str) -> None:
        box = await self._tab.run(_BOX % elements)
        if box is None:
            raise BrowserError(f"there is nothing to see for {name}")
        x, y = max(0, box["x"] - _MARGIN), max(0, box["y"] - _MARGIN)
        taken = await self._tab.picture(
            x,
            y,
            min(box["width"] + 2 * _MARGIN, WIDTH - x),
            min(box["height"] + 2 * _MARGIN, HEIGHT - y),
        )
        path = self._folder / f"{name}.png"
        path.write_bytes(await asyncio.to_thread(small_png, taken))
        self.taken.append(path)


def small_png(data: bytes, *, most: int = MAX_BYTES) -> bytes:
    """Return a PNG with as many colours as fit into ``most`` bytes, with 32 at least."""
    with Image.open(io.BytesIO(data)) as image:
        plain = image.convert("RGB")
    found = _png(plain)
    for colours in _COLOURS:
        if len(found) <= most:
            break
        # An octree keeps rare colours, such as a card's stripe, true.
        found = _png(plain.quantize(colours, method=Image.Quantize.FASTOCTREE))
    return found


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _js(text: str) -> str:
    return orjson.dumps(text).decode()
