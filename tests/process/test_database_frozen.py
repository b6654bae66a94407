"""A PostgreSQL that holds its connections and answers nothing, as on a machine that is paused."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.process.conftest import bot_process
from tests.process.test_doctor import doctor
from tests.process.test_health import until_health

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.cometapi import StandIn
    from tests.fakes import DiscordServer, Upload


@asynccontextmanager
async def frozen(dsn: str) -> AsyncIterator[None]:
    """Stop the server and what serves this database; both go on afterwards."""
    connection = await asyncpg.connect(dsn)
    folder = Path(await connection.fetchval("SHOW data_directory"))
    rows = await connection.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    await connection.close()
    server = int((folder / "postmaster.pid").read_text().splitlines()[0])
    pids = [server, *(row["pid"] for row in rows)]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.skipif("TEST_POSTGRES_DSN" in os.environ, reason="that server is not ours to stop")
async def test_people_are_answered_while_postgresql_is_frozen_and_health_says_why(
    discord_server: DiscordServer,
    environment: dict[str, str],
    standin: StandIn,
    clip: Upload,
    tmp_path: Path,
    postgres_url: str,
):
    server, dsn = discord_server, postgres_url.replace("+asyncpg", "")
    environment |= {"DATABASE_URL": dsn, "LOCAL_STORE_SECONDS": "1", "LOCAL_WAIT_SECONDS": "2"}
    place, user = server.add_channel(server.add_guild("Studio"), "clips"), server.add_user("mira")
    async with bot_process(server, environment, tmp_path) as bot:
        await bot.says(" is up: ")
        assert "database  PostgreSQL " in await doctor(tmp_path, environment, ends_with=3)
        async with frozen(dsn):
            asked = [
                await server.use("restyle-usage", channel=place, user=user),
                await server.use("restyle", channel=place, user=user, video=clip, prompt="neon"),
            ]

            def answers() -> list[str]:
                return ["\n".join(answer.text for answer in one.answers) for one in asked]

            await server.until(
                lambda: all("cannot reach its database" in text for text in answers())
            )
            assert "Nothing was started and nothing was spent" in answers()[1]
            await until_health(tmp_path, environment, "database: The database does not")
        await until_health(tmp_path, environment, "well: Restyle")
        assert standin.creates == []
