"""From an ended job to the next one: Again, Change… and Try again…, as all involved see it."""

import dataclasses
from datetime import UTC, datetime

import pytest

from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, Job, JobState
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from bot.texts.refusal import refusal
from cogs.restyle.again_buttons import AnotherClipButton, TryAgainButton, button_after
from tests.cogs import forged
from tests.cogs.conftest import buttons_of, said
from tests.cogs.forged import press as forge
from tests.cogs.pages import restart
from tests.factories import new_job
from tests.storage.rows import put

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
GONE = "https://cdn.discordapp.com/attachments/1/2/clip.mp4?ex=1&is=2&hm=3"
"""A link that is over since 1970."""


@pytest.fixture
def ended(stage, clip):
    """``await ended()``: a job of Alice's that is done, and its answer."""

    async def make(**options):
        job = await stage.finished(clip, **options)
        delivered = await stage.deliverer.deliver(job, None)
        job = await stage.store.move(
            job,
            JobState.DONE,
            answer_message_id=delivered.message_id,
            answer_channel_id=delivered.channel_id,
        )
        return job, answer_of(stage)

    return make


@pytest.fixture
def lost(stage, clip):
    """``await lost()``: a job of Alice's that failed, and what was said about it."""

    async def make(**options):
        job = await stage.failed(clip, **options)
        await stage.deliverer.deliver(job, None)
        return job, answer_of(stage)

    return make


def answer_of(stage):
    [thread] = stage.channel.threads
    return thread.last_message


async def press(person, message, label):
    return await person.click(message, custom_id=buttons_of(message)[label])


def filled(form):
    return {
        part["component"]["custom_id"]: part["component"].get("value") or ""
        for part in form.modal["components"]
    }


async def test_again_starts_the_same_with_another_seed_at_one_press_after_a_restart(
    stage, ended, make_bot
):
    first, answer = await ended(seed=7)
    assert list(buttons_of(answer))[:2] == ["Again", "Change…"]
    bot = await restart(stage, make_bot)
    result = await press(stage.alice, answer, "Again")
    job = await stage.job(result)
    assert job.state is JobState.QUEUED, said(result)
    same = ("prompt", "ratio", "user_id", "guild_id", "source_url", "source_message_url")
    assert [getattr(job, name) for name in same] == [getattr(first, name) for name in same]
    assert job.seed not in {None, 7}
    assert not result.ephemeral
    await bot.close()


async def test_every_request_has_a_seed_that_its_answer_shows(stage, ended):
    job, answer = await ended()
    assert 0 <= job.seed < 2**32
    assert f"seed {job.seed}" in "\n".join(str(part) for part in texts_in(answer.components))


def texts_in(components):
    for component in components:
        if (content := getattr(component, "content", None)) is not None:
            yield content
        yield from texts_in(getattr(component, "children", None) or [])


async def test_change_has_everything_filled_in_and_is_read_after_a_restart(stage, ended, make_bot):
    _, answer = await ended(seed=7, start=0.2, length=0.5)
    form = await press(stage.alice, answer, "Change…")
    assert filled(form) == {
        "prompt": "a rainy night, neon",
        "start": "0:00.2",
        "length": "0.5",
        "seed": "7",
    }
    bot = await restart(stage, make_bot)
    typed = filled(form) | {"prompt": "a snowy morning", "start": "0:00.4", "length": "0.3"}
    job = await stage.job(await stage.alice.submit_modal(form, typed))
    assert (job.prompt, job.seed) == ("a snowy morning", 7)
    assert (job.part_start, job.part_seconds) == (pytest.approx(0.4, abs=0.05), pytest.approx(0.3))
    await bot.close()


async def test_a_seed_that_is_none_is_told_and_an_empty_one_is_chosen(stage, ended):
    _, answer = await ended(seed=7)
    form = await press(stage.alice, answer, "Change…")
    refused = await stage.alice.submit_modal(form, filled(form) | {"seed": "seven"})
    assert refused.ephemeral
    assert "“seven” is not a seed." in said(refused)
    form = await press(stage.alice, answer, "Change…")
    job = await stage.job(await stage.alice.submit_modal(form, filled(form) | {"seed": ""}))
    assert job.seed not in {None, 7}


async def test_a_failure_offers_another_try_which_is_read_after_a_restart(stage, lost, make_bot):
    _, message = await lost()
    bot = await restart(stage, make_bot)
    form = await press(stage.alice, message, "Try again…")
    job = await stage.job(await stage.alice.submit_modal(form, filled(form) | {"prompt": "milder"}))
    assert (job.prompt, job.state) == ("milder", JobState.QUEUED)
    await bot.close()


@pytest.mark.parametrize(
    ("changes", "button"),
    [
        ({"state": JobState.FAILED, "failure": FailureReason.SAFETY_PROMPT}, TryAgainButton),
        ({"state": JobState.FAILED, "failure": FailureReason.SOURCE_GONE}, AnotherClipButton),
        *(
            ({"state": JobState.CANCELLED, "cancel_reason": reason}, TryAgainButton)
            for reason in CancelReason
            if reason is not CancelReason.CONSENT_REFUSED
        ),
        (
            {"state": JobState.CANCELLED, "cancel_reason": CancelReason.CONSENT_REFUSED},
            AnotherClipButton,
        ),
        ({"state": JobState.UNCERTAIN}, TryAgainButton),
        ({"state": JobState.RUNNING}, type(None)),
    ],
)
def test_every_end_without_a_clip_has_a_next_step(changes, button):
    new = new_job(1)
    values = {f.name: getattr(new, f.name) for f in dataclasses.fields(new)}
    known = {"owner": None, "created_at": NOON, "updated_at": NOON}
    assert type(button_after(Job(**values, **known, **changes))) is button


async def test_after_a_clip_that_is_gone_the_same_words_go_with_another(
    stage, clip, lost, make_bot
):
    job, message = await lost(reason=FailureReason.SOURCE_GONE, charge=Charge.NO, start=0.2)
    bot = await restart(stage, make_bot)
    form = await press(stage.alice, message, "Try another clip…")
    again = await restart(stage, make_bot)
    typed = {"video": [("other.mp4", clip)], "prompt": job.prompt}
    started = await stage.job(await stage.alice.submit_modal(form, typed))
    assert (started.state, started.prompt) == (JobState.QUEUED, job.prompt)
    assert (started.source_filename, started.part_start) == ("other.mp4", 0.0)
    for one in (bot, again):
        await one.close()


async def test_what_is_unclear_begins_again_only_by_a_form_that_says_what_it_may_cost(
    stage, clip, make_bot
):
    job = await stage.store.move(await stage.started(clip), JobState.SUBMITTING)
    job = await stage.store.move(job, JobState.UNCERTAIN)
    await stage.deliverer.deliver(job, None)
    message = answer_of(stage)
    forged = await forge(stage, stage.alice, f"restyle:{job.id}:again")
    assert said(forged) == message_texts.STILL_UNCERTAIN
    bot = await restart(stage, make_bot)
    form = await press(stage.alice, message, "Try again…")
    assert form.modal["components"][0]["content"] == message_texts.MAY_COST_TWICE
    started = await stage.job(await stage.alice.submit_modal(form, {"prompt": job.prompt}))
    assert (started.state, started.id != job.id) == (JobState.QUEUED, True)
    assert (await stage.store.get(job.id)).state is JobState.UNCERTAIN
    await bot.close()


async def test_what_is_under_way_is_not_begun_again(stage, clip):
    job = await stage.running(clip)
    pressed = await forge(stage, stage.alice, f"restyle:{job.id}:again")
    assert said(pressed) == message_texts.STILL_GOING


async def test_again_keeps_the_look_and_the_words_that_went_with_it(stage, ended):
    job, answer = await ended()
    look = {"look_name": "Film noir", "own_words": "a red coat"}
    await put(stage.store, job.id, JobState.DONE, **look)
    again = await stage.job(await press(stage.alice, answer, "Again"))
    assert again.shown_prompt == "Film noir: a red coat"


async def test_others_start_from_it_only_as_consent_allows(stage, ended):
    _, answer = await ended()
    await stage.set(consent_mode="own")
    refused = await press(stage.bob, answer, "Again")
    assert refused.ephemeral
    assert f"That clip is by <@{stage.alice.id}>" in said(refused)
    refused = await press(stage.bob, answer, "Change…")
    assert refused.modal is None
    await stage.set(consent_mode="ask")
    job = await stage.job(await press(stage.bob, answer, "Again"))
    assert (job.state, job.hold) == (JobState.HELD, Hold.CONSENT)
    assert (job.user_id, job.source_author_id) == (stage.bob.id, stage.alice.id)
    await stage.store.consents.opt_out(stage.alice.id)
    assert "does not want their clips restyled" in said(await press(stage.bob, answer, "Again"))


async def test_the_rules_of_the_server_and_its_limits_hold_for_another_go(stage, ended):
    _, answer = await ended()
    await stage.set(member_jobs_per_day=1)
    refused = await press(stage.alice, answer, "Again")
    assert await stage.job(refused) is None
    await stage.set(refused_channel_ids=[stage.channel.id])
    refused = await press(stage.alice, answer, "Again")
    assert "cannot be restyled in this channel" in said(refused)
    assert refused.ephemeral


async def test_what_follows_in_the_clip_is_one_press_away_and_keeps_the_seed(
    stage, ended, long_clip, make_bot
):
    first, answer = await ended(video=("clip.mp4", long_clip), start=0.0, seed=7)
    assert "0:00\N{EN DASH}0:05 of the clip" in "\n".join(texts_in(answer.components))
    bot = await restart(stage, make_bot)
    result = await press(stage.alice, answer, "Next part")
    job = await stage.job(result)
    assert job is not None, said(result)
    assert (job.part_start, job.restyled_seconds) == (
        pytest.approx(5.0, abs=0.3),
        pytest.approx(3.0, abs=0.3),
    )
    assert (job.seed, job.prompt, job.source_url) == (7, first.prompt, first.source_url)
    await bot.close()


async def test_where_nothing_follows_nothing_is_offered_and_a_forged_press_is_told(stage, ended):
    job, answer = await ended()
    assert "Next part" not in buttons_of(answer)
    refused = await forged.press(stage, stage.alice, f"restyle:{job.id}:next-part")
    assert said(refused) == message_texts.NO_NEXT_PART
    assert refused.ephemeral


async def test_after_a_day_the_kept_clip_takes_the_place_of_the_link(stage, ended, clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    job, answer = await ended()
    kept = await stage.deliverer.keep_source(job, clip=path, reference=None)
    await put(
        stage.store,
        job.id,
        JobState.DONE,
        source_url=GONE,
        source_channel_id=kept.channel_id,
        source_message_id=kept.message_id,
    )
    again = await stage.job(await press(stage.alice, answer, "Again"))
    assert again.source_url == kept.url
    await (
        stage.bot.get_partial_messageable(kept.channel_id)
        .get_partial_message(kept.message_id)
        .delete()
    )
    refused = await press(stage.alice, answer, "Again")
    assert "This clip is no longer on Discord." in said(refused)


async def test_of_a_clip_of_which_a_part_is_left_no_other_part_is_taken(
    stage, ended, clip, tmp_path
):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    job, answer = await ended(start=0.2, length=0.5)
    kept = await stage.deliverer.keep_source(job, clip=path, reference=None)
    await put(
        stage.store,
        job.id,
        JobState.DONE,
        source_url=GONE,
        sent_url=GONE,
        source_channel_id=kept.channel_id,
        source_message_id=kept.message_id,
    )
    form = await press(stage.alice, answer, "Change…")
    refused = await stage.alice.submit_modal(form, filled(form) | {"start": "0"})
    assert "Only 0:00.2 to 0:00.7 of this clip is still on Discord." in said(refused)
    form = await press(stage.alice, answer, "Change…")
    within = filled(form) | {"start": "0:00.4", "length": "0.3"}
    again = await stage.job(await stage.alice.submit_modal(form, within))
    assert again.source_url == kept.url
    assert again.part_start == pytest.approx(0.2, abs=0.05)


async def test_the_words_of_a_denied_request_are_filled_in_for_its_requester_alone(stage, lost):
    job, message = await lost()
    await put(
        stage.store,
        job.id,
        JobState.CANCELLED,
        hold=Hold.REVIEW,
        cancel_reason=CancelReason.DENIED,
    )
    await stage.set(consent_mode="open")
    assert filled(await press(stage.alice, message, "Try again…"))["prompt"] == job.prompt
    assert not filled(await press(stage.bob, message, "Try again…"))["prompt"]
    answer = await forged.press(stage, stage.bob, f"restyle:{job.id}:again")
    assert "no longer knows this clip" in said(answer)
    assert len(await stage.store.overview.open_jobs()) == 0


async def test_what_its_requester_had_deleted_is_not_known_any_more(stage, ended):
    job, answer = await ended()
    await put(stage.store, job.id, JobState.DONE, source_url="", prompt="")
    refused = await press(stage.alice, answer, "Again")
    assert said(refused) == refusal(Refusal(rule=Rule.JOB_UNKNOWN), stage.bot.command_mentions.of)
    assert refused.ephemeral


async def test_in_direct_messages_another_try_works_as_well(stage, clip):
    result = await stage.alice.user.slash("restyle", video=("clip.mp4", clip), prompt="neon")
    job = await stage.job(result)
    [job] = await stage.store.claims.claim(100)
    for state, changes in {
        JobState.SUBMITTING: {},
        JobState.RUNNING: {"task_id": "task-1"},
        JobState.FAILED: {"failure": FailureReason.BAD_OUTPUT, "charge": Charge.YES},
    }.items():
        job = await stage.store.move(job, state, **changes)
    await stage.deliverer.deliver(job, None)
    message = stage.alice.user.dm_channel.last_message
    form = await press(stage.alice.user, message, "Try again…")
    again = await stage.job(await stage.alice.user.submit_modal(form, filled(form)))
    assert (again.guild_id, again.prompt) == (None, "neon")


class TestWithAModelOfManyShapes:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "aleph2"})

    async def test_the_shape_is_filled_in_too_and_can_be_changed(self, stage, long_clip):
        job = await stage.failed(long_clip, ratio="3:2", start=0.0, length=5.0)
        form = await forge(stage, stage.alice, f"restyle:{job.id}:try-again")
        [shapes] = [
            part["component"]
            for part in form.modal["components"]
            if part["component"]["custom_id"] == "ratio"
        ]
        assert [one["value"] for one in shapes["options"] if one.get("default")] == ["3:2"]
        typed = {"prompt": job.prompt, "ratio": ["9:16"], "start": "0", "length": "5"}
        assert (await stage.job(await stage.alice.submit_modal(form, typed))).ratio == "9:16"
