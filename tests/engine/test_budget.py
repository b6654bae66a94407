import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.engine.budget import (
    COUNT_SECONDS,
    Budget,
    Urgency,
    is_counted,
    keep_sharing,
    urgency,
)
from bot.errors import StoreUnavailableError
from bot.storage.leases import Lease
from tests.engine.clocks import FakeClock, settle

PER_SECOND = 40


@pytest.fixture
def clock():
    return FakeClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
async def callers():
    """Tasks that are ended with the test."""
    async with asyncio.TaskGroup() as group:
        tasks = []

        def start(work):
            tasks.append(group.create_task(work))
            return tasks[-1]

        yield start
        for task in tasks:
            task.cancel()


@pytest.fixture
def call(clock, callers):
    """``call(budget, name)`` asks for a turn; ``call.made`` is who had one, and when."""

    async def ask(budget, name, value):
        with urgency(value):
            await budget.turn()
        call.made.append((name, clock.monotonic()))

    def call(budget, name=None, value=Urgency.PERSON):
        return callers(ask(budget, name, value))

    call.made = []
    return call


async def pass_time(clock, seconds):
    for _ in range(round(seconds * 200)):
        await settle(6)
        clock.advance(0.005)
    await settle(6)


def most_in_a_second(moments):
    return max(sum(start <= moment < start + 1 for moment in moments) for start in moments)


async def test_no_second_has_more_calls_than_discord_allows(clock, call):
    budget = Budget(PER_SECOND, clock=clock)
    for _ in range(150):
        call(budget)
    await pass_time(clock, 4)
    moments = [moment for _, moment in call.made]
    assert len(moments) == 150
    assert most_in_a_second(moments) < 50
    assert max(moments) - min(moments) < 150 / PER_SECOND  # and no slower than need be


async def test_a_few_calls_do_not_wait(clock, call):
    budget = Budget(PER_SECOND, clock=clock)
    for _ in range(8):
        call(budget)
    await settle()
    assert len(call.made) == 8


async def test_people_come_first_then_outcomes_then_new_jobs_then_progress(clock, call):
    budget = Budget(PER_SECOND, clock=clock)
    for value in (*[Urgency.PERSON] * 8, *reversed(Urgency)):
        call(budget, value, value)
    await pass_time(clock, 1)
    assert [name for name, _ in call.made[8:]] == list(Urgency)


async def test_progress_is_late_but_never_starved(clock, call, callers):
    budget = Budget(PER_SECOND, clock=clock)

    async def deliver_without_end():
        with urgency(Urgency.OUTCOME):
            while True:
                await budget.turn()

    for _ in range(20):
        callers(deliver_without_end())
    await pass_time(clock, 1)
    began = clock.monotonic()
    call(budget, "progress", Urgency.PROGRESS)
    await pass_time(clock, 7)
    ((_, moment),) = call.made
    assert 2 < moment - began < 6


async def test_a_job_with_many_calls_does_not_hold_up_the_others(clock, call, callers):
    budget = Budget(PER_SECOND, clock=clock)
    finished = []

    async def job(name, calls):
        for _ in range(calls):
            await budget.turn()
        finished.append(name)

    callers(job("long", 100))
    for number in range(10):
        callers(job(number, 3))
    await pass_time(clock, 1)
    assert sorted(finished) == list(range(10))


async def test_a_call_that_is_given_up_wastes_no_turn(clock, call):
    budget = Budget(1, clock=clock)
    call(budget, "first")
    await settle()
    given_up = [call(budget, "never") for _ in range(5)]
    call(budget, "last")
    await settle()
    for task in given_up:
        task.cancel()
    await pass_time(clock, 1.1)
    assert [name for name, _ in call.made] == ["first", "last"]
    assert len(budget) == 0


async def test_processes_share_the_budget(clock, callers, call, store_factory, expire_lease):
    store = await store_factory("w2")
    await store_factory("w3")
    budget = Budget(PER_SECOND, clock=clock)
    callers(keep_sharing(budget, store.lease, clock))

    async def calls_in_two_seconds():
        tasks = [call(budget) for _ in range(100)]
        call.made.clear()
        await pass_time(clock, 2)
        for task in tasks:
            task.cancel()
        await settle()
        return len(call.made)

    async def count():
        clock.advance(COUNT_SECONDS)
        for _ in range(50):
            await asyncio.sleep(0.002)  # the database is real

    await count()
    assert await store.lease.count_workers() == 3
    assert 2 * PER_SECOND / 3 <= await calls_in_two_seconds() <= 2 * PER_SECOND / 3 + 8
    await expire_lease("w1")
    await count()
    assert PER_SECOND <= await calls_in_two_seconds() <= PER_SECOND + 8


async def test_a_database_that_is_away_changes_no_share(clock, callers, monkeypatch):
    class Away(Lease):
        def __init__(self):
            self.asked = 0

        async def count_workers(self):
            self.asked += 1
            raise StoreUnavailableError("away")

    lease = Away()
    task = callers(keep_sharing(Budget(PER_SECOND, clock=clock), lease, clock))
    for _ in range(3):
        await settle()
        clock.advance(COUNT_SECONDS)
    await settle()
    assert lease.asked >= 3
    assert not task.done()


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/api/v10/channels/1/messages", True),
        ("/api/v10/gateway/bot", True),
        ("/api/v10/interactions/1/token/callback", False),
        ("/api/v10/webhooks/1/token/messages/@original", False),
        ("/attachments/1/2/clip.mp4", False),
        ("/?v=10&encoding=json", False),
    ],
)
def test_what_discord_does_not_count_is_not_counted(path, counted):
    assert is_counted(URL(f"https://discord.example{path}")) is counted


async def test_every_request_of_a_session_waits_for_its_turn(clock, callers):
    seen = []

    async def serve(request):
        seen.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    budget = Budget(1, clock=clock)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession(trace_configs=[budget.trace()]) as http,
    ):

        async def get(path):
            async with http.get(server.make_url(path)) as answer:
                await answer.read()

        await get("/api/v10/channels/1")
        waiting = callers(get("/api/v10/channels/2"))
        await get("/api/v10/interactions/1/token/callback")
        assert len(budget) == 1
        assert seen == ["/api/v10/channels/1", "/api/v10/interactions/1/token/callback"]
        clock.advance(1)
        await waiting
    assert seen[-1] == "/api/v10/channels/2"
