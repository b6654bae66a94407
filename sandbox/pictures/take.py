"""The command that takes the pictures: ``python -m sandbox pictures``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from sandbox.demo.harness import open_stage
from sandbox.pictures.browser import BrowserError, open_tab
from sandbox.pictures.demo import picture_demo
from sandbox.pictures.demo_guild import DemoGuildError, open_demo_guild
from sandbox.pictures.scenes import SCENES
from sandbox.pictures.screenshots import HEIGHT, WIDTH, Screenshots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.pictures.browser import Tab

DEMO: Final = "demo"
"""The scene that is the demo's page itself."""

TASK_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.3


async def take_pictures(names: Sequence[str], *, folder: Path) -> int:
    """Play scenes and keep their pictures; return the exit code.

    Args:
        names: Which scenes; none are all of them.
        folder: Where the pictures go; what bears the same name there is replaced.
    """
    known = [DEMO, *SCENES]
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"No such scene: {', '.join(unknown)}. There are {', '.join(known)}.\n")
        return 2
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    taken: list[Path] = []
    name = "browser"
    try:
        async with open_tab(width=WIDTH, height=HEIGHT) as tab:
            for name in names or known:
                taken += await _play(name, tab, folder)
    except TimeoutError:
        sys.stderr.write(f"{name}: the bot did not do its part in time.\n")
        return 1
    except (BrowserError, DemoGuildError) as exc:
        sys.stderr.write(f"{name}: {exc}\n")
        return 1
    for path in taken:
        print(f"Written: {path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


async def _play(name: str, tab: Tab, folder: Path) -> list[Path]:
    """Play one scene in a town of its own, and return its pictures."""
    if name == DEMO:
        return await picture_demo(tab, folder)
    await tab.size(WIDTH, HEIGHT)
    async with open_stage(task_seconds=TASK_SECONDS, poll_seconds=POLL_SECONDS) as stage:
        screenshots = Screenshots(tab, stage, folder)
        await SCENES[name](await open_demo_guild(stage), screenshots)
        return screenshots.taken
