"""A local Discord with discord.py led to it, a local CometAPI, and the bot between them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.settings import load_settings
from sandbox.cometapi import StandIn
from sandbox.sample import tiny_clip
from tests.fakes import DiscordServer, Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.settings import Settings


@pytest.fixture
async def discord_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    async with DiscordServer(ack_seconds=60) as server:  # a busy machine answers late
        monkeypatch.setattr(Route, "BASE", server.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
        monkeypatch.setattr(discord.VoiceClient, "warn_dave", False)
        yield server
        assert server.violations == []
        assert server.unknown_members == set()


class Clock:
    """The provider's clock: its tasks end when the test lets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def finish(self) -> None:
        """Let every task that was started end."""
        self.now += 100


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def standin(clock: Clock) -> AsyncIterator[StandIn]:
    async with StandIn(
        task_seconds=50, clock=clock, allow_loopback=True, restyles=False
    ) as standin:
        yield standin


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Upload:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    tiny_clip(path)
    return Upload(filename="clip.mp4", data=path.read_bytes(), content_type="video/mp4")


@pytest.fixture
def data_dir(sqlite_template: Path, quick_folder: Path) -> Path:
    """A data folder as the bot's second start finds it: the database is migrated."""
    folder = quick_folder / "data"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "restyle.db")
    return folder


@pytest.fixture
def settings(discord_server: DiscordServer, standin: StandIn, data_dir: Path) -> Settings:
    return load_settings(
        direct_messages=True,
        _env_file=None,
        discord_token=discord_server.token,
        cometapi_key="local.comet.key",
        cometapi_base_url=standin.base_url,
        data_dir=data_dir,
        poll_min_seconds=0.2,
        poll_max_seconds=0.2,
    )
