from datetime import timedelta

import pytest

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import Charge, Delay, FailureReason, JobState
from bot.engine.job_handle import StepKind
from bot.engine.ports import KeptSource, Progress
from bot.errors import (
    DeliveryDelayedError,
    DeliveryImpossibleError,
    DeliveryTooLargeError,
    MediaBusyError,
    MediaProbeError,
    MediaRefusedError,
    MediaStorageError,
    MediaTooLargeError,
    MediaUnfitError,
    MediaUnreachableError,
    MediaUnreadableError,
)
from bot.media.probe import MOMENT
from bot.media.scratch import own_scratch
from bot.requests.clip_plan import Mode, Plan, Reason
from sandbox.cometapi import HttpAnswer
from tests.engine.conftest import KEPT_REFERENCE, KEPT_SOURCE, LIVE_SOURCE, THREAD_ID
from tests.engine.faults import UNREACHABLE, Broken, database_of

REFERENCE = "https://cdn.discordapp.com/attachments/1/2/style.webp"

PLAN = Plan(
    mode=Mode.ENCODE,
    start_seconds=3,
    seconds=5,
    width=1280,
    height=720,
    fps=30,
    max_bytes=10_000_000,
    tone_map=False,
    has_audio=True,
    reasons=(Reason.CUT_ASKED,),
)
PREPARED = b"prepared " + b"d" * 100


def on_its_way(handle):
    return handle.state not in {JobState.HELD, JobState.QUEUED}


def planned(**changes):
    return {"plan": PLAN.to_json(), "part_start": 3.0, "part_seconds": 5.0} | changes


def dead_link(bench, seconds=30):
    expires = int(bench.clock.now().timestamp()) + seconds
    return f"{LIVE_SOURCE}?ex={expires:x}&is=1&hm=2"


async def sent(bench, handle):
    """Run until the provider has it; return the job and what it was told."""
    job = await bench.run(handle, until=on_its_way)
    assert job.state is JobState.RUNNING
    return job, bench.standin.creates[-1].body


# What goes as it is


async def test_a_clip_that_fits_goes_by_its_own_link_and_a_copy_is_kept(bench):
    job, body = await sent(bench, await bench.add_unprepared())
    assert body["videoUri"] == LIVE_SOURCE
    assert (job.sent_url, job.sent_bytes) == (None, None)
    assert job.source_message_id is not None
    assert job.source_channel_id == THREAD_ID
    assert job.prepared_at is not None
    assert bench.deliverer.kept[0][1] == b"d" * 1000
    assert bench.deliverer.kept_names == [["original.mp4", None]]
    assert bench.media.calls == []
    assert bench.scratch.used_bytes == 1000  # kept for the answer's pictures


async def test_the_copy_is_kept_before_anything_is_paid(lone_bench):
    handle = await lone_bench.add_unprepared()
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
        assert lone_bench.standin.creates == []
    assert len(lone_bench.deliverer.kept) == 1


async def test_a_copy_too_large_for_discord_is_cut_to_the_part(lone_bench):
    lone_bench.deliverer.limit = 500
    _, body = await sent(lone_bench, await lone_bench.add_unprepared(part_seconds=5.0))
    assert body["videoUri"] == LIVE_SOURCE
    [plan] = lone_bench.media.plans
    assert (plan.mode, plan.seconds, plan.max_bytes) == (Mode.COPY, 5.0, 500)
    assert lone_bench.deliverer.kept[0][1] == PREPARED


async def test_a_copy_that_stays_too_large_is_made_to_fit(lone_bench):
    lone_bench.deliverer.limit = 500
    lone_bench.media.troubles = {"prepare": [MediaUnfitError("too big")]}
    await sent(lone_bench, await lone_bench.add_unprepared())
    assert ("fit", 500) in lone_bench.media.calls
    assert len(lone_bench.deliverer.kept[0][1]) == 500


@pytest.mark.parametrize(
    "error",
    [
        MediaUnreadableError("broken"),
        MediaTooLargeError("grown"),
        MediaRefusedError("led elsewhere"),
        MediaProbeError("no process"),
    ],
)
async def test_a_copy_that_cannot_be_made_stops_nothing(lone_bench, error):
    lone_bench.downloader.troubles = {LIVE_SOURCE: [error]}
    job, body = await sent(lone_bench, await lone_bench.add_unprepared())
    assert body["videoUri"] == LIVE_SOURCE
    assert job.source_message_id is None


async def test_without_permission_to_post_files_the_job_goes_on(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryImpossibleError("50013")]
    job, body = await sent(lone_bench, await lone_bench.add_unprepared())
    assert body["videoUri"] == LIVE_SOURCE
    assert job.source_message_id is None


async def test_a_copy_that_discord_finds_too_large_is_posted_smaller(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryTooLargeError("413")]
    job, body = await sent(lone_bench, await lone_bench.add_unprepared())
    assert body["videoUri"] == LIVE_SOURCE
    assert [len(data) for _, data in lone_bench.deliverer.kept] == [1000, 750]
    assert job.source_message_id is not None


async def test_a_copy_that_stays_too_large_goes_without_the_style_image(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryTooLargeError("413")] * 2
    await sent(lone_bench, await lone_bench.add_unprepared(reference_url=REFERENCE))
    assert [names[1] for names in lone_bench.deliverer.kept_names] == [
        "reference.webp",
        "reference.webp",
        None,
    ]


async def test_a_copy_that_can_be_made_no_smaller_stops_nothing(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryTooLargeError("413")]
    lone_bench.media.troubles = {"fit": [MediaUnfitError("too big")]}
    job, body = await sent(lone_bench, await lone_bench.add_unprepared())
    assert body["videoUri"] == LIVE_SOURCE
    assert job.source_message_id is None


async def test_without_a_thread_no_copy_is_posted_into_the_channel(lone_bench):
    lone_bench.deliverer.opens = type(lone_bench.deliverer.opens)(
        thread_id=None, status_message_id=None
    )
    await sent(lone_bench, await lone_bench.add_unprepared())
    assert lone_bench.deliverer.kept == []
    assert lone_bench.downloader.asked == []


@pytest.mark.parametrize("trouble", ["discord", "network", "disk"])
async def test_trouble_with_a_copy_holds_the_job_up_for_moments_only(lone_bench, trouble):
    if trouble == "discord":
        lone_bench.deliverer.keep_troubles = [DeliveryDelayedError("503")] * 9
    elif trouble == "network":
        lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("reset")] * 9}
    else:
        lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaStorageError("full")] * 9}
    handle = await lone_bench.add_unprepared()
    begin = lone_bench.clock.monotonic()
    job, _ = await sent(lone_bench, handle)
    assert lone_bench.clock.monotonic() - begin < 60
    assert job.source_message_id is None


@pytest.mark.parametrize("status", [403, 404])
async def test_a_clip_that_vanished_ends_the_job_unpaid(bench, status):
    bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("gone", status=status)]}
    job = await bench.run(await bench.add_unprepared())
    assert (job.state, job.failure, job.charge) == (
        JobState.FAILED,
        FailureReason.SOURCE_GONE,
        Charge.NO,
    )
    assert bench.standin.creates == []
    assert bench.deliverer.told == [job.id]


# What has to be prepared


async def test_a_planned_clip_is_prepared_posted_and_sent_by_that_link(bench):
    job, body = await sent(bench, await bench.add_unprepared(**planned()))
    assert body["videoUri"] == KEPT_SOURCE
    assert bench.media.plans == [PLAN]
    assert bench.deliverer.kept_names == [["source.mp4", None]]
    assert (job.sent_url, job.sent_bytes, job.sent_content_type) == (
        KEPT_SOURCE,
        len(PREPARED),
        "video/mp4",
    )
    assert bench.scratch.used_bytes == len(PREPARED)  # kept for the answer's pictures


async def test_the_picture_of_a_clip_that_had_to_be_made_waits_for_the_next_edit(bench):
    bench.media.draws = True
    job, _ = await sent(bench, await bench.add_unprepared(**planned()))
    assert job.record_picture
    assert bench.scratch.kept.read(job.id, MOMENT) == b"a moment"


async def test_people_see_that_it_is_prepared_and_then_something_else(lone_bench):
    handle = await lone_bench.add_unprepared(**planned())
    lone_bench.deliverer.keep_troubles = [DeliveryDelayedError("503")]
    await lone_bench.step(handle)
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown[-1][1] == Progress(phase=None, delay=Delay.PREPARING)
    await lone_bench.step(handle)
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown[-1][1] == Progress(phase=None)


@pytest.mark.parametrize("error", [MediaUnfitError("too long"), MediaUnreadableError("broken")])
async def test_a_clip_that_cannot_be_made_fit_ends_the_job_unpaid(bench, error):
    bench.media.troubles = {"prepare": [error]}
    job = await bench.run(await bench.add_unprepared(**planned()))
    assert (job.state, job.failure, job.charge) == (
        JobState.FAILED,
        FailureReason.SOURCE_UNFIT,
        Charge.NO,
    )
    assert bench.standin.creates == []


async def test_waiting_in_the_crowd_uses_up_no_try_of_what_breaks_later(lone_bench):
    lone_bench.media.troubles = {
        "prepare": [*[MediaBusyError("full")] * 6, MediaProbeError("its process died")]
    }
    _, body = await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    assert body["videoUri"] == KEPT_SOURCE


async def test_waiting_in_the_crowd_uses_up_no_try_to_post_the_clip(lone_bench):
    lone_bench.media.troubles = {"prepare": [MediaBusyError("full")] * 6}
    lone_bench.deliverer.keep_troubles = [DeliveryDelayedError("503")] * 2
    job, body = await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    assert body["videoUri"] == KEPT_SOURCE
    assert job.source_message_id is not None


@pytest.mark.parametrize("error", [MediaBusyError("full"), MediaStorageError("disk")])
async def test_a_crowd_delays_a_job_visibly_and_loses_it_never(lone_bench, error):
    lone_bench.media.troubles = {"prepare": [error] * 12}
    handle = await lone_bench.add_unprepared(**planned())
    for _ in range(12):
        delay = await lone_bench.step(handle)
        assert 0 < delay <= 180
        lone_bench.clock.advance(delay)
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown[0][1] == Progress(phase=None, delay=Delay.CROWDED)
    await sent(lone_bench, handle)


async def test_our_own_trouble_is_tried_again_a_few_times_only(lone_bench):
    lone_bench.media.troubles = {"prepare": [MediaProbeError("no process")] * 2}
    await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    lone_bench.media.troubles = {"prepare": [MediaProbeError("no process")] * 3}
    handle = await lone_bench.add_unprepared(id=2, **planned())
    assert (await lone_bench.run(handle)).failure is FailureReason.SOURCE_UNFIT


async def test_a_network_outage_is_sat_out_while_the_link_lives(lone_bench):
    lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("reset")] * 15}
    job, body = await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    assert body["videoUri"] == KEPT_SOURCE
    assert job.failure is None


async def test_a_clip_that_comes_in_no_way_ends_the_job_in_time(lone_bench):
    lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("reset")] * 99}
    job = await lone_bench.run(await lone_bench.add_unprepared(**planned()), most=99)
    assert (job.failure, job.charge) == (FailureReason.SOURCE_UNREACHABLE, Charge.NO)
    assert job.finished_at - job.created_at < timedelta(hours=2)


async def test_where_nothing_can_be_posted_the_prepared_clip_travels_inside(bench):
    bench.deliverer.keep_troubles = [DeliveryImpossibleError("50013")]
    job, body = await sent(bench, await bench.add_unprepared(**planned()))
    assert body["videoUri"].startswith("data:video/mp4;base64,cHJlcGFyZWQg")
    assert bench.media.plans[-1].max_bytes < 4_000_000
    assert job.sent_url is None


async def test_while_discord_takes_nothing_the_prepared_clip_travels_inside(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryDelayedError("503")] * 9
    _, body = await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    assert body["videoUri"].startswith("data:video/mp4;base64,")


async def test_a_clip_that_travels_inside_and_cannot_be_made_small_ends_the_job(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryImpossibleError("50013")]
    handle = await lone_bench.add_unprepared(**planned())
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    lone_bench.media.troubles = {"prepare": [MediaUnfitError("too big")]}
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.SOURCE_UNFIT, Charge.NO)
    assert lone_bench.standin.creates == []


async def test_a_prepared_clip_that_the_provider_cannot_fetch_is_sent_along_once(lone_bench):
    lone_bench.standin.script.create(UNREACHABLE)
    _, body = await sent(lone_bench, await lone_bench.add_unprepared(**planned()))
    assert body["videoUri"].startswith("data:video/mp4;base64,")
    assert lone_bench.downloader.asked == [LIVE_SOURCE]  # what was prepared is still there
    assert len(lone_bench.standin.refused) == 1


# The style image


async def test_a_style_image_is_kept_and_sent_by_the_kept_link(lone_bench):
    job, body = await sent(lone_bench, await lone_bench.add_unprepared(reference_url=REFERENCE))
    assert body["references"] == [{"type": "image", "uri": KEPT_REFERENCE}]
    assert lone_bench.deliverer.kept_names == [["original.mp4", "reference.webp"]]
    assert job.reference_url == KEPT_REFERENCE


async def test_a_style_image_is_converted_where_it_must_be(lone_bench):
    handle = await lone_bench.add_unprepared(reference_url=REFERENCE, convert_reference=True)
    _, body = await sent(lone_bench, handle)
    assert ("convert_reference",) in lone_bench.media.calls
    assert lone_bench.deliverer.kept_names == [["original.mp4", "reference.png"]]
    assert body["references"][0]["uri"] == KEPT_REFERENCE


async def test_a_converted_style_image_without_a_place_travels_inside(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryImpossibleError("50013")]
    handle = await lone_bench.add_unprepared(reference_url=REFERENCE, convert_reference=True)
    _, body = await sent(lone_bench, handle)
    assert body["references"][0]["uri"].startswith("data:image/png;base64,")
    assert body["videoUri"] == LIVE_SOURCE


async def test_a_style_image_that_cannot_be_copied_goes_by_its_own_link(lone_bench):
    lone_bench.downloader.troubles = {REFERENCE: [MediaUnreachableError("reset")]}
    _, body = await sent(lone_bench, await lone_bench.add_unprepared(reference_url=REFERENCE))
    assert body["references"][0]["uri"] == REFERENCE


# Links that end


async def test_a_dead_link_is_replaced_by_the_kept_copy(bench):
    handle = await bench.add_unprepared(source_url=dead_link(bench, 3600))
    while handle.step_kind is not StepKind.SUBMIT:
        await bench.step_once(handle)
    bench.clock.advance(3580)
    job, body = await sent(bench, handle)
    assert body["videoUri"] == KEPT_SOURCE
    assert job.sent_bytes == 1000


async def test_a_dead_link_with_nothing_kept_ends_the_job_unpaid(lone_bench):
    handle = await lone_bench.add(source_url=dead_link(lone_bench))
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.SOURCE_GONE, Charge.NO)


async def test_a_kept_copy_that_somebody_deleted_does_not_hide_that_the_link_is_dead(lone_bench):
    handle = await lone_bench.add_unprepared(source_url=dead_link(lone_bench, 3600))
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    lone_bench.deliverer.refreshed = None
    lone_bench.clock.advance(3580)
    job = await lone_bench.run(handle)
    assert (job.failure, job.charge) == (FailureReason.SOURCE_GONE, Charge.NO)
    assert lone_bench.standin.creates == []


# Crashes


async def test_what_was_posted_before_a_crash_is_found_and_not_made_again(lone_bench):
    handle = await lone_bench.add_unprepared(**planned())
    lone_bench.deliverer.refreshed = KeptSource(
        channel_id=THREAD_ID,
        message_id=1,
        url=KEPT_SOURCE,
        size_bytes=77,
        content_type="video/mp4",
        reference_url=None,
    )
    lone_bench.clock.advance(60)
    job, body = await sent(lone_bench, handle)
    assert (body["videoUri"], job.sent_bytes, job.source_message_id) == (KEPT_SOURCE, 77, 1)
    assert lone_bench.deliverer.kept == []
    assert lone_bench.media.calls == []


async def test_a_note_that_is_not_written_costs_the_work_and_nothing_else(bench):
    handle = await bench.add_unprepared(**planned())
    await bench.step_once(handle)
    with database_of(bench.store, Broken, after=1):  # gone between the post and the note
        assert await bench.worker.step(handle) == 0
        assert await bench.worker.step(handle) > 0
    assert bench.standin.creates == []
    _, body = await sent(bench, handle)
    assert body["videoUri"] == KEPT_SOURCE
    assert bench.scratch.used_bytes == len(PREPARED)


async def test_a_stopping_engine_begins_no_preparation(lone_bench):
    handle = await lone_bench.add_unprepared(**planned())
    await lone_bench.step_once(handle)
    lone_bench.context.closing.set()
    assert await lone_bench.step(handle) > 0
    assert lone_bench.downloader.asked == []


def test_what_a_killed_preparation_leaves_is_gone_at_the_next_start(tmp_path):
    left = tmp_path / "0" / "restyle-abc"
    left.mkdir(parents=True)
    (left / "original.mp4").write_bytes(b"x" * 1000)
    with own_scratch(tmp_path) as scratch:
        assert scratch.used_bytes == 0
        assert not left.exists()


async def test_a_refused_request_leaves_no_temporary_files(lone_bench):
    lone_bench.standin.script.create(HttpAnswer(status=400, body={"error": "Bad prompt"}))
    await lone_bench.run(await lone_bench.add_unprepared(**planned()))
    assert lone_bench.scratch.used_bytes == 0


# Making the request


async def after_a_day(bench, handle):
    """Let the clip's link die while its job waits for its turn; the kept copy has another."""
    while handle.step_kind is not StepKind.SUBMIT:
        await bench.step_once(handle)
    bench.clock.advance(3580)
    bench.deliverer.shown.clear()


async def test_discords_trouble_is_not_told_as_a_crowd_of_clips(lone_bench):
    handle = await lone_bench.add_unprepared(source_url=dead_link(lone_bench, 3600))
    await after_a_day(lone_bench, handle)
    troubles = [DeliveryDelayedError("429", retry_after_seconds=50), DeliveryDelayedError("503")]
    refresh = lone_bench.deliverer.refresh_source

    async def refresh_source(job):
        if troubles:
            raise troubles.pop(0)
        return await refresh(job)

    lone_bench.deliverer.refresh_source = refresh_source
    assert await lone_bench.step(handle) >= 50
    assert 2 <= await lone_bench.step(handle) < 10
    await lone_bench.show_all()
    assert lone_bench.deliverer.shown == []
    await sent(lone_bench, handle)


async def test_a_crowd_that_delays_the_request_is_told_and_then_the_place_again(lone_bench):
    handle = await lone_bench.add_unprepared(**planned())
    lone_bench.deliverer.keep_troubles = [DeliveryImpossibleError("50013")]
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    await lone_bench.store.people.pause(GLOBAL_GUILD_ID, user_id=1)
    await lone_bench.step(handle)
    await lone_bench.store.people.resume(GLOBAL_GUILD_ID)
    lone_bench.media.troubles = {"prepare": [MediaBusyError("full")]}
    await lone_bench.show_all()
    await lone_bench.step(handle)
    await lone_bench.show_all()
    await lone_bench.store.people.pause(GLOBAL_GUILD_ID, user_id=1)
    await lone_bench.step(handle)
    await lone_bench.show_all()
    delays = [progress.delay for _, progress in lone_bench.deliverer.shown]
    assert delays[-3:] == [Delay.PAUSED, Delay.CROWDED, Delay.PAUSED]
