"""Absurd, stale and stolen ids and values at every control, form and command of the bot."""

import importlib
import itertools
import re

import pytest

from bot.app import EXTENSIONS
from bot.domain.jobs import JobState
from bot.texts import common as texts
from tests.cogs import forged
from tests.cogs.conftest import said
from tests.cogs.test_items import JOB, POSTED
from tests.factories import new_job
from tests.storage.rows import put

HUGE = "9" * 20
ELSEWHERE = 1_300_000_000_000_000_777
ABSURD_IDS = ["0", "1", HUGE, HUGE[:19], str(2**63 - 1), str(ELSEWHERE)]
ABSURD_VALUES = [
    *(
        [],
        ["abc"],
        ["<@&1>"],
        ["1.5"],
        ["-1"],
        [""],
        ["٣"],
        [HUGE],
        ["9" * 100],
        ["null"],
        [":low"],
    ),
    *([str(ELSEWHERE)], ["1", "2"], [":on", "unset"], ["\x00"], ["' OR 1=1 --"]),
]
ABSURD_WORDS = ["", "abc", "<@&1>", "1.5", HUGE, "-1", "\x00", "x" * 4000, "9" * 4000, "{}", "٣"]
KINDS = [forged.BUTTON, forged.WORDS, forged.ROLES, forged.CHANNELS]


def variants(custom_id):
    """A custom id with every number in it replaced by an absurd one."""
    yield custom_id
    for number in ABSURD_IDS:
        changed = re.sub(r"(?<=[:sc r])\d+", number, custom_id)
        if len(changed) <= 100:
            yield changed


CUSTOM_IDS = sorted(
    {one for samples in POSTED.values() for sample in samples for one in variants(sample)}
    | {
        f"settings.{kind}:{grant}:{place}:{topic}:{verb}{arg}"
        for kind, grant in (("b", "r"), ("m", "r"), ("c", "r"), ("r", "r"), ("b", "h"))
        for place, topic in (("s0", "strictness"), (f"c{JOB}", "review"), ("r0", "rules"))
        for verb, arg in (
            *(("form", ":abc"), ("form", ""), ("rule", ":new"), ("rule", ":abc"), ("rule", "")),
            *(("rule", ":" + "9" * 32), ("undo", ""), ("undo", ":abc"), ("undo", ":" + "9" * 32)),
            *(("set", ""), ("set", ":prompt_rules"), ("set", ":max_video_bytes"), ("on", ":abc")),
            *(("off", ":strike_days"), ("level", ""), ("topic", ""), ("save", ":abc"), ("nix", "")),
            *(("set", ":review_channel_id"), ("set", ":refused_channel_ids"), ("export", "")),
        )
    }
)
FORM_IDS = [
    *(
        f"restyle:{id_}:{verb}-form"
        for id_ in (JOB, *ABSURD_IDS)
        for verb in (
            *("attach", "write-off", "deny-spending", "deny-publishing", "edit-spending"),
            *("edit-publishing", "answer", "appeal", "this", "request", "part", "change", "clip"),
            *("use", "report", "delete"),
        )
    ),
    *(
        f"looks:form:{what}"
        for what in (
            *("try:b:noir", "try:p:", "try:s:nix", f"try:p:{HUGE}", "add:p:", "add:s:", "add:b:x"),
            *(f"edit:p:{JOB}", f"edit:p:{HUGE}", "edit:s:nix", "edit:b:noir", "edit:p:abc"),
            *(f"save:{id_}" for id_ in (JOB, *ABSURD_IDS)),
        )
    ),
    *(
        f"history:form:{whose}:all:{offset}:{words}"
        for whose in ("own", "all")
        for offset, words in (("0", ""), ("999999", "%_\\"), ("0", "x" * 40))
    ),
    *(
        f"settings.f:{grant}:{place}:{end}"
        for grant in ("r", "h")
        for place in ("s0:strictness", f"c{JOB}:review", f"r{HUGE[:19]}:rules")
        for end in (
            *("form", "form:abc", "form:strike_days", "form:prompt_rules", "form:default_look"),
            *("rule", "rule:abc", "rule:0_x", "rule:" + "9" * 32, "test", "import", "nix:nix"),
        )
    ),
]
MALFORMED = [
    *("abc", "restyle:abc:cancel", "restyle::cancel", f"restyle:{'9' * 85}:cancel", "x" * 100),
    *("jobs:x:cancel", "jobs:h" + "A" * 21 + ":refresh", "settings.b:", "restyle:1:cancel\n"),
    *("usage:nix", "privacy:", "RESTYLE:1:CANCEL", "restyle:-1:cancel", "restyle:1.5:cancel"),
]


@pytest.fixture
async def people(stage):
    """Whoever presses: a moderator, a member, the owner, and the owner in direct messages."""
    owner = stage.guild.add_member(stage.env.create_user("olga"))
    stage.bot.settings = stage.bot.settings.model_copy(update={"owner_ids": str(owner.id)})
    job = await stage.store.add(new_job(ELSEWHERE, guild_id=77, user_id=stage.bob.id))
    await put(stage.store, job.id, JobState.DONE, owner=None)
    return {"mo": stage.mo, "alice": stage.alice, "owner": owner, "owner in dms": owner.user}


async def ledger_of(stage):
    """Everything that a press on a thing of somebody else could have changed."""
    job = await stage.store.get(ELSEWHERE)
    return job, await stage.store.policies.read(77), await stage.store.people.blocks(77)


@pytest.mark.parametrize("round_", range(4))
async def test_no_control_breaks_on_an_absurd_id_or_choice(stage, people, broken, round_):
    """Each control is pressed by one person with one choice in each round, as another kind."""
    before, wrong = await ledger_of(stage), []
    choices, pressing = itertools.cycle(ABSURD_VALUES), itertools.cycle(people.values())
    for _ in range(3 * round_):
        next(choices)
    for custom_id in CUSTOM_IDS[round_ % 2 :: 2]:
        values, who = next(choices), next(pressing)
        kind = KINDS[(round_ + len(custom_id)) % len(KINDS)]
        result = await forged.press(stage, who, custom_id, values, kind=kind)
        if not forged.is_answered(result) or len(broken()) > len(wrong):
            wrong.append((custom_id, kind, values, said(result), broken()[-1:]))
    assert not wrong, repr(wrong[:3])[:2_000]
    assert await ledger_of(stage) == before


MENUS = [
    *("jobs:r:cancel", "strikes:r:0", "uncertain:choose", "uncertain:1:task"),
    *("late:look", "quarantine:choose", "looks:open", f"restyle:{JOB}:part-begin"),
    *(
        f"history:{verb}:{whose}:all:0:"
        for verb, whose in itertools.product(("open", "states"), ("own", "all"))
    ),
    *(
        f"settings.{kind}:r:{place}:{topic}:{end}"
        for kind, place, topic in (("m", "s0", "strictness"), ("m", f"r{JOB}", "member"))
        for end in (
            *("topic", "level", "rule:0", "set:prompt_rules", "set:consent_mode"),
            *("set:review_channel_id", "set:bypass_role_ids", "set:default_ratio"),
            *("set:review_mode", "set:max_video_bytes", "set:keep_sound"),
        )
    ),
]


@pytest.mark.parametrize("offset", range(4))
async def test_no_menu_breaks_on_what_it_never_offered(stage, people, broken, offset):
    wrong = []
    for custom_id, values in itertools.product(MENUS, ABSURD_VALUES[offset::4]):
        who = stage.mo if custom_id.startswith(("jobs", "strikes", "settings")) else people["owner"]
        result = await forged.press(stage, who, custom_id, values, kind=forged.WORDS)
        if not forged.is_answered(result) or len(broken()) > len(wrong):
            wrong.append((custom_id, values, said(result), broken()[-1:]))
    assert not wrong, repr(wrong[:3])[:2_000]


@pytest.mark.parametrize("who", ["mo", "alice", "owner in dms"])
async def test_no_form_breaks_on_absurd_words(stage, people, broken, who):
    words, wrong = itertools.cycle(ABSURD_WORDS), []
    names = ("words", "how", "kind", "action", "remove", "member", "channel", "prompt", "length")
    names += ("video", "name", "seed", "shape", "model", "for-all", "picture", "look", "source")
    for custom_id, shape in itertools.product(FORM_IDS, ("words", "lists", "none", "nothing")):
        typed = next(words)
        value = {"words": typed, "lists": [typed], "none": None, "nothing": []}[shape]
        fields = dict.fromkeys((*names, "file", "ratio", "start"), value)
        if shape == "nothing":
            fields = {}
        result = await forged.send_form(stage, people[who], custom_id, fields)
        if not forged.is_answered(result) or len(broken()) > len(wrong):
            wrong.append((custom_id, fields, said(result), broken()[-1:]))
    assert not wrong, repr(wrong[:3])[:2_000]


def test_every_form_of_the_bot_is_sent():
    known = [
        value if isinstance(value, re.Pattern) else re.compile(value)
        for name in EXTENSIONS
        for key, value in vars(importlib.import_module(name)).items()
        if key.strip("_") in {"FORM", "FORM_ID"} and isinstance(value, str | re.Pattern)
    ]
    sent = {one.pattern for one in known for form_id in FORM_IDS if one.fullmatch(form_id)}
    assert {one.pattern for one in known} == sent


@pytest.mark.parametrize("custom_id", MALFORMED)
async def test_what_no_version_of_the_bot_posted_is_answered_kindly(stage, broken, custom_id):
    for kind in (forged.BUTTON, forged.WORDS):
        result = await forged.press(stage, stage.alice, custom_id, ["abc"], kind=kind)
        assert said(result) == texts.UNKNOWN_CONTROL
    assert said(await forged.send_form(stage, stage.alice, custom_id, {})) == texts.UNKNOWN_CONTROL
    assert broken() == []


async def test_a_command_of_an_earlier_version_is_answered_kindly(stage, broken):
    """Clients show the commands that they know until they are reloaded."""
    data = {
        "id": "1",
        "name": "restyle-admin",
        "type": 1,
        "options": [{"name": "spend", "type": 1, "options": []}],
    }
    result = await forged._dispatch_actor_interaction(stage.mo, 2, stage.channel, data)
    assert said(result) == texts.UNKNOWN_COMMAND
    assert broken() == []
