"""Every way of beginning a request leads through one door, ``RequestFlow.begin``.

Behind it everybody meets the same questions, and nobody loses what they typed. A new way of
beginning one fails here until it stands in ``WAYS``.
"""

import ast
from pathlib import Path

import pytest

from bot.domain.jobs import JobState
from bot.engine.ports import AnswerContent
from bot.texts import choice as choice_texts
from tests.cogs.conftest import buttons_of, said
from tests.cogs.forged import press as forge

COGS = Path(__file__).parents[2] / "cogs"
WORDS = "a rainy night, neon"
VIDEO = "clip.mp4"


async def press(stage, message, label):
    return await stage.alice.click(message, custom_id=buttons_of(message)[label])


# How each begins: a function that makes all ready, and returns the last step before the door


async def command(stage, clip):
    return lambda: stage.restyle(clip, prompt=WORDS)


async def form_of_the_command(stage, clip):
    form = await stage.alice.slash(stage.channel, "restyle", video=(VIDEO, clip))
    return lambda: stage.alice.submit_modal(form, {"prompt": WORDS})


async def restyle_this(stage, clip):
    message = await stage.alice.send(stage.channel, attachments=[(VIDEO, clip)])
    form = await stage.alice.context_menu(stage.channel, "Restyle this", message)
    return lambda: stage.alice.submit_modal(form, {"prompt": WORDS})


async def a_look_that_is_tried(stage, clip):
    form = await forge(stage, stage.alice, "looks:try:b:noir")
    return lambda: stage.alice.submit_modal(form, {"video": [(VIDEO, clip)], "prompt": WORDS})


async def again(stage, clip):
    _, answer = await stage.done(clip, prompt=WORDS)
    return lambda: press(stage, answer, "Again")


async def next_part(stage, clip):
    _, answer = await stage.done(clip, prompt=WORDS, start=0.0, length=0.4)
    return lambda: press(stage, answer, "Next part")


async def change(stage, clip):
    _, answer = await stage.done(clip)
    form = await press(stage, answer, "Change…")
    return lambda: stage.alice.submit_modal(form, {"prompt": WORDS})


async def try_again(stage, clip):
    job = await stage.failed(clip)
    form = await forge(stage, stage.alice, f"restyle:{job.id}:try-again")
    return lambda: stage.alice.submit_modal(form, {"prompt": WORDS})


async def another_clip(stage, clip):
    job = await stage.failed(clip)
    form = await forge(stage, stage.alice, f"restyle:{job.id}:other-clip")
    return lambda: stage.alice.submit_modal(form, {"video": [(VIDEO, clip)], "prompt": WORDS})


async def use_as_source(stage, clip):
    with stage.bot.scratch.folder() as folder:
        (folder / VIDEO).write_bytes(clip)
        _, answer = await stage.done(clip, AnswerContent(video=folder / VIDEO))
    form = await press(stage, answer, "Use as source")
    return lambda: stage.alice.submit_modal(form, {"prompt": WORDS})


WAYS = {
    "Restyle.restyle": [command],
    "RequestFlow._words_sent": [form_of_the_command, restyle_this],
    "LooksCog._try": [a_look_that_is_tried],
    "EarlierJobs.again": [again],
    "EarlierJobs.next_part": [next_part],
    "EarlierJobs._sent": [change, try_again],
    "EarlierJobs._sent_clip": [another_clip],
    "NextClips._start": [use_as_source],
}
"""The functions that knock at the door, and the ways of people that lead to each."""
GOING_ON = {"RequestFlow._agree"}
"""What knocks once more, with a yes to what was asked behind the door."""

every_way = pytest.mark.parametrize("way", [way for ways in WAYS.values() for way in ways])


def callers(*called):
    """Return the functions of the cogs, as ``Class.name``, that call what ends in one of these."""
    found = set()
    for path in COGS.rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for owner in (module, *(one for one in module.body if isinstance(one, ast.ClassDef))):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    made = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
                    if any(ast.unparse(func).endswith(called) for func in made):
                        found.add(f"{getattr(owner, 'name', path.stem)}.{node.name}")
    return found


def test_every_way_of_beginning_a_request_is_walked_here():
    knocking = callers("flow.begin", "self.begin", "self._begin")
    assert knocking == WAYS.keys() | GOING_ON | {"EarlierJobs._begin"}


def test_nothing_but_the_door_leads_to_the_intake_and_nothing_but_the_intake_to_a_job():
    assert callers("intake.take") == {"RequestFlow.begin"}
    assert callers("store.add") == {"Intake._accept"}


@every_way
async def test_what_costs_much_is_asked_about_whichever_way_it_began(stage, clip, way, restart):
    go = await way(stage, clip)
    await restart()
    await stage.set(ask_above_micros=10_000)
    before = {job.id for job in await stage.store.overview.open_jobs()}
    message = private_of(await go())
    assert list(buttons_of(message)) == ["Start", "Change…", "Never mind"], message.content
    assert "Nothing is spent yet. Start it?" in message.content
    await restart()
    form = await press(stage, message, "Change…")
    assert WORDS in typed_in(form)["prompt"]
    await press(stage, message, "Start")
    [job] = [one for one in await stage.store.overview.open_jobs() if one.id not in before]
    assert job.state is JobState.QUEUED
    assert WORDS in job.prompt


@every_way
async def test_what_is_refused_opens_again_whichever_way_it_began(stage, clip, way, restart):
    go = await way(stage, clip)
    await stage.set(prompt_rules=[{"kind": "words", "text": "neon", "action": "refuse"}])
    refused = await go()
    assert refused.ephemeral, said(refused)
    await restart()
    form = await press(stage, refused.response.message, choice_texts.CHANGE_AND_TRY_LABEL)
    typed = typed_in(form)
    assert typed["prompt"] == WORDS
    result = await stage.alice.submit_modal(form, typed | {"prompt": "a snowy morning"})
    [job] = [
        one
        for one in await stage.store.overview.open_jobs()
        if one.state is JobState.QUEUED and "a snowy morning" in one.prompt
    ]
    assert job.user_id == stage.alice.id, said(result)


def private_of(result):
    """The private message that took the place of "thinking…"."""
    [private] = [one.message for one in result.followups if one.ephemeral]
    return private


def typed_in(form):
    return {
        part["component"]["custom_id"]: part["component"].get("value") or ""
        for part in form.modal["components"]
        if part["component"]["type"] == 4
    }
