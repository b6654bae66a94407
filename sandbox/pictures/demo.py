"""The moving picture of one restyle on the demo's page, and that of its first moment."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageChops

from sandbox.demo.harness import open_stage
from sandbox.demo.page import PROMPTS, DemoPage
from sandbox.pictures.screenshots import small_png
from sandbox.sample import sample_clip

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.pictures.browser import Tab

MAX_BYTES: Final = 3_000_000
"""Of the moving picture."""

_SIZE: Final = (960, 640)
_TASK_SECONDS: Final = 5.0
_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.3
_PROMPT: Final = ("a rainy night", " in Tokyo,", " neon signs,", " film grain")
_MOMENTS: Final = 16
"""Pictures of the clip that came back."""
_QUALITY: Final = 72
_LONGEST_MS: Final = 1200
"""How long a frame stays at most that nothing changes while waiting."""

_VISIBLE: Final = 24
"""From which difference in brightness of a pixel on, of 255, frames are two."""
_STEADY_CARET: Final = "document.documentElement.style.caretColor = 'transparent'"
"""A caret that blinks would make every frame another one."""
_READY: Final = "window.simcordPreview?.ready === true"
_BOX: Final = """(() => {
  const composer = document.getElementById('channel-composer').getBoundingClientRect();
  const list = document.querySelector('.command-popup, .command-picker').getBoundingClientRect();
  return { x: composer.left - 8, y: list.top,
           width: composer.width + 16, height: composer.bottom - list.top + 8 };
})()"""
_ANSWERED: Final = """[...document.querySelectorAll('.channel-message button')]
  .some((button) => button.textContent.trim() === 'Compare')"""
_SHOW: Final = """(async () => {
  const video = [...document.querySelectorAll('video')].at(-1);
  if (!video || video.readyState < 2 || !video.duration) return false;  // still loading
  document.getElementById('channel-timeline').dispatchEvent(new Event('wheel'));
  video.closest('.channel-message').scrollIntoView({ block: 'start' });
  const seeked = new Promise((done) => video.addEventListener('seeked', done, { once: true }));
  video.currentTime = video.duration * %f;
  await seeked;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return true;
})()"""
_TO_BUTTONS: Final = """(() => {
  const timeline = document.getElementById('channel-timeline');
  timeline.scrollTop = timeline.scrollHeight;
  return true;
})()"""


class Film:
    """Frames of what a tab shows, each with how long it stays."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._frames: list[Image.Image] = []
        self._stays: list[int] = []

    async def take(self, milliseconds: int) -> None:
        """Take a frame that stays so long; one like the last only lets that stay a bit longer."""
        taken = await self._tab.picture(0, 0, *_SIZE)
        with Image.open(io.BytesIO(taken)) as image:
            frame = image.convert("RGB")
        if self._frames and _is_alike(frame, self._frames[-1]):
            self._stays[-1] = max(self._stays[-1], min(self._stays[-1] + milliseconds, _LONGEST_MS))
            return
        self._frames.append(frame)
        self._stays.append(milliseconds)

    def write(self, path: Path) -> None:
        """Write all of it as an animated WebP that begins anew at its end."""
        first, *others = self._frames
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=self._stays,
            loop=0,
            quality=_QUALITY,
            method=4,
        )


def _is_alike(frame: Image.Image, other: Image.Image) -> bool:
    """Tell whether nobody sees a difference; the encoder would make one frame of both."""
    change = ImageChops.difference(frame, other).convert("L")
    return change.point([0] * _VISIBLE + [255] * (256 - _VISIBLE)).getbbox() is None


async def picture_demo(tab: Tab, folder: Path) -> list[Path]:
    """Restyle the sample as a person would, and keep the moving picture of it."""
    picker = folder / "restyle.png"
    async with open_stage(task_seconds=_TASK_SECONDS, poll_seconds=0.5) as stage:
        sample = stage.folder / "sample.mp4"
        await asyncio.to_thread(sample_clip, sample)
        async with DemoPage(stage, sample=sample, prompts=PROMPTS) as page:
            film = Film(tab)
            await tab.size(*_SIZE)
            await tab.go(page.url)
            await tab.wait(_READY, what="the demo")
            await tab.run(_STEADY_CARET)
            picker.write_bytes(await _type_command(tab, film))
            await _fill_in(tab, film)
            await _watch(tab, film)
    path = folder / "demo.webp"
    await asyncio.to_thread(film.write, path)
    return [path, picker]


async def _type_command(tab: Tab, film: Film) -> bytes:
    """Type ``/restyle``; return a picture of what is offered then."""
    await tab.run("document.getElementById('channel-composer-input').focus()")
    await film.take(900)
    for piece in ("/", "re", "style"):
        await tab.type(piece)
        await tab.wait(
            "window.simcordPreview.commandPicker.activeEntryKey", what="the list of commands"
        )
        await tab.wait(_READY, what="the faces beside the commands")
        await film.take(250)
    await film.take(900)
    box = await tab.run(_BOX)
    taken = await tab.picture(box["x"], box["y"], box["width"], box["height"])
    return await asyncio.to_thread(small_png, taken)


async def _fill_in(tab: Tab, film: Film) -> None:
    """Choose the sample, and say in the form how it should look."""
    await tab.press("Enter")
    await tab.wait("document.querySelector('.demo-sample')", what="the sample clip")
    await film.take(900)
    await tab.run("document.querySelector('.demo-sample').click()")
    await tab.wait("document.activeElement.matches('.command-chip')", what="the chosen clip")
    await film.take(900)
    await tab.press("Enter")
    await tab.wait("document.querySelector('.modal-dialog textarea')", what="the form")
    await tab.wait(_READY, what="the form")
    await film.take(900)
    await tab.run("document.querySelector('.modal-dialog textarea').focus()")
    for piece in _PROMPT:
        await tab.type(piece)
        await film.take(300)
    await film.take(700)
    await tab.run("document.querySelector('.modal-actions button:last-child').click()")


async def _watch(tab: Tab, film: Film) -> None:
    """Wait for the answer in the thread, and look at the clip that came back."""
    await tab.wait("!document.querySelector('.modal-dialog')", what="the page", seconds=_SECONDS)
    async with asyncio.timeout(_SECONDS):
        while not await tab.run(_ANSWERED):
            await tab.wait(_READY, what="the pictures of the thread", seconds=_SECONDS)
            await film.take(350)
            await asyncio.sleep(_LOOK_SECONDS)
    await tab.wait(_READY, what="the pictures of the answer", seconds=_SECONDS)
    await tab.wait(_SHOW % 0.0, what="the clip", seconds=_SECONDS)
    for moment in range(_MOMENTS):
        await tab.run(_SHOW % (moment / _MOMENTS))
        await film.take(160)
    await tab.run(_TO_BUTTONS)
    await film.take(3000)
