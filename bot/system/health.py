"""The sign of life that a container's health check looks at."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEAT_SECONDS: Final = 10.0
STALE_SECONDS: Final = 45.0
"""Four missed beats: a stalled event loop, a dead process, or no connection to Discord."""


def heartbeat_path(data_dir: Path, shards: str = "") -> Path:
    """Return the file whose age tells how long ago the bot was well.

    Each of several processes with one data folder has its own, named by its ``shards``
    (``Settings.shards``): the well one must not vouch for the dead one.
    """
    name = f"heartbeat-{shards.replace('/', '-of-')}" if shards else "heartbeat"
    return data_dir / name


async def keep_beating(data_dir: Path, is_well: Callable[[], bool], *, shards: str = "") -> None:
    """Touch the heartbeat file every ``BEAT_SECONDS`` while ``is_well()``; never returns."""
    path = heartbeat_path(data_dir, shards)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        if is_well():
            path.touch()
        await asyncio.sleep(BEAT_SECONDS)


def is_alive(data_dir: Path, *, shards: str = "", now: float | None = None) -> bool:
    """Tell whether a bot with this data folder was well within ``STALE_SECONDS``."""
    try:
        beaten_at = heartbeat_path(data_dir, shards).stat().st_mtime
    except OSError:
        return False
    return (time.time() if now is None else now) - beaten_at < STALE_SECONDS
