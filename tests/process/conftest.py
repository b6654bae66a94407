"""The bot as a process, between a local Discord and a local CometAPI of this process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.fakes import DiscordServer
from tests.process.forks import FORKS, ROOT
from tests.process.processes import Program, program
from tests.wire.conftest import clip, clock, data_dir, standin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from sandbox.cometapi import StandIn

__all__ = [
    "bot_process",
    "clip",
    "clock",
    "data_dir",
    "discord_server",
    "environment",
    "standin",
]

RUN_BOT = str(ROOT / "tests" / "process" / "run_bot.py")


@pytest.fixture(scope="session", autouse=True)
def _no_fork_server_afterwards() -> Iterator[None]:
    yield
    FORKS.close()


@pytest.fixture
async def discord_server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(ack_seconds=60) as server:  # a busy machine answers late
        yield server
        assert server.violations == []


@pytest.fixture
def environment(discord_server: DiscordServer, standin: StandIn, data_dir: Path) -> dict[str, str]:
    return {
        "LOCAL_DISCORD_API": discord_server.api_url,
        "LOCAL_DISCORD_GATEWAY": discord_server.gateway_url,
        "LOCAL_BEAT_SECONDS": "0.5",
        "DISCORD_TOKEN": discord_server.token,
        "COMETAPI_KEY": "local.comet.key",
        "COMETAPI_BASE_URL": standin.base_url,
        "DATA_DIR": str(data_dir),
        "POLL_MIN_SECONDS": "0.2",
        "POLL_MAX_SECONDS": "0.2",
    }


@asynccontextmanager
async def bot_process(
    server: DiscordServer, environment: Mapping[str, str], folder: Path
) -> AsyncIterator[Program]:
    """Start the bot and wait until it is connected."""
    before = len(server.gateway.identifies)
    async with program(RUN_BOT, environment=environment, folder=folder) as bot:
        await server.until(
            lambda: (
                bot.returncode is not None
                or (len(server.gateway.identifies) > before and server.gateway.ready)
            ),
            seconds=60,
        )
        assert bot.returncode is None, bot.output
        yield bot
