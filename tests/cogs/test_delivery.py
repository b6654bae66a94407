from dataclasses import replace

import discord
import pytest

from bot.domain.jobs import CancelReason, Charge, Extra, FailureReason, Hold, JobState, Phase
from bot.domain.units import MEBIBYTE
from bot.engine.ports import AnswerContent, Delivered, Opened, Progress
from bot.errors import DeliveryDelayedError, DeliveryImpossibleError, DeliveryTooLargeError
from bot.requests.upload_limits import BEGINNING_BYTES, SAFE_BYTES
from bot.texts.common import CANCEL_UNKNOWN
from cogs.delivery.cog import ThreadDeliverer
from cogs.restyle.cancel import CancelButton, StopButton
from tests.cogs.conftest import OUTPUT_URL, buttons_of, text_of
from tests.media.clips import make_image
from tests.storage.rows import put

CLIP_URL = "https://discord.com/channels/1/2/3"
POSTS = "/channels/*/messages"
THREADS = "/channels/*/messages/*/threads"


@pytest.fixture
def output(tmp_path, clip):
    path = tmp_path / "output.mp4"
    path.write_bytes(clip)
    return AnswerContent(video=path)


def thread_of(stage):
    [thread] = stage.channel.threads
    return thread


def thread_texts(stage):
    return [text_of(message) for message in thread_of(stage).history()]


def record_of(stage):
    return stage.channel.history()[0]


def posted(stage, since=0):
    """The bodies of the messages that the bot posted."""
    return [
        call.json
        for call in stage.env.http_requests[since:]
        if call.method == "POST" and call.path.endswith("/messages")
    ]


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
        "**Running at the provider · 42 %**\n"
        f"Started <t:{int(job.submitted_at.timestamp())}:R> · "
        "this length usually takes about 1 min 40 s"
    )
    assert f"**Running at the provider · 42 %** · <#{job.thread_id}>" in text_of(record_of(stage))
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
    assert "42 %" in text_of(record_of(stage))
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


# The answer


async def test_the_answer_brings_the_video_and_pings_the_requester_alone(stage, clip, output):
    job = await stage.finished(clip, prompt="@everyone neon", seed=77120)
    since = len(stage.env.http_requests)
    delivered = await stage.deliverer.deliver(job, output)
    answer = thread_of(stage).last_message
    assert delivered == Delivered(channel_id=job.thread_id, message_id=answer.id)
    assert text_of(answer) == (
        f"{stage.alice.mention} Here is your clip.\n"
        "> @\u200beveryone neon\n"
        f"[Full quality]({OUTPUT_URL}) · works until about "
        f"<t:{int(job.output_expires_at.timestamp())}:f>\n"
        "-# gen4_aleph · 1 s · seed 77120 · cost $0.75\n"
        f"-# From a clip by {stage.alice.mention} · made with AI, "
        "[Powered by Runway](https://runwayml.com)"
    )
    [attachment] = answer.attachments
    assert attachment.filename == "restyled.mp4"
    assert await attachment.read() == output.video.read_bytes()
    [body] = posted(stage, since)
    assert body["allowed_mentions"] == {"parse": [], "users": [stage.alice.id]}
    assert (body["nonce"], body["enforce_nonce"]) == (f"{job.id}a", True)


async def test_delivering_turns_record_and_status_into_the_end(stage, clip, output):
    job = await stage.finished(clip)
    await stage.deliverer.show(replace(job, state=JobState.RUNNING), Progress(phase=Phase.RUNNING))
    before = len(stage.calls())
    delivered = await stage.deliverer.deliver(job, output)
    status, answer = thread_of(stage).history()
    assert text_of(status) == "**Done**"
    assert text_of(record_of(stage)).startswith(f"{stage.alice.mention} restyled a clip\n> ")
    assert buttons_of(record_of(stage)) == {
        "Watch": f"https://discord.com/channels/{stage.guild.id}/{job.thread_id}/{answer.id}"
    }
    assert delivered.message_id == answer.id
    assert len(stage.calls()) == before + 3


async def test_a_job_takes_seven_calls_besides_progress(stage, clip, output):
    before = len(stage.calls())
    job = await stage.finished(clip)
    await stage.deliverer.deliver(job, output)
    assert len(stage.calls()) - before == 7


async def test_without_a_file_the_link_alone_is_posted(stage, clip):
    job = await stage.finished(clip)
    await stage.deliverer.deliver(job, None)
    answer = thread_of(stage).last_message
    assert answer.attachments == []
    assert f"[Watch the clip]({OUTPUT_URL})" in text_of(answer)
    assert "Save it" in text_of(answer)


@pytest.mark.parametrize(("status", "code"), [(413, 40005), (413, 0), (400, 50045), (403, 50013)])
async def test_a_file_that_discord_refuses_becomes_a_link(stage, clip, output, status, code):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=status, code=code)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id
    assert thread_of(stage).last_message.attachments == []
    assert OUTPUT_URL in text_of(thread_of(stage).last_message)


async def test_a_video_that_could_be_smaller_comes_back_before_it_becomes_a_link(
    stage, clip, output
):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=413, code=40005)
    with pytest.raises(DeliveryTooLargeError):
        await stage.deliverer.deliver(job, replace(output, can_shrink=True))
    await stage.deliverer.deliver(job, replace(output, is_smaller=True))
    answer = thread_of(stage).last_message
    assert len(answer.attachments) == 1
    assert OUTPUT_URL in text_of(answer)


async def test_a_frame_of_the_result_stands_in_where_there_is_nothing_to_compare(
    stage, clip, output, tmp_path
):
    job = await stage.finished(clip)
    picture = make_image(tmp_path / "poster.jpg", codec="mjpeg", pix_fmt="yuvj420p")
    await stage.deliverer.deliver(job, replace(output, picture=picture, is_poster=True))
    names = [file.filename for file in thread_of(stage).last_message.attachments]
    assert names == ["restyled.mp4", "restyled.jpg"]


@pytest.mark.parametrize("spoiler", [False, True])
async def test_clip_and_picture_stand_uncropped_below_each_other_both_behind_a_spoiler_or_none(
    stage, clip, output, tmp_path, spoiler
):
    job = replace(await stage.finished(clip), spoiler=spoiler)
    picture = make_image(tmp_path / "before-and-after.png")
    await stage.deliverer.deliver(job, replace(output, picture=picture))
    answer = thread_of(stage).last_message
    clips, pictures = [
        part for part in answer.components if isinstance(part, discord.MediaGalleryComponent)
    ]
    [shown_clip], [shown_picture] = clips.items, pictures.items  # Discord crops two in one
    assert shown_clip.media.url == answer.attachments[0].url
    assert shown_picture.media.url == answer.attachments[1].url
    assert (shown_clip.spoiler, shown_picture.spoiler) == (spoiler, spoiler)


@pytest.mark.parametrize("code", [200000, 240000])
async def test_a_prompt_that_automod_blocks_is_left_out_and_then_the_link(
    stage, clip, output, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=400, code=code)
    await stage.deliverer.deliver(job, output)
    answer = thread_of(stage).last_message
    assert job.prompt not in text_of(answer)
    assert OUTPUT_URL in text_of(answer)
    stage.env.inject_error("POST", POSTS, status=400, code=code, times=2)
    await stage.deliverer.deliver(replace(job, id=job.id + 1), output)
    answer = thread_of(stage).last_message
    assert len(answer.attachments) == 1
    assert job.prompt not in text_of(answer)
    assert OUTPUT_URL not in text_of(answer)


@pytest.mark.parametrize(
    ("author", "url", "line"),
    [
        (
            9,
            CLIP_URL,
            f"From a clip by <@9> in [this message]({CLIP_URL}) · asked for by {{who}} · ",
        ),
        (None, CLIP_URL, f"From a clip in [this message]({CLIP_URL}) · asked for by {{who}} · "),
        ("alice", CLIP_URL, "From a clip by {who} · made"),
        (None, None, "From a clip by {who} · made"),
    ],
)
async def test_the_answer_says_whose_clip_it_was_and_pings_only_who_asked(
    stage, clip, output, author, url, line
):
    job = await stage.finished(clip)
    author = stage.alice.id if author == "alice" else author
    since = len(stage.env.http_requests)
    job = replace(job, source_author_id=author, source_message_url=url)
    await stage.deliverer.deliver(job, output)
    assert line.format(who=stage.alice.mention) in text_of(thread_of(stage).last_message)
    [body] = posted(stage, since)
    assert body["allowed_mentions"]["users"] == [stage.alice.id]


async def test_a_message_that_discord_calls_malformed_goes_as_plain_text(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=400, code=50035)
    await stage.deliverer.deliver(job, output)
    assert thread_of(stage).last_message.content == (
        f"{stage.alice.mention} Here is your clip.\n<{OUTPUT_URL}>\n"
        f"From a clip by {stage.alice.mention} · made with AI, "
        "[Powered by Runway](https://runwayml.com)"
    )


@pytest.mark.parametrize(
    ("status", "code"), [(404, 10003), (403, 50001), (400, 160005), (403, 160005)]
)
async def test_when_the_thread_is_closed_the_answer_replies_to_the_record(
    stage, clip, output, status, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", f"/channels/{job.thread_id}/messages", status=status, code=code)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == stage.channel.id
    answer = stage.channel.last_message
    assert answer.reference.message_id == job.record_message_id
    assert len(answer.attachments) == 1


async def test_a_deleted_thread_is_no_loss(stage, clip, output):
    job = await stage.finished(clip)
    await stage.bot.get_channel(job.thread_id).delete()
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == stage.channel.id


async def test_a_deleted_record_is_no_reason_to_lose_the_answer(stage, clip, output):
    job = await stage.finished(clip)
    await stage.bot.get_channel(job.thread_id).delete()
    await stage.bot.get_channel(job.channel_id).get_partial_message(job.record_message_id).delete()
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == stage.channel.id


async def test_without_permission_to_reply_the_answer_is_a_message_of_its_own(stage, clip, output):
    stage.env.inject_error("POST", THREADS, status=403, code=50013)
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=403, code=160002)
    await stage.deliverer.deliver(job, output)
    assert stage.channel.last_message.reference is None
    assert len(stage.channel.last_message.attachments) == 1


async def test_when_the_channel_is_gone_the_answer_comes_as_a_direct_message(stage, clip, output):
    job = await stage.finished(clip)
    await stage.bot.get_channel(job.thread_id).delete()
    await stage.bot.get_channel(job.channel_id).delete()
    delivered = await stage.deliverer.deliver(job, output)
    direct = stage.alice.user.dm_channel
    assert delivered.channel_id == direct.id
    assert "so it comes here" in text_of(direct.last_message)
    assert len(direct.last_message.attachments) == 1


@pytest.mark.parametrize("code", [50007, 50278])
async def test_when_every_place_refuses_the_answer_is_impossible(stage, clip, output, code):
    job = await stage.finished(clip)
    await stage.bot.get_channel(job.thread_id).delete()
    await stage.bot.get_channel(job.channel_id).delete()
    stage.env.inject_error("POST", "/users/@me/channels", status=403, code=code, times=None)
    with pytest.raises(DeliveryImpossibleError):
        await stage.deliverer.deliver(job, output)


async def test_a_remembered_refusal_alone_never_loses_an_answer(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=403, code=50001, times=3)
    with pytest.raises(DeliveryImpossibleError):
        await stage.deliverer.deliver(job, output)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id


@pytest.mark.parametrize(
    ("status", "code"), [(500, 0), (502, 0), (503, 0), (429, 0), (401, 0), (403, 0), (404, 0)]
)
async def test_trouble_at_discord_delays_the_answer_and_keeps_its_place(
    stage, clip, output, status, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=status, code=code)
    with pytest.raises(DeliveryDelayedError):
        await stage.deliverer.deliver(job, output)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id


async def test_trouble_with_direct_messages_delays_the_answer(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=403, code=50001, times=2)
    stage.env.inject_error("POST", "/users/@me/channels", status=503)
    with pytest.raises(DeliveryDelayedError):
        await stage.deliverer.deliver(job, output)


@pytest.mark.parametrize(
    ("status", "code"), [(403, 50013), (404, 10008), (400, 50083), (429, 30046), (500, 0)]
)
async def test_an_answer_that_is_out_counts_whatever_becomes_of_the_edits(
    stage, clip, output, status, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=None)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.message_id == thread_of(stage).last_message.id


async def test_a_sleeping_thread_that_must_be_woken_is_woken(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=400, code=50083)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id
    assert f"PATCH /channels/{job.thread_id}" in stage.calls()


# Twice


@pytest.mark.parametrize("place", ["thread", "channel"])
async def test_after_a_long_outage_an_answer_that_is_out_is_found(stage, clip, output, place):
    if place == "channel":
        stage.env.inject_error("POST", THREADS, status=403, code=50013)
    job = await stage.finished(clip)
    first = await stage.deliverer.deliver(job, output)
    stage.clock.advance(600)
    since = len(stage.env.http_requests)
    assert await stage.deliverer.deliver(job, output) == first
    assert posted(stage, since) == []


async def test_after_a_failed_attempt_an_answer_that_is_out_is_found(stage, clip, output):
    job = await stage.finished(clip)
    first = await stage.deliverer.deliver(job, output)
    job = await stage.store.update(job, delivery_attempts=1)
    assert await stage.deliverer.deliver(job, output) == first


async def test_an_answer_that_went_out_as_a_direct_message_is_found(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=404, code=10003, times=2)
    first = await stage.deliverer.deliver(job, output)
    assert first.channel_id not in {job.thread_id, job.channel_id}
    stage.clock.advance(600)
    for place in (job.thread_id, job.channel_id):
        path = f"/channels/{place}/messages"
        stage.env.inject_error("GET", path, status=404, code=10003, times=None)
    since = len(stage.env.http_requests)
    assert await stage.deliverer.deliver(job, output) == first
    assert posted(stage, since) == []


async def test_a_source_that_was_kept_before_a_crash_is_not_posted_again(stage, clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    job = await stage.started(clip)
    first = await stage.deliverer.keep_source(job, clip=path, reference=None)
    stage.clock.advance(600)
    since = len(stage.env.http_requests)
    again = await stage.deliverer.keep_source(job, clip=path, reference=None)
    assert again.message_id == first.message_id
    assert posted(stage, since) == []


async def test_the_answer_of_one_job_is_not_taken_for_that_of_another(stage, clip, output):
    stage.env.inject_error("POST", THREADS, status=403, code=50013, times=2)
    first, second = await stage.finished(clip), await stage.finished(clip)
    told = await stage.deliverer.deliver(first, output)
    stage.clock.advance(600)
    assert await stage.deliverer.deliver(second, output) != told
    assert len(stage.channel.history()) == 4


async def test_while_nobody_knows_whether_it_is_out_nothing_is_posted(stage, clip, output):
    job = await stage.finished(clip)
    stage.clock.advance(600)
    stage.env.inject_error("GET", POSTS, status=503)
    since = len(stage.env.http_requests)
    with pytest.raises(DeliveryDelayedError):
        await stage.deliverer.deliver(job, output)
    assert posted(stage, since) == []


async def test_a_history_that_may_not_be_read_does_not_stop_the_answer(stage, clip, output):
    job = await stage.finished(clip)
    stage.clock.advance(600)
    stage.env.inject_error("GET", POSTS, status=403, code=50013, times=None)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered.channel_id == job.thread_id


# Other ends


async def test_a_failure_says_what_happened_and_whether_it_was_charged(stage, clip):
    job = await stage.failed(clip)
    await stage.deliverer.deliver(job, None)
    answer = thread_of(stage).last_message
    assert text_of(answer).split("\n") == [
        f"{stage.alice.mention} The provider's safety check refused the video. "
        "It does not say which frame.",
        "The provider charges for such refusals.",
        "Another clip, or another wording, may pass.",
        "This server's moderators set the strictness for public figures: auto.",
    ]
    assert "**Failed**" in text_of(record_of(stage))
    assert list(buttons_of(record_of(stage))) == ["Details"]


async def test_the_providers_own_words_are_not_shown(stage, clip):
    job = await stage.failed(clip, FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN)
    job = await stage.store.update(job, failure_detail="worker i-0abc exploded")
    await stage.deliverer.deliver(job, None)
    assert not any("i-0abc" in said for said in [*thread_texts(stage), text_of(record_of(stage))])


async def test_an_uncertain_job_says_that_it_was_not_sent_again(stage, clip):
    job = await stage.store.move(await stage.started(clip), JobState.SUBMITTING)
    job = await stage.store.move(job, JobState.UNCERTAIN)
    await stage.deliverer.deliver(job, None)
    assert "it was not sent again" in thread_texts(stage)[-1]
    assert "**Unclear**" in text_of(record_of(stage))


async def test_the_thread_says_so_when_the_task_of_an_uncertain_job_is_found(stage, clip):
    job = await stage.store.move(await stage.started(clip), JobState.SUBMITTING)
    job = await stage.store.move(job, JobState.UNCERTAIN)
    told = await stage.deliverer.deliver(job, None)
    await stage.store.update(
        job, answer_message_id=told.message_id, answer_channel_id=told.channel_id
    )
    job = await stage.store.uncertain.attach(job.id, task_id="found", user_id=None)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    said = thread_texts(stage)
    assert said[-1] == (
        f"{stage.alice.mention} CometAPI has this job after all: nothing is lost, and nothing is "
        "paid twice.\nIt goes on from here. The result will be posted below."
    )
    assert not any("not sent again" in text or "Unclear" in text for text in said)
    edits = len(stage.calls("PATCH"))
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    assert len(stage.calls("PATCH")) == edits


async def test_an_answer_that_is_posted_once_more_keeps_the_first_as_it_is(stage, clip, output):
    job = await stage.store.move(await stage.started(clip), JobState.SUBMITTING)
    job = await stage.store.move(job, JobState.RUNNING, task_id="t")
    job = await stage.store.move(job, JobState.DELIVERING, output_url=OUTPUT_URL)
    told = await stage.deliverer.deliver(job, output)
    before = thread_texts(stage)[-1]
    job = replace(job, answer_message_id=told.message_id, answer_channel_id=told.channel_id)
    await stage.deliverer.show(job, Progress(phase=None))
    assert thread_texts(stage)[-1] == before


async def test_an_uncertain_job_that_is_answered_late_gets_its_answer_too(stage, clip, output):
    job = await stage.store.move(await stage.started(clip), JobState.SUBMITTING)
    job = await stage.store.move(job, JobState.UNCERTAIN)
    told = await stage.deliverer.deliver(job, None)
    job = await stage.store.lift_uncertain(job.id, task_id="late")
    job = await stage.store.move(job, JobState.DELIVERING, output_url=OUTPUT_URL)
    stage.clock.advance(600)
    delivered = await stage.deliverer.deliver(job, output)
    assert delivered != told
    assert "Here is your clip" in thread_texts(stage)[-1]
    assert {body["nonce"] for body in posted(stage)} == {
        f"{job.id}s",
        f"{job.id}u",
        f"{job.id}a",
    }


async def test_a_failure_in_direct_messages_names_no_moderators(stage, clip):
    result = await stage.alice.user.slash("restyle", video=("clip.mp4", clip), prompt="neon")
    job = await stage.job(result)
    job = replace(job, state=JobState.FAILED, failure=FailureReason.SAFETY_PROMPT)
    await stage.deliverer.deliver(job, None)
    message = stage.alice.user.dm_channel.last_message
    assert "safety check" in text_of(message)
    assert "moderators" not in text_of(message)


# Cancelling


async def test_the_requester_cancels_while_it_waits(stage, clip):
    job = await stage.started(clip)
    stage.new_jobs.clear()
    pressed = await stage.alice.click(
        thread_of(stage).last_message, custom_id=f"restyle:{job.id}:cancel"
    )
    assert pressed.ephemeral
    assert "Nothing was spent" in pressed.response.content
    job = await stage.store.get(job.id)
    assert job.state is JobState.CANCELLED
    assert stage.new_jobs.is_set()
    await stage.deliverer.deliver(job, None)
    assert "Cancelled before it started. Nothing was spent." in thread_texts(stage)[-1]
    assert "**Cancelled**" in text_of(record_of(stage))


async def test_a_moderator_may_cancel_and_others_are_told_who_may(stage, clip):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    refused = await stage.bob.click(status, label="Cancel")
    assert refused.ephemeral
    assert stage.alice.mention in refused.response.content
    assert "moderators" in refused.response.content
    assert (await stage.store.get(job.id)).state is JobState.QUEUED
    await stage.mo.click(status, label="Cancel")
    assert (await stage.store.get(job.id)).state is JobState.CANCELLED


async def test_a_moderator_of_another_server_cancels_nothing(stage, clip):
    job = await stage.started(clip)
    elsewhere = stage.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("videos")
    moderators = elsewhere.create_role(
        "Mods", permissions=discord.Permissions(manage_messages=True, manage_guild=True)
    )
    stranger = elsewhere.add_member(stage.env.create_user("sam"), roles=[moderators])
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job.id))
    message = await stage.bot.get_partial_messageable(channel.id).send("a message", view=view)
    refused = await stranger.click(message, label="Cancel")
    assert refused.response.content == CANCEL_UNKNOWN
    assert (await stage.store.get(job.id)).state is JobState.QUEUED


async def test_cancelling_while_it_is_sent_says_to_come_back(stage, clip):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    job = await stage.store.move(job, JobState.SUBMITTING)
    pressed = await stage.alice.click(status, label="Cancel")
    assert "Press Cancel again in a moment." in pressed.response.content
    assert (await stage.store.get(job.id)).state is JobState.SUBMITTING


async def test_cancelling_a_finished_clip_says_that_it_is_paid_for(stage, clip):
    job = await stage.finished(clip)
    status = thread_of(stage).last_message
    pressed = await stage.alice.click(status, label="Cancel")
    assert "it is paid for, and the result will be posted here" in pressed.response.content
    assert (await stage.store.get(job.id)).state is JobState.DELIVERING


async def asked_to_stop(stage, job, status, who=None):
    """Press Cancel under a job that the provider has."""
    pressed = await (who or stage.alice).click(status, custom_id=f"restyle:{job.id}:cancel")
    assert pressed.ephemeral
    return pressed


async def test_cancelling_at_the_provider_says_first_what_stays_spent(stage, clip, make_bot):
    job = await stage.running(clip)
    job = await stage.store.update(job, phase=Phase.RUNNING)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    status = thread_of(stage).last_message
    assert list(buttons_of(status)) == ["Cancel"]
    asked = await asked_to_stop(stage, job, status)
    assert asked.response.content == (
        "Runway is already working on it: about $0.15 is spent either way. Stop waiting?"
    )
    kept = await stage.alice.click(asked.response.message, label="Keep waiting")
    assert "It goes on." in kept.response.content
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    asked = await asked_to_stop(stage, job, status)
    bot = make_bot()
    await stage.env.restart_bot(bot)
    stopped = await stage.alice.click(asked.response.message, label="Stop")
    assert "If the result arrives all the same, it is posted in the thread." in (
        stopped.response.content
    )
    job = await stage.store.get(job.id)
    assert (job.state, job.charge) == (JobState.CANCELLED, Charge.UNKNOWN)
    assert (job.cancel_reason, job.cancelled_by) == (CancelReason.REQUESTER, stage.alice.id)
    assert job.look_at is not None
    await stage.deliverer.deliver(job, None)
    assert (
        "You stopped waiting for it.\n"
        "Runway had it already and may charge for it: about $0.15 counts as spent.\n"
        "If the result arrives all the same, it will be posted here."
    ) in thread_texts(stage)[-1]
    await bot.close()


async def test_only_whoever_may_cancel_can_stop_what_the_provider_has(stage, clip):
    job = await stage.running(clip)
    view = discord.ui.View(timeout=None)
    view.add_item(StopButton(job.id))
    place = stage.bot.get_partial_messageable(stage.channel.id)
    message = await place.send("forged", view=view)
    refused = await stage.bob.click(message, label="Stop")
    assert "can cancel this" in refused.response.content
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    await stage.mo.click(message, label="Stop")
    assert (await stage.store.get(job.id)).cancel_reason is CancelReason.MODERATOR
    twice = await stage.alice.click(message, label="Stop")
    assert twice.response.content == "It is cancelled already."


async def test_after_a_restart_the_button_still_works(stage, clip, make_bot):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    bot = make_bot()
    await stage.env.restart_bot(bot)
    await stage.alice.click(status, label="Cancel")
    assert (await stage.store.get(job.id)).state is JobState.CANCELLED
    await bot.close()


async def test_a_press_while_the_database_is_away_says_so(stage, clip):
    job = await stage.started(clip)
    await stage.store._database.close()
    pressed = await stage.alice.click(thread_of(stage).last_message, label="Cancel")
    assert "cannot reach its database" in pressed.response.content
    del job


# Limits


async def test_the_upload_limit_is_learned_from_the_command_and_from_what_is_refused(
    stage, clip, output
):
    elsewhere = replace(await stage.finished(clip), guild_id=1)
    deliverer = stage.bot.deliverer
    assert deliverer.upload_limit_bytes(elsewhere) == BEGINNING_BYTES
    job = await stage.job(await stage.restyle(clip))
    told = 25 * MEBIBYTE  # by the simulated Discord, with each command
    assert deliverer.upload_limit_bytes(job) == told
    finished = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=413, code=40005)
    with pytest.raises(DeliveryTooLargeError):
        await deliverer.deliver(finished, replace(output, can_shrink=True))
    assert deliverer.upload_limit_bytes(job) == SAFE_BYTES
    assert deliverer.upload_limit_bytes(elsewhere) == BEGINNING_BYTES


@pytest.mark.parametrize("post", ["source", "extra"])
async def test_a_file_too_large_for_discord_is_no_reason_to_give_the_place_up(
    stage, clip, output, post
):
    job = await stage.finished(clip)
    stage.env.inject_error("POST", POSTS, status=413, code=40005)
    posting = (
        stage.deliverer.keep_source(job, clip=output.video, reference=None)
        if post == "source"
        else stage.deliverer.post_extra(job, Extra.COMPARE, output.video)
    )
    with pytest.raises(DeliveryTooLargeError):
        await posting
    assert stage.deliverer.upload_limit_bytes(job) == SAFE_BYTES


# In the end


def settling(stage):
    """A deliverer as the bot has it, which notes what it owes."""

    async def owe(job_id, is_linked):
        await stage.store.owed_cards.owe(job_id, is_linked=is_linked)

    return ThreadDeliverer(
        stage.bot, now=stage.clock, clock=lambda: stage.clock().timestamp(), owe=owe
    )


async def owed(stage, job):
    """Return what is owed of a job a moment later; it was told meanwhile."""
    await put(stage.store, job.id, JobState.DONE, told_at=stage.clock(), **answer_of(stage))
    stage.clock.advance(10)
    return await stage.store.owed_cards.due()


def answer_of(stage):
    answer = thread_of(stage).last_message
    return {"answer_message_id": answer.id, "answer_channel_id": answer.channel.id}


def cards(stage):
    status = thread_of(stage).history()[0]
    return text_of(record_of(stage)), text_of(status), list(buttons_of(record_of(stage)))


TRUTH = ("**Done**", ["Watch"])


async def test_a_single_fault_at_the_last_edits_leaves_no_lie(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=503)
    await settling(stage).deliver(job, output)
    record, status, buttons = cards(stage)
    assert "**Done**" in record
    assert (status, buttons) == TRUTH
    assert await owed(stage, job) == []


@pytest.mark.parametrize(
    ("status", "code"), [(503, 0), (403, 50001), (403, 50013), (429, 30046), (404, 10003)]
)
async def test_what_lasts_is_owed_and_said_by_whichever_process_runs_then(
    stage, clip, output, status, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=4)
    await settling(stage).deliver(job, output)
    [debt] = await owed(stage, job)
    record, _, _ = cards(stage)
    assert "**Done**" not in record
    for deliverer in (settling(stage), settling(stage)):  # whether it was refused before or not
        await deliverer.show_outcome(debt.job, is_linked=debt.is_linked)
    record, status, buttons = cards(stage)
    assert "**Done**" in record
    assert (status, buttons) == TRUTH


async def test_a_card_that_is_gone_is_owed_no_longer(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=404, code=10008, times=2)
    await settling(stage).deliver(job, output)
    assert await owed(stage, job) == []


async def test_a_status_message_whose_answer_was_lost_is_found_in_the_end(stage, clip, output):
    job = await stage.finished(clip)
    await settling(stage).deliver(replace(job, status_message_id=None), output)
    _, status, _ = cards(stage)
    assert status == "**Done**"


async def test_a_deleted_answer_leaves_a_record_that_leads_nowhere(stage, clip, output):
    job = await stage.finished(clip)
    deliverer = settling(stage)
    delivered = await deliverer.deliver(job, output)
    done = await put(stage.store, job.id, JobState.DONE, told_at=stage.clock(), **answer_of(stage))
    assert done.answer_message_id == delivered.message_id
    stage.env.inject_error("PATCH", "/channels/*", status=503, times=2)
    await deliverer.withdraw(done)
    stage.clock.advance(10)
    [debt] = await stage.store.owed_cards.due()
    assert cards(stage)[2] == ["Watch"]
    assert await deliverer.show_outcome(debt.job, is_linked=debt.is_linked)
    assert cards(stage)[2] == []


async def test_a_thousand_emoji_fit_everywhere(stage, clip, output):
    job = await stage.finished(clip, prompt="🌧" * 500)
    await stage.deliverer.deliver(job, output)
    assert len(thread_of(stage).name) <= 100
    assert "…" in text_of(record_of(stage))
    await stage.deliverer.deliver(replace(job, state=JobState.FAILED), None)


async def test_a_link_longer_than_a_message_is_left_out(stage, clip, output):
    job = await stage.finished(clip)
    await stage.deliverer.deliver(
        replace(job, output_url="https://a.example/" + "x" * 5000), output
    )
    assert "cannot be shown" in thread_texts(stage)[-1]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b(1).mp4", "](https://a.example/b%281%29.mp4)"),
        ("https://a.example/<@1>", "](https://a.example/%3C@1%3E)"),
        ("javascript:alert(1)", "cannot be shown"),
        ("https://a.example/b c", "cannot be shown"),
    ],
)
async def test_an_odd_output_address_cannot_break_the_message(stage, clip, url, shown):
    job = await stage.finished(clip)
    await stage.deliverer.deliver(replace(job, output_url=url), None)
    assert shown in thread_texts(stage)[-1]
