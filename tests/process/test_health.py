"""``python -m bot health`` beside a running bot, in each kind of trouble."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
import pytest

from bot.settings import load_settings
from bot.system.status import status_path, write_status
from bot.texts import doors as door_texts
from tests.fakes.faults import Fault, unavailable
from tests.fakes.ports import free_port
from tests.process.conftest import RUN_BOT, bot_process
from tests.process.forks import whole
from tests.process.processes import Program, program
from tests.system.namespaces import has_namespaces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.fakes import DiscordServer

GOOD = {
    "version": "1",
    "host": "another machine",
    "pid": 7,
    "phase": "up",
    "waiting_for": "",
    "shards": {"0": {}},
    "engine": {"jobs": 3},
    "conditions": [],
}


async def health(
    folder: Path, environment: dict[str, str], *options: str, ends_with: int | None = None
) -> str:
    """Ask once; with ``ends_with`` the exit status must be that."""
    async with program(
        "-m", "bot", "health", *options, environment=environment, folder=folder
    ) as asked:
        status = await asked.ends()
    assert ends_with in {None, status}, asked.output
    assert "Traceback" not in asked.output
    return asked.output


async def until_health(
    folder: Path, environment: dict[str, str], text: str, *options: str, seconds: float = 60
) -> str:
    """Ask until ``text`` is in the answer."""
    end = time.monotonic() + seconds
    while text not in (said := await health(folder, environment, *options)):
        assert time.monotonic() < end, f"health never said {text!r}, but: {said}"
        await asyncio.sleep(0.5)  # each question is a process, beside tests that want the cores too
    return said


async def test_a_bot_that_was_never_started_is_not_well(tmp_path: Path):
    said = await health(tmp_path, {}, ends_with=1)
    assert said.startswith("No bot is running with the data folder data: none was started, or")


async def test_a_bot_is_well_while_it_serves_and_not_after_a_clean_stop(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    environment = environment | {"SERVERS": "any", "BOT_DOLLARS_PER_MONTH": "unlimited"}
    async with bot_process(discord_server, environment, tmp_path) as bot:
        await bot.says("is up: shards 0 of 1, 0 servers, model gen4_aleph, SQLite")
        assert bot.output.count(door_texts.open_to_all()) == 1  # what that means, once
        said = await until_health(tmp_path, environment, "well: Restyle", "--ready")
        assert "shards 0" in said
        found = json.loads(await health(tmp_path, environment, "--json", ends_with=0))
        status = found["status"]
        assert (found["well"], status["pid"], status["phase"]) == (True, bot.pid, "up")
        assert status["shards"]["0"]["connected"]
        assert status["engine"]["lease_left_seconds"] > 0
        bot.send(signal.SIGHUP)
        assert await bot.ends() == 0
    assert "No bot is running" in await health(tmp_path, environment, ends_with=1)


async def test_a_bot_that_was_killed_is_not_well(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    async with bot_process(discord_server, environment, tmp_path) as bot:
        await until_health(tmp_path, environment, "well: Restyle")
        assert door_texts.open_to_all() not in bot.output  # a budget is the default
        await bot.kill()
        assert "died; its last sign of life was" in await health(tmp_path, environment, ends_with=1)


async def test_a_bot_that_hangs_is_not_well(tmp_path: Path):
    facts = GOOD | {"since": time.time() - 600, "written_at": time.time() - 120}
    write_status(status_path(tmp_path / "data"), facts)
    assert "has been silent for 2 min and seems to hang" in await health(tmp_path, {}, ends_with=1)


@pytest.mark.parametrize(
    ("condition", "options", "status"),
    [
        ({"grave": True, "blocks": True}, [], 1),
        ({"grave": False, "blocks": True}, [], 0),
        ({"grave": False, "blocks": True}, ["--ready"], 1),
        ({"grave": False, "blocks": False}, ["--ready"], 0),
    ],
    ids=["grave", "passing", "passing and strict", "only to be looked at"],
)
async def test_trouble_counts_once_it_is_grave_or_for_who_is_strict(
    tmp_path: Path, condition: dict[str, Any], options: list[str], status: int
):
    now = time.time()
    trouble = condition | {"kind": "shards", "text": "Discord is away.", "since": now - 180}
    facts = GOOD | {"since": now - 600, "written_at": now, "conditions": [trouble]}
    write_status(status_path(tmp_path / "data"), facts)
    said = await health(tmp_path, {}, *options, ends_with=status)
    expected = "well: " if not status else "shards: Discord is away. (for 3 min)"
    assert said.startswith(expected)


async def test_a_lost_connection_is_seen_although_discord_py_stays_ready(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    async with bot_process(discord_server, environment, tmp_path):
        await until_health(tmp_path, environment, "well: Restyle", "--ready")
        discord_server.gateway.refuses = True
        await discord_server.gateway.drop()
        said = await until_health(tmp_path, environment, "Discord is not connected", "--ready")
        assert "shards: Discord is not connected (shard 0)" in said
        discord_server.gateway.refuses = False
        await until_health(tmp_path, environment, "well: Restyle", "--ready")


async def test_health_finds_the_folder_and_the_shards_wherever_the_bot_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "named").write_text("elsewhere\n")
    (tmp_path / ".env").write_text("data_dir='quoted dir' # a comment\nSHARDS=0, 1/2\n")
    tokens = {"DISCORD_TOKEN": "token-of-bot", "COMETAPI_KEY": "key-of-account"}
    monkeypatch.chdir(tmp_path)
    for name, value in tokens.items():
        monkeypatch.setenv(name, value)
    for given in ({}, {"DATA_DIR": "given"}, {"DATA_DIR_FILE": "named"}, {"SHARDS": "0/1"}):
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            settings = load_settings()
        facts = GOOD | {"since": time.time(), "written_at": time.time()}
        path = status_path(tmp_path / settings.data_dir, settings.shards)
        write_status(path, facts)
        assert (await health(tmp_path, given, ends_with=0)).startswith("well: ")
        path.unlink()


@asynccontextmanager
async def starting(environment: dict[str, str], folder: Path) -> AsyncIterator[Program]:
    """Start the bot without waiting until it is connected."""
    async with program(RUN_BOT, environment=environment, folder=folder) as bot:
        yield bot


async def test_a_full_disk_is_seen_by_health_and_ends_a_start_with_the_mend(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    if not has_namespaces():
        pytest.skip("no disk can be made to fill")
    small = tmp_path / "small"
    small.mkdir()
    environment |= {"DATA_DIR": str(small), "LEASE_SECONDS": "3"}
    shell = await asyncio.create_subprocess_exec(
        *("unshare", "-rm", "sh"),
        cwd=tmp_path,
        env=whole(environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def run(command: str, *, until: str) -> str:
        """Have the shell, in which alone that disk is seen, run a command."""
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{command}\n".encode())
        said = ""
        async with asyncio.timeout(90):
            while until not in said and (line := await shell.stdout.readline()):
                said += line.decode()
        assert until in said, said
        return said

    python = sys.executable
    try:
        await run(f"mount -t tmpfs -o size=40m none {small}; {python} {RUN_BOT} &", until="is up")
        asked = f"{python} -m bot health; echo status $?"
        said = await run(f"cat /dev/zero > {small}/filler; sleep 6; {asked}", until="status ")
        assert "status 1" in said
        assert "disk: Only 0 MB is free on the disk of DATA_DIR" in said
        said = await run("kill $!; wait $!; echo ended $?", until="ended ")
        assert "Traceback" not in said
        await run(f"rm -r {small}/restyle* {small}/status*; echo gone", until="gone")
        await run(f"cat /dev/zero >> {small}/filler; echo full", until="full")
        said = await run(f"{python} {RUN_BOT}; echo status $?", until="status ")
        assert "status 1" in said
        assert "Make room on the disk where DATA_DIR lies" in said
        assert "Traceback" not in said
    finally:
        if shell.returncode is None:
            shell.kill()
        await shell.wait()


PAGE = "<html><body>error 1020</body></html>"
NO_USER = ("GET", "/users/@me")
NO_APPLICATION = ("GET", "/oauth2/applications/@me")
NO_GATEWAY = ("GET", "/gateway/bot")


@pytest.mark.parametrize(
    ("request_line", "fault", "why"),
    [
        (NO_USER, unavailable(503), "it answers with HTTP 503"),
        (NO_USER, Fault(status=503, body={"message": "busy"}), "it answers with HTTP 503"),
        (NO_USER, Fault(status=403, body=PAGE), "refuses this machine (HTTP 403)"),
        (NO_USER, Fault(status=200, body=PAGE), "something other than its API answers"),
        (NO_APPLICATION, unavailable(503), "it answers with HTTP 503"),
        (NO_APPLICATION, Fault(status=200, body={}), "something other than its API answers"),
        (NO_GATEWAY, unavailable(503), "it answers with HTTP 503"),
        (NO_GATEWAY, Fault(status=200, body={"shards": 1}), "something other than its API answers"),
        (NO_USER, Fault(lost=True), "it cannot be reached"),
    ],
    ids=[
        "503 page",
        "503",
        "403 page",
        "200 page",
        "application 503",
        "no application",
        "gateway 503",
        "no gateway",
        "lost",
    ],
)
async def test_a_start_waits_for_discord_and_says_why(
    discord_server: DiscordServer,
    environment: dict[str, str],
    tmp_path: Path,
    request_line: tuple[str, str],
    fault: Fault,
    why: str,
):
    discord_server.fail(*request_line, fault, times=None)
    async with starting(environment, tmp_path) as bot:
        await bot.says("Waiting for Discord: ")
        said = await health(tmp_path, environment, ends_with=1)
        assert said.startswith("starting: waiting for Discord: ")
        assert why in said
        discord_server.rules.clear()
        await bot.says(" is up: ")
        assert bot.output.count("Waiting for Discord: ") == 1
        assert "Traceback" not in bot.output
        bot.send(signal.SIGTERM)
        assert await bot.ends() == 0


async def test_an_hour_of_refused_requests_is_waited_for_and_not_shortened(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path
):
    headers = {"Retry-After": "3600"}
    discord_server.fail(
        *NO_USER, Fault(status=429, body="error code: 1015", headers=headers), times=None
    )
    async with starting(environment, tmp_path) as bot:
        await bot.says("it accepts no requests from this machine for 60 min (HTTP 429)")
        assert len(discord_server.calls) == 1
        bot.send(signal.SIGTERM)
        assert await bot.ends() == 0


async def test_a_start_waits_for_a_network(environment: dict[str, str], tmp_path: Path):
    environment["LOCAL_DISCORD_API"] = "http://127.0.0.1:9/api/v10"
    async with starting(environment, tmp_path) as bot:
        await bot.says("Waiting for Discord: it cannot be reached: ")
        assert "starting: waiting for Discord" in await health(tmp_path, environment, ends_with=1)
        bot.send(signal.SIGTERM)
        assert await bot.ends() == 0
    assert "Traceback" not in bot.output


async def test_a_start_waits_for_a_database_that_does_not_answer(
    environment: dict[str, str], tmp_path: Path
):
    environment["DATABASE_URL"] = "postgresql://bot:open-sesame@127.0.0.1:9/restyle"
    async with starting(environment, tmp_path) as bot:
        await bot.says("Waiting for the database: ")
        said = await health(tmp_path, environment, ends_with=1)
        assert said.startswith("starting: waiting for the database: ")
        bot.send(signal.SIGTERM)
        assert await bot.ends() == 0
    assert "Traceback" not in bot.output
    assert "open-sesame" not in bot.output + said


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=403, body={"message": "Missing Access", "code": 50001}),
        Fault(
            status=429,
            body={"message": "Max number of daily application command creates", "code": 30034},
            headers={"Retry-After": "30000"},
        ),
    ],
    ids=["refused", "200 a day are used up"],
)
async def test_commands_that_cannot_be_registered_stop_no_bot_that_can_work(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path, fault: Fault
):
    discord_server.fail("PUT", "/applications/*/commands", fault, times=None)
    async with bot_process(discord_server, environment, tmp_path) as bot:
        await bot.says("The commands could not be registered; the bot keeps trying: ")
        await bot.says(" is up: ")
        await until_health(tmp_path, environment, "well: Restyle", "--ready")
        found = json.loads(await health(tmp_path, environment, "--json", ends_with=0))
        assert [one["kind"] for one in found["status"]["conditions"]].count("commands") == 1
    assert "Traceback" not in bot.output


async def test_a_folder_that_cannot_be_written_ends_the_start_with_the_mend(
    environment: dict[str, str], tmp_path: Path
):
    (tmp_path / "data").write_text("a file")
    environment["DATA_DIR"] = str(tmp_path / "data")
    async with starting(environment, tmp_path) as bot:
        assert await bot.ends() == 1
    assert "Traceback" not in bot.output
    assert str(tmp_path / "data") in bot.output


async def test_a_refused_key_and_a_wrong_clock_are_no_good_health(
    discord_server: DiscordServer,
    environment: dict[str, str],
    standin: StandIn,
    tmp_path: Path,
    postgres_url: str,
):
    standin.account.api_key = "another.key"
    dsn = postgres_url.replace("+asyncpg", "")
    environment |= {"DATABASE_URL": dsn, "METRICS_ADDRESS": f"127.0.0.1:{free_port()}"}
    async with ten_minutes_behind(dsn), bot_process(discord_server, environment, tmp_path) as bot:
        await bot.says("nothing is spent until they agree")
        said = await until_health(tmp_path, environment, "clock: ")
        assert "This machine's clock is +600 s off the database's" in said
        assert "key: The provider refuses COMETAPI_KEY" in said
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{environment['METRICS_ADDRESS']}/readyz") as response,
        ):
            assert response.status == 503
            assert {line.partition(":")[0] for line in (await response.text()).splitlines()} == {
                *("clock", "key")
            }
    assert standin.creates == []


@asynccontextmanager
async def ten_minutes_behind(dsn: str) -> AsyncIterator[None]:
    """Have a database tell a time of ten minutes ago, as one whose machine has it wrong."""
    database = await asyncpg.connect(dsn)
    name = await database.fetchval("SELECT current_database()")
    try:
        await database.execute(
            f"""
            CREATE SCHEMA late;
            CREATE FUNCTION late.now() RETURNS timestamptz STABLE LANGUAGE sql
                AS $$ SELECT pg_catalog.now() - interval '10 minutes' $$;
            ALTER DATABASE "{name}" SET search_path = late, pg_catalog, public;
            """
        )
        yield
    finally:
        await database.execute(f'ALTER DATABASE "{name}" RESET search_path')
        await database.execute("DROP SCHEMA late CASCADE")
        await database.close()
