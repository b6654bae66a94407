"""Every form of the bot, and its settings panel, sent by those who may no more."""

import re
from dataclasses import dataclass
from pathlib import Path

import discord
from discord import ui

from tests.cogs.conftest import said
from tests.cogs.panels import Panel
from tests.cogs.walk_world import REFUSAL
from tests.cogs.walked_controls import CONTROLS

# Forms


@dataclass(frozen=True)
class Opened:
    """A form, what opens it, and who may send it."""

    control: str
    opener: str
    """Who may, until it is taken from them while they type."""


FORMS = {
    "attach-form": Opened("uncertain: attach", "owner"),
    "write-off-form": Opened("uncertain: write-off", "owner"),
    "deny-spending-form": Opened("review: deny before spending", "moderator"),
    "deny-publishing-form": Opened("review: deny before publishing", "moderator"),
    "edit-spending-form": Opened("review: edit before spending", "moderator"),
    "delete-form": Opened("answer: DeleteButton", "moderator"),
    "answer-form": Opened("appeal: answer", "moderator"),
}
UNGUARDED_FORMS = {
    "appeal-form",
    "change-form",
    "part-form",
    "report-form",
    "request-form",
    "use-form",
    "clip-form",
}
"""Sent by the one who asked for the thing: nobody can take that from them. What they ask for is
checked when it arrives."""
UNREACHABLE_FORMS = {"edit-publishing-form"}
"""What is finished has no prompt left to edit."""


async def open_form(world, key):
    """Have somebody open a form, and return them with it and its job."""
    control, opener = CONTROLS[FORMS[key].control], FORMS[key].opener
    job = await control.job(world, opener, True)
    item = control.make(world, job)
    view = ui.LayoutView(timeout=None)
    row = ui.ActionRow()
    row.add_item(item)
    view.add_item(row)
    message = await world.bot.get_partial_messageable(world.stage.channel.id).send(view=view)
    person = world.people[opener]
    form = await person.click(message, custom_id=item.custom_id)
    assert form.modal["custom_id"] == f"restyle:{job.id}:{key}"
    return person, form, job


async def test_who_may_no_more_cannot_send_a_form_that_is_open(world):
    opened = {key: await open_form(world, key) for key in sorted(FORMS)}
    for role in world.bot.get_guild(world.guild.id).roles:
        if role.name in {one.opener for one in FORMS.values()}:
            await role.edit(permissions=discord.Permissions.none())
    world.bot.settings = world.bot.settings.model_copy(update={"owner_ids": "1" * 18})
    for key, (person, form, job) in opened.items():
        answer = await person.submit_modal(form, {"words": "task-9"})
        assert REFUSAL.search(said(answer)), (key, said(answer))
        assert await world.store.get(job.id) == job


PANEL_FORMS = {"SettingsForm", "LookForm"}
"""Forms of the settings panel, below, and of looks (``test_looks.py``): who may send them."""


SOURCES = "\n".join(path.read_text() for path in sorted(Path("cogs").rglob("*.py")))


def subclasses(kind):
    for found in kind.__subclasses__():
        yield found
        yield from subclasses(found)


async def test_every_form_of_the_bot_is_in_the_walk(world):
    modals = {one.__name__ for one in subclasses(ui.Modal) if one.__module__.startswith("cogs.")}
    assert modals - {"OutlivingForm", "RestyleForm", "PartForm"} == PANEL_FORMS
    known = {*FORMS, *UNGUARDED_FORMS, *UNREACHABLE_FORMS}
    written = set()
    for found in re.findall(r'f"restyle:[^"]*?:([^":]+-form)"', SOURCES):
        written |= {form for form in known if re.fullmatch(_pattern(found), form)} or {found}
    assert written == known


def _pattern(template):
    """The expression for what an f-string can become: ``{verb}-form`` is any word and ``-form``."""
    return re.sub(r"\\\{.*?\\\}", "[a-z-]+", re.escape(template))


# The settings panel


async def test_nothing_in_the_settings_panel_works_once_the_permission_is_lost(world):
    person = world.people["manager"]
    panels, forms = [], []
    for topic in ("strictness", "where", "review", "rules"):
        panel = Panel(
            world.stage, person, await person.slash(world.stage.channel, "restyle-settings")
        )
        await panel.go(topic)
        panels.append(panel)
    for end, fields in {
        ("form", "review_hours"): {"how": "number", "words": "5"},
        ("rule", "new"): {"words": "a", "kind": "words", "action": "refuse"},
        ("test",): {"member": [person]},
        ("import",): {"file": [("a.json", b"{}")]},
    }.items():
        panel = panels[3] if end[0] == "rule" else panels[2]
        forms.append((await panel.press(*end), fields))
    for role in world.bot.get_guild(world.guild.id).roles:
        if role.name == "manager":
            await role.edit(permissions=discord.Permissions.none())
    before = await world.store.policies.read(world.guild.id)
    answers = [await person.submit_modal(form, fields) for form, fields in forms]
    for panel in panels:
        for component in _controls(panel.message.components):
            if isinstance(component, discord.Button):
                if component.disabled:
                    continue
                answer = await person.click(panel.message, custom_id=component.custom_id)
            else:
                options = getattr(component, "options", [])
                values = [option.value for option in options][: max(1, component.min_values)]
                answer = await person.select(panel.message, values, custom_id=component.custom_id)
            answers.append(answer)
    assert len(answers) > 40
    for answer in answers:
        assert "This is for members with Manage Server" in said(answer)
    assert await world.store.policies.read(world.guild.id) == before


def _controls(components):
    for component in components:
        if isinstance(component, discord.Button | discord.SelectMenu):
            yield component
        yield from _controls(getattr(component, "children", None) or [])
        if (accessory := getattr(component, "accessory", None)) is not None:
            yield from _controls([accessory])
