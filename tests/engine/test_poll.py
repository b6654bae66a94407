import logging
from datetime import timedelta

import pytest

from bot.domain.jobs import Charge, FailureReason, JobState, Phase
from bot.domain.money import CostSource
from bot.engine.job_handle import JobHandle
from bot.engine.steps.poll import (
    GRACE_SECONDS,
    MAX_MISSES,
    MAX_REFUSALS_PAST_DEADLINE,
    OVERDUE_SECONDS,
)
from sandbox.cometapi import (
    Cancel,
    Fail,
    Fate,
    HttpAnswer,
    Missing,
    Place,
    Report,
    Shape,
    Stay,
    Succeed,
    html_page,
    moved,
    rate_limited,
    server_error,
    truncated,
)
from tests.engine.faults import Broken, Counting, database_of


async def running(bench, *polls, end=None, **fate):
    """A job of which CometAPI has just taken the task; ``polls`` come first, then ``end``."""
    bench.standin.script.task(Fate(polls=polls, end=end or Stay("RUNNING"), **fate))
    handle = await bench.add()
    await bench.step(handle)
    assert handle.state is JobState.RUNNING
    await bench.show_all()
    bench.deliverer.shown.clear()
    bench.clock.advance(5)
    return handle


async def poll(bench, handle, *, times=1, every=5.0):
    for _ in range(times):
        delay = await bench.step(handle)
        bench.clock.advance(every)
    return delay


# Waiting


async def test_a_poll_that_changes_nothing_touches_neither_database_nor_discord(bench):
    handle = await running(bench, *[Report("RUNNING", 0.31)] * 5)
    await poll(bench, handle)
    await bench.show_all()
    bench.deliverer.shown.clear()
    with database_of(bench.store, Counting) as database:
        for _ in range(4):
            await bench.worker.step(handle)
            bench.clock.advance(2)
        await bench.show_all()
        assert database.transactions == 0
    assert bench.deliverer.shown == []


async def test_people_see_phases_and_tenths_and_nothing_finer(bench):
    handle = await running(
        bench,
        Report("THROTTLED"),
        Report("THROTTLED"),
        Report("RUNNING", 0.02),
        Report("RUNNING", 0.07),
        Report("RUNNING", 0.34),
        Report("RUNNING", 0.39),
    )
    for _ in range(6):
        await poll(bench, handle)
        await bench.show_all()
    shown = [(progress.phase, progress.fraction) for _, progress in bench.deliverer.shown]
    assert shown == [
        (Phase.THROTTLED, None),
        (Phase.RUNNING, 0.02),
        (Phase.RUNNING, 0.34),
    ]
    job = await bench.job(handle)
    assert (job.phase, job.progress) == (Phase.RUNNING, 0.34)


async def test_after_a_restart_nothing_is_shown_twice(bench):
    handle = await running(bench, *[Report("RUNNING", 0.42)] * 3)
    await poll(bench, handle)
    await bench.show_all()
    again = JobHandle(await bench.job(handle))
    await poll(bench, again)
    await bench.show_all()
    assert len(bench.deliverer.shown) == 1


async def test_progress_overtaken_before_it_is_shown_never_is(lone_bench):
    handle = await running(lone_bench, Report("RUNNING", 0.2), Report("RUNNING", 0.5))
    await poll(lone_bench, handle, times=2)
    await lone_bench.show_all()
    assert [progress.fraction for _, progress in lone_bench.deliverer.shown] == [0.5]


async def test_a_fresh_task_may_be_invisible_for_a_minute(lone_bench):
    missing = [Missing(1), Missing(2), Missing(3)] * 3
    handle = await running(lone_bench, *missing, Report("RUNNING"))
    await poll(lone_bench, handle, times=10)
    assert handle.state is JobState.RUNNING
    assert len(lone_bench.standin.creates) == 1


async def test_a_task_that_stays_unknown_is_lost_and_maybe_charged(lone_bench):
    handle = await running(lone_bench, *[Missing()] * 40)
    lone_bench.clock.advance(GRACE_SECONDS)
    await poll(lone_bench, handle, times=MAX_MISSES - 1)
    assert handle.state is JobState.RUNNING
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.TASK_LOST, Charge.UNKNOWN)
    assert job.task_id
    assert len(lone_bench.standin.creates) == 1


async def test_one_unknown_answer_among_good_ones_loses_nothing(lone_bench):
    polls = [Missing(), Missing(), Report("RUNNING")] * 4
    handle = await running(lone_bench, *polls)
    lone_bench.clock.advance(GRACE_SECONDS)
    await poll(lone_bench, handle, times=12)
    assert handle.state is JobState.RUNNING


async def test_an_error_among_unknown_answers_says_nothing_of_the_task(lone_bench):
    handle = await running(lone_bench, *[Missing(), Missing(), server_error(503)] * 3)
    lone_bench.clock.advance(GRACE_SECONDS)
    await poll(lone_bench, handle, times=9)
    assert handle.state is JobState.RUNNING


async def test_after_an_answer_the_pauses_of_trouble_begin_anew(lone_bench):
    polls = [server_error(500), server_error(500), Report("RUNNING"), server_error(500)]
    handle = await running(lone_bench, *polls)
    assert await poll(lone_bench, handle, times=2) >= 10
    assert await poll(lone_bench, handle, times=2) <= 7.5


async def test_server_errors_in_a_row_slow_all_polls_and_single_ones_do_not(lone_bench):
    single = [server_error(500), server_error(500), Report("RUNNING")] * 2
    handle = await running(lone_bench, *single, *[server_error(500)] * 3)
    await poll(lone_bench, handle, times=6)
    assert lone_bench.context.polls.factor == 1
    await poll(lone_bench, handle, times=3)
    assert lone_bench.context.polls.factor > 1
    assert lone_bench.context.creates.factor == 1


async def test_an_unknown_status_word_is_waited_out_and_logged_once(lone_bench, caplog):
    handle = await running(lone_bench, *[Report("PAUSED")] * 3)
    await poll(lone_bench, handle, times=3)
    assert handle.state is JobState.RUNNING
    assert caplog.text.count("unknown status 'PAUSED'") == 1


@pytest.mark.parametrize(
    "answer",
    [server_error(500), server_error(503), server_error(524), html_page(), truncated(), moved()],
    ids=["500", "503", "524", "html", "truncated", "301"],
)
async def test_trouble_while_polling_is_waited_out_longer_each_time(lone_bench, answer):
    handle = await running(lone_bench, *[answer] * 4, end=Succeed())
    delays = [await poll(lone_bench, handle) for _ in range(4)]
    assert delays[0] >= 5
    assert delays[1] >= 10
    assert delays[3] >= 30
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE


async def test_a_rate_limit_slows_the_whole_provider_down_and_wears_off(lone_bench):
    handle = await running(lone_bench, rate_limited(40), Report("RUNNING"), Report("RUNNING"))
    delay = await poll(lone_bench, handle, every=40)
    assert delay >= 40
    polls = lone_bench.context.polls
    assert polls.factor > 1
    assert lone_bench.context.creates.resumes_at > 0
    assert await poll(lone_bench, handle) > 5
    lone_bench.clock.advance(600)
    assert polls.factor == 1


async def test_a_refused_key_alerts_the_operator_and_the_job_waits(lone_bench, caplog):
    refused = HttpAnswer(status=401, body={"error": {"message": "invalid token"}})
    handle = await running(lone_bench, *[refused] * 3, end=Succeed())
    assert await poll(lone_bench, handle, times=3) >= 60
    alerts = [r for r in caplog.records if "refuses COMETAPI_KEY" in r.getMessage()]
    assert [r.levelname for r in alerts] == ["ERROR"]  # not once per job and poll
    assert (await lone_bench.run(handle)).state is JobState.DONE


async def test_a_job_that_takes_far_longer_than_usual_says_so_once(lone_bench):
    handle = await running(lone_bench, *[Report("RUNNING", 0.5)] * 9)
    await poll(lone_bench, handle)
    lone_bench.clock.advance(OVERDUE_SECONDS)
    await lone_bench.show_all()
    await poll(lone_bench, handle, times=3)
    await lone_bench.show_all()
    assert [progress.overdue for _, progress in lone_bench.deliverer.shown] == [False, True]


async def test_typical_time_comes_from_finished_jobs(lone_bench):
    for id in range(3):
        lone_bench.standin.script.task(Fate(polls=(), end=Succeed()))
        first = await lone_bench.add(id=10 + id)
        await lone_bench.step(first)
        lone_bench.clock.advance(80 + id)
        await lone_bench.run(first)
    handle = await running(lone_bench, Report("RUNNING", 0.1))
    assert handle.bucket == 1
    await poll(lone_bench, handle)
    await lone_bench.show_all()
    [(_, progress)] = lone_bench.deliverer.shown
    assert progress.typical_seconds == pytest.approx(81, abs=2)


# Ends


async def test_a_finished_task_is_delivered_with_link_cost_and_expiry(bench):
    bench.standin.shape = Shape.WRAPPED
    handle = await running(bench, end=Succeed())
    job = await bench.run(handle, until=lambda handle: handle.state is JobState.DELIVERING)
    assert job.output_url.startswith(bench.standin.origin)
    assert job.output_expires_at - bench.clock.now() == pytest.approx(
        timedelta(hours=24), abs=timedelta(minutes=2)
    )
    paid = bench.standin.tasks[job.task_id].credits
    assert (job.cost_micros, job.cost_source) == (paid * 10_000, CostSource.QUOTA)
    assert job.finished_at is not None
    assert (await bench.run(handle)).state is JobState.DONE


async def test_credits_that_the_gateway_pays_are_no_bill(bench):
    bench.standin.shape = Shape.BARE  # names Runway's credits and no quota
    job = await bench.run(await running(bench, end=Succeed()))
    assert job.state is JobState.DONE
    assert bench.standin.tasks[job.task_id].credits > 0
    assert job.bill_micros is None


@pytest.mark.parametrize(
    ("end", "reason", "charge"),
    [
        (Fail("SAFETY.INPUT.VIDEO"), FailureReason.SAFETY_SOURCE, Charge.YES),
        (Fail("INTERNAL.BAD_OUTPUT.CODE01"), FailureReason.BAD_OUTPUT, Charge.NO),
        (Cancel(), FailureReason.PROVIDER_CANCELLED, Charge.NO),
        (Succeed(with_output=False), FailureReason.NO_OUTPUT, Charge.YES),
    ],
    ids=lambda value: str(value) if isinstance(value, FailureReason) else "",
)
async def test_a_task_without_a_video_ends_the_job_and_is_told(bench, end, reason, charge):
    job = await bench.run(await running(bench, end=end, shape=Shape.WRAPPED))
    assert (job.state, job.failure, job.charge) == (JobState.FAILED, reason, charge)
    assert job.is_settled
    assert bench.deliverer.told == [job.id]
    assert len(bench.standin.creates) == 1


async def test_a_finished_task_may_lack_its_output_for_a_moment(lone_bench):
    handle = await running(lone_bench, Report("SUCCEEDED"), Report("SUCCEEDED"), end=Succeed())
    assert (await lone_bench.run(handle)).state is JobState.DONE


async def test_every_job_ends_at_its_deadline_and_keeps_its_task(lone_bench, caplog):
    handle = await running(lone_bench)
    lone_bench.clock.advance(3600)
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.TIMED_OUT, Charge.UNKNOWN)
    assert job.task_id == lone_bench.standin.creates[0].task_id
    assert any(job.task_id in r.getMessage() for r in caplog.records if r.levelname == "ERROR")


async def test_an_unknown_status_word_keeps_no_job_beyond_its_deadline(lone_bench):
    handle = await running(lone_bench, end=Stay("PAUSED"))
    lone_bench.clock.advance(3600)
    await poll(lone_bench, handle)
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.TIMED_OUT, Charge.UNKNOWN)
    assert "PAUSED" in job.failure_detail


async def test_a_video_that_was_ready_during_an_outage_of_ours_beats_the_deadline(lone_bench):
    handle = await running(lone_bench, server_error(503), end=Succeed())
    lone_bench.clock.advance(7200)
    assert (await lone_bench.run(handle)).state is JobState.DONE


async def test_past_its_deadline_a_job_waits_for_a_dead_provider_only_so_long(lone_bench):
    lone_bench.standin.script.down = None
    handle = await running(lone_bench, *[server_error(503)] * 50)
    lone_bench.clock.advance(7200)
    job = await lone_bench.run(handle)
    assert job.failure is FailureReason.TIMED_OUT
    task = lone_bench.standin.tasks[job.task_id]
    assert task.polls == MAX_REFUSALS_PAST_DEADLINE


async def test_an_end_the_database_could_not_record_is_found_again(bench, caplog):
    caplog.set_level(logging.INFO)
    handle = await running(bench, end=Succeed())
    for after, commits in ((0, False), (1, False), (1, True)):
        with database_of(bench.store, Broken, after=after, commits=commits):
            while (delay := await bench.worker.step(handle)) and handle.failures == 0:
                bench.clock.advance(delay)
                await bench.announcer.settle(handle.job_id)
                bench.store.lease._valid_until += delay  # the lease is not what this is about
        assert handle.state in {JobState.RUNNING, JobState.DELIVERING}
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert bench.deliverer.told == [job.id]


# Words and places that nobody documents


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("FINISHED", Place.RESULT_URL),
        ("DONE", Place.VIDEO_URL),
        ("READY", Place.METADATA),
        ("EXPIRED", Place.OUTPUT_VIDEO),
        ("UNKNOWN", Place.RESULT_URL),
        ("fertig", Place.DATA),
        ("SUCCESS", Place.REASON),
    ],
)
async def test_a_video_is_delivered_whatever_the_word_and_wherever_it_stands(
    lone_bench, word, place
):
    handle = await running(lone_bench, end=Succeed(), word=word, place=place, shape=Shape.WRAPPED)
    job = await lone_bench.run(handle, until=lambda handle: handle.state is JobState.DELIVERING)
    assert job.output_url.startswith(lone_bench.standin.origin)


async def test_a_source_that_is_shown_as_the_result_is_none(lone_bench):
    handle = await running(lone_bench)
    source = (await lone_bench.store.get(handle.job_id)).source_url
    body = {"id": handle.task_id, "status": "WORKING", "output": [source + "?signed=anew"]}
    lone_bench.standin.script.poll(*[HttpAnswer(status=200, body=body)] * 6)
    await poll(lone_bench, handle, times=6)
    assert handle.state is JobState.RUNNING
