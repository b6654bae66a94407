"""The whole way: command, engine, provider, thread; only Discord is simulated."""

import asyncio

import pytest

from bot.domain.jobs import JobState
from bot.storage.store import open_store
from sandbox.cometapi import Fail, Fate
from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.flows import open_engine, settings, standin
from tests.media.corpus import BY_NAME, write_clip

__all__ = ["open_engine", "settings", "standin"]


@pytest.fixture
async def sqlite_store(sqlite_url):
    async with open_store(sqlite_url, worker_id="flow") as store:
        yield store


@pytest.fixture
async def engine(open_engine):
    async with open_engine():
        yield


async def ended(stage, result):
    """Wait for the outcome to be told; return the job."""
    for _ in range(1200):
        job = await stage.job(result)
        if job is not None and job.told_at is not None:
            return job
        await asyncio.sleep(0.05)
    raise AssertionError(f"not told: {job}")


@pytest.mark.usefixtures("engine")
async def test_a_clip_comes_back_in_its_thread(stage, clip, standin):
    result = await stage.restyle(clip, prompt="a rainy night", seed=5)
    job = await ended(stage, result)
    assert job.state is JobState.DONE
    [thread] = stage.channel.threads
    status, answer = thread.history()
    assert text_of(status).startswith("**Done**")
    assert [file.filename for file in status.attachments] == ["source.mp4"]
    assert job.source_message_id == job.status_message_id == status.id
    assert text_of(answer).startswith(f"{stage.alice.mention} Here is your clip.")
    names = [file.filename for file in answer.attachments]
    assert names == ["restyled.mp4", "before-and-after.png"]
    assert job.output_url in text_of(answer)
    assert "restyled a clip" in text_of(stage.channel.history()[0])
    assert list(buttons_of(stage.channel.history()[0])) == ["Watch"]
    [created] = standin.creates
    del created


@pytest.mark.usefixtures("engine")
async def test_an_attached_clip_is_fetched_once_and_nothing_is_left(stage, cdn, tmp_path):
    spec = BY_NAME["place-mp4"]
    attached = write_clip(spec, tmp_path / "clip.mp4").read_bytes()
    job = await ended(stage, await stage.restyle(attached))
    assert job.state is JobState.DONE
    assert [url for url in cdn.asked if url == job.source_url] == [job.source_url]
    assert job.sent_url not in cdn.asked
    assert b"52.51" in attached
    [thread] = stage.channel.threads
    kept = thread.history()[0].attachments[0]
    assert b"52.51" not in await kept.read()
    assert stage.bot.scratch.used_bytes == 0


@pytest.mark.usefixtures("engine")
async def test_a_refused_clip_is_explained_in_its_thread(stage, clip, standin):
    standin.script.task(Fate(end=Fail("SAFETY.INPUT.VIDEO")))
    result = await stage.restyle(clip)
    job = await ended(stage, result)
    assert job.state is JobState.FAILED
    [thread] = stage.channel.threads
    assert "safety check refused the video" in text_of(thread.last_message)
    assert "Failed" in said(result)


@pytest.mark.usefixtures("engine")
async def test_in_direct_messages_the_clip_comes_as_an_answer_to_the_record(stage, clip):
    result = await stage.alice.user.slash("restyle", video=("clip.mp4", clip), prompt="neon")
    job = await ended(stage, result)
    record, answer = stage.alice.user.dm_channel.history()
    assert job.answer_message_id == answer.id
    assert answer.reference.message_id == record.id
    assert answer.attachments[0].filename == "restyled.mp4"
