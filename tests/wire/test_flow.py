"""The whole bot between a local Discord and a local CometAPI, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.world import CREATE_PUBLIC_THREADS, PUBLIC_THREAD, VOICE
from tests.wire.looking import all_settled, creates_with, discord_calls, outcomes, states
from tests.wire.running import bot_running

if TYPE_CHECKING:
    from bot.settings import Settings
    from sandbox.cometapi import StandIn
    from tests.fakes import Channel, DiscordServer, Upload, User
    from tests.wire.conftest import Clock


@pytest.fixture
def place(discord_server: DiscordServer) -> Channel:
    return discord_server.add_channel(discord_server.add_guild())


@pytest.fixture
def mira(discord_server: DiscordServer) -> User:
    return discord_server.add_user("mira")


async def test_a_clip_is_restyled_and_answered_in_a_thread(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    place: Channel,
    mira: User,
    record_property,
):
    async with bot_running(discord_server, settings):
        done = await discord_server.use(
            "restyle", channel=place, user=mira, video=clip, prompt="a rainy night", seed=7
        )
        await standin.wait_for_creates(1)
        await discord_server.until(lambda: standin.creates and discord_server.threads_of(place))
        (thread,) = discord_server.threads_of(place)
        await discord_server.until(lambda: any(t.polls >= 2 for t in standin.tasks.values()))
        clock.finish()
        await discord_server.until(lambda: outcomes(discord_server, place, mira))
        await discord_server.until(lambda: "Watch" in place.posts[0].text)
        await discord_server.until(lambda: len(thread.posts[1].history) >= 3)
        await discord_server.until(lambda: all_settled(settings))
    calls = discord_calls(discord_server, done)
    record_property("discord_calls_per_job", dict(calls))
    polls = [task.polls for task in standin.tasks.values()]
    record_property("cometapi_calls_per_job", {"creates": 1, "polls": polls})
    starter, status, answer = thread.posts
    assert [file.filename for file in status.attachments] == ["source.mp4"]
    assert status.attachments[0].url in str(status.components)  # the last edit shows it, too
    (record,) = place.posts
    assert starter.id == thread.id == record.id
    assert standin.creates[0].body["promptText"] == "a rainy night"
    assert standin.creates[0].body["seed"] == 7
    assert len(standin.creates) == 1
    for other in (record, status):
        assert other.pings == other.mentions == frozenset()
    assert set(answer.pings) == {mira.id}
    assert answer.nonce is not None
    assert str(done.id) in answer.nonce
    assert [a.filename for a in answer.attachments] == ["restyled.mp4", "before-and-after.png"]
    assert answer.attachments[0].data == clip.data  # the stand-in handed it back
    assert [file.filename for file in record.attachments] == ["moment.jpg"]
    assert standin.origin in answer.text
    assert "a rainy night" in record.text
    assert states(settings) == {done.id: ("done", True)}
    assert not any(download.had_key for download in standin.downloads)
    edits = calls["PATCH /channels/*/messages/*"] - 2  # the last edits of record and status
    assert sum(calls.values()) - edits <= 7, calls
    assert edits <= 4, calls  # record and status, for each of two phases


async def test_the_first_answer_does_not_wait_for_the_clip(
    discord_server: DiscordServer, settings: Settings, clip: Upload, place: Channel, mira: User
):
    async with bot_running(discord_server, settings):
        discord_server.files_open.clear()
        options = {"video": clip, "prompt": "fog"}
        done = await discord_server.use("restyle", channel=place, user=mira, **options)
        await discord_server.until(lambda: done.acknowledged_after is not None)
        discord_server.files_open.set()
    assert done.original is not None


async def test_an_event_that_comes_twice_makes_one_job(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    place: Channel,
    mira: User,
):
    async with bot_running(discord_server, settings):
        options = {"video": clip, "prompt": "twice"}
        payload = discord_server.command_payload("restyle", options, channel=place, user=mira)
        await discord_server.send(payload, user=mira)
        await discord_server.send(payload, user=mira)
        await standin.wait_for_creates(1)
        clock.finish()
        await discord_server.until(lambda: outcomes(discord_server, place, mira))
        await discord_server.until(lambda: all_settled(settings))
    assert len(standin.creates) == 1
    assert list(states(settings).values()) == [("done", True)]
    assert len(outcomes(discord_server, place, mira)) == 1


def videos_in(channel: Channel) -> list[str]:
    files = [file.filename for post in channel.posts for file in post.attachments]
    return [name for name in files if name == "restyled.mp4"]


async def test_where_no_thread_can_be_the_answer_comes_in_place(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    place: Channel,
):
    guild = discord_server.guilds[place.guild_id or 0]
    inside = discord_server.add_channel(
        guild,
        "a thread",
        kind=PUBLIC_THREAD,
        parent_id=place.id,
        owner_id=discord_server.owner.id,
        member_ids={discord_server.bot.id},
    )
    users = {name: discord_server.add_user(name) for name in ("a", "b", "c", "d")}
    places = {
        "a": discord_server.add_channel(guild, "no-threads", denied=CREATE_PUBLIC_THREADS),
        "b": discord_server.add_channel(guild, "voice", kind=VOICE),
        "c": inside,
        "d": discord_server.dm_with(users["d"]),
    }
    async with bot_running(discord_server, settings):
        for name, channel in places.items():
            await discord_server.use(
                "restyle", channel=channel, user=users[name], video=clip, prompt=name
            )
        await standin.wait_for_creates(len(places))
        clock.finish()
        for name, channel in places.items():
            await discord_server.until(lambda c=channel: videos_in(c))
            assert creates_with(standin, name) == 1
        await discord_server.until(lambda: all_settled(settings))
    for channel in places.values():
        assert discord_server.threads_of(channel) == []
        assert len(videos_in(channel)) == 1
    assert set(states(settings).values()) == {("done", True)}


async def test_a_lost_gateway_does_not_stop_a_job(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    place: Channel,
    mira: User,
):
    async with bot_running(discord_server, settings):
        await discord_server.use("restyle", channel=place, user=mira, video=clip, prompt="storm")
        await standin.wait_for_creates(1)
        await discord_server.gateway.ask_to_reconnect()
        clock.finish()
        await discord_server.until(lambda: outcomes(discord_server, place, mira))
        await discord_server.until(lambda: discord_server.gateway.ready)
    assert len(standin.creates) == 1


async def test_a_prompt_full_of_mentions_pings_only_the_requester(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    place: Channel,
    mira: User,
):
    other = discord_server.add_user("sam")
    prompt = f"@everyone @here <@{other.id}> <@!{other.id}> <@&{place.guild_id}> ||`**"
    async with bot_running(discord_server, settings):
        await discord_server.use("restyle", channel=place, user=mira, video=clip, prompt=prompt)
        await standin.wait_for_creates(1)
        clock.finish()
        await discord_server.until(lambda: outcomes(discord_server, place, mira))
        await discord_server.until(lambda: "Watch" in place.posts[0].text)
    assert standin.creates[0].body["promptText"] == prompt
    for channel in (place, *discord_server.threads_of(place)):
        for message in channel.posts:
            assert message.pings <= {mira.id}
            assert message.mentions <= {mira.id}
