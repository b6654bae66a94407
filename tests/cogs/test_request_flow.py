"""What lies between a command and its job: the form, the part, the cost, and what can be mended.

Each with a restart between showing and pressing.
"""

import io
from dataclasses import replace

import pytest
from PIL import Image

from bot.domain.jobs import JobState
from bot.engine.steps.sources import ORIGINAL, SENT
from bot.requests.validation import Refusal, Rule
from bot.storage.open_requests import KeptRequest
from bot.texts import choice as choice_texts
from bot.texts.refusal import refusal
from cogs.restyle import request_flow
from cogs.restyle.forms import FilledIn
from cogs.restyle.open_request import OpenRequest, PartChoice
from tests.cogs import forged
from tests.cogs.conftest import buttons_of, said


def filled(form):
    return {
        part["component"]["custom_id"]: part["component"].get("value") or ""
        for part in form.modal["components"]
        if part["component"]["type"] == 4
    }


def fields_of(form):
    return [part["component"]["custom_id"] for part in form.modal["components"]]


async def press(person, message, label):
    return await person.click(message, custom_id=buttons_of(message)[label])


def private_of(result):
    """The private message that took the place of "thinking…"."""
    [private] = [one for one in result.followups if one.ephemeral]
    return private.message


# The form


async def test_without_prompt_and_look_a_form_asks_which_is_read_after_a_restart(
    stage, clip, restart
):
    form = await stage.alice.slash(stage.channel, "restyle", video=("clip.mp4", clip), start=0.2)
    assert fields_of(form) == ["prompt", "look", "start", "length"]
    assert filled(form) == {"prompt": "", "start": "0.2", "length": ""}
    await restart()
    typed = filled(form) | {"prompt": "a rainy night"}
    result = await stage.alice.submit_modal(form, typed)
    job = await stage.store.get(form._interaction.id)
    assert job is not None, said(result)
    assert (job.prompt, job.part_start) == ("a rainy night", pytest.approx(0.2, abs=0.05))
    assert not result.ephemeral


async def test_a_look_is_enough_in_the_command_and_in_the_form(stage, clip):
    result = await stage.alice.slash(
        stage.channel, "restyle", video=("clip.mp4", clip), look="b:noir"
    )
    words = (await stage.job(result)).prompt
    assert words.startswith("Restyle") or len(words) > 20
    form = await stage.alice.slash(stage.channel, "restyle", video=("clip.mp4", clip))
    sent = await stage.alice.submit_modal(form, {"prompt": "", "look": ["b:noir"]})
    assert (await stage.store.get(form._interaction.id)).prompt == words, said(sent)
    both = await stage.restyle(clip, look="b:noir", prompt="with a red coat")
    assert "with a red coat" in (await stage.job(both)).prompt


async def test_a_form_with_neither_is_refused_and_opens_again(stage, clip):
    form = await stage.alice.slash(stage.channel, "restyle", video=("clip.mp4", clip))
    refused = await stage.alice.submit_modal(form, {"prompt": "", "start": "0.3"})
    assert refused.ephemeral
    assert "prompt is empty" in said(refused)
    again = await press(stage.alice, refused.response.message, choice_texts.CHANGE_AND_TRY_LABEL)
    assert filled(again)["start"] == "0.3"


async def test_who_may_not_start_anything_is_asked_for_nothing(stage, clip):
    await stage.store.people.block(stage.guild.id, stage.alice.id, by=stage.mo.id)
    result = await stage.alice.slash(stage.channel, "restyle", video=("clip.mp4", clip))
    assert result.modal is None
    assert "blocked you" in said(result)


async def test_a_look_that_is_none_is_told_and_can_be_mended(stage, clip):
    result = await stage.restyle(clip, look="no such look")
    assert result.ephemeral
    assert "no such look here" in said(result)
    form = await press(stage.alice, result.response.message, choice_texts.CHANGE_AND_TRY_LABEL)
    assert filled(form)["prompt"] == "a rainy night, neon"


async def test_of_a_form_that_was_open_too_long_the_words_come_back_whole(stage):
    words = "*" * 999 + "!"
    sent = await forged.send_form(stage, stage.bob, "restyle:5:request-form", {"prompt": words})
    assert words in said(sent)
    assert len(sent.response.message.content) <= 2000


# The part


async def test_of_a_longer_clip_the_part_is_chosen_which_a_restart_does_not_harm(
    stage, long_clip, restart
):
    shown = await stage.restyle(long_clip)
    message = private_of(shown)
    assert message.content == "Your clip is 8 s; 5 s of it can be restyled here, for about $0.75."
    assert stage.channel.history(viewer=stage.bob) == []
    [picture] = message.attachments
    assert picture.description == "9 moments of your clip, each with its time"
    assert Image.open(io.BytesIO(await picture.read())).format == "JPEG"
    assert await stage.job(shown) is None
    await restart()
    begin = f"restyle:{shown._interaction.id}:part-begin"
    message = (await stage.alice.select(message, ["1.1"], custom_id=begin)).response.message
    await restart()
    [label, *_] = buttons_of(message)
    assert label == "Restyle 0:01.1\N{EN DASH}0:06.1"
    before = len(stage.calls())
    started = await press(stage.alice, message, label)
    job = await stage.job(shown)
    assert (job.part_start, job.part_seconds) == (pytest.approx(1.1, abs=0.3), pytest.approx(5.0))
    assert job.state is JobState.QUEUED
    assert [call.split(" ")[0] for call in stage.calls()[before:]] == ["POST", "POST", "PATCH"]
    assert [found.id for found in stage.channel.history(viewer=stage.bob)] == [
        job.record_message_id
    ]
    assert said(started).startswith(choice_texts.STARTED)
    assert not buttons_of(started.response.message)


async def test_a_request_becomes_one_job_however_often_it_is_pressed(stage, long_clip):
    shown = await stage.restyle(long_clip)
    custom_id = f"restyle:{shown._interaction.id}:part-start"
    first = await forged.press(stage, stage.alice, custom_id)
    again = await forged.press(stage, stage.alice, custom_id)
    assert said(again) == refusal(Refusal(rule=Rule.STARTED_ALREADY), stage.bot.command_mentions.of)
    assert again.ephemeral
    assert not first.ephemeral
    assert await stage.store.overview.count_open() == {JobState.QUEUED: 1}


async def test_a_second_press_at_the_same_time_leaves_the_jobs_clip_alone(stage, clip, monkeypatch):
    """It may be about another of the clips to choose from, and the job would send that one."""
    shown = await stage.restyle(clip)
    other = clip + b"\0\0\0\x08free"
    form = await stage.alice.slash(stage.channel, "restyle", video=("other.mp4", other))
    kept, job_id = stage.bot.scratch.kept, (await stage.job(shown)).id
    names = (ORIGINAL, SENT)
    before = [kept.size(job_id, name) for name in names]
    assert any(before)

    async def before_the_job_was_stored(_interaction, store, request_id):
        found = await store.open_requests.get(request_id, user_id=stage.alice.id)
        return replace(OpenRequest.load(found), id=job_id, filled=FilledIn(prompt="snow"))

    monkeypatch.setattr(request_flow, "find_open", before_the_job_was_stored)
    custom_id = f"restyle:{form._interaction.id}:request-start"
    again = await forged.press(stage, stage.alice, custom_id)
    assert await stage.job(again) is None
    assert [kept.size(job_id, name) for name in names] == before
    assert not any(kept.size(again._interaction.id, name) for name in names)


async def test_somebody_elses_request_is_not_there_for_others(stage, long_clip):
    shown = await stage.restyle(long_clip)
    gone = refusal(Refusal(rule=Rule.REQUEST_GONE), stage.bot.command_mentions.of)
    for verb in ("part-start", "part-length", "request-change", "request-drop"):
        result = await forged.press(stage, stage.bob, f"restyle:{shown._interaction.id}:{verb}")
        assert said(result) == gone
    result = await forged.send_form(
        stage, stage.bob, f"restyle:{shown._interaction.id}:request-form", {"prompt": "mine"}
    )
    assert "no longer knows which clip" in said(result)
    assert await stage.store.overview.count_open() == {}


async def test_the_part_can_be_shorter_and_costs_less_then(stage, long_clip, restart):
    shown = await stage.restyle(long_clip)
    message = private_of(shown)
    form = await press(stage.alice, message, "Shorter or longer…")
    assert filled(form) == {"start": "0", "length": "5"}
    await restart()
    sent = await stage.alice.submit_modal(form, {"start": "0:04", "length": "2"})
    message = sent.response.message
    assert message.content == "Your clip is 8 s; 2 s of it will be restyled, for about $0.30."
    [label, *_] = buttons_of(message)
    assert label == "Restyle 0:04\N{EN DASH}0:06"
    await press(stage.alice, message, label)
    job = await stage.job(shown)
    assert (job.part_start, job.part_seconds) == (pytest.approx(4, abs=0.3), pytest.approx(2.0))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"start": "0", "length": "9"}, "A part of 9 s is not possible"),
        ({"start": "12"}, "too late for this clip"),
        ({"start": "soon"}, "“soon” is not a time in the clip"),
    ],
)
async def test_a_part_that_cannot_be_is_told_and_nothing_typed_is_lost(
    stage, long_clip, typed, words
):
    message = private_of(await stage.restyle(long_clip))
    form = await press(stage.alice, message, "Shorter or longer…")
    refused = await stage.alice.submit_modal(form, filled(form) | typed)
    assert words in said(refused)
    again = await press(stage.alice, refused.response.message, choice_texts.CHANGE_AND_TRY_LABEL)
    assert filled(again)["start"] == typed["start"]


async def test_never_mind_forgets_the_request(stage, long_clip, restart):
    shown = await stage.restyle(long_clip)
    message = private_of(shown)
    await restart()
    message = (await press(stage.alice, message, "Never mind")).response.message
    assert message.content == choice_texts.DROPPED
    assert not message.attachments
    assert not message.components
    assert (
        await stage.store.open_requests.get(shown._interaction.id, user_id=stage.alice.id) is None
    )


async def test_frames_of_a_hidden_clip_are_hidden(stage, long_clip):
    shown = await stage.restyle(long_clip, video=("SPOILER_clip.mp4", long_clip))
    [picture] = private_of(shown).attachments
    assert picture.is_spoiler()


async def test_where_the_film_strip_is_off_the_beginning_is_restyled(stage, long_clip):
    await stage.set(film_strip=False)
    job = await stage.job(await stage.restyle(long_clip))
    assert (job.part_start, job.restyled_seconds) == (0, 5)


async def test_who_has_nothing_left_is_not_asked_for_a_part(stage, long_clip):
    await stage.set(member_jobs_per_day=0)
    refused = await stage.restyle(long_clip)
    assert "limit for each member is 0 clips" in said(refused)


async def test_in_direct_messages_the_part_is_chosen_as_well(stage, long_clip):
    alice = stage.alice.user
    shown = await alice.slash("restyle", video=("clip.mp4", long_clip), prompt="neon")
    message = private_of(shown)
    await press(alice, message, next(iter(buttons_of(message))))
    job = await stage.job(shown)
    assert (job.guild_id, job.restyled_seconds) == (None, 5)


# The cost


async def test_above_the_servers_amount_a_card_asks_first(stage, clip, restart):
    await stage.set(ask_above_micros=100_000)
    shown = await stage.restyle(clip)
    message = private_of(shown)
    assert message.content == (
        "This costs about $0.15: 1 s of your clip, with gen4_aleph.\n"
        "Nothing is spent yet. Start it?"
    )
    assert list(buttons_of(message)) == ["Start", "Change…", "Never mind"]
    await restart()
    form = await press(stage.alice, message, "Change…")
    assert filled(form)["prompt"] == "a rainy night, neon"
    await press(stage.alice, message, "Start")
    assert (await stage.job(shown)).state is JobState.QUEUED


async def test_what_is_changed_is_asked_about_anew(stage, clip):
    await stage.set(ask_above_micros=100_000)
    message = private_of(await stage.restyle(clip))
    form = await press(stage.alice, message, "Change…")
    asked = await stage.alice.submit_modal(form, filled(form) | {"prompt": "snow"})
    assert "Start it?" in asked.response.message.content
    assert await stage.store.overview.count_open() == {}


async def test_what_became_dearer_since_it_was_shown_is_asked_about_anew(stage, clip):
    await stage.set(ask_above_micros=100_000)
    shown = await stage.restyle(clip)
    kept = await stage.store.open_requests.get(shown._interaction.id, user_id=stage.alice.id)
    cheaper = replace(OpenRequest.load(kept), shown_micros=120_000)
    await cheaper.keep(stage.store)
    message = (await press(stage.alice, private_of(shown), "Start")).response.message
    assert "This costs about $0.15" in message.content
    assert await stage.job(shown) is None
    await press(stage.alice, message, "Start")
    assert await stage.job(shown) is not None


async def test_where_nobody_is_asked_nobody_is(stage, clip):
    await stage.set(ask_above_micros=None)
    assert await stage.job(await stage.restyle(clip)) is not None


# What can be mended


async def test_a_refused_prompt_opens_again_with_everything_filled_in(stage, clip, restart):
    await stage.set(prompt_rules=[{"kind": "words", "text": "blood", "action": "refuse"}])
    refused = await stage.restyle(clip, prompt="blood everywhere", start=0.2, seed=7)
    assert refused.ephemeral
    message = refused.response.message
    await restart()
    form = await press(stage.alice, message, choice_texts.CHANGE_AND_TRY_LABEL)
    assert filled(form) == {
        "prompt": "blood everywhere",
        "start": "0.2",
        "length": "",
        "seed": "7",
    }
    await stage.alice.submit_modal(form, filled(form) | {"prompt": "paint everywhere"})
    job = await stage.job(refused)
    assert (job.prompt, job.seed) == ("paint everywhere", 7)


async def test_a_refusal_after_a_look_into_the_file_can_be_mended_too(stage, clip, restart):
    refused = await stage.restyle(clip, start=60.0)
    message = private_of(refused)
    await restart()
    form = await press(stage.alice, message, choice_texts.CHANGE_AND_TRY_LABEL)
    await stage.alice.submit_modal(form, filled(form) | {"start": ""})
    assert await stage.job(refused) is not None


async def test_what_no_words_can_mend_has_no_such_button(stage, clip, sound):
    for result in (
        await stage.restyle(clip, video=("notes.txt", b"hello")),
        await stage.restyle(clip, video=("clip.mp4", sound)),
    ):
        messages = [one.message for one in (result.response, *result.followups) if one is not None]
        assert all(not buttons_of(message) for message in messages)


async def test_a_prompt_of_too_many_units_comes_back_as_long_as_may_be(stage, clip):
    refused = await stage.restyle(clip, prompt="🌧" * 1000)
    form = await press(stage.alice, refused.response.message, choice_texts.CHANGE_AND_TRY_LABEL)
    assert filled(form)["prompt"] == "🌧" * 500


# What is kept


def test_a_request_is_read_as_it_was_kept():
    choice = PartChoice(total=40.0, start=12.0, length=5.0, least=2.0, most=5.0, model="m")
    assert choice.starts() == (0, 4, 8, 13, 17, 21, 26, 30, 35)
    assert PartChoice(
        total=5.6, start=0.0, length=5.0, least=2.0, most=5.0, model="m"
    ).starts() == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


@pytest.mark.parametrize("words", ["{}", '{"clips": 1}', "[]", '{"clips": [{"of": "later"}]}'])
async def test_what_another_version_kept_counts_as_gone(stage, clip, words):
    kept = KeptRequest(id=7, guild_id=stage.guild.id, user_id=stage.alice.id, words=words)
    await stage.store.open_requests.keep(kept)
    result = await forged.press(stage, stage.alice, "restyle:7:request-change")
    assert said(result) == refusal(Refusal(rule=Rule.REQUEST_GONE), stage.bot.command_mentions.of)
