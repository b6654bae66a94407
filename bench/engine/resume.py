"""How long it takes until the jobs that a dead process left are scheduled again."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from bench.engine.rig import engine_for, fill, open_client, settings_for, url_of
from bot.storage.store import open_store
from bot.system.gc import freeze_startup_objects


async def resume(*, port: int, jobs: int, url: str = "") -> dict[str, Any]:
    """Start the engine on ``jobs`` stored jobs; ``url`` names a database other than SQLite."""
    settings = settings_for(Path.cwd(), url_of(port))
    url = url or settings.database_url
    await fill(url, jobs)
    started = time.perf_counter()
    async with (
        open_store(url, worker_id="bench") as store,
        open_client(port) as comet,
    ):
        engine = engine_for(settings=settings, store=store, comet=comet)
        freeze_startup_objects()
        opened = time.perf_counter()
        async with engine:
            while len(engine) < jobs:  # noqa: ASYNC110 - the engine announces it nowhere
                await asyncio.sleep(0.005)
            scheduled = time.perf_counter()
    return {"jobs": jobs, "open": opened - started, "scheduled": scheduled - opened}
