"""Announcements of finished clips: once each, and never to more people than saw the clip."""

import dataclasses
import itertools
from dataclasses import replace

import discord
import pytest

from bot.domain.jobs import Job, JobState
from bot.engine.ports import AnswerContent, Delivered
from bot.errors import StoreUnavailableError
from bot.policy.problems import SERVER
from cogs.delivery.announcements import Announcements
from cogs.delivery.cog import ThreadDeliverer
from tests.cogs.conftest import buttons_of, text_of
from tests.factories import new_job

IDS = itertools.count(10**18)
HIDDEN = discord.PermissionOverwrite(view_channel=False)
SEEN = discord.PermissionOverwrite(view_channel=True)


@pytest.fixture
async def place(stage):
    """The channel for announcements."""
    place = stage.guild.create_text_channel("finished")
    await choose(stage, place.id)
    return place


async def choose(stage, channel_id):
    await stage.store.policies.change(
        stage.guild.id,
        {SERVER: {"announce_channel_id": channel_id}},
        user_id=1,
        operator=stage.bot.settings,
    )


def announcements(stage):
    return Announcements(stage.bot, stage.store, now=stage.clock)


def deliverer(stage):
    return ThreadDeliverer(stage.bot, now=stage.clock, announcements=announcements(stage))


async def deliver(stage, clip, **options):
    job = await stage.finished(clip, **options)
    return job, await deliverer(stage).deliver(job, AnswerContent())


async def announce(stage, where=None, by=None, **fields):
    """Announce a job of a channel whose answer was posted there; return the job."""
    new = new_job(
        next(IDS),
        guild_id=stage.guild.id,
        channel_id=(where or stage.channel).id,
        user_id=stage.alice.id,
        record_message_id=1,
        is_age_restricted=False,
    )
    now = stage.clock()
    known = {"state": JobState.DELIVERING, "owner": "w1", "created_at": now, "updated_at": now}
    job = Job(**{f.name: getattr(new, f.name) for f in dataclasses.fields(new)} | known | fields)
    await (by or announcements(stage)).announce(
        job, Delivered(channel_id=job.channel_id, message_id=2)
    )
    return job


async def test_a_finished_clip_is_announced_with_a_link_and_pings_nobody(stage, place, clip):
    job, delivered = await deliver(stage, clip, prompt="@everyone *neon*")
    [message] = place.history()
    assert text_of(message) == (
        f"{stage.alice.mention} restyled a clip\n"
        "> @\u200beveryone \\*neon\\*\n"
        f"-# From a clip by {stage.alice.mention} · made with AI, "
        "[Powered by Runway](https://runwayml.com)"
    )
    assert buttons_of(message) == {
        "Watch": f"https://discord.com/channels/{stage.guild.id}/{job.thread_id}/"
        f"{delivered.message_id}"
    }
    body = stage.env.http_requests[-1].json
    assert body["allowed_mentions"] == {"parse": []}
    assert (body["nonce"], body["enforce_nonce"]) == (f"{job.id}n", True)
    assert body["flags"] & discord.MessageFlags(suppress_notifications=True).value


async def test_nothing_is_announced_where_no_channel_is_chosen(stage, clip):
    before = len(stage.calls("POST"))
    await deliver(stage, clip)
    posts = [call for call in stage.calls("POST")[before:] if call.endswith("/messages")]
    assert len(posts) == 2  # the status and the answer


async def test_a_second_delivery_after_a_crash_announces_nothing_twice(stage, place, clip):
    job, delivered = await deliver(stage, clip)
    stage.clock.advance(300)  # the nonce is forgotten by then
    assert await deliverer(stage).deliver(job, AnswerContent()) == delivered
    assert len(place.history()) == 1


async def test_a_crash_between_answer_and_announcement_leaves_it_to_the_next_delivery(
    stage, place, clip
):
    job = await stage.finished(clip)
    await stage.deliverer.deliver(job, AnswerContent())  # answers, and announces nothing
    stage.clock.advance(300)
    await deliverer(stage).deliver(job, AnswerContent())
    assert len(place.history()) == 1


async def test_a_failed_job_is_not_announced(stage, place, clip):
    await deliverer(stage).deliver(await stage.failed(clip), None)
    assert place.history() == []


async def test_an_answer_that_went_into_direct_messages_is_not_announced(stage, place, clip):
    job = await stage.finished(clip)
    for channel_id in (job.thread_id, job.channel_id):
        stage.env.inject_error(
            "POST", f"/channels/{channel_id}/messages", status=403, code=50001, times=None
        )
    delivered = await deliverer(stage).deliver(job, AnswerContent())
    assert delivered.channel_id not in {job.thread_id, job.channel_id}
    assert place.history() == []


async def test_in_the_channel_of_the_job_itself_nothing_is_repeated(stage):
    await choose(stage, stage.channel.id)
    await announce(stage)
    assert stage.channel.history() == []


async def thread_in(stage, channel, **options):
    await stage.bot.get_channel(channel.id).create_thread(name="talk", **options)
    return channel.threads[0]


PUBLIC = {"type": discord.ChannelType.public_thread}


async def test_a_job_of_a_thread_of_that_channel_is_not_repeated(stage, place):
    before = len(place.history())
    await announce(stage, await thread_in(stage, place, **PUBLIC))
    assert announced(place)[before:] == []


def announced(place):
    return [message for message in place.history() if buttons_of(message)]


@pytest.mark.parametrize(("options", "count"), [(PUBLIC, 1), ({}, 0)])
async def test_a_clip_of_a_thread_is_announced_unless_the_thread_is_private(
    stage, place, options, count
):
    await announce(stage, await thread_in(stage, stage.channel, **options))
    assert len(place.history()) == count


@pytest.mark.parametrize("hidden_from", ["everyone", "role", "member"])
async def test_nothing_leaves_a_place_that_fewer_people_see(stage, place, hidden_from):
    who = {
        "everyone": stage.guild.roles["@everyone"],
        "role": stage.guild.create_role("Guests"),
        "member": stage.bob,
    }[hidden_from]
    overwrites = {who: HIDDEN, stage.alice: SEEN, stage.bot.user: SEEN}
    await announce(stage, stage.guild.create_text_channel("crew", overwrites=overwrites))
    assert place.history() == []


async def test_between_two_places_of_the_same_people_it_is_announced(stage):
    crew, everyone = stage.guild.create_role("Crew"), stage.guild.roles["@everyone"]
    overwrites = {everyone: HIDDEN, crew: SEEN, stage.bot.user: SEEN}
    source, target = (
        stage.guild.create_text_channel(name, overwrites=overwrites) for name in ("set", "news")
    )
    await choose(stage, target.id)
    await announce(stage, source)
    assert len(target.history()) == 1


async def test_a_member_let_into_the_announcements_alone_keeps_a_private_clip_back(stage):
    everyone = stage.guild.roles["@everyone"]
    common = {everyone: HIDDEN, stage.bot.user: SEEN, stage.alice: SEEN}
    source = stage.guild.create_text_channel("set", overwrites=common)
    target = stage.guild.create_text_channel("news", overwrites=common | {stage.bob: SEEN})
    await choose(stage, target.id)
    await announce(stage, source)
    assert target.history() == []


@pytest.mark.parametrize(("for_adults", "count"), [(False, 0), (True, 1)])
async def test_a_clip_for_adults_is_announced_to_adults_alone(stage, place, for_adults, count):
    # As the gateway would tell it; the simulated Discord has no such channels.
    stage.bot.get_channel(stage.channel.id).nsfw = True
    stage.bot.get_channel(place.id).nsfw = for_adults
    await announce(stage)
    await announce(stage, stage.guild.create_text_channel("tamed"), is_age_restricted=True)
    assert len(place.history()) == 2 * count


async def test_a_spoiler_is_said_to_be_one(stage, place):
    await announce(stage, spoiler=True)
    assert "The clip is behind a spoiler." in text_of(place.last_message)


async def test_whose_clip_it_was_is_said(stage, place):
    await announce(stage, source_author_id=stage.bob.id)
    assert f"From a clip by {stage.bob.mention} · made with AI" in text_of(place.last_message)


async def test_an_apps_clip_is_not_said_to_be_the_requesters(stage, place):
    url = "https://discord.com/channels/1/2/3"
    await announce(stage, source_message_url=url)
    assert f"From a clip in [this message]({url})" in text_of(place.last_message)
    assert f"clip by {stage.alice.mention}" not in text_of(place.last_message)


async def test_a_prompt_that_automod_blocks_is_left_out(stage, place):
    stage.env.inject_error("POST", f"/channels/{place.id}/messages", status=400, code=200000)
    await announce(stage, prompt="blocked words")
    assert "blocked words" not in text_of(place.last_message)
    assert "restyled a clip" in text_of(place.last_message)


@pytest.mark.parametrize(
    ("status", "code"), [(403, 50013), (404, 10003), (400, 50035), (429, 0), (500, 0)]
)
async def test_trouble_with_an_announcement_is_not_raised(stage, place, status, code):
    stage.env.inject_error(
        "POST", f"/channels/{place.id}/messages", status=status, code=code, times=None
    )
    await announce(stage)
    assert place.history() == []


async def test_a_channel_that_is_gone_is_told_to_the_log_once_until_it_works_again(
    stage, place, caplog
):
    by = announcements(stage)
    for chosen in (987, 987, place.id, 987):
        await choose(stage, chosen)
        await announce(stage, by=by)
    told = [line for line in caplog.messages if "nothing can be announced in channel 987" in line]
    assert len(told) == 1
    assert len(place.history()) == 1


async def test_a_guild_that_is_not_in_the_cache_is_asked_for(stage, place, monkeypatch):
    monkeypatch.setattr(stage.bot, "get_guild", lambda guild_id: None)
    await announce(stage)
    assert len(place.history()) == 1


async def test_without_the_database_the_answer_is_out_and_nothing_is_announced(
    stage, place, clip, monkeypatch
):
    job = await stage.finished(clip)

    async def fail(guild_id):
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(stage.store.policies, "read", fail)
    delivered = await deliverer(stage).deliver(job, AnswerContent())
    assert delivered.channel_id == job.thread_id
    assert place.history() == []


async def test_deleting_the_answer_takes_the_announcement_back(stage, place, clip):
    job, delivered = await deliver(stage, clip)
    other = await deliver(stage, clip, prompt="another")
    told = replace(job, answer_message_id=delivered.message_id)
    await deliverer(stage).withdraw(told)
    [left] = place.history()
    assert str(other[1].message_id) in buttons_of(left)["Watch"]


@pytest.mark.parametrize("spoiler", [False, True])
async def test_an_announcement_has_the_answers_picture_which_stays_behind_its_spoiler(
    stage, place, clip, picture, tmp_path, spoiler
):
    await stage.set(spoiler_outputs=spoiler)
    path = tmp_path / "picture.png"
    path.write_bytes(picture)
    job = await stage.finished(clip)
    delivered = await deliverer(stage).deliver(job, AnswerContent(picture=path))
    [message] = place.history()
    [box] = message.components
    [thumbnail] = [one.accessory for one in box.children if hasattr(one, "accessory")]
    assert (thumbnail.media.url, thumbnail.spoiler) == (delivered.picture_url, spoiler)
    assert delivered.picture_url
    again = await deliverer(stage).deliver(dataclasses.replace(job, delivery_attempts=1), None)
    assert again == delivered
