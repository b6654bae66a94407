"""A clip that is at hand when its thread is opened: the status message keeps it."""

from dataclasses import replace

import discord
import pytest

from bot.domain.jobs import JobState, Phase
from bot.engine.ports import Progress
from cogs.delivery.cog import ThreadDeliverer
from tests.cogs.conftest import OUTPUT_URL, text_of
from tests.cogs.test_delivery import POSTS, posted, thread_of


def clip_in(status):
    """The name of the clip that a status message shows, which must be attached to it."""
    [file] = status.attachments
    [gallery] = [one for one in status.components if isinstance(one, discord.MediaGalleryComponent)]
    assert gallery.items[0].media.url in {file.url, f"attachment://{file.filename}"}
    return file.filename


async def opened_with_clip(stage, clip, tmp_path, **options):
    """Return a job whose status message keeps its clip."""
    job = await stage.job(await stage.restyle(clip, **options))
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    opened = await stage.deliverer.open(job, clip=path)
    kept = opened.kept
    return replace(
        job,
        thread_id=opened.thread_id,
        status_message_id=opened.status_message_id,
        source_channel_id=kept.channel_id if kept else None,
        source_message_id=kept.message_id if kept else None,
    ), opened


async def test_a_clip_that_is_at_hand_is_kept_in_the_status_message(stage, clip, tmp_path):
    job, opened = await opened_with_clip(stage, clip, tmp_path)
    [status] = thread_of(stage).history()
    assert clip_in(status) == "source.mp4"
    assert "nothing is spent yet" in text_of(status)
    assert opened.kept.message_id == status.id == opened.status_message_id
    assert opened.kept.url == status.attachments[0].url
    assert len(posted(stage)) == 1
    assert await stage.deliverer.refresh_source(replace(job, source_message_id=None)) is not None


async def test_the_status_goes_on_showing_the_clip_that_it_keeps(stage, clip, tmp_path):
    job, _ = await opened_with_clip(stage, clip, tmp_path)
    shown = replace(job, state=JobState.RUNNING)
    await stage.deliverer.show(shown, Progress(phase=Phase.RUNNING, fraction=0.4))
    [status] = thread_of(stage).history()
    assert "40%" in text_of(status)
    assert clip_in(status) == "source.mp4"
    ended = replace(job, state=JobState.DELIVERING, output_url=OUTPUT_URL)
    await ThreadDeliverer(stage.bot, now=stage.clock).deliver(ended, None)  # after a restart
    status = thread_of(stage).history()[0]
    assert text_of(status).startswith("**Done**")
    assert clip_in(status) == "source.mp4"


@pytest.mark.parametrize(("status", "code"), [(413, 40005), (403, 50013)])
async def test_where_the_clip_is_not_taken_the_status_comes_without_it(
    stage, clip, tmp_path, status, code
):
    stage.env.inject_error("POST", POSTS, status=status, code=code)
    job, opened = await opened_with_clip(stage, clip, tmp_path)
    assert opened.kept is None
    [message] = thread_of(stage).history()
    assert (message.id, message.attachments) == (job.status_message_id, [])


async def test_a_clip_in_a_status_message_is_found_after_a_crash(stage, clip, tmp_path):
    job, opened = await opened_with_clip(stage, clip, tmp_path)
    stage.clock.advance(300)
    forgotten = replace(job, thread_id=None, status_message_id=None, source_message_id=None)
    found = await stage.deliverer.open(forgotten)
    assert found.kept.message_id == opened.status_message_id == found.status_message_id
    assert len(thread_of(stage).history()) == 1


async def test_a_hidden_clip_is_hidden_in_the_status_message_as_well(stage, clip, tmp_path):
    await stage.set(spoiler_outputs=True)
    await opened_with_clip(stage, clip, tmp_path)
    [status] = thread_of(stage).history()
    assert clip_in(status) == "SPOILER_source.mp4"
