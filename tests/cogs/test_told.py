"""How people are told: in the thread, by direct message, or not at all."""

from dataclasses import replace

import pytest

from bot.domain.jobs import JobState
from bot.domain.telling import ToldBy
from tests.cogs.conftest import OUTPUT_URL, buttons_of, said
from tests.cogs.panels import text_of

DIRECT = "/users/@me/channels"


async def press(person, message, label):
    return await person.click(message, custom_id=buttons_of(message)[label])


@pytest.fixture
def choose(stage):
    async def chosen(told_by):
        await stage.store.wishes.be_told_by(stage.alice.id, told_by)

    return chosen


def pings_of(stage, since):
    """Who was pinged by which message, as Discord was asked to."""
    return [
        (call.path.split("/")[2], (call.json.get("allowed_mentions") or {}).get("users") or [])
        for call in stage.env.http_requests[since:]
        if call.method == "POST" and call.path.endswith("/messages")
    ]


async def delivered(stage, job):
    """Deliver a job's outcome, and return who was pinged where."""
    since = len(stage.env.http_requests)
    found = await stage.deliverer.deliver(job, None)
    return found, pings_of(stage, since)


def thread_of(stage):
    [thread] = stage.channel.threads
    return thread


async def test_it_is_chosen_under_help_and_holds_after_a_restart(stage, clip, make_bot):
    page = await stage.alice.slash(stage.channel, "restyle-help")
    page = await press(stage.alice, page.response.message, "How I am told")
    assert "You get a ping in its thread." in said(page)
    bot = make_bot()
    await stage.env.restart_bot(bot)
    page = await press(stage.alice, page.response.message, "Don't tell me")
    assert "You get nothing." in said(page)
    assert (await stage.job(await stage.restyle(clip))).told_by is ToldBy.SILENT
    others = await stage.job(await stage.restyle(clip, who=stage.bob))
    assert others.told_by is ToldBy.THREAD
    await bot.close()


async def test_in_the_thread_the_answer_pings(stage, clip):
    job = await stage.finished(clip)
    _, pings = await delivered(stage, job)
    assert pings == [(str(job.thread_id), [stage.alice.id])]
    assert not stage.alice.user.dm_channel or not stage.alice.user.dm_channel.history()


@pytest.mark.parametrize("ending", ["finished", "failed"])
async def test_who_wants_to_hear_nothing_is_not_pinged(stage, clip, choose, ending):
    await choose(ToldBy.SILENT)
    job = await getattr(stage, ending)(clip)
    _, pings = await delivered(stage, job)
    assert pings == [(str(job.thread_id), [])]


@pytest.mark.parametrize(
    ("ending", "words"),
    [("finished", "Your clip is ready: "), ("failed", "Your clip could not be made: ")],
)
async def test_a_direct_message_leads_to_the_outcome_which_pings_nobody(
    stage, clip, choose, ending, words
):
    await choose(ToldBy.DIRECT)
    job = await getattr(stage, ending)(clip)
    outcome, pings = await delivered(stage, job)
    [message] = stage.alice.user.dm_channel.history()
    url = f"https://discord.com/channels/{stage.guild.id}/{job.thread_id}/{outcome.message_id}"
    assert text_of(message) == words + url
    assert pings[0] == (str(job.thread_id), [])
    assert len(thread_of(stage).history()) == 2


async def test_what_was_chosen_meanwhile_holds_for_what_is_under_way(stage, clip, choose):
    job = await stage.running(clip)
    await choose(ToldBy.SILENT)
    assert (await stage.store.get(job.id)).told_by is ToldBy.SILENT


@pytest.mark.parametrize("status", [403, 503])
async def test_where_no_direct_message_arrives_the_thread_pings(stage, clip, choose, status):
    await choose(ToldBy.DIRECT)
    job = await stage.finished(clip)
    stage.env.inject_error("POST", DIRECT, status=status, code=0, times=None)
    _, pings = await delivered(stage, job)
    assert pings == [(str(job.thread_id), []), (str(job.thread_id), [stage.alice.id])]
    assert "did not let me send you a direct message" in text_of(thread_of(stage).last_message)


async def test_after_a_crash_nobody_is_told_twice(stage, clip, choose):
    await choose(ToldBy.DIRECT)
    job = await stage.finished(clip)
    await delivered(stage, job)
    stage.clock.advance(300)  # by now Discord has forgotten the nonces
    await delivered(stage, replace(job, state=JobState.DELIVERING))
    assert len(stage.alice.user.dm_channel.history()) == 1


async def test_what_was_unclear_and_came_after_all_is_told_both_times(stage, clip, choose):
    await choose(ToldBy.DIRECT)
    job = await stage.running(clip)
    await delivered(stage, replace(job, state=JobState.UNCERTAIN))
    job = await stage.store.move(job, JobState.DELIVERING, output_url=OUTPUT_URL)
    await delivered(stage, job)
    first, second = map(text_of, stage.alice.user.dm_channel.history())
    assert first.startswith("It is not clear yet what became of your clip: ")
    assert second.startswith("Your clip is ready: ")


async def test_an_answer_that_went_to_direct_messages_is_told_by_being_there(stage, clip, choose):
    await choose(ToldBy.DIRECT)
    job = await stage.finished(clip)
    for channel_id in {job.thread_id, job.channel_id}:
        stage.env.inject_error(
            "POST", f"/channels/{channel_id}/messages", status=403, code=50001, times=None
        )
    await delivered(stage, job)
    assert len(stage.alice.user.dm_channel.history()) == 1
