"""A result as a beginning: its row of buttons, Use as source, and what stands behind More."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.jobs import Extra, Hold, JobState
from bot.domain.money import CostSource
from bot.engine.ports import AnswerContent
from bot.requests.validation import Refusal, Rule
from bot.texts import appeal as appeal_texts
from bot.texts import more as more_texts
from bot.texts.common import clip_unknown
from bot.texts.message import result_gone
from bot.texts.refusal import refusal
from tests.cogs.conftest import OUTPUT_URL, buttons_of, said
from tests.cogs.forged import press as forge
from tests.cogs.panels import text_of
from tests.storage.rows import put


@pytest.fixture
def result(stage, clip, tmp_path):
    """``await result()``: a finished job of Alice's with its video, and the answer."""
    path = tmp_path / "restyled.mp4"
    path.write_bytes(clip)

    async def make(**options):
        answer = AnswerContent(video=path, offers=frozenset({Extra.COMPARE}))
        return await stage.done(clip, answer, **options)

    return make


async def press(person, message, label):
    return await person.click(message, custom_id=buttons_of(message)[label])


async def choose(person, message, label):
    """Open More and press what it offers."""
    menu = await press(person, message, "More ▾")
    assert menu.ephemeral
    return await person.click(
        menu.response.message, custom_id=buttons_of(menu.response.message)[label]
    )


async def restart(stage, make_bot):
    bot = make_bot()
    await stage.env.restart_bot(bot)
    return bot


async def test_under_a_result_stand_five_buttons_and_the_rest_behind_the_last(stage, result):
    _, answer = await result()
    assert list(buttons_of(answer)) == ["Again", "Change…", "Use as source", "Compare", "More ▾"]
    menu = await press(stage.bob, answer, "More ▾")
    assert list(buttons_of(menu.response.message)) == [
        "With its sound",
        "Save as look…",
        "Full prompt and details",
        "Download",
        "Delete…",
    ]


async def test_a_result_becomes_the_next_clip_after_a_restart(stage, result, make_bot):
    first, answer = await result()
    form = await press(stage.alice, answer, "Use as source")
    bot = await restart(stage, make_bot)
    job = await stage.job(
        await stage.alice.submit_modal(form, {"prompt": "a snowy morning", "length": "0.5"})
    )
    assert (job.state, job.prompt, job.part_seconds) == (
        JobState.QUEUED,
        "a snowy morning",
        pytest.approx(0.5),
    )
    assert job.source_url == answer.attachments[0].url != first.source_url
    assert job.source_message_url == answer.jump_url
    await bot.close()


async def test_for_others_a_result_is_the_clip_of_whoever_is_in_it(stage, result):
    _, answer = await result()
    await stage.set(consent_mode="own")
    refused = await press(stage.bob, answer, "Use as source")
    assert f"That clip is by <@{stage.alice.id}>" in said(refused)
    await stage.set(consent_mode="ask")
    form = await press(stage.bob, answer, "Use as source")
    job = await stage.job(await stage.bob.submit_modal(form, {"prompt": "neon"}))
    assert (job.state, job.hold, job.source_author_id) == (
        JobState.HELD,
        Hold.CONSENT,
        stage.alice.id,
    )


async def test_a_result_that_is_only_a_link_or_gone_cannot_be_the_next_clip(stage, clip):
    job, answer = await stage.done(clip)
    gone = result_gone(stage.bot.command_mentions.of("restyle"))
    assert "</restyle:" in gone
    refused = await press(stage.alice, answer, "Use as source")
    assert said(refused) == gone
    assert refused.ephemeral
    await put(stage.store, job.id, JobState.DONE, answer_message_id=1)
    assert said(await press(stage.alice, answer, "Use as source")) == gone


async def test_the_whole_prompt_and_all_facts_are_one_press_away_after_a_restart(
    stage, result, make_bot
):
    prompt = "a *very* long prompt for @everyone, " + "with words " * 60
    job, answer = await result(prompt=prompt, seed=77120)
    bot = await restart(stage, make_bot)
    shown = await choose(stage.bob, answer, "Full prompt and details")
    assert shown.ephemeral
    words = said(shown)
    assert words.count("with words") == 60
    assert "@everyone" not in words
    for fact in ("seed 77120", job.model, "cost $0.75", str(job.id)):
        assert fact in words
    await bot.close()


async def test_what_was_deleted_of_a_prompt_is_not_told(stage, result):
    job, answer = await result()
    await put(stage.store, job.id, JobState.DONE, source_url="", prompt="")
    assert "was deleted" in said(await choose(stage.bob, answer, "Full prompt and details"))


async def test_download_brings_links_that_work_now_to_the_person_alone(stage, result):
    _, answer = await result()
    shown = await choose(stage.bob, answer, "Download")
    assert shown.ephemeral
    assert buttons_of(shown.response.message) == {
        more_texts.FROM_DISCORD: answer.attachments[0].url,
        more_texts.FULL_QUALITY: OUTPUT_URL,
    }


async def test_a_link_that_has_ended_is_not_offered(stage, clip):
    job, answer = await stage.done(clip)
    await put(
        stage.store, job.id, JobState.DONE, output_expires_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert said(await choose(stage.bob, answer, "Download")) == more_texts.NO_LINK


async def test_a_report_reaches_the_moderators_and_nobody_else(stage, result, make_bot):
    reviews = stage.guild.create_text_channel("reviews")
    await stage.set(review_channel_id=reviews.id)
    _, answer = await result()
    before = len(list(stage.channel.threads[0].history()))
    form = await choose(stage.bob, answer, "Report…")
    bot = await restart(stage, make_bot)
    sent = await stage.bob.submit_modal(form, {"words": "shows a bystander"})
    assert said(sent) == appeal_texts.REPORT_SENT
    card = reviews.last_message
    words = text_of(card)
    assert f"<@{stage.bob.id}> reports a clip" in words
    assert "shows a bystander" in words
    assert list(buttons_of(card)) == ["Watch", "Delete…", "Answer…"]
    assert buttons_of(card)["Watch"] == answer.jump_url
    form = await press(stage.mo, card, "Answer…")
    await stage.mo.submit_modal(form, {"words": "thank you, it is gone"})
    assert len(list(stage.channel.threads[0].history())) == before
    assert "thank you, it is gone" in text_of(stage.bob.user.dm_channel.last_message)
    assert await stage.store.appeals.open_count(stage.guild.id, stage.bob.id) == 0
    await bot.close()


async def test_from_elsewhere_nothing_of_a_private_channel_is_shown_or_used(stage, result):
    """The custom id of a message that the person cannot see, sent by a client of their own."""
    job, _ = await result()
    lounge = stage.guild.create_text_channel("lounge")
    everyone = stage.bot.get_guild(stage.guild.id).default_role
    channel = stage.bot.get_channel(stage.channel.id)
    await channel.set_permissions(everyone, view_channel=False)
    stage.channel = lounge
    unknown = clip_unknown(stage.bot.command_mentions.of("restyle"))
    for verb in ("more", "details", "download", "report"):
        assert said(await forge(stage, stage.bob, f"restyle:{job.id}:{verb}")) == unknown
    gone = refusal(Refusal(rule=Rule.JOB_UNKNOWN), stage.bot.command_mentions.of)
    for verb in ("again", "change", "use"):
        shown = await forge(stage, stage.bob, f"restyle:{job.id}:{verb}")
        assert said(shown) == gone, verb
    own = await forge(stage, stage.alice, f"restyle:{job.id}:details")
    assert job.model in said(own)


async def test_the_whole_prompt_is_told_whatever_signs_are_in_it(result, stage):
    job, _ = await result()
    worst = replace(
        job,
        prompt="*" * 999 + "!",
        look="_" * 300,
        reference_url="https://cdn.example/x.png",
        ratio="1280:720",
        cost_micros=150_000,
        cost_source=CostSource.CREDITS,
    )
    words = more_texts.details(worst)
    assert len(words) <= 2000
    assert "*" * 999 + "!" in words


async def test_a_clip_of_direct_messages_is_its_requesters_alone(stage, clip):
    alice = stage.alice.user
    job = await stage.job(
        await alice.slash("restyle", video=("clip.mp4", clip), prompt="my secret words")
    )
    await put(stage.store, job.id, JobState.DONE)
    unknown = clip_unknown(stage.bot.command_mentions.of("restyle"))
    for verb in ("details", "download", "more", "save-look", "report"):
        shown = await forge(stage, stage.bob.user, f"restyle:{job.id}:{verb}")
        assert said(shown).strip() == unknown, verb
    mine = await forge(stage, alice, f"restyle:{job.id}:details")
    assert "my secret words" in said(mine)
