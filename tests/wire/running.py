"""Run the whole bot in this process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from bot.start import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.settings import Settings
    from tests.fakes import DiscordServer

STOP_SECONDS = 60


@asynccontextmanager
async def bot_running(server: DiscordServer, settings: Settings) -> AsyncIterator[asyncio.Task]:
    """Run the whole bot as ``python -m bot`` does, and stop it as SIGTERM does."""
    task = asyncio.create_task(run(settings))
    try:
        await server.until(lambda: task.done() or (server.gateway.ready and server.commands))
        if task.done():
            task.result()
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(STOP_SECONDS):
                await task
