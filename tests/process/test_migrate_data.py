"""``python -m bot migrate-data``: from SQLite to PostgreSQL, with jobs under way."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from bot.storage.database import open_database
from bot.storage.leases import new_worker_id
from bot.storage.store import open_store
from bot.storage.transfer import TABLES
from tests.process.conftest import RUN_BOT, bot_process
from tests.process.fleet import Fleet, guild_on, new_case
from tests.process.processes import Program, program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.fakes import DiscordServer, Upload
    from tests.wire.conftest import Clock


async def migrate(environment: Mapping[str, str], to: str, *, ends_with: int) -> Program:
    async with program("-m", "bot", "migrate-data", "--to", to, environment=environment) as run:
        assert await run.ends() == ends_with, run.output
    assert "Traceback" not in run.output
    return run


async def test_a_bot_with_a_job_under_way_moves_to_postgresql(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    clip: Upload,
    environment: dict[str, str],
    tmp_path: Path,
    postgres_url: str,
):
    server = discord_server
    case = new_case(server, guild_on(server, 0, 1), "moving")
    async with bot_process(server, environment, tmp_path) as bot:
        await case.start(server, clip)
        await standin.wait_for_creates(1)
        refused = await migrate(environment, postgres_url, ends_with=1)
        assert "Another process uses the database" in refused.output
        bot.send(signal.SIGTERM)
        assert await bot.ends() == 0

    moved = await migrate(environment, postgres_url, ends_with=0)
    said = re.findall(r"^(\w+) +(\d+) rows  sha256 ([0-9a-f]{64})$", moved.output, re.MULTILINE)
    assert {name: int(rows) for name, rows, _ in said}["jobs"] == 1
    assert len(said) == len(TABLES)
    assert "Everything arrived" in moved.output
    assert "a bot refuses to start on it" in moved.output  # it still holds the same jobs
    again = await migrate(environment, postgres_url, ends_with=1)
    assert "has rows" in again.output
    async with program(RUN_BOT, environment=environment, folder=tmp_path) as old:
        assert await old.ends() == 1
    assert "This database was moved to postgresql://" in old.output

    async with Fleet(server, environment, tmp_path, postgres_url) as fleet:
        await fleet.start("0/1")
        clock.finish()
        await server.until(lambda: case.is_told(server))
    case.check_ended_once(server, standin)


async def test_nothing_is_moved_onto_a_database_that_a_bot_uses(
    environment: dict[str, str], postgres_url: str
):
    target = postgres_url.replace("+asyncpg", "")
    async with open_database(f"sqlite+aiosqlite:///{environment['DATA_DIR']}/restyle.db"):
        pass  # a database of ours, which could be moved
    async with open_store(postgres_url, worker_id=new_worker_id()) as bot:
        await bot.lease.renew(60)
        refused = await migrate(environment, target, ends_with=1)
        assert "A bot runs on the target" in refused.output


async def test_a_target_that_is_no_database_of_ours_is_named(environment: dict[str, str]):
    refused = await migrate(environment, "mysql://root@db/restyle", ends_with=2)
    assert "--to: must start with sqlite:// or postgresql://" in refused.output


async def test_a_misspelt_source_is_not_taken_for_an_empty_database(
    environment: dict[str, str], postgres_url: str, tmp_path: Path
):
    environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'misspelt.db'}"
    refused = await migrate(environment, postgres_url, ends_with=1)
    assert "There is no database" in refused.output
    assert not (tmp_path / "misspelt.db").exists()
