"""A clip's thread, its status and its record, from the beginning to the end."""

from dataclasses import replace

import discord
import pytest

from bot.domain.jobs import Hold, JobState, Phase
from bot.engine.ports import Opened, Progress
from bot.errors import DeliveryDelayedError
from tests.cogs.conftest import buttons_of, text_of
from tests.cogs.job_places import (
    POSTS,
    THREADS,
    posted,
    record_of,
    thread_of,
    thread_texts,
)

# Opening


async def test_a_job_gets_a_thread_named_by_its_prompt_with_a_silent_status(stage, clip):
    job = await stage.started(clip, prompt="a rainy night, neon")
    thread = thread_of(stage)
    assert (thread.id, thread.name) == (job.thread_id, "a rainy night, neon")
    assert job.thread_id == job.record_message_id
    status = thread.last_message
    assert status.id == job.status_message_id
    assert text_of(status).startswith("**Waiting to start**\nAsked for <t:")
    assert "nothing is spent yet" in text_of(status)
    assert buttons_of(status) == {"Cancel": f"restyle:{job.id}:cancel"}
    [body] = posted(stage)
    assert body["flags"] & discord.MessageFlags(suppress_notifications=True).value
    assert (body["nonce"], body["enforce_nonce"]) == (f"{job.id}s", True)


async def test_opening_again_finds_what_was_made_before_a_crash(stage, clip):
    job = await stage.started(clip)
    opened = Opened(thread_id=job.thread_id, status_message_id=job.status_message_id)
    assert await stage.deliverer.open(job) == opened
    stage.clock.advance(300)
    forgotten = replace(job, thread_id=None, status_message_id=None)
    assert await stage.deliverer.open(forgotten) == opened
    assert len(stage.channel.threads) == 1
    assert len(thread_of(stage).history()) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, 50013), (403, 50001), (400, 50024), (400, 160006), (404, 10008)],
)
async def test_without_a_thread_the_record_is_the_status(stage, clip, status, code):
    stage.env.inject_error("POST", THREADS, status=status, code=code)
    job = await stage.started(clip)
    assert (job.thread_id, job.status_message_id) == (None, None)
    assert len(stage.channel.history()) == 1
    assert "nothing is spent yet" in text_of(record_of(stage))
    assert buttons_of(record_of(stage)) == {"Cancel": f"restyle:{job.id}:cancel"}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_trouble_while_opening_is_worth_another_try(stage, clip, status):
    job = await stage.job(await stage.restyle(clip))
    stage.env.inject_error("POST", THREADS, status=status)
    with pytest.raises(DeliveryDelayedError):
        await stage.deliverer.open(job)
    opened = await stage.deliverer.open(job)
    assert opened.thread_id == thread_of(stage).id


@pytest.mark.parametrize("code", [200000, 200001, 50035])
async def test_a_name_that_is_not_taken_becomes_a_neutral_one(stage, clip, code):
    stage.env.inject_error("POST", THREADS, status=400, code=code)
    await stage.started(clip, prompt="bad words")
    assert thread_of(stage).name == "Restyled clip"


@pytest.mark.parametrize("hold", Hold)
async def test_before_anybody_allowed_a_request_its_words_are_not_shown_to_all(stage, clip, hold):
    job = replace(await stage.job(await stage.restyle(clip)), state=JobState.HELD, hold=hold)
    await stage.deliverer.open(job)
    await stage.deliverer.show(job, Progress(phase=None))
    moment = f"{job.created_at:%I:%M %p} UTC".lstrip("0")
    assert thread_of(stage).name == f"Clip by alice, {moment}"
    assert "rainy night" not in text_of(record_of(stage))
    asked_at = int(job.created_at.timestamp())
    assert f"Clip by {stage.alice.mention}, <t:{asked_at}:t>\n" in text_of(record_of(stage))
    allowed = replace(job, state=JobState.QUEUED, hold=None, thread_id=thread_of(stage).id)
    await stage.deliverer.name_thread(job)  # not yet
    assert thread_of(stage).name == f"Clip by alice, {moment}"
    await stage.deliverer.name_thread(allowed)
    assert thread_of(stage).name == "a rainy night, neon"
    await stage.deliverer.show(allowed, Progress(phase=None))
    assert "rainy night" in text_of(record_of(stage))


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (413, 40005), (500, 0), (503, 0)])
async def test_without_a_status_message_the_job_goes_on(stage, clip, status, code):
    stage.env.inject_error("POST", POSTS, status=status, code=code, times=2)
    job = await stage.started(clip)
    assert job.thread_id is not None
    assert job.status_message_id is None


# Showing


async def test_progress_is_shown_in_the_status_and_in_the_record_beside_its_thread(stage, clip):
    job = await stage.running(clip)
    await stage.deliverer.show(
        job, Progress(phase=Phase.RUNNING, fraction=0.42, typical_seconds=98)
    )
    [status] = thread_texts(stage)
    assert status == (
        "**Running · 42%**\n"
        f"Started <t:{int(job.submitted_at.timestamp())}:R> · "
        "a clip this long usually takes about 1 min 40 s"
    )
    assert f"**Running · 42%** · <#{job.thread_id}>" in text_of(record_of(stage))
    assert list(buttons_of(thread_of(stage).last_message)) == ["Cancel"]


async def test_a_step_of_progress_is_an_edit_of_each_card_and_the_same_again_is_none(stage, clip):
    job = await stage.running(clip)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.1))
    before = len(stage.calls())
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.2))
    assert len(stage.calls()) == before + 2
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.2))
    assert len(stage.calls()) == before + 2


async def test_in_place_the_record_shows_the_progress(stage, clip):
    stage.env.inject_error("POST", THREADS, status=403, code=50013)
    job = await stage.running(clip)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.42))
    assert "42%" in text_of(record_of(stage))
    assert list(buttons_of(record_of(stage))) == ["Cancel"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, 50001), (404, 10003), (404, 10008), (400, 50083), (413, 0), (429, 30046), (500, 0)],
)
async def test_trouble_with_an_edit_is_not_raised(stage, clip, status, code):
    job = await stage.running(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=None)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))


async def test_a_channel_that_refuses_edits_is_left_alone_for_a_while(stage, clip):
    job = await stage.running(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=403, code=50001, times=2)
    await stage.deliverer.show(job, Progress(phase=Phase.PENDING))
    before = len(stage.calls())
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    assert len(stage.calls()) == before
    stage.clock.advance(301)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    assert len(stage.calls()) == before + 2


async def test_a_message_too_old_for_edits_is_not_edited_again(stage, clip):
    job = await stage.running(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=429, code=30046, times=2)
    await stage.deliverer.show(job, Progress(phase=Phase.PENDING))
    before = len(stage.calls())
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    assert len(stage.calls()) == before
