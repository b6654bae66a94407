"""What is written down around a paid request, however the database fares."""

import asyncio
import logging

import pytest
from sqlalchemy import delete

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.domain.money import CostSource
from bot.engine.job_handle import JobHandle
from bot.engine.ports import Opened
from bot.engine.steps.paid_requests import ANSWER_SECONDS
from bot.storage.store import Store
from bot.storage.tables.process import workers
from sandbox.cometapi import (
    Hang,
    HttpAnswer,
    no_quota,
)
from sandbox.standin.behaviours import Accept
from tests.engine.clocks import hang, pass_time, settle, until
from tests.engine.conftest import LEASE_SECONDS
from tests.engine.faults import Broken, Counting, LateCommit, Meanwhile, Slow, database_of

# The database


async def test_nothing_is_sent_that_the_database_cannot_record(bench, caplog):
    caplog.set_level(logging.INFO)
    handle = await bench.add()
    for _ in range(4):
        with database_of(bench.store, Broken, after=1):  # the row can be read, not changed
            assert await bench.worker.step(handle) > 0
    assert bench.standin.creates == []
    with database_of(bench.store, Broken):
        for _ in range(3):
            assert await bench.worker.step(handle) > 0
    await bench.step(handle)
    assert caplog.text.count("The database is unavailable") == 1
    assert "The database is back" not in caplog.text  # a renewed lease says that
    assert handle.state is JobState.RUNNING
    assert len(bench.standin.creates) == 1


async def test_an_intent_whose_confirmation_got_lost_is_taken_back_not_doubted(lone_bench):
    handle = await lone_bench.add()
    lone_bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    await lone_bench.worker.step(handle)  # no thread
    with database_of(lone_bench.store, Broken, after=1, commits=True):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.SUBMITTING
    assert lone_bench.standin.creates == []
    await lone_bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    assert len(lone_bench.standin.creates) == 1


async def test_an_answer_is_written_down_however_long_the_database_is_away(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        for _ in range(5):
            await until(lambda: late_bench.clock.next_at is not None)
            late_bench.clock.advance(10)
            await settle()
        assert not step.done()
    await pass_time(late_bench.clock, step.done)
    await step
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_late_answer_is_written_down_however_long_the_database_is_away(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        await until(lambda: late_bench.worker.paid_requests.open_count == 0)
        for _ in range(5):
            late_bench.clock.advance(10)
            await settle()
        assert late_bench.adopted == []
    await pass_time(late_bench.clock, lambda: late_bench.adopted)
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_stop_records_a_late_answer_that_only_waited_for_the_database(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        await until(lambda: late_bench.worker.paid_requests.open_count == 0)
        await settle()
    late_bench.context.closing.set()
    await late_bench.worker.paid_requests.close()
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_stop_records_an_answer_whose_job_was_taken_over_meanwhile(
    late_bench, store_factory, expire_lease
):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    other = await store_factory("w2")
    await expire_lease("w1")
    [taken] = await other.claims.claim(10)
    assert taken.state is JobState.UNCERTAIN
    late_bench.context.closing.set()
    late_bench.late.answer.set()
    await step
    await late_bench.worker.paid_requests.close()
    job = await late_bench.job(handle)
    assert job.state is JobState.RUNNING
    assert job.task_id == late_bench.standin.creates[0].task_id


async def test_what_cannot_be_recorded_before_the_end_is_in_the_log(late_bench, caplog):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        late_bench.context.closing.set()
        await step
    task_id = late_bench.standin.creates[0].task_id
    [record] = [r for r in caplog.records if r.levelname == "CRITICAL"]
    assert task_id in record.getMessage()


async def test_a_late_refusal_leaves_the_job_uncertain_and_is_logged(late_bench, caplog):
    late_bench.standin.script.create(no_quota())
    refused = asyncio.Event()
    create = late_bench.late._comet.create_task

    async def refuse_late(request, *, total_seconds):
        try:
            return await create(request, total_seconds=total_seconds)
        finally:
            refused.set()
            await late_bench.late.answer.wait()

    late_bench.late.create_task = refuse_late
    handle = await late_bench.add()
    step = asyncio.create_task(late_bench.step(handle))
    await refused.wait()
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    late_bench.late.answer.set()
    await until(lambda: "the answer came too late" in caplog.text)
    assert (await late_bench.job(handle)).state is JobState.UNCERTAIN


async def opened(bench):
    """A job whose next step, with a fresh lease, is to be submitted: read, admit, write, send."""
    bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    handle = await bench.add()
    assert await bench.step_once(handle) == 0
    return handle


async def test_a_lease_that_runs_out_before_the_intent_is_stored_leaves_the_job_as_it_is(
    lone_bench,
):
    handle = await opened(lone_bench)
    with (
        database_of(lone_bench.store, Slow, clock=lone_bench.clock, seconds=29),
        database_of(lone_bench.store, Counting) as database,
    ):
        assert await lone_bench.worker.step(handle) > 0
        assert database.transactions == 1  # read; no intent was stored
    assert lone_bench.standin.creates == []


async def test_a_stop_while_the_intent_is_stored_takes_it_back(lone_bench):
    handle = await opened(lone_bench)

    class Stop:
        def advance(self, seconds):
            lone_bench.context.closing.set()

    with database_of(lone_bench.store, Slow, after=1, clock=Stop(), seconds=0):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []


async def test_a_lease_that_runs_out_while_the_intent_is_stored_takes_it_back(lone_bench):
    handle = await opened(lone_bench)
    with database_of(lone_bench.store, Slow, after=1, clock=lone_bench.clock, seconds=29):
        await lone_bench.worker.step(handle)
    assert lone_bench.standin.creates == []
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    await lone_bench.step(handle)
    assert len(lone_bench.standin.creates) == 1


async def test_what_was_taken_over_while_the_intent_was_stored_is_not_sent_by_a_new_lease(
    lone_bench,
):
    handle = await opened(lone_bench)
    database = lone_bench.store._database

    async def take_over():
        other = Store(database, worker_id="w2")
        await other.lease.renew(LEASE_SECONDS)
        async with database.transaction() as connection:
            await connection.execute(delete(workers).where(workers.c.id == "w1"))
        assert [job.id for job in await other.claims.claim(10)] == [handle.job_id]
        await lone_bench.store.lease.rejoin(LEASE_SECONDS)

    with database_of(lone_bench.store, Meanwhile, after=1, work=take_over):
        assert await lone_bench.worker.step(handle) is None
    assert lone_bench.store.lease.remaining() == LEASE_SECONDS
    assert (await lone_bench.store.get(handle.job_id)).state is JobState.UNCERTAIN
    assert lone_bench.standin.creates == []


async def test_a_lease_that_runs_out_before_the_request_starts_leaves_it_unsent(lone_bench):
    handle = await opened(lone_bench)
    wait = lone_bench.clock.wait

    async def stand_still_first(event, until):
        lone_bench.clock.wait = wait
        lone_bench.clock.advance(29)
        await wait(event, until)

    lone_bench.clock.wait = stand_still_first  # the next to wait is who has just sent
    await lone_bench.worker.step(handle)
    assert lone_bench.standin.creates == []
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert len(lone_bench.standin.creates) == 1


async def test_a_surprise_after_the_request_was_sent_never_sends_it_again(lone_bench):
    handle = await opened(lone_bench)
    with database_of(lone_bench.store, Broken, after=2, error=RuntimeError):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.SUBMITTING
    job = await lone_bench.run(handle)
    assert job.state is JobState.UNCERTAIN
    assert len(lone_bench.standin.creates) == 1


async def test_an_intent_that_is_stored_late_costs_nothing_twice(bench):
    bench.standin.script.create(Hang())
    bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    handle = await bench.add()
    await bench.worker.step(handle)  # no thread
    with database_of(bench.store, LateCommit, job_id=handle.job_id):
        assert await bench.worker.step(handle) > 0
        assert await bench.worker.step(handle) is None  # dropped: only a claim can tell
    assert bench.standin.creates == []
    [claimed] = await bench.store.claims.claim(10)
    assert claimed.state is JobState.QUEUED
    step = await hang(bench, JobHandle(claimed))
    assert await bench.store.claims.claim(10) == []  # the request that is out stays as it is
    assert (await bench.job(handle)).state is JobState.SUBMITTING
    assert len(bench.standin.creates) == 1
    bench.context.closing.set()
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)


async def test_the_providers_estimate_takes_the_place_of_what_was_set_aside(bench):
    bench.standin.script.create(Accept(with_cost=True))
    handle = await bench.add(price_micros=1)
    await bench.step(handle)
    job = await bench.job(handle)
    credits_ = bench.standin.tasks[job.task_id].credits
    assert (job.cost_micros, job.cost_source) == (credits_ * 10_000, CostSource.ESTIMATE)
    assert job.revised_micros == credits_ * 10_000


async def test_the_id_of_the_paid_request_is_kept(bench):
    handle = await bench.add()
    await bench.step(handle)
    assert (await bench.job(handle)).request_id


async def test_the_id_of_a_request_that_was_refused_or_broke_is_kept(lone_bench):
    headers = {"X-Cometapi-Request-Id": "20260205132859798638387SIHCnxzJ"}
    for number, status in enumerate((403, 500), 1):
        lone_bench.standin.script.create(HttpAnswer(status=status, body={}, headers=headers))
        handle = await lone_bench.add(id=number)
        await lone_bench.step(handle)
        assert (await lone_bench.job(handle)).request_id == headers["X-Cometapi-Request-Id"]


@pytest.mark.parametrize(
    ("settings", "fields"),
    [({"servers": "1" * 18}, {}), ({"direct_messages": False}, {"guild_id": None})],
    ids=["server", "direct messages"],
)
async def test_a_job_that_waited_where_nothing_starts_any_more_ends_unpaid(
    make_bench, store, settings, fields
):
    bench = make_bench(store, **settings)
    handle = await bench.add(**fields)
    await bench.step(handle)
    job = await bench.job(handle)
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.CLOSED)
    assert job.charge is Charge.NO
    assert bench.standin.creates == []
