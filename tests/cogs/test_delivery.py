from dataclasses import replace

import discord
import pytest

from bot.domain.jobs import Charge, Extra, FailureReason, JobState, Phase
from bot.domain.units import MEBIBYTE
from bot.engine.ports import Delivered, Progress
from bot.errors import DeliveryDelayedError, DeliveryImpossibleError, DeliveryTooLargeError
from bot.requests.upload_limits import BEGINNING_BYTES, SAFE_BYTES
from tests.cogs.conftest import OUTPUT_URL, buttons_of, text_of
from tests.cogs.job_places import (
    CLIP_URL,
    POSTS,
    THREADS,
    posted,
    record_of,
    thread_of,
    thread_texts,
)
from tests.media.clips import make_image

# The answer


async def test_the_answer_brings_the_video_and_pings_the_requester_alone(stage, clip, output):
    job = await stage.finished(clip, prompt="@everyone neon", seed=77120)
    since = len(stage.env.http_requests)
    delivered = await stage.deliverer.deliver(job, output)
    answer = thread_of(stage).last_message
    assert delivered == Delivered(channel_id=job.thread_id, message_id=answer.id)
    assert text_of(answer) == (
        f"{stage.alice.mention} Here is your clip.\n"
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
    job = replace(await stage.finished(clip), thread_id=None)
    stage.env.inject_error("POST", POSTS, status=400, code=code)
    await stage.deliverer.deliver(job, output)
    answer = stage.channel.last_message
    assert job.prompt not in text_of(answer)
    assert OUTPUT_URL in text_of(answer)
    stage.env.inject_error("POST", POSTS, status=400, code=code, times=2)
    await stage.deliverer.deliver(replace(job, id=job.id + 1), output)
    answer = stage.channel.last_message
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
    assert f"> {job.prompt}" in text_of(answer)  # the record may be far above


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
    assert f"> {job.prompt}" in text_of(direct.last_message)
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


# Other ends


async def test_a_failure_says_what_happened_and_whether_it_was_charged(stage, clip):
    job = await stage.failed(clip)
    await stage.deliverer.deliver(job, None)
    answer = thread_of(stage).last_message
    assert text_of(answer).split("\n") == [
        f"{stage.alice.mention} Runway's safety check refused the video. "
        "It does not say which frame.",
        "Runway charges for such refusals.",
        "Another part of the clip, or other words, may pass.",
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
    assert "**Uncertain**" in text_of(record_of(stage))


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
        f"{stage.alice.mention} CometAPI did take this job: nothing is lost, and nothing is "
        "paid twice.\nThe result will be posted below."
    )
    assert not any("not sent again" in text or "Uncertain" in text for text in said)
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
