"""How a start goes wrong: one clear message, and an exit code that says so."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bot.errors import MediaStorageError
from bot.media.confinement import PROMISES, warn_of_gaps
from bot.media.process_pool import ProcessPool
from bot.settings import Settings
from bot.start import run
from tests.process.conftest import RUN_BOT
from tests.process.processes import program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes import DiscordServer


async def test_a_start_without_settings_names_all_that_are_missing_at_once(tmp_path: Path):
    async with program("-m", "bot", environment={}, folder=tmp_path, fresh=True) as bot:
        assert await bot.ends() == 2
    assert "DISCORD_TOKEN: is missing" in bot.output
    assert "COMETAPI_KEY: is missing" in bot.output
    assert "Traceback" not in bot.output


async def test_bad_settings_are_named_without_their_values(tmp_path: Path):
    environment = {
        "DISCORD_TOKEN": "a secret",
        "COMETAPI_KEY": "key",
        "COMETAPI_BASE_URL": "http://example.com/runwayml/v1",
        "POLL_MIN_SECONDS": "much",
    }
    async with program("-m", "bot", environment=environment, folder=tmp_path) as bot:
        assert await bot.ends() == 2
    for name in ("DISCORD_TOKEN", "COMETAPI_BASE_URL", "POLL_MIN_SECONDS"):
        assert f"{name}: " in bot.output
    assert "a secret" not in bot.output


async def test_a_token_that_discord_refuses_stops_the_start(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    environment["DISCORD_TOKEN"] = "another.bots.token"
    async with program(RUN_BOT, environment=environment, folder=tmp_path) as bot:
        assert await bot.ends() == 1
    assert "DISCORD_TOKEN" in bot.output
    assert "Traceback" not in bot.output
    assert "another.bots.token" not in bot.output
    assert len(discord_server.calls) == 1  # refused requests count towards a ban


async def test_the_room_for_temporary_files_is_what_the_operator_says(tmp_path, monkeypatch):
    asked = []

    def own_scratch(folder, *, quota_bytes):
        asked.append((folder, quota_bytes))
        raise MediaStorageError("far enough")

    monkeypatch.setattr("bot.start.own_scratch", own_scratch)
    settings = Settings(
        _env_file=None,
        discord_token="token",
        cometapi_key="sk-test",
        data_dir=tmp_path,
        scratch_mb=7,
    )
    with pytest.raises(MediaStorageError):
        await run(settings)
    assert asked == [(tmp_path / "scratch", 7 * 1024 * 1024)]


async def test_once_it_has_started_its_secrets_are_no_longer_for_others_to_read(tmp_path: Path):
    # The data folder is a file, so the start ends early, but after the settings were read.
    (tmp_path / "data").write_text("")
    look = (
        "import ctypes, os, sys; from bot.__main__ import main; main([])\n"
        "print('dumpable:', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
        "print('seen:', [name for name, value in os.environ.items() if 'secret' in value])\n"
    )
    environment = {"DISCORD_TOKEN": "secret-token", "COMETAPI_KEY": "secret-key"}
    async with program("-c", look, environment=environment, folder=tmp_path, fresh=True) as bot:
        await bot.ends()
    assert "seen: []" in bot.output
    assert sys.platform != "linux" or "dumpable: 0" in bot.output


async def test_a_start_says_once_what_its_system_does_not_ensure(caplog):
    class Broken(ProcessPool):
        async def run(self, task, /, arguments, *, limits=None):
            del task, arguments, limits
            return {"files": True, "network": False, "inspection": True, "limits": True}

    await warn_of_gaps(Broken())
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    for promise in ("network", "processes", "signals"):
        assert PROMISES[promise] in record.getMessage()
    assert PROMISES["files"] not in record.getMessage()
    assert "docs/media.md" in record.getMessage()
