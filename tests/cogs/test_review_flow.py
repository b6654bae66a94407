"""Reviews on the whole way: engine, provider, moderators; with a restart in the middle of each."""

import re
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
from tests.storage.rows import put

__all__ = ["open_engine", "settings", "sqlite_store", "standin"]

EXTENSIONS = ("cogs.delivery.cog", "cogs.review.cog", "cogs.appeals.cog")


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot(extensions=EXTENSIONS)
    yield bot
    await bot.close()


@pytest.fixture
async def place(stage, cdn):
    """The review channel, and a moderator of another name than the requester's."""
    reviews = stage.guild.create_text_channel("reviews")
    await stage.store.policies.change(
        stage.guild.id,
        {SERVER: {"review_channel_id": reviews.id, "review_open_cap": 1}},
        user_id=1,
        operator=None,
    )
    return reviews


def thread_of(stage):
    [thread] = stage.channel.threads
    return thread


def cards(place):
    """What moderators decide about, or did; beside it lie the clips."""
    return [found for found in place.history() if "Clip by" not in text_of(found)]


async def press(stage, message, label):
    return await stage.mo.click(message, custom_id=buttons_of(message)[label])


async def test_both_reviews_outlive_a_restart_and_the_clip_comes(
    stage, clip, standin, place, open_engine, make_bot
):
    old = stage.bot
    async with open_engine():
        job = await accepted(
            stage, clip, hold=Hold.REVIEW, held_until=in_an_hour(), review_output=True
        )
        [card] = await until(lambda: cards(place))
        [kept] = [one for one in place.history() if one.attachments]
        assert text_of(kept).startswith(f"-# Clip by {stage.alice.mention}, <t:")
        [thread] = stage.channel.threads
        assert not any(one.attachments for one in thread.history())
        assert re.fullmatch(r"Clip by alice, \d{1,2}:\d\d [AP]M UTC", thread.name)
    bot = make_bot(extensions=EXTENSIONS)
    await stage.env.restart_bot(bot)
    try:
        async with open_engine():
            assert standin.creates == []
            await press(stage, card, "Approve")
            await in_state(stage, job, JobState.WITHHELD)
            assert thread_of(stage).name == "a rainy night"
            result = await until(lambda: len(cards(place)) == 2 and cards(place)[1])
            assert len(result.attachments) == 1
        again = make_bot(extensions=EXTENSIONS)
        await stage.env.restart_bot(again)
        try:
            async with open_engine():
                await press(stage, result, "Approve")
                await in_state(stage, job, JobState.DONE)
                assert len(cards(place)) == 2
                assert all(buttons_of(card) == {} for card in cards(place))
                assert len(standin.creates) == 1
                [thread] = stage.channel.threads
                assert any("Here is your clip." in text_of(said) for said in thread.history())
        finally:
            await again.close()
    finally:
        await bot.close()
        await old.close()


async def test_a_denial_is_told_in_the_thread_and_nothing_was_spent(
    stage, clip, standin, place, open_engine
):
    async with open_engine():
        job = await accepted(stage, clip, hold=Hold.REVIEW, held_until=in_an_hour())
        [card] = await until(lambda: cards(place))
        form = await press(stage, card, "Deny…")
        await stage.mo.submit_modal(form, {"words": "not here"})

        async def told():
            return (await stage.store.get(job.id)).told_at

        await until(told)
        [thread] = stage.channel.threads
        text = text_of(thread.last_message)
        assert f"Your request was denied by <@{stage.mo.id}>.\nReason:\n> not here" in text
        assert "Nothing was spent." in text
        assert "Ask a moderator…" in buttons_of(thread.last_message)
        assert standin.creates == []


async def test_what_waits_folded_is_shown_by_the_same_process_when_its_turn_comes(
    stage, clip, place, open_engine
):
    async with open_engine():
        first = await accepted(stage, clip, hold=Hold.REVIEW, held_until=in_an_hour())
        [card] = await until(lambda: cards(place))
        second = await accepted(stage, clip, hold=Hold.REVIEW, held_until=in_an_hour())
        await until(lambda: len(cards(place)) == 2)
        await press(stage, card, "Approve")
        shown = await until(
            lambda: [
                found
                for found in cards(place)
                if any(str(second.id) in id_ for id_ in buttons_of(found).values())
            ]
        )
        assert len(shown) == 1
        await until(lambda: len(cards(place)) == 2)  # the fold is gone
        assert first.id != second.id


async def test_a_request_that_nobody_looks_at_ends_by_itself(
    stage, clip, standin, place, open_engine
):
    async with open_engine():
        job = await accepted(stage, clip, hold=Hold.REVIEW, held_until=in_an_hour())
        await until(lambda: cards(place))
        past = datetime.now(UTC) - timedelta(seconds=1)
        await put(stage.store, job.id, JobState.HELD, held_until=past, owner=None)
        stage.new_jobs.set()
        ended = await in_state(stage, job, JobState.CANCELLED)
        assert ended.cancel_reason is CancelReason.REVIEW_EXPIRED
        await until(lambda: buttons_of(cards(place)[0]) == {})
        assert "Nobody decided in time" in text_of(cards(place)[0])
        assert standin.creates == []
