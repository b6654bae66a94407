"""How long it takes until the jobs that a dead process left are scheduled again."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.engine.rig import KEY, engine_for, fill, settings_for
from bench.engine.waiting import VERSION
from bot.cometapi.client import CometClient, open_http
from bot.storage.store import open_store
from bot.system.gc import freeze_startup_objects


async def resume(*, port: int, jobs: int, folder: str, url: str = "") -> dict[str, Any]:
    """Start the engine on ``jobs`` stored jobs; ``url`` names a database other than SQLite."""
    settings = settings_for(Path(folder), f"http://127.0.0.1:{port}/v1")
    url = url or settings.database_url
    await fill(url, jobs)
    started = time.perf_counter()
    async with open_store(url, worker_id="bench") as store, open_http() as http:
        comet = CometClient(
            http, base_url=settings.cometapi_base_url, api_key=SecretStr(KEY), version=VERSION
        )
        engine = engine_for(settings=settings, store=store, comet=comet)
        freeze_startup_objects()
        opened = time.perf_counter()
        async with engine:
            while len(engine) < jobs:  # noqa: ASYNC110 - the engine announces it nowhere
                await asyncio.sleep(0.005)
            scheduled = time.perf_counter()
    return {"jobs": jobs, "open": opened - started, "scheduled": scheduled - opened}
