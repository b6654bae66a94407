"""The bot is stopped or killed, and started again: no job is lost, none is paid twice."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox.cometapi import Hang
from tests.fakes import Channel, DiscordServer, Upload, User, hang
from tests.process.conftest import bot_process
from tests.process.fleet import assert_nothing_twice
from tests.wire.looking import creates_with, outcomes

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.wire.conftest import Clock

STOP_SECONDS = 10


@dataclass
class Case:
    name: str
    place: Channel
    user: User


def new_case(server: DiscordServer, name: str) -> Case:
    guild = next(iter(server.guilds.values()), None) or server.add_guild()
    return Case(name, server.add_channel(guild, "case"), server.add_user("mira"))


async def start(server: DiscordServer, case: Case, clip: Upload) -> None:
    await server.use("restyle", channel=case.place, user=case.user, video=clip, prompt=case.name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_gracefully_and_the_next_start_goes_on(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    clip: Upload,
    environment: dict[str, str],
    tmp_path: Path,
    number: signal.Signals,
):
    case = new_case(discord_server, "running")
    async with bot_process(discord_server, environment, tmp_path) as bot:
        await start(discord_server, case, clip)
        await standin.wait_for_creates(1)
        bot.send(number)
        assert await bot.ends(seconds=STOP_SECONDS) == 0, bot.output
        assert "Traceback" not in bot.output
    clock.finish()
    async with bot_process(discord_server, environment, tmp_path):
        await discord_server.until(
            lambda: outcomes(discord_server, case.place, case.user), seconds=60
        )
    assert len(standin.creates) == 1
    assert len(discord_server.threads_of(case.place)) == 1


PAYING = "paying [[create:hang]]"  # accepted, and never answered

# A job is held at a step by a call that never ends: method, path, calls before it, carried out?
HOLDS: dict[str, tuple[str, str, int, bool]] = {
    "record": ("PATCH", "/webhooks/*/*/messages/@original", 0, False),
    "thread": ("POST", "/channels/*/messages/*/threads", 0, False),
    "thread made": ("POST", "/channels/*/messages/*/threads", 0, True),
    "status": ("POST", "/channels/*/messages", 0, False),
    "status made": ("POST", "/channels/*/messages", 0, True),
    "answer": ("POST", "/channels/*/messages", 1, False),
    "answer made": ("POST", "/channels/*/messages", 1, True),
}


@pytest.mark.parametrize(
    "names",
    [
        ("running", "record", "thread", "status", PAYING),
        ("thread made", "status made", "answer", "answer made"),
    ],
    ids=["before", "after"],
)
async def test_a_kill_with_a_job_at_every_step_loses_nothing_and_pays_nothing_twice(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    clip: Upload,
    environment: dict[str, str],
    tmp_path: Path,
    names: tuple[str, ...],
):
    server = discord_server
    cases = {name: new_case(server, name) for name in names}
    rules = []
    for name in cases.keys() & HOLDS.keys():
        method, path, skip, done = HOLDS[name]
        where, fault = cases[name].place.id, hang(carried_out=done)
        rules.append(server.fail(method, path, fault, channel_id=where, skip=skip, times=None))
    async with bot_process(server, environment, tmp_path) as bot:
        for case in cases.values():
            await start(server, case, clip)
        if PAYING in cases:
            await server.until(lambda: creates_with(standin, PAYING))
        if "answer" in cases:
            await standin.wait_for_creates(2)
            clock.finish()
        await server.until(lambda: all(rule.hits for rule in rules))
        await bot.kill()
    server.rules.clear()
    clock.finish()
    async with bot_process(server, environment, tmp_path) as bot:
        await server.until(
            lambda: (
                clock.finish()
                or all(outcomes(server, case.place, case.user) for case in cases.values())
            ),
            seconds=60,
        )
        bot.send(signal.SIGTERM)
        assert await bot.ends(seconds=STOP_SECONDS) == 0
    for name, case in cases.items():
        assert creates_with(standin, name) == 1, name
        (told,) = outcomes(server, case.place, case.user)
        assert len(server.threads_of(case.place)) == 1, name
        if name == PAYING:
            assert "has not said" in told.text
        else:
            assert told.attachments, name
            (thread,) = server.threads_of(case.place)
            assert_nothing_twice(thread)


@pytest.mark.parametrize("spends", [False, True], ids=["alone", "beside a paid request"])
async def test_a_stop_in_the_middle_of_a_download_leaves_nobody_waiting(
    discord_server: DiscordServer,
    standin: StandIn,
    clip: Upload,
    environment: dict[str, str],
    tmp_path: Path,
    spends: bool,
):
    server, spending = discord_server, new_case(discord_server, "spending")
    case = new_case(server, "downloading")
    standin.script.create(Hang(accepted=True))
    never = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with bot_process(server, environment, tmp_path) as bot:
        if spends:  # the longest that the engine may take to stop
            await start(server, spending, clip)
            await standin.wait_for_creates(1)
        server.cdn_url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        done = await server.use(
            "restyle", channel=case.place, user=case.user, video=clip, prompt=case.name
        )
        await server.until(lambda: done.acknowledged_after is not None)
        bot.send(signal.SIGTERM)
        assert await bot.ends(seconds=STOP_SECONDS) == 0, bot.output
        assert "Traceback" not in bot.output
    never.set()
    silent.close()
    (answer,) = done.answers
    assert answer.is_ephemeral
    assert "is restarting" in answer.text
    assert "nothing was spent" in answer.text
    assert creates_with(standin, case.name) == 0
