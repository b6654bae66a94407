"""Controls that outlive restarts: their custom ids, and what happens to ids that are not ours."""

import asyncio
import importlib
import re

import discord
import pytest

from bot.app import EXTENSIONS
from bot.errors import StoreUnavailableError
from bot.texts import common as texts
from cogs.common.ids import UnknownControlError, read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.usage.button import UsageButton
from tests.cogs.conftest import said

JOB = "1400000000000000001"
GRANT = r"(?P<grant>r|h[A-Za-z0-9_-]{0,20})"
SEALED = "hABCDEFGHIJKLMNOPQRST"
HISTORY = (
    r"(?P<whose>own|all):(?P<group>all|open|done|failed|cancelled)"
    r":(?P<offset>[0-9]{1,6}):(?P<words>.{0,40})"
)
PANEL = (
    rf"{GRANT}:"
    r"(?P<scope>[scr])(?P<scope_id>[0-9]{1,19}):(?P<topic>[a-z]{1,12}):"
    r"(?P<verb>[a-z-]{1,12})(?::(?P<arg>[a-z0-9_]{1,32}))?"
)
POSTED = {
    rf"jobs:{GRANT}:cancel": ["jobs:r:cancel", "jobs:h:cancel", f"jobs:{SEALED}:cancel"],
    rf"jobs:{GRANT}:drop:(?P<job_id>[0-9]{{1,20}})": [
        f"jobs:h:drop:{JOB}",
        f"jobs:{SEALED}:drop:{JOB}",
    ],
    rf"jobs:{GRANT}:refresh": ["jobs:r:refresh", "jobs:h:refresh", f"jobs:{SEALED}:refresh"],
    rf"strikes:{GRANT}:(?P<user_id>[0-9]{{1,20}})": [
        "strikes:r:0",
        f"strikes:h:{JOB}",
        f"strikes:{SEALED}:0",
    ],
    r"uncertain:choose": ["uncertain:choose"],
    r"uncertain:(?P<job_id>[0-9]{1,20}):task": [f"uncertain:{JOB}:task"],
    r"late:look": ["late:look"],
    r"quarantine:choose": ["quarantine:choose"],
    r"quarantine:(?P<verb>release-all|look)": ["quarantine:release-all", "quarantine:look"],
    r"restyle:(?P<job_id>[0-9]{1,20}):quarantine-(?P<verb>release|restored|end)": [
        f"restyle:{JOB}:quarantine-release",
        f"restyle:{JOB}:quarantine-restored",
        f"restyle:{JOB}:quarantine-end",
    ],
    r"restyle:(?P<job_id>[0-9]{1,20}):uncertain-(?P<verb>attach|write-off|back)": [
        f"restyle:{JOB}:uncertain-attach",
        f"restyle:{JOB}:uncertain-write-off",
        f"restyle:{JOB}:uncertain-back",
    ],
    r"restyle:(?P<about_id>[0-9]{1,20}):cancel": [f"restyle:{JOB}:cancel"],
    r"restyle:(?P<about_id>[0-9]{1,20}):stop": [f"restyle:{JOB}:stop"],
    r"restyle:(?P<about_id>[0-9]{1,20}):keep-waiting": [f"restyle:{JOB}:keep-waiting"],
    r"restyle:(?P<about_id>[0-9]{1,20}):next-part": [f"restyle:{JOB}:next-part"],
    r"restyle:(?P<about_id>[0-9]{1,20}):again": [f"restyle:{JOB}:again"],
    r"restyle:(?P<about_id>[0-9]{1,20}):change": [f"restyle:{JOB}:change"],
    r"restyle:(?P<about_id>[0-9]{1,20}):try-again": [f"restyle:{JOB}:try-again"],
    r"restyle:(?P<about_id>[0-9]{1,20}):save-look": [f"restyle:{JOB}:save-look"],
    r"looks:list:(?P<origin>[psb]):(?P<page>[0-9]{1,2})": ["looks:list:b:0", "looks:list:p:12"],
    **{
        rf"(?s)history:{verb}:{HISTORY}": [
            f"history:{verb}:own:all:0:",
            f"history:{verb}:all:failed:125:a rainy: night",
        ]
        for verb in ("list", "search", "states", "open")
    },
    r"looks:open": ["looks:open"],
    r"alert:check:(?P<kind>[a-z]{1,20})": ["alert:check:shards", "alert:check:quarantine"],
    r"alert:show:(?P<page>[a-z]{1,20})": ["alert:show:jobs", "alert:show:release"],
    r"(?s)looks:(?P<verb>try|add|edit|remove|remove-sure|earlier|later|hide|show)"
    r":(?P<key>[psb]:.{0,60})": [
        "looks:try:b:noir",
        "looks:add:p:",
        f"looks:edit:p:{JOB}",
        "looks:remove-sure:s:our house: 2nd",
    ],
    r"restyle:(?P<about_id>[0-9]{1,20}):other-clip": [f"restyle:{JOB}:other-clip"],
    r"restyle:(?P<about_id>[0-9]{1,20}):use": [f"restyle:{JOB}:use"],
    r"restyle:(?P<about_id>[0-9]{1,20}):more": [f"restyle:{JOB}:more"],
    r"restyle:(?P<about_id>[0-9]{1,20}):details": [f"restyle:{JOB}:details"],
    r"restyle:(?P<about_id>[0-9]{1,20}):download": [f"restyle:{JOB}:download"],
    r"restyle:(?P<about_id>[0-9]{1,20}):report": [f"restyle:{JOB}:report"],
    **{
        rf"restyle:(?P<about_id>[0-9]{{1,20}}):{verb}": [f"restyle:{JOB}:{verb}"]
        for verb in (
            "request-change",
            "request-edit",
            "request-start",
            "request-drop",
            "part-start",
            "part-length",
            "part-begin",
        )
    },
    r"restyle:(?P<about_id>[0-9]{1,20}):compare": [f"restyle:{JOB}:compare"],
    r"restyle:(?P<about_id>[0-9]{1,20}):sound": [f"restyle:{JOB}:sound"],
    r"restyle:(?P<about_id>[0-9]{1,20}):delete": [f"restyle:{JOB}:delete"],
    r"restyle:(?P<about_id>[0-9]{1,20}):delete-sure": [f"restyle:{JOB}:delete-sure"],
    r"restyle:(?P<job_id>[0-9]{1,20})"
    r":(?P<verb>take|release|approve|deny|edit)-(?P<stage>spending|publishing)": [
        f"restyle:{JOB}:{verb}-{stage}"
        for verb in ("take", "release", "approve", "deny", "edit")
        for stage in ("spending", "publishing")
    ],
    r"restyle:(?P<about_id>[0-9]{1,20}):next": [f"restyle:{JOB}:next"],
    r"restyle:(?P<about_id>[0-9]{1,20}):ask-again": [f"restyle:{JOB}:ask-again"],
    r"restyle:(?P<about_id>[0-9]{1,20}):appeal": [f"restyle:{JOB}:appeal"],
    r"restyle:(?P<about_id>[0-9]{1,20}):answer": [f"restyle:{JOB}:answer"],
    r"restyle:(?P<job_id>[0-9]{1,20}):consent-(?P<say>allow|no|never)": [
        f"restyle:{JOB}:consent-allow",
        f"restyle:{JOB}:consent-no",
        f"restyle:{JOB}:consent-never",
    ],
    r"privacy:(?P<what>opt-out|opt-in|export|delete|delete-sure|remove|remove-sure|back)": [
        f"privacy:{what}"
        for what in (
            "opt-out",
            "opt-in",
            "export",
            "delete",
            "delete-sure",
            "remove",
            "remove-sure",
            "back",
        )
    ],
    r"told:(?P<how>thread|direct|silent)": ["told:thread", "told:direct", "told:silent"],
    r"help:(?P<what>how|cost|data|told|moderators|pin|setup)": [
        f"help:{what}" for what in ("how", "cost", "data", "told", "moderators", "pin", "setup")
    ],
    r"usage:(?P<what>mine|server|csv|strikes)": [
        f"usage:{what}" for what in ("mine", "server", "csv", "strikes")
    ],
    rf"settings\.b:{PANEL}": ["settings.b:r:s0:strictness:undo:12"],
    rf"settings\.m:{PANEL}": [
        "settings.m:h:s0:rules:rule:0",
        f"settings.m:{SEALED}:s0:rules:rule:0",
    ],
    rf"settings\.c:{PANEL}": [f"settings.c:r:c{JOB}:strictness:level"],
    rf"settings\.r:{PANEL}": [f"settings.r:h:r{JOB}:strictness:set:bypass_role_ids"],
}
"""What messages posted by earlier versions carry: never to be changed, only added to."""

FORMS = [
    *(f"restyle:{JOB}:{verb}-form" for verb in ("attach", "write-off", "appeal", "answer", "this")),
    *(
        f"restyle:{JOB}:{verb}-{stage}-form"
        for verb in ("deny", "edit")
        for stage in ("spending", "publishing")
    ),
    "settings.f:r:s0:strictness:form:max_video_seconds",
    f"settings.f:h:c{JOB}:rules:rule:0",
]
"""What forms carry that an earlier version opened and somebody sends after the update."""

TOO_LARGE = "9" * 20
ABSURD = [
    f"restyle:{TOO_LARGE}:cancel",
    f"restyle:{TOO_LARGE}:save-look",
    f"restyle:{TOO_LARGE}:compare",
    f"restyle:{TOO_LARGE}:delete-sure",
    f"restyle:{TOO_LARGE}:approve-spending",
    f"restyle:{TOO_LARGE}:next",
    f"restyle:{TOO_LARGE}:appeal",
    f"restyle:{TOO_LARGE}:consent-allow",
    f"restyle:{TOO_LARGE}:uncertain-attach",
    f"jobs:h:drop:{TOO_LARGE}",
    f"strikes:h:{TOO_LARGE}",
    f"settings.b:r:c{TOO_LARGE[:19]}:strictness:export",
    "settings.b:r:s0:nosuchtopic:export",
]


@pytest.fixture
def kinds(stage):
    return stage.bot._connection._view_store._dynamic_items


async def post(stage, item):
    """Post a message with one control, as another version of the bot may have done."""
    view = discord.ui.View(timeout=None)
    view.add_item(item)
    return await stage.bot.get_partial_messageable(stage.channel.id).send("a message", view=view)


async def test_the_custom_ids_of_posted_messages_stay_to_the_letter(kinds):
    assert {pattern.pattern for pattern in kinds} == set(POSTED)
    for template, samples in POSTED.items():
        for custom_id in samples:
            [(found, kind, match)] = [
                (pattern.pattern, kind, match)
                for pattern, kind in kinds.items()
                if (match := pattern.fullmatch(custom_id)) is not None
            ]
            item = await kind.from_custom_id(None, discord.ui.Button(), match)
            assert (found, item.custom_id, type(item)) == (template, custom_id, kind)


@pytest.mark.parametrize("custom_id", FORMS)
def test_a_form_that_an_earlier_version_opened_is_still_read(custom_id):
    modules = [importlib.import_module(name) for name in EXTENSIONS]
    known = [
        value if isinstance(value, re.Pattern) else re.compile(value)
        for module in modules
        for name, value in vars(module).items()
        if name.strip("_") in {"FORM", "FORM_ID"} and isinstance(value, str | re.Pattern)
    ]
    assert len({pattern.pattern for pattern in known if pattern.fullmatch(custom_id)}) == 1


@pytest.mark.parametrize("custom_id", ABSURD)
async def test_a_control_that_cannot_be_ours_gets_one_kind_answer(stage, custom_id):
    if custom_id.startswith("strikes"):
        options = [discord.SelectOption(label="it", value=JOB)]
        item = discord.ui.Select(custom_id=custom_id, options=options)
        result = await stage.mo.select(await post(stage, item), [JOB], custom_id=custom_id)
    else:
        item = discord.ui.Button(label="it", custom_id=custom_id)
        result = await stage.mo.click(await post(stage, item), custom_id=custom_id)
    assert said(result) == texts.UNKNOWN_CONTROL


async def test_a_press_on_a_button_that_breaks_is_answered_with_what_the_log_calls_it(
    stage, caplog
):
    async def broken(interaction, button):
        raise ZeroDivisionError

    add_item(stage.bot, UsageButton, broken)
    message = await post(stage, UsageButton("mine"))
    words = said(await stage.alice.click(message, custom_id="usage:mine"))
    [mark] = re.findall(r"`([0-9a-f]{6})`", words)
    assert words == texts.trouble(mark)
    [line] = [record for record in caplog.records if f": trouble {mark}" in record.getMessage()]
    assert line.exc_info[0] is ZeroDivisionError


async def test_the_database_has_its_time_and_no_more():
    async with asyncio.timeout(60):  # only so that a broken deadline fails instead of hanging
        with pytest.raises(StoreUnavailableError):
            async with store_deadline(0):
                await asyncio.Event().wait()


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "1e3", str(2**63), TOO_LARGE, "9" * 5000])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(UnknownControlError):
        read_id(text)


@pytest.mark.parametrize("number", [0, int(JOB), 2**63 - 1])
def test_an_id_is_read(number):
    assert read_id(str(number)) == number
