"""The whole engine: started, stopped, killed and frozen, several jobs and processes at a time."""

import asyncio
import logging

import pytest

from bot.domain.jobs import FailureReason, JobState, Phase
from bot.engine.engine import Engine
from bot.engine.ports import Progress
from bot.errors import DeliveryDelayedError
from sandbox.cometapi import Close, Fail, Fate, Hang, Succeed, model_not_found, server_error
from tests.engine.clocks import settle, until
from tests.engine.conftest import LEASE_SECONDS, LIVE_SOURCE
from tests.engine.faults import Broken, database_of
from tests.factories import new_job


class Process:
    """One process's engine, and the means to end it in several ways."""

    def __init__(self, bench, store):
        self.store = store
        self.bench = bench
        self.new_jobs = store.new_jobs
        self.engine = Engine(
            settings=bench.settings,
            store=store,
            comet=bench.comet,
            deliverer=bench.deliverer,
            downloader=bench.downloader,
            scratch=bench.scratch,
            media=bench.media,
            clock=bench.clock,
            lease_seconds=LEASE_SECONDS,
        )

    async def __aenter__(self):
        await self.engine.__aenter__()
        return self

    async def __aexit__(self, *exc_info):
        if not self.engine._context.closing.is_set():
            await self.engine.__aexit__(None, None, None)

    async def add(self, *ids, **fields):
        for id in ids:
            await self.store.add(new_job(id=id, source_url=LIVE_SOURCE, **fields))
        self.new_jobs.set()

    async def kill(self):
        """End it as SIGKILL would: nothing more is written, nothing given back."""
        with database_of(self.store, Broken):
            self.engine._context.closing.set()
            self.engine._runner.cancel()
            await asyncio.gather(self.engine._runner, return_exceptions=True)
            await self.engine._worker.paid_requests.close()


async def pass_time(clock, condition, *, step=0.25, most=3000):
    """Let time pass until ``condition`` holds; network and database run in real time meanwhile."""
    for _ in range(most):
        if await condition():
            return
        clock.advance(step)
        await asyncio.sleep(0.002)
    raise AssertionError("it never came about")


def all_settled(store, *ids):
    async def check():
        return all([(await store.get(id)).is_settled for id in ids])

    return check


def in_state(store, id, state):
    async def check():
        return (await store.get(id)).state is state

    return check


@pytest.fixture
async def process(bench, store):
    async with Process(bench, store) as process:
        yield process


async def test_a_new_job_is_taken_on_at_once_and_brought_to_its_end(process, bench):
    await settle()
    await process.add(1)
    await until(lambda: bench.standin.creates)  # no time has passed: the event was enough
    await pass_time(bench.clock, all_settled(process.store, 1))
    job = await process.store.get(1)
    assert job.state is JobState.DONE
    assert bench.deliverer.told == [1]
    assert len(process.engine) == 0


async def test_one_jobs_failure_never_stops_another(process, bench):
    deliver = bench.deliverer.deliver

    async def deliver_all_but_3(job, output):
        if job.id == 3 and len(bench.deliverer.troubles) < 2:
            bench.deliverer.troubles.append(DeliveryDelayedError("kept for the count"))
            raise RuntimeError("surprise")
        troubles, bench.deliverer.troubles = bench.deliverer.troubles, []
        try:
            return await deliver(job, output)
        finally:
            bench.deliverer.troubles = troubles

    bench.deliverer.deliver = deliver_all_but_3
    bench.standin.script.task(Fate(end=Succeed()), Fate(end=Fail("INTERNAL")))
    bench.standin.script.create(model_not_found())
    ids = range(1, 8)
    await process.add(*ids)
    await pass_time(bench.clock, all_settled(process.store, *ids))
    states = sorted([(await process.store.get(id)).state for id in ids])
    assert states.count(JobState.FAILED) == 2
    assert states.count(JobState.DONE) == 5
    assert sorted(bench.deliverer.told) == list(ids)


async def test_a_cancelled_job_is_told_within_a_pass(process, bench, store_factory):
    await process.store.add(new_job(id=1))
    await process.store.cancel(1)
    await pass_time(bench.clock, all_settled(process.store, 1))
    assert bench.deliverer.told == [1]
    assert bench.standin.creates == []


async def test_a_job_given_up_while_it_runs_is_told_and_its_result_is_not_posted(process, bench):
    bench.standin.script.task(Fate(polls=(), end=Succeed(), task_seconds=0.3))
    await process.add(1)
    await pass_time(bench.clock, in_state(process.store, 1, JobState.RUNNING))
    assert await process.store.drop(1, by=7) is not None
    await pass_time(bench.clock, all_settled(process.store, 1))
    assert (await process.store.get(1)).state is JobState.CANCELLED
    assert bench.deliverer.told == [1]
    assert len(bench.standin.creates) == 1


async def test_a_job_that_is_given_up_is_told_before_its_task_ends(process, bench):
    bench.standin.script.task(Fate(end=Succeed(), task_seconds=3600))
    await process.add(1)
    await pass_time(bench.clock, in_state(process.store, 1, JobState.RUNNING))
    await process.store.drop(1, by=7)
    process.new_jobs.set()
    await pass_time(bench.clock, all_settled(process.store, 1), most=100)
    assert bench.deliverer.told == [1]


# Ends of processes


@pytest.mark.parametrize(
    "state", [JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING, JobState.DELIVERING]
)
async def test_killed_in_any_state_the_next_process_goes_on(
    bench, store, store_factory, make_bench, expire_lease, state
):
    if state is JobState.SUBMITTING:
        bench.standin.script.create(Hang())
    if state is JobState.QUEUED:
        bench.deliverer.open_troubles = [DeliveryDelayedError("503")]
    if state is JobState.RUNNING:
        bench.standin.script.task(Fate(polls=(), end=Succeed(), task_seconds=0.3))
    if state is JobState.DELIVERING:
        bench.deliverer.troubles = [DeliveryDelayedError("503")]
    async with Process(bench, store) as first:
        await first.add(1)
        if state is JobState.QUEUED:
            await until(lambda: bench.deliverer.opened)
        elif state is JobState.SUBMITTING:
            await bench.standin.wait_for_creates(1)
        else:
            await pass_time(bench.clock, in_state(store, 1, state))
        await first.kill()
    assert (await store.get(1)).state is state
    assert (await store.get(1)).owner == "w1"
    await expire_lease("w1")
    heir = await store_factory("w2", lease=LEASE_SECONDS, monotonic=bench.clock.monotonic)
    async with Process(make_bench(heir), heir):
        await pass_time(bench.clock, all_settled(heir, 1))
    job = await heir.get(1)
    expected = JobState.UNCERTAIN if state is JobState.SUBMITTING else JobState.DONE
    assert job.state is expected
    assert len(bench.standin.creates) == 1
    assert bench.deliverer.told == [1]


async def test_a_graceful_stop_gives_the_jobs_back_at_once(bench, store, store_factory):
    bench.standin.script.task(Fate(end=Succeed(), task_seconds=3600))
    async with Process(bench, store) as process:
        await process.add(1)
        await pass_time(bench.clock, in_state(store, 1, JobState.RUNNING))
    job = await store.get(1)
    assert (job.state, job.owner) == (JobState.RUNNING, None)
    other = await store_factory("w2")  # no lease had to run out
    assert [job.id for job in await other.claims.claim(5)] == [1]


async def test_a_graceful_stop_waits_for_paid_requests_under_way(bench, store):
    accepted, answer = asyncio.Event(), asyncio.Event()
    create = bench.comet.create_task

    async def slow(request, **options):
        created = await create(request, **options)
        accepted.set()
        await answer.wait()
        return created

    bench.comet.create_task = slow
    process = await Process(bench, store).__aenter__()
    await process.add(1)
    await accepted.wait()
    stop = asyncio.create_task(process.__aexit__())
    await settle()
    assert not stop.done()
    answer.set()
    await stop
    job = await store.get(1)
    assert job.state is JobState.RUNNING
    assert job.task_id == bench.standin.creates[0].task_id


async def test_a_graceful_stop_ends_within_ten_seconds_whatever_is_open(bench, store):
    bench.standin.script.create(Hang())
    process = await Process(bench, store).__aenter__()
    await process.add(1)
    await bench.standin.wait_for_creates(1)
    stop = asyncio.create_task(process.__aexit__())
    await settle()
    for _ in range(16):  # eight seconds
        assert not stop.done()
        bench.clock.advance(0.5)
        await settle()
    async with asyncio.timeout(60):  # no more waiting, only the last writes
        await stop
    job = await store.get(1)
    assert (job.state, job.owner) == (JobState.UNCERTAIN, None)


async def test_a_stop_that_is_cancelled_itself_still_ends_its_work(bench, store):
    bench.standin.script.task(Fate(end=Succeed(), task_seconds=3600))
    process = await Process(bench, store).__aenter__()
    await process.add(1)
    await pass_time(bench.clock, in_state(store, 1, JobState.RUNNING))
    stop = asyncio.create_task(process.__aexit__())
    await asyncio.sleep(0)
    stop.cancel()
    stop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stop
    assert (await store.get(1)).owner is None


async def test_a_process_taken_for_dead_starts_anew_and_charges_nothing_twice(
    bench, store, process, expire_lease, store_factory, caplog
):
    bench.standin.script.task(Fate(end=Succeed(), task_seconds=3600))
    await process.add(1)
    await pass_time(bench.clock, in_state(store, 1, JobState.RUNNING))
    await expire_lease("w1")
    other = await store_factory("w2", monotonic=bench.clock.monotonic)
    assert [job.id for job in await other.claims.claim(5)] == [1]

    async def has_rejoined():
        return store.lease.worker_id != "w1"

    await pass_time(bench.clock, has_rejoined)
    assert len(process.engine) == 0
    assert "presumed dead" in caplog.text
    await process.add(2)
    await pass_time(bench.clock, all_settled(store, 2))
    assert len(bench.standin.creates) == 2
    assert (await store.get(1)).owner == "w2"


async def test_two_processes_share_the_work_and_double_none(
    bench, process, store_factory, make_bench
):
    store = await store_factory("w2", lease=LEASE_SECONDS, monotonic=bench.clock.monotonic)
    async with Process(make_bench(store), store) as second:
        ids = range(1, 13)
        for id in ids:
            await (process if id % 2 else second).add(id)
        await pass_time(bench.clock, all_settled(store, *ids))
    assert len(bench.standin.creates) == 12
    assert sorted(bench.deliverer.told) == list(ids)


async def test_people_are_shown_that_a_job_goes_on_that_nobody_knew_of(bench, store, process):
    bench.standin.script.create(Close())
    await process.add(1)
    await pass_time(bench.clock, all_settled(store, 1))
    assert (await store.get(1)).state is JobState.UNCERTAIN
    shown = len(bench.deliverer.shown)
    (task,) = bench.standin.creates
    await store.uncertain.attach(1, task_id=task.task_id, user_id=None)

    async def is_shown():
        return len(bench.deliverer.shown) > shown

    await pass_time(bench.clock, is_shown)
    assert bench.deliverer.shown[shown] == (1, Progress(phase=Phase.PENDING))
    await pass_time(bench.clock, in_state(store, 1, JobState.DONE))
    assert len(bench.standin.creates) == 1


# The database


async def test_a_database_outage_is_survived_and_nothing_is_spent(bench, store, process, caplog):
    caplog.set_level(logging.INFO)
    await until(lambda: bench.clock.next_at is not None)
    await asyncio.sleep(0.05)  # whatever the start asked of the database is answered
    with database_of(store, Broken):
        process.new_jobs.set()
        for _ in range(40):
            bench.clock.advance(0.5)
            await asyncio.sleep(0.002)
    await process.add(1)
    await pass_time(bench.clock, all_settled(store, 1))
    assert (await store.get(1)).state is JobState.DONE
    assert caplog.text.count("The database is unavailable") == 1
    assert caplog.text.count("The database is back") == 1


async def test_a_provider_outage_is_survived(bench, store, process):
    await process.add(1)
    await pass_time(bench.clock, in_state(store, 1, JobState.RUNNING))
    bench.standin.script.down = server_error(503)
    for _ in range(40):
        bench.clock.advance(1)
        await asyncio.sleep(0.003)
    bench.standin.script.down = None
    await pass_time(bench.clock, all_settled(store, 1))
    job = await store.get(1)
    assert job.state is JobState.DONE
    assert job.failure is not FailureReason.PROVIDER_TROUBLE


async def test_many_stored_jobs_go_on_after_a_restart(bench, store):
    for id in range(1, 41):
        await store.add(new_job(id=id, source_url=LIVE_SOURCE))
    async with Process(bench, store) as process:
        await pass_time(bench.clock, all_settled(store, *range(1, 41)))
        assert len(process.engine) == 0
    assert len(bench.standin.creates) == 40
