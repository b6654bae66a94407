import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.cometapi.client import CometClient
from bot.domain.jobs import CancelReason, FailureReason, JobState, Phase
from bot.engine.job_handle import JobHandle
from bot.engine.ports import Progress
from bot.errors import (
    DeliveryDelayedError,
    DeliveryImpossibleError,
    MediaStorageError,
    MediaUnfitError,
)
from sandbox.cometapi import Fate, OutputFault, Stay, Succeed, no_quota
from tests.engine.clocks import until
from tests.engine.faults import Broken, database_of
from tests.media.hostile import huge_png


async def finished(bench, **fate):
    """A job whose task has just finished: DELIVERING."""
    bench.standin.script.task(Fate(end=Succeed(), **fate))
    handle = await bench.add()
    await bench.run(handle, until=lambda handle: handle.state is JobState.DELIVERING)
    return handle


def attempts(bench):
    """What each try brought to Discord: the file's size, or None for the link alone."""
    return [None if data is None else len(data) for _, data in bench.deliverer.delivered]


async def test_the_video_is_downloaded_posted_and_then_marked(bench):
    handle = await finished(bench)
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert job.told_at is not None
    assert job.answer_channel_id == job.thread_id
    assert job.answer_message_id is not None
    [(posted, data)] = bench.deliverer.delivered
    assert posted.state is JobState.DELIVERING
    assert data[4:8] == b"ftyp"
    assert not bench.standin.downloads[0].had_key
    assert bench.scratch.used_bytes == 0


async def test_a_video_larger_than_discord_takes_is_made_to_fit(lone_bench):
    lone_bench.deliverer.limit = 100
    assert (await lone_bench.run(await finished(lone_bench))).state is JobState.DONE
    assert attempts(lone_bench) == [100]


async def test_a_video_that_cannot_be_made_to_fit_goes_out_as_a_link(lone_bench):
    lone_bench.deliverer.limit = 100
    lone_bench.media.troubles = {"fit": [MediaUnfitError("far too long")]}
    assert (await lone_bench.run(await finished(lone_bench))).state is JobState.DONE
    assert attempts(lone_bench) == [None]


async def test_a_video_larger_than_the_operator_allows_goes_out_as_a_link(make_bench, store):
    bench = make_bench(store, max_output_mb=0.0001)
    assert (await bench.run(await finished(bench))).state is JobState.DONE
    assert attempts(bench) == [None]


@pytest.mark.parametrize("fault", [OutputFault.EXPIRED, OutputFault.GONE])
async def test_a_link_that_died_is_asked_for_anew(lone_bench, fault):
    handle = await finished(lone_bench)
    lone_bench.standin.script.output(fault, fault)  # the task was asked about a moment ago
    polls = lone_bench.standin.tasks[handle.task_id].polls
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    assert attempts(lone_bench)[0] is not None
    assert lone_bench.standin.tasks[job.task_id].polls == polls + 1


@pytest.mark.parametrize(
    "fault",
    [
        OutputFault.ERROR,
        OutputFault.CUT,
        OutputFault.EXPIRED,
        OutputFault.PAGE,
        OutputFault.EMPTY,
    ],
    ids=str,
)
async def test_a_download_that_keeps_failing_leaves_the_link(lone_bench, fault):
    handle = await finished(lone_bench, output=fault)
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    assert attempts(lone_bench) == [None]


async def test_a_download_that_fails_once_is_tried_again(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.standin.script.output(OutputFault.ERROR)
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert attempts(lone_bench)[0] is not None


async def test_a_video_that_is_late_is_not_shown_as_still_running(lone_bench):
    handle = await finished(lone_bench, output=OutputFault.ERROR)
    lone_bench.deliverer.shown.clear()
    job = await lone_bench.run(handle)
    assert lone_bench.deliverer.shown == [(job.id, Progress(phase=None))]  # once, not per attempt


async def test_a_page_instead_of_the_video_is_not_posted_as_one(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.standin.script.output(OutputFault.PAGE)
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert attempts(lone_bench)[0] is not None
    assert len(lone_bench.standin.downloads) == 2


async def test_a_picture_instead_of_the_video_is_not_posted_as_one(lone_bench):
    handle = await finished(lone_bench)
    (task,) = lone_bench.standin.tasks.values()
    task.output_path.write_bytes(huge_png(4))
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert attempts(lone_bench) == [None]


async def test_a_redirect_into_the_private_network_is_not_followed(lone_bench):
    handle = await finished(lone_bench, output=OutputFault.REDIRECT)
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert attempts(lone_bench) == [None]


async def test_a_full_disk_costs_the_file_and_not_the_answer(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.scratch._quota_bytes = 0
    with pytest.raises(MediaStorageError), lone_bench.scratch.folder():
        pass
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert attempts(lone_bench) == [None]


# Discord in trouble


async def test_a_delayed_delivery_is_tried_again_later_and_later(bench):
    handle = await finished(bench)
    bench.deliverer.troubles = [
        DeliveryDelayedError("500"),
        DeliveryDelayedError("429", retry_after_seconds=77),
        DeliveryDelayedError("500"),
    ]
    delays = [await bench.step(handle) for _ in range(3)]
    assert delays[0] >= 1
    assert delays[1] >= 77
    assert delays[2] >= 4
    assert (await bench.job(handle)).delivery_attempts == 3
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert bench.deliverer.told == [job.id]


async def test_a_finished_video_outlives_a_discord_outage_of_days(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.deliverer.troubles = [DeliveryDelayedError("503")] * 6
    for _ in range(6):
        assert await lone_bench.step(handle) <= 450
        lone_bench.clock.advance(timedelta(hours=20).total_seconds())
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    assert lone_bench.deliverer.told == [job.id]


async def test_after_a_week_of_refusals_even_that_ends(lone_bench, caplog):
    handle = await finished(lone_bench)
    lone_bench.deliverer.troubles = [DeliveryDelayedError("503")] * 99
    lone_bench.clock.advance(timedelta(days=8).total_seconds())
    job = await lone_bench.run(handle)
    assert len(lone_bench.deliverer.delivered) == 3  # the process may have been off for the week
    assert (job.state, job.failure) == (JobState.FAILED, FailureReason.UNDELIVERABLE)
    assert job.is_settled


async def test_a_surprise_in_the_delivery_loses_nothing(lone_bench, caplog):
    handle = await finished(lone_bench)
    lone_bench.deliverer.troubles = [RuntimeError("surprise")]
    assert (await lone_bench.run(handle)).state is JobState.DONE
    assert "surprise" in caplog.text


async def test_with_no_place_left_the_operator_is_told(bench, caplog):
    handle = await finished(bench)
    bench.deliverer.troubles = [DeliveryImpossibleError("all gone")]
    job = await bench.run(handle)
    assert (job.state, job.failure) == (JobState.FAILED, FailureReason.UNDELIVERABLE)
    assert job.is_settled
    assert job.output_url  # the operator can still fetch it
    [record] = [r for r in caplog.records if "no place is left" in r.getMessage()]
    assert record.levelname == "ERROR"
    assert job.task_id in record.getMessage()
    assert job.output_url not in caplog.text


async def test_a_failure_that_cannot_be_told_is_settled_all_the_same(bench):
    bench.standin.script.create(no_quota())
    bench.deliverer.troubles = [DeliveryImpossibleError("all gone")]
    job = await bench.run(await bench.add())
    assert (job.state, job.failure) == (JobState.FAILED, FailureReason.NO_CREDIT)
    assert job.is_settled


async def test_a_cancelled_job_is_told_and_never_submitted(bench):
    handle = await bench.add()
    assert await bench.store.cancel(handle.job_id)
    assert await bench.step(handle) is None  # nobody's, until the next claim
    [claimed] = await bench.store.claims.claim(10)
    job = await bench.run(JobHandle(claimed))
    assert job.state is JobState.CANCELLED
    assert job.is_settled
    assert bench.deliverer.told == [job.id]
    assert bench.standin.creates == []


# Post first, mark second


async def test_a_posted_answer_is_only_marked_again_never_posted_again(bench):
    handle = await finished(bench)
    with database_of(bench.store, Broken, after=1):  # gone between the post and the mark
        assert await bench.worker.step(handle) > 0
        assert await bench.worker.step(handle) > 0
    assert bench.deliverer.told == [handle.job_id]
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert bench.deliverer.told == [job.id]


async def test_a_mark_whose_confirmation_got_lost_is_no_reason_to_post_again(bench):
    handle = await finished(bench)
    with database_of(bench.store, Broken, after=1, commits=True):
        await bench.worker.step(handle)
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert bench.deliverer.told == [job.id]


async def test_nothing_is_posted_on_a_lease_that_may_have_run_out(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.clock.advance(23)
    assert await lone_bench.worker.step(handle) > 0
    assert lone_bench.deliverer.delivered == []


async def test_a_lease_that_runs_out_during_the_download_stops_the_post(lone_bench):
    handle = await finished(lone_bench)
    download = lone_bench.downloader.download

    async def slow(*args, **options):
        downloaded = await download(*args, **options)
        lone_bench.clock.advance(29)
        return downloaded

    lone_bench.downloader.download = slow
    assert await lone_bench.step(handle) > 0
    assert lone_bench.deliverer.delivered == []
    lone_bench.downloader.download = download
    assert (await lone_bench.run(handle)).state is JobState.DONE


async def test_no_progress_is_shown_beneath_the_outcome(lone_bench):
    handle = await finished(lone_bench)
    lone_bench.announcer.announce(handle.job_id, None)
    await lone_bench.run(handle)
    assert not await lone_bench.announcer.show_next()


async def test_an_edit_under_way_ends_before_the_outcome_is_posted(lone_bench):
    handle = await lone_bench.add()
    let_go = asyncio.Event()
    order = []

    async def show(job, progress):
        await let_go.wait()
        order.append("edit")

    lone_bench.deliverer.show = show
    lone_bench.standin.script.task(Fate(end=Succeed()))
    await lone_bench.step(handle)
    edit = asyncio.create_task(lone_bench.announcer.show_next())
    await until(lambda: lone_bench.announcer._in_flight and not len(lone_bench.announcer))
    await lone_bench.run(handle, until=lambda handle: handle.state is JobState.DELIVERING)
    step = asyncio.create_task(lone_bench.step(handle))
    await until(lambda: lone_bench.clock.next_at is not None)
    assert lone_bench.deliverer.delivered == []
    let_go.set()
    await asyncio.gather(edit, step)
    assert order == ["edit"]
    assert lone_bench.deliverer.told == [handle.job_id]


# What somebody stopped


async def stopped(bench, **fields):
    """Return the handle of a job that its requester stopped while the provider had it."""
    handle = await bench.add()
    await bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    job = await bench.job(handle)
    if fields:
        await bench.store.update(job, **fields)
    await bench.store.late.stop_waiting(job.id, by=1, reason=CancelReason.REQUESTER)
    bench.store.claims.forget()
    [handle] = await bench.store.claims.claim(10)
    return handle


@pytest.fixture
def runway_bench(lone_bench, http):
    """``lone_bench`` at Runway's own address."""
    runway = CometClient(
        http,
        base_url=f"{lone_bench.standin.origin}/v1",
        api_key=SecretStr("sk-test"),
        version="2024-11-06",
    )
    object.__setattr__(lone_bench.context, "comet", runway)
    return lone_bench


@pytest.mark.parametrize(
    ("phase", "is_dropped"), [(None, True), (Phase.THROTTLED, True), (Phase.RUNNING, False)]
)
async def test_what_runway_has_not_begun_is_dropped_there_and_the_rest_is_waited_for(
    runway_bench, phase, is_dropped
):
    runway_bench.standin.script.task(Fate(end=Stay("PENDING")))
    job = await stopped(runway_bench, phase=phase)
    await runway_bench.run(JobHandle(job))
    [task] = runway_bench.standin.tasks.values()
    assert task.is_deleted is is_dropped
    job = await runway_bench.store.get(job.id)
    assert (job.look_at is None) is is_dropped
    assert runway_bench.deliverer.told == [job.id]


async def test_what_moderators_gave_up_before_it_began_is_dropped_at_runway_too(runway_bench):
    runway_bench.standin.script.task(Fate(end=Stay("PENDING")))
    handle = await runway_bench.add()
    await runway_bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    await runway_bench.store.drop(handle.job_id, by=2)
    [job] = await runway_bench.store.claims.claim(10)
    await runway_bench.run(JobHandle(job))
    [task] = runway_bench.standin.tasks.values()
    assert task.is_deleted
    assert runway_bench.deliverer.told == [job.id]


@pytest.mark.parametrize("fate", [Fate(end=Stay("RUNNING")), Fate(task_seconds=0.0)])
async def test_what_began_since_it_was_looked_at_is_waited_for_too(runway_bench, fate):
    """Runway would delete the video that is paid for, also one that is finished."""
    runway_bench.standin.script.task(fate)
    job = await stopped(runway_bench, phase=Phase.PENDING)
    await runway_bench.run(JobHandle(job))
    [task] = runway_bench.standin.tasks.values()
    assert not task.is_deleted
    assert (await runway_bench.store.get(job.id)).look_at is not None
    assert runway_bench.deliverer.told == [job.id]


async def test_at_cometapi_which_knows_no_such_request_nothing_is_asked(lone_bench):
    lone_bench.standin.script.task(Fate(end=Stay("PENDING")))
    job = await stopped(lone_bench)
    await lone_bench.run(JobHandle(job))
    [task] = lone_bench.standin.tasks.values()
    assert not task.is_deleted
    assert (await lone_bench.store.get(job.id)).look_at is not None
