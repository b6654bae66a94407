"""Consent on the whole way: engine, provider, author; with a restart in the middle."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.jobs import CancelReason, Hold, JobState
from bot.policy.problems import SERVER
from tests.cogs.conftest import buttons_of, text_of
from tests.cogs.flows import (
    accepted,
    in_an_hour,
    in_state,
    open_engine,
    settings,
    sqlite_store,
    standin,
    until,
)
from tests.cogs.job_places import record_of
from tests.storage.rows import put

__all__ = ["open_engine", "settings", "sqlite_store", "standin"]

EXTENSIONS = (
    "cogs.delivery.cog",
    "cogs.review.cog",
    "cogs.appeals.cog",
    "cogs.consent.cog",
    "cogs.privacy.cog",
)


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot(extensions=EXTENSIONS)
    yield bot
    await bot.close()


@pytest.fixture
def borrowed(stage, clip, cdn):
    """``await borrowed()``: a job of Alice's with a clip of Bob's, for which he has to be asked."""

    async def make(**fields):
        return await accepted(
            stage,
            clip,
            hold=Hold.CONSENT,
            held_until=in_an_hour(),
            source_author_id=stage.bob.id,
            source_message_url="https://discord.com/channels/1/2/3",
            **fields,
        )

    return make


async def question_of(stage):
    direct = stage.bob.user.dm_channel
    return await until(lambda: direct.history() and direct.history()[-1])


async def press(stage, label):
    question = await question_of(stage)
    return await stage.bob.user.click(question, custom_id=buttons_of(question)[label])


async def told(stage, job):
    """Return the job once its outcome is posted."""

    async def look():
        found = await stage.store.get(job.id)
        return found if found.told_at is not None else None

    return await until(look)


def thread_of(stage):
    [thread] = stage.channel.threads
    return thread


async def test_consent_and_then_review_outlive_a_restart_and_the_clip_comes(
    stage, standin, borrowed, open_engine, make_bot
):
    reviews = stage.guild.create_text_channel("reviews")
    await stage.store.policies.change(
        stage.guild.id, {SERVER: {"review_channel_id": reviews.id}}, user_id=1, operator=None
    )
    old = stage.bot
    async with open_engine():
        job = await borrowed(reasons=["mode"])
        await question_of(stage)
    bot = make_bot(extensions=EXTENSIONS)
    await stage.env.restart_bot(bot)
    try:
        async with open_engine():
            await press(stage, "Allow")
            card = await until(lambda: next(filter(buttons_of, reviews.history()), None))
            assert not any(one.attachments for one in thread_of(stage).history())
            assert standin.creates == []
            await stage.mo.click(card, custom_id=buttons_of(card)["Approve"])
            await in_state(stage, job, JobState.DONE)
        assert len(standin.creates) == 1
        assert len(stage.bob.user.dm_channel.history()) == 1
        answer = thread_of(stage).last_message
        assert f"From a clip by {stage.bob.mention} in [this message]" in text_of(answer)
        assert f"asked for by {stage.alice.mention}" in text_of(answer)
        assert "> a rainy night" in text_of(record_of(stage))
        assert "> a rainy night" not in text_of(answer)
    finally:
        await bot.close()
        await old.close()


async def test_a_no_is_told_kindly_and_the_copy_of_the_clip_is_gone(
    stage, standin, borrowed, open_engine
):
    async with open_engine():
        job = await borrowed()
        question = await question_of(stage)
        assert f"<#{thread_of(stage).id}>" in text_of(question)
        waiting = await stage.store.get(job.id)
        copies = [found.id for found in thread_of(stage).history() if found.attachments]
        assert copies == [waiting.source_message_id]
        await press(stage, "No")
        ended = await told(stage, job)
        assert ended.cancel_reason is CancelReason.CONSENT_REFUSED
        text = text_of(thread_of(stage).last_message)
        assert f"{stage.bob.mention} does not want it restyled." in text
        assert "Nothing was spent." in text
        await until(
            lambda: not [found for found in thread_of(stage).history() if found.attachments]
        )
        assert standin.creates == []


async def test_a_question_that_nobody_answers_ends_by_itself(stage, standin, borrowed, open_engine):
    async with open_engine():
        job = await borrowed()
        await question_of(stage)
        past = datetime.now(UTC) - timedelta(seconds=1)
        await put(stage.store, job.id, JobState.HELD, held_until=past, owner=None)
        stage.new_jobs.set()
        ended = await told(stage, job)
        assert ended.cancel_reason is CancelReason.CONSENT_EXPIRED
        assert f"{stage.bob.mention} did not answer in time." in text_of(
            thread_of(stage).last_message
        )
        direct = stage.bob.user.dm_channel
        await until(lambda: buttons_of(direct.last_message) == {})
        assert "The time to answer has passed." in text_of(direct.last_message)
        assert standin.creates == []


async def test_an_opt_out_meanwhile_ends_what_waits(stage, standin, borrowed, open_engine):
    async with open_engine():
        job = await borrowed()
        await question_of(stage)
        page = await stage.bob.slash(stage.channel, "restyle-privacy")
        await stage.bob.click(page.response.message, custom_id="privacy:opt-out")
        ended = await told(stage, job)
        assert ended.cancel_reason is CancelReason.CONSENT_REFUSED
        await until(lambda: buttons_of(stage.bob.user.dm_channel.last_message) == {})
        assert standin.creates == []
