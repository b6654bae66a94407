import re
from datetime import UTC, datetime

import discord
import pytest
from sqlalchemy import text

from bot.domain.conditions import ConditionKind, Finding
from bot.domain.jobs import Hold, JobState
from bot.domain.quotas import Scope
from bot.domain.units import MEBIBYTE
from bot.policy.problems import Target
from bot.requests.clip_plan import Plan
from tests.cogs.conftest import said, text_of


async def test_who_asked_reads_in_private_what_others_do_not_see_yet(stage, clip):
    await stage.set(review_mode="spending")
    result = await stage.restyle(clip, prompt="a rainy night, <@123456789012345678>")
    [private] = result.followups
    assert private.ephemeral
    assert text_of(private.message) == (
        "Until it is approved, only you and whoever decides can see your prompt:\n"
        "> a rainy night, <@123456789012345678>"
    )
    assert "rainy" not in text_of(stage.channel.last_message)


async def test_a_clip_and_a_prompt_become_a_record_and_a_stored_job(stage, clip):
    result = await stage.restyle(clip, prompt="a rainy night", seed=7)
    job = await stage.job(result)
    [record] = stage.channel.history()
    assert not result.ephemeral
    assert text_of(record) == (
        f"{stage.alice.mention} is restyling a clip\n"
        "> a rainy night\n"
        "**Waiting to start**\n"
        "-# gen4_aleph · about $0.15"
    )
    assert job.state is JobState.QUEUED
    assert (job.guild_id, job.channel_id) == (stage.guild.id, stage.channel.id)
    assert (job.user_id, job.record_message_id) == (stage.alice.id, record.id)
    assert (job.prompt, job.ratio, job.seed) == ("a rainy night", None, 7)
    assert job.source_bytes == len(clip)
    assert job.source_content_type == "video/mp4"
    assert (job.source_width, job.source_height) == (64, 48)
    assert job.source_seconds == pytest.approx(1.0, abs=0.05)
    assert job.can_open_thread
    assert (job.role_ids, job.is_age_restricted) == ({stage.guild.id}, False)  # @everyone alone
    assert stage.new_jobs.is_set()


async def test_accepting_a_job_takes_two_calls_to_discord(stage, clip):
    await stage.set(member_jobs_per_day=None)
    before = len(stage.calls())
    await stage.restyle(clip)
    assert [call.split(" ")[0] for call in stage.calls()[before:]] == ["POST", "PATCH"]


async def test_a_clip_longer_than_the_model_uses_is_accepted_and_says_so(stage, long_clip):
    result = await stage.restyle(long_clip, start=0.0)
    assert await stage.job(result) is not None
    assert "about $0.75 · the first 5 s are restyled" in said(result)


async def test_a_reference_picture_is_stored_with_the_job(stage, clip, picture):
    result = await stage.restyle(clip, reference=("style.png", picture))
    assert (await stage.job(result)).reference_url.endswith("/style.png")


async def test_no_temporary_file_is_left_but_the_clip_that_the_job_needs(stage, clip, tmp_path):
    job = await stage.job(await stage.restyle(clip))
    await stage.restyle(clip[:100])
    files = [path.name for path in (tmp_path / "scratch").rglob("*") if path.is_file()]
    assert files == [f"{job.id}-original"]


# Refused at once


async def refused_at_once(stage, result, *words):
    assert result.ephemeral
    assert not result.deferred
    for word in words:
        assert word in said(result)
    assert await stage.job(result) is None
    assert [message for message in stage.channel.history() if not message.flags.ephemeral] == []
    assert not stage.new_jobs.is_set()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ConditionKind.KEY, "Runway accepts no clips"),
        (ConditionKind.DATABASE, "cannot reach its database"),
        (ConditionKind.DISK, "machine that this bot runs on"),
    ],
)
async def test_nothing_is_downloaded_while_something_keeps_clips_from_being_taken(
    stage, clip, kind, words
):
    trouble = Finding(text="So it is.", closes=True)
    stage.bot.conditions.observe({kind: trouble}, datetime.now(UTC))
    result = await stage.restyle(clip)
    await refused_at_once(stage, result, words, "nothing was spent")


async def test_trouble_that_leaves_room_for_clips_refuses_none(stage, clip):
    trouble = Finding(text="300 MB are left.", grave_after=None)
    stage.bot.conditions.observe({ConditionKind.DISK: trouble}, datetime.now(UTC))
    assert await stage.job(await stage.restyle(clip)) is not None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"video": ("notes.txt", b"hello")}, ["is a text file, not a video", "MP4"]),
        ({"video": ("song.mp3", b"hello")}, ["is a sound file, not a video", "MP4"]),
        ({"video": ("clip.mp4", b"")}, ["empty"]),
        ({"prompt": "  \t "}, ["prompt is empty"]),
        ({"prompt": "\x00\x01\u200b"}, ["prompt is empty"]),
        ({"prompt": "🌧" * 1000}, ["2000 characters", "1000"]),
        ({"reference": ("style.gif", b"GIF89a")}, ["this kind of image", "PNG"]),
        ({"reference": ("style.png", b"")}, ["reference cannot be read"]),
    ],
)
async def test_bad_input_is_refused_at_once_and_in_private(stage, clip, options, words):
    result = await stage.restyle(clip, **options)
    await refused_at_once(stage, result, *words)
    assert stage.calls("PATCH") == []


async def test_a_file_over_the_servers_limit_is_refused_with_who_can_raise_it(stage, clip):
    await stage.set(max_video_bytes=MEBIBYTE)
    result = await stage.restyle(clip + bytes(MEBIBYTE))
    await refused_at_once(stage, result, "this server takes", "moderator", "/restyle-settings")


async def test_the_house_look_is_kept_beside_the_members_words(stage, clip):
    await stage.set(default_look="film grain")
    result = await stage.restyle(clip, prompt="a rainy night")
    job = await stage.job(result)
    assert (job.prompt, job.look) == ("a rainy night", "film grain")


class TestWithSmallLimits:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(
            update={"max_video_mb": 1000 / MEBIBYTE, "max_video_seconds": 0.5}
        )

    async def test_a_file_over_the_operators_limit_is_refused(self, stage, clip):
        result = await stage.restyle(clip)
        await refused_at_once(stage, result, "this bot takes", "owner")


class TestWithSeveralModels:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "gen4_aleph, aleph2"})

    async def test_one_can_be_chosen(self, stage, long_clip):
        assert (await stage.job(await stage.restyle(long_clip, start=0.0))).model == "gen4_aleph"
        chosen = await stage.job(
            await stage.restyle(long_clip, model="aleph2", start=0.0, length=5.0)
        )
        assert (chosen.model, chosen.price_micros) == ("aleph2", 1_400_000)

    async def test_one_that_the_provider_does_not_offer_gives_way(self, stage, long_clip):
        stage.bot.models.refuse("aleph2")
        chosen = await stage.job(
            await stage.restyle(long_clip, model="aleph2", start=0.0, length=5.0)
        )
        assert chosen.model == "gen4_aleph"


class TestWithAnotherModel:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "aleph2"})

    async def test_the_shape_that_is_chosen_goes_into_the_job(self, stage, long_clip):
        chosen = await stage.job(await stage.restyle(long_clip, ratio="3:2", length=5.0))
        assert (chosen.model, chosen.ratio) == ("aleph2", "3:2")

    async def test_a_servers_shape_is_the_one_that_it_meant_of_another_model(
        self, stage, long_clip
    ):
        await stage.set(default_ratio="1280:720")
        result = await stage.restyle(long_clip, length=5.0)
        assert (await stage.job(result)).ratio == "16:9"

    async def test_a_clip_too_short_for_the_model_is_refused(self, stage, clip):
        result = await stage.restyle(clip)
        assert "at least 2 s" in said(result)
        assert await stage.job(result) is None


async def test_other_channels_than_the_allowed_are_refused(stage, clip):
    other = stage.guild.create_text_channel("restyling")
    await stage.set(allowed_channel_ids=frozenset({other.id}))
    await refused_at_once(stage, await stage.restyle(clip), other.mention, "moderator")
    assert await stage.job(await stage.restyle(clip, where=other)) is not None


@pytest.mark.parametrize(
    ("permission", "name"),
    [
        ("view_channel", "View Channel"),
        ("send_messages", "Send Messages"),
        ("attach_files", "Attach Files"),
    ],
)
async def test_a_missing_permission_of_the_bot_is_named(stage, clip, permission, name):
    channel = stage.guild.create_text_channel(
        "closed",
        overwrites={stage.bot.user: discord.PermissionOverwrite(**{permission: False})},
    )
    result = await stage.restyle(clip, where=channel)
    assert result.ephemeral
    assert name in said(result)
    assert await stage.job(result) is None


async def test_nothing_starts_while_the_settings_cannot_be_read(stage, clip):
    async with stage.store._database.transaction() as connection:
        await connection.execute(text("ALTER TABLE setting_values RENAME TO gone"))
    result = await stage.restyle(clip)
    await refused_at_once(stage, result, "database", "nothing was spent")


# Refused after a look into the file


async def refused_later(stage, result, *words):
    """The public answer is gone, and the person alone knows why."""
    [private] = result.followups
    assert private.ephemeral
    for word in words:
        assert word in text_of(private.message)
    assert stage.channel.history(viewer=stage.bob) == []
    assert await stage.store.overview.count_open() == {}
    assert not stage.new_jobs.is_set()


async def test_a_truncated_clip_is_refused(stage, clip):
    await refused_later(stage, await stage.restyle(clip[: len(clip) // 2]), "damaged")


async def test_sound_without_a_picture_is_refused(stage, clip, sound):
    result = await stage.restyle(clip, video=("clip.mp4", sound))
    await refused_later(stage, result, "no picture")


async def test_a_picture_renamed_to_mp4_is_refused(stage, clip, picture):
    result = await stage.restyle(clip, video=("clip.mp4", picture))
    await refused_later(stage, result, "is an image, not a video")


async def test_bytes_that_are_nothing_are_refused(stage, clip):
    result = await stage.restyle(clip, video=("clip.mp4", b"\x00garbage" * 400))
    await refused_later(stage, result, "not a video")


async def test_a_reference_that_is_no_picture_is_refused(stage, clip):
    result = await stage.restyle(clip, reference=("style.png", b"not a picture at all"))
    await refused_later(stage, result, "reference is not an image")


async def test_a_clip_longer_than_the_servers_limit_is_cut(stage, long_clip):
    await stage.set(max_video_seconds=3)
    result = await stage.restyle(long_clip, start=0.0)
    assert (await stage.job(result)).restyled_seconds == 3
    assert "the first 3 s are restyled" in said(result)


async def test_the_clip_limits_of_the_channel_and_the_role_hold(stage, long_clip):
    regulars = stage.guild.create_role("regulars")
    bob = stage.guild.add_member(stage.env.create_user("rob"), roles=[regulars])
    loose = stage.guild.create_text_channel("anything")
    await stage.bot.get_channel(stage.channel.id).create_thread(
        name="talk", type=discord.ChannelType.public_thread
    )
    [thread] = stage.channel.threads
    await stage.set(max_video_seconds=4)
    await stage.set(Target(Scope.CHANNEL, stage.channel.id), max_video_seconds=2)
    await stage.set(Target(Scope.ROLE, regulars.id), max_video_seconds=3)
    asked = {
        stage.alice: {loose: 4, stage.channel: 2, thread: 2},
        bob: {loose: 3, stage.channel: 3},
    }
    for who, places in asked.items():
        for where, seconds in places.items():
            job = await stage.job(await stage.restyle(long_clip, who=who, where=where, start=0.0))
            assert job.restyled_seconds == seconds, (who, where)


async def test_the_size_limit_of_a_role_holds(stage, clip):
    everyone = Target(Scope.ROLE, stage.guild.id)
    await stage.set(everyone, max_video_bytes=MEBIBYTE)
    result = await stage.restyle(clip + bytes(MEBIBYTE))
    await refused_at_once(stage, result, "this server takes", "moderator")


async def test_the_caps_of_the_channel_and_the_role_hold(stage, clip):
    other = stage.guild.create_text_channel("other")
    await stage.set(Target(Scope.CHANNEL, stage.channel.id), jobs_per_day=1)
    await stage.set(Target(Scope.ROLE, stage.guild.id), member_jobs_per_day=2)
    await stage.restyle(clip)
    refused = await stage.restyle(clip)
    assert "This channel's 1 clip today is used up" in said(refused)
    await stage.restyle(clip, where=other)
    refused = await stage.restyle(clip, where=other)
    assert "Your 2 clips today are used up" in said(refused)
    assert await stage.store.overview.count_open() == {JobState.QUEUED: 2}


async def test_what_moderators_decide_while_a_clip_is_checked_counts(stage, clip, downloader):
    download = downloader.download

    async def meanwhile(*args, **options):
        await stage.store.people.block(stage.guild.id, stage.alice.id, by=stage.mo.id)
        return await download(*args, **options)

    downloader.download = meanwhile
    await refused_later(stage, await stage.restyle(clip), "blocked you from starting clips")


async def test_a_review_that_is_switched_on_while_a_clip_is_checked_counts(stage, clip, downloader):
    download = downloader.download

    async def meanwhile(*args, **options):
        await stage.set(review_mode="spending")
        return await download(*args, **options)

    downloader.download = meanwhile
    job = await stage.job(await stage.restyle(clip))
    assert (job.state, job.hold) == (JobState.HELD, Hold.REVIEW)


async def test_a_part_longer_than_the_servers_limit_is_refused(stage, long_clip):
    await stage.set(max_video_seconds=3)
    result = await stage.restyle(long_clip, length=4.0)
    await refused_later(stage, result, "A part of 4 s is not possible", "this server", "3 s")


async def test_the_part_that_was_asked_for_is_stored_with_its_plan(stage, long_clip):
    job = await stage.job(await stage.restyle(long_clip, start=2.0, length=3.0))
    plan = Plan.from_json(job.plan)
    assert (round(plan.start_seconds), round(plan.seconds)) == (2, 3)
    assert job.price_micros == 450_000


async def test_a_start_past_the_end_is_refused(stage, long_clip):
    result = await stage.restyle(long_clip, start=60.0)
    await refused_later(stage, result, "too late for this clip")


async def test_a_refusal_that_cannot_be_private_comes_in_public(stage, clip):
    stage.env.inject_error("POST", "/webhooks/*", status=403, code=50013)
    result = await stage.restyle(clip[: len(clip) // 2])
    assert "damaged" in text_of(stage.channel.last_message)
    assert await stage.job(result) is None


async def test_a_refusal_whose_public_answer_stays_says_why_in_private_only(stage, clip):
    stage.env.inject_error("DELETE", "/webhooks/*", status=503)
    result = await stage.restyle(clip[: len(clip) // 2])
    [private] = result.followups
    assert "damaged" in text_of(private.message)
    assert text_of(result.response.message) == "Not started."


async def test_nothing_starts_while_the_job_cannot_be_stored(stage, clip):
    async with stage.store._database.transaction() as connection:
        await connection.execute(text("ALTER TABLE jobs RENAME TO gone"))
    result = await stage.restyle(clip)
    async with stage.store._database.transaction() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO jobs"))
    await refused_later(stage, result, "database", "nothing was spent")


# Trouble at Discord


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060), (403, 0), (503, 0)])
async def test_nothing_starts_when_the_command_cannot_be_acknowledged(stage, clip, status, code):
    stage.env.inject_error("POST", "/interactions/*", status=status, code=code)
    result = await stage.restyle(clip)
    assert await stage.job(result) is None
    assert not stage.new_jobs.is_set()


@pytest.mark.parametrize(
    ("status", "code"), [(403, 50001), (404, 10008), (404, 10015), (413, 40005), (500, 0), (503, 0)]
)
async def test_a_job_goes_on_when_its_record_cannot_be_written(stage, clip, status, code):
    stage.env.inject_error(
        "PATCH", "/webhooks/*/messages/@original", status=status, code=code, times=None
    )
    result = await stage.restyle(clip)
    assert (await stage.job(result)).state is JobState.QUEUED
    assert stage.new_jobs.is_set()


async def test_a_prompt_that_automod_blocks_is_left_out_of_the_record(stage, clip):
    stage.env.inject_error(
        "PATCH", "/webhooks/*/messages/@original", status=400, code=200000, times=1
    )
    result = await stage.restyle(clip, prompt="bad words")
    assert "bad words" not in said(result)
    assert "is restyling a clip" in said(result)
    assert (await stage.job(result)).prompt == "bad words"


async def send_again(stage):
    [payload] = [
        payload for _, name, payload in stage.env.backend.transcript if name == "INTERACTION_CREATE"
    ]
    before = stage.calls()
    stage.env.backend.emit("INTERACTION_CREATE", payload)
    await stage.env.settle()
    return stage.calls()[len(before) :]


async def test_an_interaction_that_arrives_twice_is_one_job(stage, clip):
    await stage.set(member_jobs_per_day=None)
    result = await stage.restyle(clip)
    job = await stage.job(result)
    callback, looked_up = await send_again(stage)  # refused: it has been acknowledged
    assert callback.startswith("POST /interactions/")
    assert looked_up.startswith("GET /webhooks/")
    assert await stage.job(result) == job
    assert len(stage.channel.history()) == 1
    assert result.followups == []


async def test_a_twin_that_gets_past_the_acknowledgement_changes_nothing(stage, clip):
    await stage.set(member_jobs_per_day=None)
    result = await stage.restyle(clip)
    job = await stage.job(result)
    stage.new_jobs.clear()
    result._interaction.responded = False
    assert len(await send_again(stage)) == 1
    assert await stage.job(result) == job
    assert result.followups == []
    assert not stage.new_jobs.is_set()


# Words of others


@pytest.mark.parametrize(
    "prompt",
    [
        "@everyone @here <@1> <@&2> look",
        "**bold** [click](https://evil.example) ||x||",
        "> quote\n# title",
        "\u202egnp.4pm <#3>",
        "שלום מטר",
    ],
)
async def test_a_prompt_cannot_ping_link_or_format(stage, clip, prompt):
    result = await stage.restyle(clip, prompt=prompt)
    _, quoted, *_ = said(result).split("\n")
    assert quoted.startswith("> ")
    assert "@everyone" not in quoted
    assert not re.search(r"(?<!\\)<[@#]", quoted)
    assert "://" not in quoted
    assert "**" not in quoted
    for call in stage.env.http_requests:
        if call.method == "PATCH":
            assert call.json["allowed_mentions"] == {"parse": []}
    [record] = stage.channel.history()
    assert {user.id for user in record.mentions} <= {stage.alice.id}
    assert not record.mention_everyone


async def test_control_characters_do_not_reach_the_provider(stage, clip):
    job = await stage.job(await stage.restyle(clip, prompt=" neon\x07\n rain\u2764\ufe0f "))
    assert job.prompt == "neon rain❤️"


# The guild's settings


async def test_the_servers_settings_go_into_the_job(stage, clip):
    await stage.set(public_figure_threshold="low", default_ratio="720:1280")
    job = await stage.job(await stage.restyle(clip))
    assert (job.public_figure_threshold, job.ratio) == ("low", "720:1280")
