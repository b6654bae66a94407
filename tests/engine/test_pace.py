"""No task is asked about too often, whoever asks, and no age depends on two clocks."""

from datetime import timedelta

from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState
from bot.engine.clock_watch import ClockWatch
from bot.engine.job_handle import JobHandle
from bot.engine.late_looks import LateLooks
from bot.engine.ports import Delivered
from sandbox.cometapi import Fate, Stay, Succeed
from tests.engine.faults import Broken, database_of

DEADLINE = 3600


async def running(bench, end):
    bench.standin.script.task(Fate(end=end))
    handle = await bench.add()
    await bench.step(handle)
    assert handle.state is JobState.RUNNING
    bench.clock.advance(5)
    return handle


def polls(bench, handle):
    return bench.standin.tasks[handle.task_id].polls


async def test_a_task_is_not_asked_about_twice_within_the_gap(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    for _ in range(4):
        await lone_bench.step(handle)
        lone_bench.clock.advance(1)
    assert polls(lone_bench, handle) == 1
    lone_bench.clock.advance(1)
    await lone_bench.step(handle)
    assert polls(lone_bench, handle) == 2


async def test_an_end_that_could_not_be_written_is_not_asked_for_again_at_once(lone_bench):
    handle = await running(lone_bench, Succeed())
    with database_of(lone_bench.store, Broken, after=0, commits=False):
        delay = await lone_bench.worker.step(handle)
    assert (polls(lone_bench, handle), handle.failures) == (1, 1)
    assert delay >= 5


async def test_a_task_taken_over_waits_for_one_gap(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    lone_bench.context.pace.note(handle.task_id)  # as taking it on does
    again = JobHandle(await lone_bench.job(handle))
    assert await lone_bench.step(again) == 5
    assert polls(lone_bench, handle) == 0


async def test_the_age_of_a_task_is_measured_by_no_calendar(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    lone_bench.clock._now += timedelta(hours=2)  # somebody sets the clock
    await lone_bench.step(handle)
    assert handle.state is JobState.RUNNING


async def test_while_the_clocks_disagree_nothing_is_spent(lone_bench):
    handle = await lone_bench.add()
    lone_bench.context.clock_watch.ahead_seconds = -301.0
    await lone_bench.step(handle)
    assert handle.state is JobState.QUEUED
    lone_bench.context.clock_watch.ahead_seconds = -299.0
    await lone_bench.step(handle)
    assert handle.state is JobState.RUNNING


async def test_a_machine_an_hour_ahead_of_the_database_is_noticed(bench, backend, clock):
    clock._now += timedelta(hours=1)
    watch = ClockWatch(bench.store, clock)
    await watch.compare()
    # SQLite has no clock of its own to differ from.
    assert watch.is_wrong is (backend == "postgresql")


async def test_a_result_after_the_deadline_is_delivered_all_the_same(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    lone_bench.clock.advance(DEADLINE)
    job = await lone_bench.run(handle)
    assert (job.failure, job.look_at is None) == (FailureReason.TIMED_OUT, False)
    looks = LateLooks(lone_bench.context)
    asked = polls(lone_bench, handle)
    await looks.look()
    assert polls(lone_bench, handle) == asked  # not yet
    lone_bench.clock.advance(301)
    await looks.look()
    assert polls(lone_bench, handle) == asked + 1
    late = await lone_bench.store.late.deliver(
        await lone_bench.job(handle), JobState.DELIVERING, output_url="https://x.example/a.mp4"
    )
    assert (late.state, late.told_at, late.failure) == (JobState.DELIVERING, None, None)
    assert late.charge is Charge.YES


async def test_a_task_that_was_given_up_is_not_looked_at_for_ever(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    lone_bench.clock.advance(DEADLINE)
    await lone_bench.run(handle)
    before = polls(lone_bench, handle)
    looks = LateLooks(lone_bench.context)
    for _ in range(60):
        lone_bench.clock.advance(3601)
        await looks.look()
    assert 45 < polls(lone_bench, handle) - before <= 49
    assert (await lone_bench.job(handle)).look_at is None


async def test_the_owner_has_an_ended_task_looked_at_after_a_gap(lone_bench):
    handle = await running(lone_bench, Stay("RUNNING"))
    lone_bench.clock.advance(DEADLINE)
    job = await lone_bench.run(handle)
    before = polls(lone_bench, handle)
    looks = LateLooks(lone_bench.context)
    await lone_bench.store.late.look_again(job.id, user_id=1, after_seconds=5)
    await looks.look()
    assert polls(lone_bench, handle) == before
    lone_bench.clock.advance(5)
    await looks.look()
    assert polls(lone_bench, handle) == before + 1


async def test_an_old_job_that_was_answered_before_is_not_paid_for(lone_bench):
    handle = await lone_bench.add()
    lone_bench.clock.advance(301)
    lone_bench.deliverer.answered[handle.job_id] = Delivered(channel_id=5, message_id=6)
    job = await lone_bench.run(handle)
    assert lone_bench.standin.tasks == {}
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.RESTORED)
    assert (job.charge, job.submit_started_at) == (Charge.YES, None)


async def test_an_old_job_without_an_answer_is_searched_for_once_and_sent(lone_bench):
    handle = await lone_bench.add()
    lone_bench.clock.advance(301)
    await lone_bench.step(handle)
    assert handle.state is JobState.RUNNING
    assert lone_bench.deliverer.sought == [handle.job_id]


async def test_a_young_job_is_sent_without_a_search(lone_bench):
    handle = await lone_bench.add()
    await lone_bench.step(handle)
    assert lone_bench.deliverer.sought == []


async def test_a_job_in_quarantine_is_left_alone_and_people_see_why(lone_bench):
    handle = await lone_bench.add()
    await lone_bench.store.quarantine.enter()
    await lone_bench.step(handle)
    assert lone_bench.standin.tasks == {}
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown
    await lone_bench.store.quarantine.release(user_id=1)
    (job,) = await lone_bench.store.claims.claim(10)
    assert await lone_bench.run(JobHandle(job), until=lambda h: h.state is JobState.RUNNING)
