import asyncio

import pytest

from bot.domain.jobs import JobState, Phase
from bot.engine.ports import Progress
from bot.engine.progress import SHOWS_PER_SECOND, Announcer
from tests.engine.clocks import settle, until
from tests.factories import new_job
from tests.storage.rows import add_owned


def running(fraction):
    return Progress(phase=Phase.RUNNING, fraction=fraction)


@pytest.fixture
async def announcer(lone_bench):
    announcer = Announcer(
        store=lone_bench.store, deliverer=lone_bench.deliverer, clock=lone_bench.clock
    )
    task = asyncio.create_task(announcer.run())
    yield announcer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def jobs(bench, count):
    ids = []
    for id in range(1, count + 1):
        job = await add_owned(bench.store, new_job(id=id), owner="w1")
        job = await bench.store.move(job, JobState.SUBMITTING)
        await bench.store.move(job, JobState.RUNNING, task_id=f"t{id}")
        ids.append(id)
    return ids


async def test_all_jobs_together_stay_within_the_budget(lone_bench, announcer):
    for id in await jobs(lone_bench, 30):
        announcer.announce(id, running(0.1))
    await until(lambda: lone_bench.clock.next_at is not None)
    began = lone_bench.clock.monotonic()
    while len(lone_bench.deliverer.shown) < 30:
        lone_bench.clock.advance(0.01)
        await asyncio.sleep(0.003)
    assert lone_bench.clock.monotonic() - began >= 0.9 * 30 / SHOWS_PER_SECOND


async def test_who_waited_longest_is_next_and_only_the_latest_is_shown(lone_bench):
    await jobs(lone_bench, 3)
    announcer = lone_bench.announcer
    for id, fraction in ((2, 0.1), (1, 0.1), (2, 0.2), (3, 0.1), (2, 0.3)):
        announcer.announce(id, running(fraction))
    while await announcer.show_next():
        pass
    shown = [(id, progress.fraction) for id, progress in lone_bench.deliverer.shown]
    assert shown == [(2, 0.3), (1, 0.1), (3, 0.1)]
    assert (await lone_bench.store.get(2)).progress == 0.3


async def test_a_job_that_is_over_is_not_shown_as_running(lone_bench):
    await jobs(lone_bench, 1)
    await lone_bench.store.move(
        await lone_bench.store.get(1), JobState.DELIVERING, output_url="https://x.example/y"
    )
    lone_bench.announcer.announce(1, running(0.9))
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown == []


async def test_a_deliverer_that_breaks_stops_nothing(lone_bench, announcer, caplog):
    await jobs(lone_bench, 2)
    show = lone_bench.deliverer.show

    async def break_once(job, progress):
        lone_bench.deliverer.show = show
        raise RuntimeError("surprise")

    lone_bench.deliverer.show = break_once
    announcer.announce(1, running(0.1))
    await until(lambda: "surprise" in caplog.text)
    announcer.announce(2, running(0.1))
    for _ in range(200):
        lone_bench.clock.advance(0.1)
        await settle()
        await asyncio.sleep(0.002)
        if lone_bench.deliverer.shown:
            break
    assert [id for id, _ in lone_bench.deliverer.shown] == [2]
