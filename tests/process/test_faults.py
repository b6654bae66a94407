"""Each fault while the bot serves: what health, the pages, the alert and ``/restyle`` say of it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio

from sandbox.cometapi import HttpAnswer, StandIn, no_quota
from tests.fakes import DiscordServer
from tests.fakes.faults import unavailable
from tests.postgres import PostgresServer
from tests.process.watched_bot import ROOM, Place, WatchedBot
from tests.wire.conftest import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from tests.fakes import Upload

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bot(clip: Upload, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WatchedBot]:
    """One bot that goes through every fault, in whatever order, and is well between them."""
    async with (
        DiscordServer(ack_seconds=60) as server,
        StandIn(task_seconds=50, clock=Clock(), allow_loopback=True, restyles=False) as standin,
    ):
        place = Place.make(server, standin, tmp_path_factory.mktemp("faults"), clip)
        async with place.bot(has_own_disk=True) as bot:
            await bot.program.says(" is up: ")
            yield bot
        assert server.violations == []


@asynccontextmanager
async def disk_nearly_full(bot: WatchedBot) -> AsyncIterator[None]:
    if not bot.has_own_disk:
        pytest.skip("no disk can be made to fill")
    bot.make_disk("300m")
    try:
        yield
    finally:
        bot.make_disk(ROOM)


@asynccontextmanager
async def disk_full(bot: WatchedBot) -> AsyncIterator[None]:
    if not bot.has_own_disk:
        pytest.skip("no disk can be made to fill")
    bot.make_disk(str(shutil.disk_usage(bot.data).used))
    try:
        yield
    finally:
        bot.make_disk(ROOM)


@asynccontextmanager
async def sqlite_held(bot: WatchedBot) -> AsyncIterator[None]:
    path = str(Path(bot.place.environment["DATA_DIR"]) / "restyle.db")
    holder = await asyncio.create_subprocess_exec(
        *bot.inside(sys.executable, "-c", HOLD, path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        await holder.communicate(b"")  # which closes its input, and so ends it


@asynccontextmanager
async def key_refused(bot: WatchedBot) -> AsyncIterator[None]:
    bot.place.standin.account.api_key = "another.key"
    try:
        yield
    finally:
        bot.place.standin.account.api_key = None


@asynccontextmanager
async def model_gone(bot: WatchedBot) -> AsyncIterator[None]:
    bot.place.standin.account.offered = ("gpt-5",)
    try:
        yield
    finally:
        bot.place.standin.account.offered = ("gpt-5", "gen4_aleph")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is seen of a fault: how the process is, how it is told, and what a member reads."""

    fault: Callable[[WatchedBot], AbstractAsyncContextManager[None]]
    kind: str
    says: str
    head: str
    is_well: bool = False
    restyle: str | None = None


FAULTS = {
    "disk nearly full": Seen(
        fault=disk_nearly_full,
        kind="disk",
        says=" MB is free on the disk of DATA_DIR. Make room there: a full disk stops everything.",
        head="The disk is nearly full",
        is_well=True,
    ),
    "disk full": Seen(
        fault=disk_full,
        kind="disk",
        says="Only 0 MB is free on the disk of DATA_DIR. Make room there: /restyle accepts "
        "no clips.",
        head="The disk is nearly full",
        restyle="The machine that this bot runs on is in trouble. Nothing was started and nothing "
        "was spent.",
    ),
    "SQLite held by somebody else": Seen(
        fault=sqlite_held,
        kind="database",
        says="The database does not accept writes: the database failed: database is "
        "locked. Nothing is spent until it does",
        head="The database does not work",
        restyle="The bot cannot reach its database. Nothing was started and nothing was spent.",
    ),
    "key refused": Seen(
        fault=key_refused,
        kind="key",
        says="The provider refuses COMETAPI_KEY, so /restyle accepts no clips. Set the right "
        "key and restart the bot.",
        head="The provider refuses the key",
        restyle="Runway accepts no clips from this bot at the moment. Nothing was started and "
        "nothing was spent.",
    ),
    "model gone": Seen(
        fault=model_gone,
        kind="model",
        says="The provider does not offer the model in RUNWAY_MODEL, so /restyle accepts no "
        "clips. Choose another and restart the bot.",
        head="The model is no longer offered",
        restyle="Runway accepts no clips from this bot at the moment. Nothing was started and "
        "nothing was spent.",
    ),
}


@pytest.mark.parametrize("seen", FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_is_seen_told_once_and_over_everywhere(bot: WatchedBot, seen: Seen):
    await bot.until_ready()
    logged, told = len(bot.program.output), len(bot.place.operators.posts)
    async with seen.fault(bot):
        message = await bot.told(f"🔴 **{seen.head}** · since ")
        assert seen.says in message.content
        assert "Check now" in message.text
        remembered = f'"{seen.kind}": [[{message.channel_id}, {message.id}]]'
        file = bot.data / "alerts.json"  # which takes it also on a full disk
        await bot.place.server.until(lambda: remembered in file.read_text())
        assert await bot.page("livez") == (200, "alive")
        ready, said = await bot.page("readyz")
        status, words = await bot.health()
        strict, strict_words = await bot.health("--ready")
        if seen.is_well:
            assert (ready, said, status, strict) == (200, "ready", 0, 0)
        else:
            assert (ready, status, strict) == (503, 1, 1)
            for text in (said, words, strict_words):
                assert f"{seen.kind}: {seen.says}" in text
        if seen.restyle is not None:
            assert seen.restyle in await bot.refused()
    await bot.place.server.until(lambda: "over since" in message.content)
    assert message.content.startswith(f"🟢 **{seen.head}**")
    assert message.custom_ids == []
    await bot.until_ready()
    assert (await bot.health("--ready"))[1].startswith("well: ")
    about = [one for one in bot.place.operators.posts[told:] if seen.head in one.content]
    assert about == [message]
    complaints = bot.complaints(logged)
    assert len(complaints) == len(set(complaints)), complaints


async def test_a_gateway_that_is_away_is_told_while_messages_can_still_be_posted(bot: WatchedBot):
    await bot.until_ready()
    server = bot.place.server
    server.gateway.refuses = True
    await server.gateway.drop()
    message = await bot.told("🔴 **Not connected to Discord** · since ")
    says = "shards: Discord is not connected (shard 0). The bot keeps trying"
    assert "Discord's status" in message.text
    assert says in (await bot.page("readyz"))[1]
    for options in ((), ("--ready",)):
        status, said = await bot.health(*options)
        assert (status, says in said) == (1, True)
    server.gateway.refuses = False
    await bot.until_ready()
    await server.until(lambda: message.content.startswith("🟢 **Not connected to Discord**"))
    assert "It began at <t:" in message.content


async def test_an_outage_in_which_discord_took_no_message_is_told_once_it_is_over(bot: WatchedBot):
    await bot.until_ready()
    server, told = bot.place.server, len(bot.place.operators.posts)
    logged = len(bot.program.output)
    rule = server.fail("*", "/**", unavailable(503), times=None)
    server.gateway.refuses = True
    await server.gateway.drop()
    await server.until(lambda: rule.hits >= 4)
    assert (await bot.page("livez"))[0] == 200
    assert (await bot.page("readyz"))[0] == 503
    assert len(bot.place.operators.posts) == told
    server.gateway.refuses = False
    await bot.until_ready()
    server.rules.remove(rule)
    await server.until(lambda: len(bot.place.operators.posts) > told)
    (message,) = bot.place.operators.posts[told:]
    assert message.content.startswith("🟢 **Not connected to Discord**: over since <t:")
    assert "It began at <t:" in message.content
    complaints = bot.complaints(logged)
    assert len(complaints) == len(set(complaints)), complaints


async def test_after_a_refused_clip_others_are_turned_away_until_one_may_try(bot: WatchedBot):
    await bot.until_ready()
    place, began = bot.place, len(bot.place.standin.creates)
    place.standin.script.create(no_quota(), HttpAnswer(status=401, body={"error": "no such key"}))
    await bot.restyle()
    credit = await bot.told("🔴 **The provider's credit is used up**")
    assert "Top it up, then press *Check now*" in credit.content
    assert "Runway accepts no clips from this bot" in await bot.refused()
    status, said = await bot.health("--ready")
    assert (status, said.partition(":")[0]) == (1, "credit")
    assert (await bot.health())[0] == 0  # it may have been topped up long ago
    assert "it is not over yet" in await bot.check_now(credit)
    await bot.restyle()
    key = await bot.told("🔴 **The provider refuses the key**")
    assert "Runway accepts no clips from this bot" in await bot.refused()
    assert (await bot.page("readyz"))[0] == (await bot.health())[0] * 503
    await bot.check_now(key)
    await bot.restyle()
    await place.server.until(lambda: {one.content[0] for one in (credit, key)} == {"🟢"})
    await bot.until_ready()
    assert len(place.standin.creates) == began + 1


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.create()
    try:
        yield server
    finally:
        server.remove()


LATE = """
SET synchronous_commit = on;
CREATE SCHEMA late;
CREATE FUNCTION late.now() RETURNS timestamptz STABLE LANGUAGE sql
    AS $$ SELECT pg_catalog.now() - interval '10 minutes' $$;
ALTER DATABASE postgres SET search_path = late, pg_catalog, public;
"""
IN_TIME = """
ALTER DATABASE postgres RESET search_path;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'postgres' AND pid <> pg_backend_pid();
"""


async def execute(server: PostgresServer, statements: str) -> None:
    database = await asyncpg.connect(server.dsn)
    try:
        await database.execute(statements)
    finally:
        await database.close()


async def test_postgresql_goes_the_bot_dies_both_return_and_the_clock_is_wrong(
    clip: Upload, tmp_path: Path, own_server: PostgresServer
):
    async with (
        DiscordServer(ack_seconds=60) as server,
        StandIn(task_seconds=50, clock=Clock(), allow_loopback=True, restyles=False) as standin,
    ):
        place = Place.make(server, standin, tmp_path, clip, DATABASE_URL=own_server.dsn)
        async with place.bot() as bot:
            await bot.program.says(" is up: ")
            await execute(own_server, LATE)  # for the connections to come
            await asyncio.to_thread(own_server.stop)
            away = await bot.told("🔴 **The database does not work** · since ")
            assert "Nothing is spent until it does" in away.content
            assert (await bot.page("livez"))[0] == 200
            ready, said = await bot.page("readyz")
            assert (ready, said.partition(":")[0]) == (503, "database")
            for options in ((), ("--ready",)):
                status, said = await bot.health(*options)
                assert (status, said.partition(":")[0]) == (1, "database")
            assert "cannot reach its database" in await bot.refused()
            assert len(bot.complaints()) == len(set(bot.complaints()))
            await bot.program.kill()
        async with place.bot() as bot:
            await bot.program.says("Waiting for the database: ")
            assert (await bot.page("livez"))[0] == 200
            assert "starting: waiting for the database: " in (await bot.page("readyz"))[1]
            assert (await bot.health())[1].startswith("starting: waiting for the database: ")
            await asyncio.to_thread(own_server.start)
            await bot.program.says(" is up: ")
            await server.until(lambda: away.content.startswith("🟢 **The database does not work**"))
            clock = await bot.told("🔴 **The clock is wrong** · since ")
            assert "clock is +600 s off the database's" in clock.content
            assert (await bot.page("readyz"))[0] == 503
            status, said = await bot.health()
            assert (status, said.partition(":")[0]) == (1, "clock")
            await bot.restyle()  # taken, for it can wait
            (record,) = place.clips.posts[-1:]
            await server.until(lambda: "the bot's clock is wrong" in record.text)
            assert standin.creates == []
            await execute(own_server, IN_TIME)
            await server.until(lambda: clock.content.startswith("🟢 **The clock is wrong**"))
            await server.until(lambda: standin.creates)
            await bot.until_ready()
            assert [one.content[0] for one in place.operators.posts] == ["🟢", "🟢"]
        assert server.violations == []
