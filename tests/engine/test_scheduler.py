import asyncio
import gc
import logging
import tracemalloc
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.jobs import Job, JobState, Phase
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.scheduler import Scheduler
from tests.engine.clocks import FakeClock, settle
from tests.factories import new_job

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def job(id=1, state=JobState.RUNNING, **fields):
    new = new_job(id=id)
    return Job(
        **{name: getattr(new, name) for name in new.__dataclass_fields__},
        state=state,
        owner="w1",
        created_at=NOW,
        updated_at=NOW,
        submitted_at=NOW,
        task_id=f"task-{id}",
        phase=Phase.RUNNING,
        **fields,
    )


@pytest.fixture
def time():
    return FakeClock(NOW)


@asynccontextmanager
async def running(scheduler):
    task = asyncio.create_task(scheduler.run())
    await settle()
    try:
        yield scheduler
    finally:
        scheduler.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def worker_count():
    return sum(task.get_name().startswith("engine-") for task in asyncio.all_tasks())


async def pass_time(time, seconds, step=0.01):
    for _ in range(round(seconds / step)):
        time.advance(step)
        await settle(6)


class Steps:
    """Records steps; each takes until it is let go, if held."""

    def __init__(self, time, delay=5.0):
        self.time = time
        self.delay = delay
        self.taken = []
        self.running = 0
        self.most = 0
        self.held = None

    async def __call__(self, handle):
        self.taken.append((handle.job_id, round(self.time.monotonic() - 1000, 2)))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.held is not None:
                await self.held.wait()
        finally:
            self.running -= 1
        return self.delay

    def of(self, job_id):
        return [at for known, at in self.taken if known == job_id]


async def test_each_job_is_stepped_when_its_step_asked_for(time):
    steps = Steps(time)
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)), 1.0)
        scheduler.add(JobHandle(job(2)), 2.5)
        await pass_time(time, 8)
    assert steps.of(1) == pytest.approx([1, 6], abs=0.05)
    assert steps.of(2) == pytest.approx([2.5, 7.5], abs=0.05)


async def test_a_job_with_nothing_left_to_do_is_forgotten(time):
    steps = Steps(time, delay=None)
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)))
        await pass_time(time, 0.1)
        assert len(scheduler) == 0
    assert len(steps.taken) == 1


async def test_a_new_job_wakes_a_scheduler_that_waits_for_a_later_one(time):
    steps = Steps(time)
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)), 100.0)
        await settle()
        scheduler.add(JobHandle(job(2)))
        await pass_time(time, 0.05)
    assert [job_id for job_id, _ in steps.taken] == [2]


async def test_a_hurried_job_is_stepped_once_and_not_at_its_old_time_too(time):
    steps = Steps(time, delay=50.0)
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)), 2.0)
        scheduler.add(JobHandle(job(1)))  # claimed again: here already, so it is hurried
        await pass_time(time, 4)
        assert len(scheduler) == 1
    assert len(steps.taken) == 1


async def test_a_job_hurried_during_its_step_gets_another_one(time):
    steps = Steps(time, delay=None)
    steps.held = asyncio.Event()
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)))
        await pass_time(time, 0.05)
        scheduler.hurry(1)
        steps.held.set()
        await pass_time(time, 0.1)
    assert len(steps.taken) == 2


async def test_steps_of_one_job_never_overlap_and_lanes_are_bounded(time):
    steps = Steps(time)
    steps.held = asyncio.Event()
    caps = dict.fromkeys(StepKind, 3)
    async with running(Scheduler(steps, clock=time, caps=caps)) as scheduler:
        for id in range(50):
            scheduler.add(JobHandle(job(id)))
        await pass_time(time, 0.5)
        assert steps.most == 3
        steps.held.set()
        await pass_time(time, 0.5)
    assert len(steps.taken) == 50
    assert len(set(steps.taken)) == 50


async def test_slow_deliveries_do_not_hold_up_polls(time):
    polled = []
    never = asyncio.Event()

    async def step(handle):
        if handle.step_kind is StepKind.DELIVER:
            await never.wait()
        polled.append(handle.job_id)
        return 5.0

    async with running(Scheduler(step, clock=time, caps=dict.fromkeys(StepKind, 2))) as scheduler:
        for id in range(10):
            scheduler.add(JobHandle(job(id, state=JobState.DELIVERING)))
        scheduler.add(JobHandle(job(99)))
        await pass_time(time, 0.1)
        assert polled == [99]


async def test_a_step_that_raises_stops_nothing(time, caplog):
    taken = []

    async def step(handle):
        taken.append(handle.job_id)
        if handle.job_id == 1:
            raise RuntimeError("surprise")
        return 5.0

    async with running(Scheduler(step, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)))
        scheduler.add(JobHandle(job(2)))
        await pass_time(time, 6)
        assert len(scheduler) == 2
    assert taken.count(2) == 2
    assert "job 1: a step broke" in caplog.text


async def test_workers_grow_with_rate_times_latency_and_shrink_again(time):
    async def step(handle):
        await time.wait(asyncio.Event(), time.monotonic() + 0.5)
        return 1.0

    async with running(Scheduler(step, clock=time)) as scheduler:
        for id in range(240):  # 240 jobs / 1.5 s x 0.5 s = 80 at once
            scheduler.add(JobHandle(job(id)), id / 240)
        await pass_time(time, 1)
        few = worker_count()
        await pass_time(time, 10)
        grown = worker_count()
        assert few < 72
        assert 72 <= grown <= 240
        assert scheduler.lateness_seconds < 0.5


async def test_steps_that_hang_do_not_hold_up_the_others(time):
    taken = []

    async def step(handle):
        taken.append(handle.job_id)
        if handle.job_id < 20:
            await time.wait(asyncio.Event(), time.monotonic() + 90)
        return 100.0

    async with running(Scheduler(step, clock=time)) as scheduler:
        for id in range(21):
            scheduler.add(JobHandle(job(id, state=JobState.QUEUED)))
        await pass_time(time, 1)
        assert 20 in taken


async def test_too_few_workers_are_reported(time, caplog):
    caplog.set_level(logging.WARNING, "bot.engine")

    async def step(handle):
        await time.wait(asyncio.Event(), time.monotonic() + 1)
        return 1.0

    caps = dict.fromkeys(StepKind, 1)
    async with running(Scheduler(step, clock=time, caps=caps)) as scheduler:
        for id in range(20):
            scheduler.add(JobHandle(job(id)))
        await pass_time(time, 20, step=0.1)
        assert scheduler.lateness_seconds > 2
    assert caplog.text.count("Polls start") == 1


async def test_a_held_lane_stands_still_and_its_jobs_come_back_spread(time):
    steps = Steps(time, delay=500.0)
    until = time.monotonic() + 10
    held = {StepKind.POLL: until}
    scheduler = Scheduler(steps, clock=time, held_until=lambda step_kind: held.get(step_kind, 0.0))
    async with running(scheduler):
        for id in range(20):
            scheduler.add(JobHandle(job(id)))
        scheduler.add(JobHandle(job(99, state=JobState.DELIVERING)))
        await pass_time(time, 9.9, step=0.05)
        assert [job_id for job_id, _ in steps.taken] == [99]
        await pass_time(time, 5.5, step=0.05)
    moments = {at for job_id, at in steps.taken if job_id != 99}
    assert len(steps.taken) == 21
    assert len(moments) > 5


@pytest.mark.parametrize("delay", [5.0, None])
async def test_a_cleared_scheduler_forgets_even_what_is_under_way(time, delay):
    steps = Steps(time, delay)
    steps.held = asyncio.Event()
    async with running(Scheduler(steps, clock=time)) as scheduler:
        scheduler.add(JobHandle(job(1)))
        scheduler.add(JobHandle(job(2)), 3.0)
        await pass_time(time, 0.05)
        scheduler.clear()
        steps.held.set()
        await pass_time(time, 10)
        assert len(scheduler) == 0
        assert len(steps.taken) == 1
        scheduler.add(JobHandle(job(3)))
        await pass_time(time, 0.1)
    assert [job_id for job_id, _ in steps.taken] == [1, 3]


async def test_closing_breaks_polls_off_and_lets_other_steps_end(time):
    ended = []
    let_go = asyncio.Event()

    async def step(handle):
        await let_go.wait()
        ended.append(handle.job_id)
        return 1.0

    scheduler = Scheduler(step, clock=time)
    task = asyncio.create_task(scheduler.run())
    scheduler.add(JobHandle(job(1)))
    scheduler.add(JobHandle(job(2, state=JobState.QUEUED)))
    await pass_time(time, 0.05)
    scheduler.close()
    await settle()
    assert not task.done()
    let_go.set()
    await task
    assert ended == [2]
    assert worker_count() == 0


async def test_ten_thousand_waiting_jobs_cost_no_coroutine_and_little_memory(time):
    steps = Steps(time)
    template = job(1)
    scheduler = Scheduler(steps, clock=time)
    async with running(scheduler):
        gc.collect()
        tasks = len(asyncio.all_tasks())
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for id in range(10_000):
                row = replace(template, id=10**18 + id, task_id=f"{id:036d}", prompt="x" * 1000)
                scheduler.add(JobHandle(row), 100 + id % 500 / 100)
            await settle()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(scheduler) == 10_000
        assert len(asyncio.all_tasks()) <= tasks + 2  # the test clock has two while it waits
        assert (after - before) / 10_000 <= 3 * 1024
