"""A paid request whose outcome nobody knows: one answer, never a second request."""

import asyncio

import pytest

from bot.domain.jobs import Charge, JobState
from bot.engine.steps.paid_requests import ANSWER_SECONDS, LATE_SECONDS
from bot.errors import DeliveryDelayedError
from sandbox.cometapi import (
    Close,
    Hang,
    HttpAnswer,
    empty_body,
    html_page,
    server_error,
    truncated,
)
from sandbox.standin.behaviours import Accept
from tests.engine.clocks import hang, settle, until
from tests.engine.faults import Broken, database_of
from tests.storage.rows import put

# Uncertain


@pytest.mark.parametrize(
    "answer",
    [
        Close(),
        server_error(500, accepted=True),
        server_error(502),
        server_error(524),
        HttpAnswer(status=409, body={}),
        HttpAnswer(status=408, body={}),
        html_page(),
        truncated(),
        empty_body(),
        Accept(with_id=False),
    ],
    ids=["closed", "500", "502", "524", "409", "408", "html", "truncated", "empty", "no id"],
)
async def test_an_outcome_that_cannot_be_known_is_uncertain_and_told_once(
    lone_bench, answer, caplog
):
    lone_bench.standin.script.create(answer)
    handle = await lone_bench.add()
    job = await lone_bench.run(handle)
    assert (job.state, job.charge) == (JobState.UNCERTAIN, Charge.UNKNOWN)
    assert job.is_settled
    assert lone_bench.deliverer.told == [job.id]
    assert len(lone_bench.standin.creates) + len(lone_bench.standin.refused) == 1
    assert any(r.levelname == "ERROR" and "UNCERTAIN" in r.getMessage() for r in caplog.records)
    assert await lone_bench.step(handle) is None  # and never again
    assert len(lone_bench.standin.creates) + len(lone_bench.standin.refused) == 1


async def test_an_answer_that_never_comes_makes_the_job_uncertain(bench):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    assert (await bench.job(handle)).state is JobState.SUBMITTING
    bench.clock.advance(ANSWER_SECONDS)
    await step
    assert (await bench.job(handle)).state is JobState.UNCERTAIN
    await bench.run(handle)
    assert bench.deliverer.told == [handle.job_id]
    assert bench.worker.paid_requests.open_count == 1
    bench.clock.advance(LATE_SECONDS)
    await until(lambda: bench.worker.paid_requests.open_count == 0)
    assert len(bench.standin.creates) == 1


async def test_a_late_answer_lifts_the_job_and_it_ends_well(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    await late_bench.run(handle)
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    [lifted] = late_bench.adopted
    assert lifted.state is JobState.RUNNING
    assert lifted.task_id == late_bench.standin.creates[0].task_id
    assert lifted.told_at is None
    job = await late_bench.run(type(handle)(lifted))
    assert job.state is JobState.DONE
    assert late_bench.deliverer.told == [job.id, job.id]  # the doubt, then the answer
    assert len(late_bench.standin.creates) == 1


async def test_a_doubt_that_discord_refused_costs_the_answer_none_of_its_parts(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    late_bench.deliverer.troubles = [DeliveryDelayedError("503")] * 4
    await late_bench.run(handle)
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    await late_bench.run(type(handle)(late_bench.adopted[0]))
    assert late_bench.deliverer.answers[-1].picture is not None


async def test_a_doubt_that_was_posted_and_not_yet_marked_does_not_stand_for_the_answer(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    await late_bench.store.lease.renew(30)
    with database_of(late_bench.store, Broken, after=1):
        await late_bench.worker.step(handle)
    assert late_bench.deliverer.told == [handle.job_id]
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    job = await late_bench.run(handle)
    assert job.state is JobState.DONE
    assert late_bench.deliverer.told == [job.id, job.id]
    assert late_bench.deliverer.delivered[-1][0].state is JobState.DELIVERING


async def test_a_shutdown_during_the_request_stores_an_answer_that_is_there(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.late.answer.set()
    await settle(3)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    job = await late_bench.job(handle)
    assert job.state is JobState.RUNNING
    assert job.task_id == late_bench.standin.creates[0].task_id


async def test_a_shutdown_during_the_request_leaves_it_uncertain_without_an_answer(bench):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    bench.context.closing.set()
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert (await bench.job(handle)).state is JobState.UNCERTAIN
    await until(lambda: bench.worker.paid_requests.open_count == 0)


async def test_a_stopping_engine_spends_nothing(lone_bench):
    handle = await lone_bench.add()
    lone_bench.context.closing.set()
    assert await lone_bench.step(handle) > 0
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []
    assert lone_bench.deliverer.opened == []


# Leases


async def test_nothing_is_spent_on_a_lease_that_may_run_out(lone_bench):
    handle = await lone_bench.add()
    lone_bench.clock.advance(23)  # of 30: less than a quarter is left
    assert await lone_bench.worker.step(handle) > 0
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []
    assert lone_bench.deliverer.opened == []
    await lone_bench.step(handle)
    assert len(lone_bench.standin.creates) == 1


async def test_a_job_in_other_hands_is_dropped(bench, store_factory, expire_lease):
    handle = await bench.add()
    other = await store_factory("w2")
    await expire_lease("w1")
    assert [job.id for job in await other.claims.claim(10)] == [handle.job_id]
    assert await bench.worker.step(handle) is None
    assert bench.standin.creates == []


async def test_killed_during_the_request_it_is_uncertain_for_the_next_process(
    bench, store_factory, expire_lease, make_bench
):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    other = make_bench(await store_factory("w2", lease=30, monotonic=bench.clock.monotonic))
    await expire_lease("w1")
    [found] = await other.store.claims.claim(10)
    assert found.state is JobState.UNCERTAIN
    job = await other.run(type(handle)(found))
    assert job.state is JobState.UNCERTAIN
    assert len(bench.standin.creates) == 1
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)


async def test_a_frozen_process_that_gets_its_answer_lifts_the_job_all_the_same(
    late_bench, store_factory, expire_lease
):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    other = await store_factory("w2")
    await expire_lease("w1")
    assert [job.state for job in await other.claims.claim(10)] == [JobState.UNCERTAIN]
    late_bench.late.answer.set()
    await step
    await until(lambda: late_bench.adopted)
    assert late_bench.adopted[0].task_id == late_bench.standin.creates[0].task_id
    assert late_bench.adopted[0].owner == "w1"


async def test_what_a_database_that_went_back_forgot_was_paid_for_waits_for_the_owner(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    await put(late_bench.store, handle.job_id, JobState.QUEUED, submitted_by=None)
    late_bench.late.answer.set()
    await step
    await late_bench.worker.close()  # once what is here is recorded
    job = await late_bench.job(handle)
    assert job.state is JobState.QUEUED
    assert job.quarantined_at is not None
    await late_bench.run(type(handle)(job), until=lambda handle: handle.place is not None)
    assert len(late_bench.standin.creates) == 1
