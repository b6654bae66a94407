"""An answer that may be out already is looked for before it is posted."""

import pytest

from bot.errors import DeliveryDelayedError
from tests.cogs.job_places import POSTS, THREADS, posted

# Twice


@pytest.mark.parametrize("place", ["thread", "channel"])
async def test_after_a_long_outage_an_answer_that_is_out_is_found(stage, clip, output, place):
    if place == "channel":
        stage.env.inject_error("POST", THREADS, status=403, code=50013)
    job = await stage.finished(clip)
    first = await stage.deliverer.deliver(job, output)
    stage.clock.advance(600)
    since = len(stage.env.http_requests)
    assert await stage.deliverer.deliver(job, output) == first
    assert posted(stage, since) == []


async def test_after_a_failed_attempt_an_answer_that_is_out_is_found(stage, clip, output):
    job = await stage.finished(clip)
    first = await stage.deliverer.deliver(job, output)
    job = await stage.store.update(job, delivery_attempts=1)
    assert await stage.deliverer.deliver(job, output) == first


async def test_an_answer_that_went_out_as_a_direct_message_is_found(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=404, code=10003, times=2)
    first = await stage.deliverer.deliver(job, output)
    assert first.channel_id not in {job.thread_id, job.channel_id}
    stage.clock.advance(600)
    for place in (job.thread_id, job.channel_id):
        path = f"/channels/{place}/messages"
        stage.env.inject_error("GET", path, status=404, code=10003, times=None)
    since = len(stage.env.http_requests)
    assert await stage.deliverer.deliver(job, output) == first
    assert posted(stage, since) == []


async def test_a_source_that_was_kept_before_a_crash_is_not_posted_again(stage, clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    job = await stage.started(clip)
    first = await stage.deliverer.keep_source(job, clip=path, reference=None)
    stage.clock.advance(600)
    since = len(stage.env.http_requests)
    again = await stage.deliverer.keep_source(job, clip=path, reference=None)
    assert again.message_id == first.message_id
    assert posted(stage, since) == []


async def test_the_answer_of_one_job_is_not_taken_for_that_of_another(stage, clip, output):
    stage.env.inject_error("POST", THREADS, status=403, code=50013, times=2)
    first, second = await stage.finished(clip), await stage.finished(clip)
    told = await stage.deliverer.deliver(first, output)
    stage.clock.advance(600)
    assert await stage.deliverer.deliver(second, output) != told
    assert len(stage.channel.history()) == 4


async def test_while_nobody_knows_whether_it_is_out_nothing_is_posted(stage, clip, output):
    job = await stage.finished(clip)
    stage.clock.advance(600)
    stage.env.inject_error("GET", POSTS, status=503)
    since = len(stage.env.http_requests)
    with pytest.raises(DeliveryDelayedError):
        await stage.deliverer.deliver(job, output)
    assert posted(stage, since) == []


async def test_a_history_that_may_not_be_read_does_not_stop_the_answer(stage, clip, output):
    job = await stage.finished(clip)
    stage.clock.advance(600)
    stage.env.inject_error("GET", POSTS, status=403, code=50013, times=None)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id
