"""The command that takes the pictures: ``python -m sandbox pictures``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from sandbox.demo.stage import open_stage
from sandbox.pictures.browser import BrowserError, open_tab
from sandbox.pictures.camera import HEIGHT, WIDTH, Camera
from sandbox.pictures.scenes import SCENES
from sandbox.pictures.town import TownError, found_town

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TASK_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.3


async def take_pictures(names: Sequence[str], *, folder: Path) -> int:
    """Play scenes and keep their pictures; return the exit code.

    Args:
        names: Which scenes; none are all of them.
        folder: Where the pictures go; what bears the same name there is replaced.
    """
    unknown = [name for name in names if name not in SCENES]
    if unknown:
        sys.stderr.write(f"No such scene: {', '.join(unknown)}. There are {', '.join(SCENES)}.\n")
        return 2
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    try:
        async with (
            open_tab(width=WIDTH, height=HEIGHT) as tab,
            open_stage(task_seconds=TASK_SECONDS, poll_seconds=POLL_SECONDS) as stage,
        ):
            town = await found_town(stage)
            camera = Camera(tab, stage, folder)
            for name in names or SCENES:
                await SCENES[name](town, camera)
    except (BrowserError, TownError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    for path in camera.taken:
        print(f"Written: {path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0
