"""The scenes of the demo's tour: each shows what its button promises, as the right person."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from cogs.review.cards import words_on
from sandbox.demo import tour
from sandbox.demo.harness import open_stage
from sandbox.demo.tour import STEPS, Tour
from sandbox.demo.transcript import parts
from sandbox.sample import tiny_clip


@asynccontextmanager
async def opened(folder):
    clip = folder / "boat.mp4"
    tiny_clip(clip)
    async with open_stage(task_seconds=0.1, poll_seconds=0.05) as stage:
        played = Tour(stage, sample=clip, prompt="film noir")
        await played.prepare()
        yield SimpleNamespace(stage=stage, tour=played, world=stage.world)


@pytest.fixture
async def demo(tmp_path):
    async with opened(tmp_path) as demo:
        yield demo


async def until(happened):
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 - the bot's doing, which sets no event
            await asyncio.sleep(0.05)


def channel_of(demo, view):
    channels = [*demo.world.channels, *(one.actor.user.dm_channel for one in demo.world.people)]
    channels += [thread for channel in demo.world.channels for thread in channel.threads]
    return next(found for found in channels if found.id == view.channel_id)


async def reads(demo, view, *words):
    """Wait until the person reads the words where the scene led."""
    channel, actor = channel_of(demo, view), view.person.actor
    viewer = actor if channel.guild else actor.user

    def is_there():
        said = "\n".join(words_on(message) for message in channel.history(viewer=viewer))
        return all(word in said for word in words)

    await until(is_there)


async def test_every_button_plays_a_scene_and_every_scene_has_a_button(demo):
    buttons = [scene for step in STEPS for scene in step.scenes]
    assert sorted(buttons) == sorted(demo.tour.scenes)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("clip", ["Here is your clip"]),
        ("safety", ["safety check refused the video", "charges"]),
        ("credit", ["accepts no clips from this bot"]),
        ("lost", ["not said whether it took this job"]),
        ("slow", ["Running"]),
    ],
)
async def test_mira_reads_in_her_thread_what_became_of_her_clip(demo, monkeypatch, scene, words):
    monkeypatch.setattr(tour, "SLOW_SECONDS", 20.0)  # of which a clip waits for three
    view = await demo.tour.scenes[scene]()
    assert view.person is demo.world.mira
    assert channel_of(demo, view).is_thread
    await reads(demo, view, *words)


@pytest.mark.parametrize(
    ("scene", "words"),
    [("part", "can be restyled here"), ("looks", "Film noir"), ("history", "clip")],
)
async def test_mira_alone_reads_what_she_asked_for(demo, scene, words):
    view = await demo.tour.scenes[scene]()
    assert (view.person, channel_of(demo, view).id) == (demo.world.mira, demo.world.videos.id)
    [*_, last] = demo.world.videos.history(viewer=view.person.actor)
    assert last.flags.ephemeral
    assert words in words_on(last)


async def test_noor_is_asked_in_a_direct_message_and_allows_it_there(demo):
    view = await demo.tour.scenes["consent"]()
    assert view.person is demo.world.noor
    place = channel_of(demo, view)
    assert place.guild is None
    [question] = place.history()
    async with demo.stage.pump.lock:
        await demo.world.noor.actor.user.click(question, label="Allow")
    [thread] = demo.world.videos.threads
    await until(lambda: any("Here is your clip" in words_on(one) for one in thread.history()))


async def test_the_same_clip_of_noor_is_asked_about_every_time(demo):
    first = await demo.tour.scenes["menu"]()
    assert first.form.modal["title"] == "Restyle this"
    await demo.tour.scenes["menu"]()
    from_noor = [one for one in demo.world.videos.history() if one.author.name == "noor"]
    assert len(from_noor) == 1


async def test_sam_looks_before_it_costs_anything_and_again_before_others_see_it(demo):
    view = await demo.tour.scenes["review"]()
    assert (view.person, view.channel_id) == (demo.world.sam, demo.world.desk.id)
    assert demo.stage.standin.creates == []

    def waiting():
        return [one for one in demo.world.desk.history() if "[Approve]" in parts(one)]

    [card] = waiting()
    async with demo.stage.pump.lock:
        await demo.world.sam.actor.click(card, label="Approve")
    await until(lambda: any(one.id != card.id for one in waiting()))
    assert len(demo.stage.standin.creates) == 1
    [thread] = demo.world.lounge.threads
    assert not any("Here is your clip" in words_on(one) for one in thread.history())


async def test_olga_is_told_that_the_credit_is_used_up(demo):
    played = asyncio.ensure_future(demo.tour.scenes["owner"]())
    while not played.done():
        async with demo.stage.pump.lock:  # the bot looks every ten seconds of simulated time
            await demo.stage.env.advance_time(10)
        await asyncio.wait([played], timeout=0.1)
    view = played.result()
    assert view.person is demo.world.olga
    await reads(demo, view, "credit is used up")
