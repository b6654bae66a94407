"""``python -m bot doctor``, beside a running bot and where nothing is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp

from tests.fakes.ports import free_port
from tests.fakes.world import ATTACH_FILES, CREATE_PUBLIC_THREADS
from tests.process.conftest import RUN_BOT, bot_process
from tests.process.processes import program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.fakes import DiscordServer


async def doctor(folder: Path, environment: Mapping[str, str], *words: str, ends_with: int) -> str:
    async with program(RUN_BOT, "doctor", *words, environment=environment, folder=folder) as run:
        assert await run.ends(seconds=60) == ends_with, run.output
    assert "Traceback" not in run.output
    for name in ("DISCORD_TOKEN", "COMETAPI_KEY"):
        assert environment[name] not in run.output
    return run.output


async def test_doctor_looks_at_everything_beside_a_running_bot(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    guild = discord_server.add_guild("Studio")
    discord_server.add_channel(guild, "clips")
    discord_server.add_channel(guild, "no-files", denied=ATTACH_FILES | CREATE_PUBLIC_THREADS)
    environment["METRICS_ADDRESS"] = f"127.0.0.1:{free_port()}"
    environment["DATA_DIR"] = str(tmp_path / "data")  # made by the bot itself
    async with bot_process(discord_server, environment, tmp_path) as bot:
        await bot.says(" is up: ")
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{environment['METRICS_ADDRESS']}/metrics") as response,
        ):
            shown = await response.text()
        said = await doctor(tmp_path, environment, ends_with=3)
    for well in (
        "process   Restyle ",
        "discord   logged in as restyle",
        "commands are registered",
        "servers   Studio: 1 channel allows everything needed",
        "provider  the provider accepts COMETAPI_KEY",
        "database  SQLite, ",
        "jobs      0 waiting or in progress",
        "disk      ",
        "clips     every accepted kind of clip can be read",
        "archive   there is none",
        "is in use, and a bot is running here",
    ):
        assert well in said, said
    assert "!      servers   Studio, #no-files denies Attach Files, Create Public Threads" in said
    assert "-> Allow it for the bot's role" in said
    for line in ("restyle_up 1.0", 'restyle_shard_connected{shard="0"} 1.0', "restyle_servers 1.0"):
        assert line in shown.splitlines()
    assert "restyle_scratch_bytes" in shown
    assert "restyle_database_seconds_count" in shown
    assert "anybody can add the bot" in said
    assert "\n0 broken, " in said
    assert bot.output.count("starts on Python") == 1
    for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]:
        assert not path.stat().st_mode & 0o077, path  # nobody else's business


async def test_doctor_names_the_mend_of_each_thing_that_is_broken(
    discord_server: DiscordServer, environment: dict[str, str], standin: StandIn, tmp_path: Path
):
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data" / "restyle.db").write_text("no database")
    (tmp_path / "kept").write_text("no folder")
    environment |= {
        "DATA_DIR": str(tmp_path / "data"),
        "DISCORD_TOKEN": "another.bots.token",
        "ARCHIVE_URL": str(tmp_path / "kept"),
        "ARCHIVE_PUBLIC_URL": "https://videos.example.com",
        "SCRATCH_MB": "100000000",
    }
    standin.account.api_key = "another.key"
    found = json.loads(await doctor(tmp_path, environment, "--json", ends_with=1))
    assert found["worst"] == "broken"
    broken = {one["section"] for one in found["findings"] if one["level"] == "broken"}
    assert broken == {"discord", "provider", "database", "archive"}
    warned = {one["section"] for one in found["findings"] if one["level"] == "warning"}
    assert warned >= {"disk"}
    for one in found["findings"]:
        assert one["mend"] or one["level"] in {"ok", "unknown"}, one
    assert discord_server.calls[-1].status == 401


async def test_doctor_says_that_postgresql_is_away_and_goes_on_looking(
    environment: dict[str, str], tmp_path: Path
):
    environment["DATABASE_URL"] = "postgresql://bot:open-sesame@127.0.0.1:9/restyle"
    said = await doctor(tmp_path, environment, "--json", ends_with=1)
    assert "open-sesame" not in said
    findings = json.loads(said)["findings"]
    (database,) = [one for one in findings if one["level"] == "broken"]
    assert database["section"] == "database"
    assert "does not answer" in database["text"]
    assert database["mend"]
    assert {"provider", "discord"} <= {one["section"] for one in findings}


async def test_doctor_without_settings_says_which_are_missing(tmp_path: Path):
    async with program("-m", "bot", "doctor", environment={}, folder=tmp_path) as run:
        assert await run.ends(seconds=60) == 2
    assert "BROKEN settings  DISCORD_TOKEN: is missing" in run.output
    assert "ok     versions  Restyle " in run.output
