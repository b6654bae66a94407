"""Several processes on one database: any of them may die, stop or be replaced."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from typing import TYPE_CHECKING

import pytest

from tests.fakes import hang, rate_limited
from tests.fakes.world import MANAGE_GUILD, MEMBER_PERMISSIONS
from tests.process.conftest import RUN_BOT
from tests.process.fleet import Fleet, every_event_to, guild_on, new_case
from tests.process.processes import program
from tests.wire.looking import creates_with, outcomes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.fakes import DiscordServer, Upload
    from tests.process.fleet import Case
    from tests.wire.conftest import Clock

STOP_SECONDS = 10
THREADS = "/channels/*/messages/*/threads"


@pytest.fixture
async def fleet(
    discord_server: DiscordServer, environment: dict[str, str], tmp_path: Path, postgres_url: str
) -> AsyncIterator[Fleet]:
    async with Fleet(discord_server, environment, tmp_path, postgres_url) as fleet:
        yield fleet


async def all_end(server: DiscordServer, clock: Clock, fleet: Fleet, cases: list[Case]) -> None:
    """Let the provider finish, and wait until every outcome is out and marked as told."""
    await server.until(lambda: clock.finish() or all(case.is_told(server) for case in cases))
    async with asyncio.timeout(60):
        while set((await fleet.states()).values()) != {("done", True)}:  # noqa: ASYNC110 - it is the database's news
            await asyncio.sleep(0.05)


async def test_every_job_ends_once_though_a_process_dies_and_another_stops(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    clip: Upload,
    fleet: Fleet,
):
    server = discord_server
    guilds = [guild_on(server, shard, 3) for shard in range(3)]
    cases = [new_case(server, guild, f"{guild.name}, {n}") for guild in guilds for n in (1, 2)]
    bots = await asyncio.gather(*(fleet.start(f"{shard}/3") for shard in range(3)))
    assert len(server.calls_of("PUT", "/applications/*/commands")) == 1

    held = cases[0]
    held_at = server.fail("POST", THREADS, hang(), channel_id=held.place.id)
    for case in cases:
        await case.start(server, clip)
    await server.until(lambda: held_at.hits and len(standin.creates) == len(cases) - 1)
    # It dies with one job unpaid and others at the provider; the next stops with the same.
    owner = await fleet.owner_pid(held.job_id)
    dying, stopping, staying = sorted(bots, key=lambda bot: bot.pid != owner)
    await dying.kill()
    stopping.send(signal.SIGTERM)
    assert await stopping.ends(seconds=STOP_SECONDS) == 0, stopping.output
    await all_end(server, clock, fleet, cases)
    for case in cases:
        case.check_ended_once(server, standin)
    for bot in (stopping, staying):
        assert "Traceback" not in bot.output
        assert "presumed dead" not in bot.output, "the machine was too busy for this test"


async def test_a_rolling_restart_under_load_loses_nothing(
    discord_server: DiscordServer, standin: StandIn, clock: Clock, clip: Upload, fleet: Fleet
):
    server = discord_server
    guilds = [guild_on(server, shard, 2) for shard in range(2)]
    cases: list[Case] = []

    async def ask(when: str) -> None:
        for guild in guilds:
            cases.append(new_case(server, guild, f"{guild.name} {when}"))
            await cases[-1].start(server, clip)

    old = await asyncio.gather(*(fleet.start(f"{shard}/2") for shard in range(2)))
    await ask("before")
    for shard in (1, 0):
        new = await fleet.start(f"{shard}/2")  # first the new one, so that no command is missed
        await ask(f"between, {shard}")
        old[shard].send(signal.SIGTERM)
        assert await old[shard].ends(seconds=STOP_SECONDS) == 0, old[shard].output
        assert new.returncode is None
    await ask("after")
    await all_end(server, clock, fleet, cases)
    for case in cases:
        case.check_ended_once(server, standin)


async def test_a_command_that_is_being_checked_when_its_process_stops_becomes_a_job(
    discord_server: DiscordServer, standin: StandIn, clock: Clock, clip: Upload, fleet: Fleet
):
    server = discord_server
    case = new_case(server, guild_on(server, 0, 1), "in time")
    bot = await fleet.start("0/1")
    await case.start(server, clip)
    await server.until(lambda: server.interactions[case.job_id].acknowledged_after is not None)
    bot.send(signal.SIGTERM)
    assert await bot.ends(seconds=STOP_SECONDS) == 0, bot.output
    assert standin.creates == []
    await fleet.start("0/1")
    await all_end(server, clock, fleet, [case])
    case.check_ended_once(server, standin)


async def test_what_one_process_is_told_holds_in_the_other(
    discord_server: DiscordServer, standin: StandIn, clock: Clock, clip: Upload, fleet: Fleet
):
    server = discord_server
    guild = guild_on(server, 0, 2)
    bots = await asyncio.gather(fleet.start("0/2"), fleet.start("1/2"))
    before, after = new_case(server, guild, "before"), new_case(server, guild, "after")
    cancelled = new_case(server, guild, "cancelled")

    # A setting: changed in one process, obeyed in the other, which had read it before.
    with every_event_to(server, 1):
        await before.start(server, clip)
        await standin.wait_for_creates(1)
    moderator = server.add_user("ada", permissions=MEMBER_PERMISSIONS | MANAGE_GUILD)
    desk = server.add_channel(guild, "desk")
    with every_event_to(server, 0):
        opened = await server.use("restyle-settings", channel=desk, user=moderator)
        await server.until(lambda: opened.original and opened.original.custom_ids)
        assert opened.original is not None
        choose = "settings.m:r:s0:strictness:set:public_figure_threshold"
        await server.press(opened.original, choose, channel=desk, user=moderator, values=[":low"])

        def save():
            return next((one for one in opened.original.custom_ids if ":save:" in one), None)

        # The clip from before would have been checked less strictly, so she is asked first.
        await server.until(save)
        await server.press(opened.original, save(), channel=desk, user=moderator)
        # Saved: the latest changes name her.
        await server.until(lambda: str(moderator.id) in opened.original.text)
    with every_event_to(server, 1):
        await after.start(server, clip)
        await standin.wait_for_creates(2)
    said = [create.body["contentModeration"]["publicFigureThreshold"] for create in standin.creates]
    assert said == ["auto", "low"]

    # A cancellation: pressed in one process, for a job that waits in the other.
    # Its status is out, but Discord keeps its owner waiting for three seconds before it may pay.
    slow = dataclasses.replace(rate_limited(3), carried_out=True)
    where = cancelled.place.id
    held = server.fail("POST", "/channels/*/messages", slow, channel_id=where)
    await cancelled.start(server, clip)
    await server.until(lambda: held.hits)
    (thread,) = server.threads_of(cancelled.place)
    pid = await fleet.owner_pid(cancelled.job_id)
    owner = next(bot for bot in bots if bot.pid == pid)
    with every_event_to(server, 1 - bots.index(owner)):
        await server.press(
            thread.posts[-1],
            f"restyle:{cancelled.job_id}:cancel",
            channel=thread,
            user=cancelled.user,
        )
        await server.until(lambda: cancelled.is_told(server))
    await owner.says(f"job {cancelled.job_id} is not ours")  # and it lets go, having sent nothing
    clock.finish()
    await server.until(lambda: before.is_told(server) and after.is_told(server))
    for bot in bots:
        bot.send(signal.SIGTERM)
        assert await bot.ends(seconds=STOP_SECONDS) == 0
    assert creates_with(standin, cancelled.name) == 0
    (told,) = outcomes(server, cancelled.place, cancelled.user)
    assert "cancel" in told.text.lower()
    assert (await fleet.states())[cancelled.job_id] == ("cancelled", True)


async def test_a_process_has_the_shards_it_is_given_or_all_that_discord_recommends(
    discord_server: DiscordServer, fleet: Fleet
):
    discord_server.recommended_shards = 2
    await asyncio.gather(fleet.start("1, 2/4"), fleet.start("", has=[(0, 2), (1, 2)]))
    shards = sorted(tuple(data["shard"]) for data in discord_server.gateway.identifies)
    assert shards == [(0, 2), (1, 2), (1, 4), (2, 4)]


async def test_shards_with_sqlite_stop_the_start(environment: dict[str, str], tmp_path: Path):
    environment["SHARDS"] = "0/2"
    async with program(RUN_BOT, environment=environment, folder=tmp_path) as bot:
        assert await bot.ends() == 2
    assert "SHARDS: must name every shard with SQLite" in bot.output
    assert "Traceback" not in bot.output
