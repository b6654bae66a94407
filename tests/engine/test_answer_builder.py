"""What comes with a finished video, and that none of it ever costs the answer."""

import pytest

from bot.domain.jobs import Extra, JobState
from bot.errors import (
    DeliveryTooLargeError,
    MediaBusyError,
    MediaNoSoundError,
    MediaProbeError,
    MediaUnfitError,
    MediaUnreachableError,
)
from sandbox.cometapi import Fate, Succeed
from tests.engine.conftest import LIVE_SOURCE
from tests.engine.test_prepare import planned


async def answer(bench, **fields):
    """Let a job run to its end; return the last answer that went to Discord."""
    bench.standin.script.task(Fate(end=Succeed()))
    job = await bench.run(await bench.add(**fields))
    assert job.state is JobState.DONE
    assert bench.scratch.used_bytes == 0
    return bench.deliverer.answers[-1]


def asked(bench):
    """Which work on media was asked for, in order."""
    return [name for name, *_ in bench.media.calls]


async def test_an_answer_brings_a_picture_of_before_and_after_and_a_button_to_compare(lone_bench):
    found = await answer(lone_bench)
    assert (found.picture.name, found.is_poster) == ("picture.png", False)
    assert found.offers == {Extra.COMPARE}


async def test_the_sources_sound_is_offered_where_it_has_any(lone_bench):
    lone_bench.media.has_audio = True
    found = await answer(lone_bench)
    assert found.offers == {Extra.COMPARE, Extra.SOUND}
    assert "add_sound" not in asked(lone_bench)


async def test_a_clip_that_was_planned_is_not_looked_into_again_for_its_sound(lone_bench):
    found = await answer(lone_bench, **planned())
    assert found.offers == {Extra.COMPARE, Extra.SOUND}
    assert "has_sound" not in asked(lone_bench)


async def test_where_the_server_wants_it_the_sound_is_there_at_once(lone_bench):
    lone_bench.media.has_audio = True
    found = await answer(lone_bench, keep_sound=True)
    assert found.offers == {Extra.COMPARE}
    (_, data), *_ = lone_bench.deliverer.delivered
    assert data.startswith(b"sounding ")


async def test_a_silent_source_costs_nothing_but_the_sound(lone_bench):
    lone_bench.media.troubles = {"add_sound": [MediaNoSoundError("silent")]}
    found = await answer(lone_bench, keep_sound=True)
    assert found.video is not None
    assert found.offers == {Extra.COMPARE}


async def test_where_the_source_is_gone_a_frame_of_the_result_is_the_picture(lone_bench):
    lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("gone", status=404)]}
    found = await answer(lone_bench)
    assert (found.picture.name, found.is_poster) == ("poster.jpg", True)
    assert found.offers == frozenset()


@pytest.mark.parametrize("trouble", [MediaBusyError, MediaProbeError, ValueError, TimeoutError])
async def test_whatever_goes_wrong_with_a_trimming_the_answer_goes_out(lone_bench, trouble):
    lone_bench.media.troubles = {
        name: [trouble("trouble")] for name in ("picture", "poster", "has_sound")
    }
    found = await answer(lone_bench)
    assert found.video is not None
    assert found.picture is None


async def test_a_video_that_discord_finds_too_large_after_all_is_made_smaller_once(lone_bench):
    lone_bench.deliverer.troubles = [DeliveryTooLargeError("40005")]
    found = await answer(lone_bench)
    sizes = [len(data) for _, data in lone_bench.deliverer.delivered]
    assert sizes[1] <= 0.75 * sizes[0]
    assert (found.is_smaller, found.can_shrink) == (True, False)


async def test_what_cannot_be_made_smaller_goes_out_as_a_link(lone_bench):
    lone_bench.deliverer.troubles = [DeliveryTooLargeError("413")]
    lone_bench.media.troubles = {"fit": [MediaUnfitError("far too long")]}
    found = await answer(lone_bench)
    assert found.video is None
    assert len(lone_bench.deliverer.delivered) == 2


async def test_the_source_of_a_prepared_clip_is_the_part_that_was_sent(lone_bench):
    prepared = {"sent_url": LIVE_SOURCE.replace("clip", "part"), "sent_bytes": 1000}
    lone_bench.standin.script.task(Fate(end=Succeed()))
    handle = await lone_bench.add(part_start=7.5)
    handle.sync(await lone_bench.store.update(await lone_bench.job(handle), **prepared))
    await lone_bench.run(handle)
    assert ("picture", 0.0) in lone_bench.media.calls  # it begins where the part does
    assert LIVE_SOURCE not in lone_bench.downloader.asked
