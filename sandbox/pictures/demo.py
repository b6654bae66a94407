"""The picture of the demo's page, for the README."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sandbox.demo.harness import open_stage
from sandbox.demo.page import PROMPTS, DemoPage
from sandbox.pictures.screenshots import small_png
from sandbox.sample import sample_clip

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.pictures.browser import Tab

_SIZE: Final = (1200, 900)
_SECONDS: Final = 60.0
_PLAY_SECONDS: Final = 1.5
_TRY: Final = """(() => {
  const button = document.querySelector('.demo-try');
  const isReady = button && document.querySelector('.demo-looks input:checked');
  if (isReady) button.click();
  return Boolean(isReady);
})()"""
_ANSWERED: Final = """[...document.querySelectorAll('.channel-message button')]
  .some((button) => button.textContent.trim() === 'Compare')"""
_PLAY: Final = """(async () => {
  const videos = [...document.querySelectorAll('video')];
  const video = videos.at(-1);
  if (!video) return false;
  video.muted = true;
  try { await video.play(); } catch { return false; }  // still loading
  await new Promise((done) => setTimeout(done, %d));
  video.pause();
  const timeline = document.getElementById('channel-timeline');
  timeline.scrollTop = timeline.scrollHeight;
  return true;
})()"""


async def picture_demo(tab: Tab, folder: Path) -> list[Path]:
    """Press *Try it* on the demo's page, and keep a picture of the answer in its thread."""
    async with open_stage(task_seconds=3.0, poll_seconds=0.5) as stage:
        sample = stage.folder / "sample.mp4"
        await asyncio.to_thread(sample_clip, sample)
        async with DemoPage(stage, sample=sample, prompts=PROMPTS) as page:
            await tab.size(*_SIZE)
            await tab.go(page.url)
            await tab.wait(_TRY, what="the button to try it")
            await tab.wait(_ANSWERED, what="the answer", seconds=_SECONDS)
            await tab.wait(_PLAY % (_PLAY_SECONDS * 1000), what="the clip")
            await asyncio.sleep(_PLAY_SECONDS)
            taken = await tab.picture(0, 0, *_SIZE)
    path = folder / "demo.png"
    await asyncio.to_thread(path.write_bytes, await asyncio.to_thread(small_png, taken))
    return [path]
