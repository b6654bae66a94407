"""The small picture in the record: of the clip while it is under way, of the result in the end."""

import io

import pytest
from PIL import Image

from bot.domain.jobs import CancelReason, FailureReason, Hold, JobState, Phase
from bot.engine.ports import AnswerContent, Progress
from cogs.delivery.cog import ThreadDeliverer
from tests.cogs.conftest import buttons_of
from tests.cogs.panels import text_of
from tests.media.clips import make_image
from tests.storage.rows import put


@pytest.fixture
def answer(clip, tmp_path):
    """An answer with its video, and what that shows at first."""
    video = tmp_path / "restyled.mp4"
    video.write_bytes(clip)
    moment = tmp_path / "moment.jpg"
    Image.open(make_image(tmp_path / "a.png")).convert("RGB").save(moment)
    return AnswerContent(video=video, moment=moment)


def record_of(stage):
    return stage.channel.history()[0]


def picture_in(message):
    """The picture that a record shows: its file, and what hides it; ``None`` without one."""
    [container] = message.components
    shown = [getattr(part, "accessory", None) for part in container.children]
    if not any(shown):
        assert not message.attachments, "a file that nobody sees"
        return None
    [thumbnail] = [one for one in shown if one is not None]
    [file] = message.attachments
    assert thumbnail.media.url.split("?")[0] == file.url.split("?")[0]
    assert thumbnail.description == file.description == "A moment of the clip"
    return file, thumbnail.spoiler


async def test_the_record_shows_the_clip_from_the_start_on_and_after_a_restart(
    stage, clip, make_bot
):
    job = await stage.running(clip)
    file, is_hidden = picture_in(record_of(stage))
    image = Image.open(io.BytesIO(await file.read()))
    assert (image.format, max(image.size) <= 480, is_hidden) == ("JPEG", True, False)
    bot = make_bot()
    await stage.env.restart_bot(bot)
    await ThreadDeliverer(bot, now=stage.clock).show(job, Progress(phase=Phase.RUNNING))
    assert "**Running**" in text_of(record_of(stage))
    assert picture_in(record_of(stage))[0].id == file.id
    await bot.close()


async def test_in_the_end_it_shows_the_result_without_one_call_more(stage, clip, answer):
    job = await stage.finished(clip)
    before = len(stage.calls())
    await stage.deliverer.deliver(job, answer)
    assert len(stage.calls()) == before + 3
    file, _ = picture_in(record_of(stage))
    assert await file.read() == answer.moment.read_bytes()
    assert "Watch" in buttons_of(record_of(stage))


async def test_where_the_result_has_no_picture_that_of_the_clip_stays(stage, clip):
    job = await stage.finished(clip)
    await stage.deliverer.deliver(job, AnswerContent())
    assert picture_in(record_of(stage)) is not None


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (JobState.FAILED, {"failure": FailureReason.SAFETY_SOURCE}),
        (JobState.CANCELLED, {"cancel_reason": CancelReason.MODERATOR}),
    ],
)
async def test_what_came_to_nothing_is_not_to_be_seen(stage, clip, state, changes):
    job = await stage.running(clip)
    await stage.deliverer.deliver(await put(stage.store, job.id, state, **changes), None)
    assert picture_in(record_of(stage)) is None


@pytest.mark.parametrize("by_moderator", [True, False], ids=["by a moderator", "for its author"])
async def test_what_is_deleted_is_not_to_be_seen(stage, clip, answer, by_moderator):
    job, _ = await stage.done(clip, answer)
    assert picture_in(record_of(stage)) is not None
    if by_moderator:
        job = await stage.store.note_deleted(job.id, by=stage.mo.id, note="a bystander")
    await stage.deliverer.withdraw(job)
    assert picture_in(record_of(stage)) is None


async def test_what_is_hidden_is_hidden_there_too(stage, clip, answer):
    job = await stage.finished(clip, video=("SPOILER_clip.mp4", clip))
    for _ in range(2):
        file, is_hidden = picture_in(record_of(stage))
        assert (file.is_spoiler(), is_hidden) == (True, True)
        await stage.deliverer.deliver(job, answer)


async def test_nobody_sees_a_clip_that_somebody_has_to_allow_first(stage, clip, answer):
    await stage.set(review_mode="spending")
    job = await stage.job(await stage.restyle(clip))
    assert (job.hold, picture_in(record_of(stage))) == (Hold.REVIEW, None)


@pytest.fixture
async def allowed(stage, clip):
    """A job that somebody had to allow, who did, and the deliverer of the process it began in."""
    await stage.set(review_mode="spending")
    job = await stage.started(clip)
    deliverer = ThreadDeliverer(stage.bot, now=stage.clock, kept=stage.bot.scratch.kept)
    await deliverer.show(job, Progress(phase=None))
    assert picture_in(record_of(stage)) is None
    job = await put(stage.store, job.id, JobState.QUEUED, hold=None, held_until=None)
    return job, deliverer


async def test_once_it_is_allowed_the_next_edit_brings_the_picture(stage, allowed):
    job, deliverer = allowed
    before = len(stage.calls("PATCH"))
    await deliverer.show(job, Progress(phase=None))
    assert len(stage.calls("PATCH")) == before + 2, "the record and the status"
    file, _ = picture_in(record_of(stage))
    job = await put(stage.store, job.id, JobState.RUNNING)
    await deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.5))
    assert picture_in(record_of(stage))[0].id == file.id, "nor is it sent again"


async def test_allowed_when_the_picture_is_no_more_it_costs_no_call(stage, allowed):
    job, deliverer = allowed
    stage.bot.scratch.kept.clear()
    before = len(stage.calls("PATCH"))
    await deliverer.show(job, Progress(phase=None))
    assert len(stage.calls("PATCH")) == before + 2
    assert picture_in(record_of(stage)) is None


async def test_a_picture_that_did_not_arrive_costs_no_news(stage, clip):
    """Its edit was lost, say: then Discord refuses to show it again."""
    job = await stage.running(clip)
    await stage.deliverer.show(job, Progress(phase=Phase.PENDING))
    stage.env.inject_error(
        "PATCH", f"/channels/{stage.channel.id}/messages/*", status=400, code=50035
    )
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING, fraction=0.5))
    assert "50%" in text_of(record_of(stage))


async def test_without_the_permission_for_files_the_record_says_the_end_without_it(
    stage, clip, answer
):
    job = await stage.finished(clip)
    stage.env.inject_error(
        "PATCH", f"/channels/{stage.channel.id}/messages/*", status=403, code=50013
    )
    await stage.deliverer.deliver(job, answer)
    assert "restyled a clip" in text_of(record_of(stage))
    assert "Watch" in buttons_of(record_of(stage))


async def test_a_record_that_was_owed_its_end_shows_the_clip(stage, clip, answer):
    job = await stage.finished(clip)
    stage.env.inject_error(
        "PATCH", f"/channels/{stage.channel.id}/messages/*", status=503, code=0, times=2
    )
    delivered = await stage.deliverer.deliver(job, answer)
    assert "is restyling" in text_of(record_of(stage))
    job = await stage.store.move(
        job,
        JobState.DONE,
        answer_message_id=delivered.message_id,
        answer_channel_id=delivered.channel_id,
    )
    assert await stage.deliverer.show_outcome(job, is_linked=True)
    assert "restyled a clip" in text_of(record_of(stage))
    assert picture_in(record_of(stage)) is not None
