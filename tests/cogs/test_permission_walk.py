"""Everything that can be used or pressed, by everybody, in a server and in direct messages.

What there is comes from the running bot; whatever is not in the tables below fails the walk. What
each person may comes from ``bot.domain.permissions`` and from Discord's own default permissions.
"""

import itertools
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import discord
import pytest
from discord import ui
from sqlalchemy.engine import make_url

from bot.domain.conditions import ConditionKind
from bot.domain.consents import ConsentChoice
from bot.domain.guilds import guild_key
from bot.domain.jobs import Charge, FailureReason, Hold, JobState
from bot.domain.looks import Look, LookOrigin
from bot.domain.permissions import Action, Actor, may, who
from bot.domain.quotas import ReviewStage
from bot.policy.problems import SERVER
from bot.texts import doors as door_texts
from cogs.admin import jobs_page as _jobs_page
from cogs.admin import strikes
from cogs.appeals import button as _appeal_button
from cogs.common.grants import RIGHT
from cogs.consent import buttons as _consent_buttons
from cogs.delivery import buttons as _answer_buttons
from cogs.delivery import more_buttons
from cogs.help import buttons as _help_buttons
from cogs.history import items as history_items
from cogs.looks import items as look_items
from cogs.owner import alert_buttons, late, quarantine, uncertain
from cogs.privacy import button as _privacy_button
from cogs.restyle import again_buttons, cancel, request_buttons
from cogs.review import buttons as _review_buttons
from cogs.settings import items as _settings_items
from cogs.settings.items import PanelLocation
from cogs.usage import button as _usage_button
from tests.cogs.conftest import said
from tests.cogs.panels import Panel
from tests.factories import new_job
from tests.storage.money import set_values
from tests.storage.rows import put

REFUSAL = re.compile(r"^(Only .+ can |This is for |This is your own )", re.MULTILINE)
"""How every refusal begins: it says who may."""

FACTS = {
    "member": {},
    "requester": {},
    "author": {},
    "moderator": {"manage_messages": True},
    "own": {"manage_messages": True},  # a moderator whose own request it is
    "reviewer": {},  # by a role that the server chose
    "manager": {"manage_guild": True},
    "owner": {"is_owner": True},
}
"""What Discord says of each person in the server; in direct messages only the owner is anything."""
PERSONAL_FACTS = ("manage_messages", "manage_guild", "is_owner")
FACTS_OF_JOBS = ("reviewer_role_ids", "requester_id", "author_id")


class Extras:
    """Makes nothing: what is made is not what is walked here."""

    def is_full(self, job, extra):
        return True

    async def withdraw(self, job):
        pass


class World:
    """A server with one person of each kind, and jobs for them to press on."""

    def __init__(self, stage, database):
        self.stage, self.store, self.bot = stage, stage.store, stage.bot
        self._database = database
        self.guild = stage.guild
        self._telling = {}
        self._numbers = itertools.count(1_300_000_000_000_000_001)
        roles = {
            name: self.guild.create_role(name, permissions=discord.Permissions(**facts))
            for name, facts in FACTS.items()
            if facts and "is_owner" not in facts
        }
        self.reviewing = roles["reviewer"] = self.guild.create_role("reviewer")
        self.people = {
            name: self.guild.add_member(
                stage.env.create_user(name), roles=[roles[name]] if name in roles else []
            )
            for name in FACTS
        }
        owner_ids = str(self.people["owner"].id)
        self.bot.settings = self.bot.settings.model_copy(update={"owner_ids": owner_ids})
        self.bot.extras = Extras()

    async def prepare(self):
        await set_values(
            self.store,
            *SERVER,
            guild_id=self.guild.id,
            reviewer_role_ids=frozenset({self.reviewing.id}),
            review_channel_id=self.stage.channel.id,
            looks=(Look(name="House", words="a house {prompt}"),),
        )

    def version(self):
        """A number that changes when anything in the database does."""
        return self._database.execute("PRAGMA data_version").fetchone()

    def requester_id(self, name):
        return self.people["own" if name == "own" else "requester"].id

    def actor(self, name, in_guild):
        facts = FACTS[name] if in_guild else {}
        return Actor(
            user_id=self.people[name].id,
            in_guild=in_guild,
            manage_messages=facts.get("manage_messages", False),
            manage_guild=facts.get("manage_guild", False),
            role_ids=frozenset({self.reviewing.id} if in_guild and name == "reviewer" else ()),
            is_owner=name == "owner",
        )

    def expects(self, action, name, in_guild, *, about_job=True, forgetting=None):
        """What ``bot.domain.permissions`` says, or would to one who forgets a fact."""
        actor = self.actor(name, in_guild)
        if forgetting in PERSONAL_FACTS:
            actor = replace(actor, **{forgetting: False})
        facts = {
            "reviewer_role_ids": {self.reviewing.id},
            "requester_id": self.requester_id(name) if about_job else None,
            "author_id": self.people["author"].id,
        }
        facts.pop(forgetting, None)
        return may(action, who(actor, **facts))

    def telling(self, action, *, about_job=True, places=(True, False)):
        """As few people, each on the server or in direct messages, as show every mistake.

        A mistake is a control that asks the table for another action, forgets a fact, lets
        everybody, or lets nobody. Each makes a difference to some people; of those one is taken.
        """
        if (known := self._telling.get((action, about_job, places))) is not None:
            return known
        everybody = list(itertools.product(places, FACTS))

        def row(of, forgetting=None):
            return [
                self.expects(of, name, in_guild, about_job=about_job, forgetting=forgetting)
                for in_guild, name in everybody
            ]

        right = row(action)
        mistakes = [row(other) for other in Action]
        mistakes += [row(action, fact) for fact in (*PERSONAL_FACTS, *FACTS_OF_JOBS)]
        mistakes += [[allowed] * len(right) for allowed in (True, False)]
        unseen = [
            {one for one, told, true in zip(everybody, wrong, right, strict=True) if told != true}
            for wrong in mistakes
            if wrong != right
        ]
        taken = self._telling[action, about_job, places] = []
        while unseen:
            most = max(everybody, key=lambda one: sum(one in seen for seen in unseen))
            taken.append(most)
            unseen = [seen for seen in unseen if most not in seen]
        return taken

    async def job(self, name, in_guild, state=None, **fields):
        new = new_job(
            next(self._numbers),
            guild_id=self.guild.id if in_guild else None,
            channel_id=self.stage.channel.id,
            user_id=self.requester_id(name),
            source_author_id=self.people["author"].id,
            **fields,
        )
        job = await self.store.add(new)
        if state is None:
            return job
        failure = FailureReason.SAFETY_PROMPT if state is JobState.FAILED else None
        return await put(self.store, job.id, state, owner=None, failure=failure)

    async def held(self, name, in_guild):
        until = self.stage.clock()
        job = await self.job(name, in_guild, hold=Hold.REVIEW, held_until=until)
        await self.store.reviews.ensure(job, ReviewStage.SPENDING, expires_at=until)
        return job

    async def asked(self, name, in_guild):
        return await self.job(name, in_guild, hold=Hold.CONSENT)

    async def struck(self, name, in_guild):
        """A job for which its requester got a strike; there are none in direct messages."""
        job = await self.job(name, in_guild)
        job = await put(self.store, job.id, JobState.RUNNING)
        return await self.store.move(
            job, JobState.FAILED, failure=FailureReason.SAFETY_PROMPT, charge=Charge.YES
        )

    async def withheld(self, name, in_guild):
        job = await self.job(name, in_guild, JobState.WITHHELD, review_output=True)
        await self.store.reviews.ensure(job, ReviewStage.PUBLISHING, expires_at=self.stage.clock())
        return job

    async def appealed(self, name, in_guild):
        job = await self.job(name, in_guild, JobState.FAILED)
        await self.store.appeals.add(
            job.id,
            guild_id=guild_key(job.guild_id),
            user_id=job.user_id,
            job_id=job.id,
            about="the failure",
            words="why",
        )
        return job

    async def press(self, name, in_guild, item, value):
        """Post ``item`` where the person sees it, have it pressed, and return what was said."""
        view = ui.LayoutView(timeout=None)
        row = ui.ActionRow()
        row.add_item(item)
        view.add_item(row)
        person = self.people[name] if in_guild else self.people[name].user
        place = self.stage.channel if in_guild else person.dm_channel
        message = await self.bot.get_partial_messageable(place.id).send(view=view)
        if value is None:
            result = await person.click(message, custom_id=item.custom_id)
        else:
            values = value if isinstance(value, list) else [value]
            result = await person.select(message, values, custom_id=item.custom_id)
        assert result.acknowledged or result.modal is not None, (name, item.custom_id)
        return "a form" if result.modal is not None else said(result)


@pytest.fixture
async def world(stage, sqlite_url):
    with closing(sqlite3.connect(make_url(sqlite_url).database)) as database:
        found = World(stage, database)
        await found.prepare()
        yield found


# Buttons and menus


async def any_job(world, name, in_guild):
    return await world.job(name, in_guild)


def of_state(state):
    async def make(world, name, in_guild):
        return await world.job(name, in_guild, state)

    return make


@dataclass(frozen=True)
class Control:
    """One thing to press."""

    kind: type[ui.DynamicItem]
    action: Action
    make: Callable
    job: Callable = any_job
    chooses: bool = False
    """Whether it is a menu, in which the job is chosen."""
    about_job: bool = True
    """Whether it makes a difference whose job it is."""
    only_on_servers: bool = False
    """Whether a press in direct messages does nothing, whoever presses, and says so otherwise."""
    values: Callable | None = None
    """What is chosen in a menu that is not about the job."""


def option(value):
    return discord.SelectOption(label="it", value=value)


def menu(item, value):
    """Let ``item`` offer ``value``."""
    item.item.options = [option(value)]
    return item


SPOT = PanelLocation(grant=RIGHT)
SETTINGS_PANEL = Control(
    _settings_items.PanelButton,
    Action.CHANGE_SETTINGS,
    None,
    about_job=False,
    only_on_servers=True,
)


def settings_button(verb, arg=None):
    custom_id = SPOT.custom_id("b", verb, arg)
    return replace(SETTINGS_PANEL, make=lambda w, job: _settings_items.PanelButton(custom_id))


def settings_menu(kind, letter, verb, arg, *values, **looks):
    custom_id = SPOT.custom_id(letter, verb, arg)
    return replace(
        SETTINGS_PANEL,
        kind=kind,
        make=lambda w, job: kind(custom_id, **looks),
        values=lambda w: list(values),
    )


def history_control(kind, whose, action, *values):
    """A control of a list of clips."""
    place = history_items.ListPlace(whose=whose)
    make = (lambda w, job: menu(kind(place), values[0])) if values else lambda w, job: kind(place)
    chosen = (lambda w: list(values)) if values else None
    return Control(kind, action, make, about_job=False, values=chosen)


def look_button(verb, key, action=Action.CHANGE_LOOKS, **more):
    return Control(
        look_items.LookButton,
        action,
        lambda w, job: look_items.LookButton(verb, key),
        about_job=False,
        **more,
    )


REVIEW = Control(_review_buttons.ReviewButton, Action.REVIEW, None, job=World.held)
CONTROLS = {
    "cancel": Control(
        cancel.CancelButton, Action.CANCEL, lambda w, job: cancel.CancelButton(job.id)
    ),
    **{
        f"cancel: {kind.__name__}": Control(
            kind,
            Action.CANCEL,
            lambda w, job, kind=kind: kind(job.id),
            job=of_state(JobState.RUNNING),
        )
        for kind in (cancel.StopButton, cancel.KeepWaitingButton)
    },
    **{
        f"answer: {kind.__name__}": Control(
            kind, action, lambda w, job, kind=kind: kind(job.id), job=of_state(JobState.DONE)
        )
        for kind, action in {
            _answer_buttons.CompareButton: Action.COMPARE,
            _answer_buttons.SoundButton: Action.ADD_SOUND,
            _answer_buttons.DeleteButton: Action.DELETE_ANSWER,
            _answer_buttons.DeleteSureButton: Action.DELETE_ANSWER,
            look_items.SaveLookButton: Action.USE_LOOKS,
            more_buttons.MoreButton: Action.SEE_MORE,
            more_buttons.DetailsButton: Action.SEE_MORE,
            more_buttons.DownloadButton: Action.SEE_MORE,
            _appeal_button.ReportButton: Action.REPORT,
            again_buttons.UseButton: Action.START_AGAIN,
            again_buttons.AnotherClipButton: Action.START_AGAIN,
            again_buttons.AgainButton: Action.START_AGAIN,
            again_buttons.ChangeButton: Action.START_AGAIN,
            again_buttons.NextPartButton: Action.START_AGAIN,
            again_buttons.TryAgainButton: Action.START_AGAIN,
            request_buttons.ChangeRequestButton: Action.START_OWN,
            request_buttons.EditRequestButton: Action.START_OWN,
            request_buttons.StartRequestButton: Action.START_OWN,
            request_buttons.DropRequestButton: Action.START_OWN,
            request_buttons.StartPartButton: Action.START_OWN,
            request_buttons.PartLengthButton: Action.START_OWN,
        }.items()
    },
    **{
        f"review: {verb} before spending": replace(
            REVIEW,
            make=lambda w, job, verb=verb: _review_buttons.ReviewButton(
                job.id, ReviewStage.SPENDING, verb
            ),
        )
        for verb in ("take", "release", "approve", "deny", "edit")
    },
    **{
        f"review: {verb} before publishing": replace(
            REVIEW,
            make=lambda w, job, verb=verb: _review_buttons.ReviewButton(
                job.id, ReviewStage.PUBLISHING, verb
            ),
            job=World.withheld,
        )
        for verb in ("take", "release", "approve", "deny")
    },
    **{
        f"history: {kind.__name__} {whose}": history_control(kind, whose, action, *values)
        for whose, action in {
            "own": Action.SEE_OWN_JOBS,
            "all": Action.SEE_SERVER_JOBS,
        }.items()
        for kind, values in {
            history_items.ListButton: (),
            history_items.SearchButton: (),
            history_items.StateMenu: ("done",),
            history_items.ListedJobMenu: ("1",),
        }.items()
    },
    "looks: list": Control(
        look_items.LookListButton,
        Action.USE_LOOKS,
        lambda w, job: look_items.LookListButton(LookOrigin.BUILT_IN, 0),
        about_job=False,
    ),
    "looks: open": Control(
        look_items.LookMenu,
        Action.USE_LOOKS,
        lambda w, job: menu(look_items.LookMenu(), "b:noir"),
        about_job=False,
        values=lambda w: ["b:noir"],
    ),
    "looks: try": look_button("try", "b:noir", Action.USE_LOOKS),
    "looks: add one's own": look_button("add", "p:", Action.USE_LOOKS),
    **{
        f"looks: {verb}": look_button(verb, key, only_on_servers=True)
        for verb, key in {
            "add": "s:",
            "edit": "s:house",
            "remove": "s:house",
            "remove-sure": "s:house",
            "earlier": "s:house",
            "later": "s:house",
            "hide": "b:noir",
            "show": "b:noir",
        }.items()
    },
    "review: show next": Control(
        _review_buttons.ShowNextButton,
        Action.REVIEW,
        lambda w, job: _review_buttons.ShowNextButton(w.guild.id),
        about_job=False,
        only_on_servers=True,
    ),
    "review: ask again": Control(
        _review_buttons.AskAgainButton,
        Action.ASK_AGAIN,
        lambda w, job: _review_buttons.AskAgainButton(job.id),
        job=World.held,
        only_on_servers=True,
    ),
    **{
        f"consent: {say}": Control(
            _consent_buttons.ConsentButton,
            Action.ANSWER_CONSENT,
            lambda w, job, say=say: _consent_buttons.ConsentButton(job.id, say),
            job=World.asked,
        )
        for say in ConsentChoice
    },
    "appeal": Control(
        _appeal_button.AppealButton,
        Action.APPEAL,
        lambda w, job: _appeal_button.AppealButton(job.id),
        job=of_state(JobState.FAILED),
    ),
    "appeal: answer": Control(
        _appeal_button.AnswerButton,
        Action.ANSWER_APPEAL,
        lambda w, job: _appeal_button.AnswerButton(job.id),
        job=World.appealed,
        only_on_servers=True,
    ),
    **{
        f"usage: {what}": Control(
            _usage_button.UsageButton,
            action,
            lambda w, job, what=what: _usage_button.UsageButton(what),
            about_job=False,
        )
        for what, action in {
            "mine": Action.SEE_OWN_USAGE,
            "server": Action.SEE_SERVER_USAGE,
            "csv": Action.SEE_SERVER_USAGE,
            "strikes": Action.LIFT_STRIKE,
        }.items()
    },
    **{
        f"help: {what}": Control(
            _help_buttons.HelpButton,
            action,
            lambda w, job, what=what: _help_buttons.HelpButton(what),
            about_job=False,
        )
        for what, action in {
            "how": Action.SEE_OWN_USAGE,
            "cost": Action.SEE_OWN_USAGE,
            "data": Action.SEE_OWN_USAGE,
            "moderators": Action.SEE_SERVER_USAGE,
            "pin": Action.SEE_SERVER_USAGE,
            "setup": Action.CHANGE_SETTINGS,
        }.items()
    },
    **{
        f"privacy: {what}": Control(
            _privacy_button.PrivacyButton,
            Action.MANAGE_OWN_DATA,
            lambda w, job, what=what: _privacy_button.PrivacyButton(what),
            about_job=False,
        )
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
    },
    "strikes: lift": Control(
        strikes.LiftMenu,
        Action.LIFT_STRIKE,
        lambda w, job: menu(strikes.LiftMenu(RIGHT, None), str(job.id)),
        job=World.struck,
        chooses=True,
        only_on_servers=True,
    ),
    "jobs: cancel": Control(
        _jobs_page.CancelMenu,
        Action.MANAGE_JOBS,
        lambda w, job: menu(_jobs_page.CancelMenu(RIGHT), str(job.id)),
        chooses=True,
    ),
    "jobs: drop": Control(
        _jobs_page.DropButton,
        Action.MANAGE_JOBS,
        lambda w, job: _jobs_page.DropButton(RIGHT, job.id),
        job=of_state(JobState.RUNNING),
    ),
    "jobs: refresh": Control(
        _jobs_page.RefreshButton,
        Action.MANAGE_JOBS,
        lambda w, job: _jobs_page.RefreshButton(RIGHT),
    ),
    **{
        f"settings: {verb}": settings_button(verb, arg)
        for verb, arg in {
            # Every verb passes the same check; the panel's own test below presses them all.
            "form": "strike_days",
            "undo": "1",
            "export": None,
            "save": "abc",
        }.items()
    },
    "settings: topic": settings_menu(
        _settings_items.PanelMenu, "m", "topic", None, "where", options=[option("where")]
    ),
    "settings: choose": settings_menu(
        _settings_items.PanelMenu, "m", "set", "consent_mode", ":own", options=[option(":own")]
    ),
    "settings: channels": settings_menu(
        _settings_items.PanelChannels, "c", "set", "refused_channel_ids", min_values=0
    ),
    "settings: roles": settings_menu(
        _settings_items.PanelRoles, "r", "set", "review_skip_role_ids", min_values=0
    ),
    "request: part": Control(
        request_buttons.PartMenu,
        Action.START_OWN,
        lambda w, job: menu(request_buttons.PartMenu(job.id), "0"),
        values=lambda w: ["0"],
    ),
    "alert: check": Control(
        alert_buttons.CheckButton,
        Action.SETTLE_UNCERTAIN,
        lambda w, job: alert_buttons.CheckButton(ConditionKind.DISK),
        about_job=False,
    ),
    **{
        f"alert: {page}": Control(
            alert_buttons.ShowButton,
            Action.SETTLE_UNCERTAIN,
            lambda w, job, page=page: alert_buttons.ShowButton(page),
            about_job=False,
        )
        for page in alert_buttons.OwnerPage
    },
    "quarantine: choose": Control(
        quarantine.QuarantineMenu,
        Action.SETTLE_UNCERTAIN,
        lambda w, job: menu(quarantine.QuarantineMenu(), str(job.id)),
        chooses=True,
    ),
    **{
        f"quarantine: {verb}": Control(
            quarantine.QuarantineButton,
            Action.SETTLE_UNCERTAIN,
            lambda w, job, verb=verb: quarantine.QuarantineButton(verb),
        )
        for verb in ("release-all", "look")
    },
    **{
        f"quarantine: {verb} one": Control(
            quarantine.QuarantinedJobButton,
            Action.SETTLE_UNCERTAIN,
            lambda w, job, verb=verb: quarantine.QuarantinedJobButton(job.id, verb),
        )
        for verb in ("release", "restored", "end")
    },
    "late: look": Control(
        late.LookAgainMenu,
        Action.SETTLE_UNCERTAIN,
        lambda w, job: menu(late.LookAgainMenu(), str(job.id)),
        chooses=True,
    ),
    "uncertain: choose": Control(
        uncertain.UncertainMenu,
        Action.SETTLE_UNCERTAIN,
        lambda w, job: menu(uncertain.UncertainMenu(), str(job.id)),
        job=of_state(JobState.UNCERTAIN),
        chooses=True,
    ),
    "uncertain: task": Control(
        uncertain.TaskMenu,
        Action.SETTLE_UNCERTAIN,
        lambda w, job: menu(uncertain.TaskMenu(job.id), str(job.id)),
        job=of_state(JobState.UNCERTAIN),
        chooses=True,
    ),
    **{
        f"uncertain: {verb}": Control(
            uncertain.UncertainButton,
            Action.SETTLE_UNCERTAIN,
            lambda w, job, verb=verb: uncertain.UncertainButton(job.id, verb),
            job=of_state(JobState.UNCERTAIN),
        )
        for verb in ("attach", "write-off", "back")
    },
}


SERVERS = {"privacy": {"privacy"}, "review": {"review"}, "settings": {"settings"}}
SERVERS["others"] = {key.partition(":")[0] for key in CONTROLS} - SERVERS.keys()
"""What controls of one group do must not make the server another for those of the next."""


@pytest.mark.parametrize("server", sorted(SERVERS))
async def test_everybody_may_press_what_the_table_says_and_nothing_else(world, server):
    keys = [key for key in sorted(CONTROLS) if key.partition(":")[0] in SERVERS[server]]
    assert {key: found for key in keys if (found := await wrong_presses(world, key))} == {}


async def wrong_presses(world, key):
    """Have people press a control; a press that changed nothing leaves its job to the next."""
    control = CONTROLS[key]
    wrong, jobs = [], {}
    for in_guild, name in world.telling(control.action, about_job=control.about_job):
        whose = (in_guild, world.requester_id(name))
        job = jobs.pop(whose, None) or await control.job(world, name, in_guild)
        item = control.make(world, job)
        value = str(job.id) if control.chooses else None
        value = control.values(world) if control.values is not None else value
        before = world.version()
        words = await world.press(name, in_guild, item, value)
        refused = REFUSAL.search(words) is not None
        changed = world.version() != before
        if not changed:
            jobs[whose] = job
        if control.only_on_servers and not in_guild:
            is_right = not refused and not changed
        else:
            is_right = refused is not world.expects(
                control.action, name, in_guild, about_job=control.about_job
            )
        if not is_right or (refused and changed):
            wrong.append((name, "server" if in_guild else "dm", words, changed))
    return wrong


async def test_every_button_and_menu_of_the_bot_is_in_the_walk(world):
    registered = set(world.bot._connection._view_store._dynamic_items.values())
    assert registered == {control.kind for control in CONTROLS.values()}


async def test_every_control_is_known_again_by_its_custom_id_alone(world):
    """None belongs to a view in memory, which a restart would take away."""
    assert list(world.bot.persistent_views) == []


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
        assert "This is for whoever has Manage Server here" in said(answer)
    assert await world.store.policies.read(world.guild.id) == before


def _controls(components):
    for component in components:
        if isinstance(component, discord.Button | discord.SelectMenu):
            yield component
        yield from _controls(getattr(component, "children", None) or [])
        if (accessory := getattr(component, "accessory", None)) is not None:
            yield from _controls([accessory])


# Commands


@dataclass(frozen=True)
class Command:
    """One command, and who does what it says."""

    action: Action | None = None
    """``None``: everybody who is offered it."""
    servers: bool = True
    managers: bool = False
    """Whether Discord offers it on a server to those with Manage Server only."""
    dms: bool = True
    owner_only: bool = False
    """Whether the bot asks the table on servers as well."""
    needs: Callable | None = lambda world: {}
    """Its options; ``None``: it is not run here."""


def _alice(world):
    return {"member": world.people["member"]}


def _admin(action, *, needs=lambda world: {}):
    return Command(action, managers=True, dms=False, needs=needs)


def _owner(action, *, needs=lambda world: {}):
    return Command(action, servers=False, owner_only=True, needs=needs)


def _server(world):
    return {"server": str(world.guild.id)}


COMMANDS = {
    "restyle": Command(needs=lambda world: {"prompt": "neon", "video": ("a.mp4", b"clip")}),
    "restyle-settings": Command(Action.CHANGE_SETTINGS, managers=True, dms=False),
    "restyle-usage": Command(),
    "restyle-help": Command(),
    "restyle-looks": Command(),
    "restyle-jobs": Command(),
    "restyle-privacy": Command(),
    "restyle-about": Command(),
    "restyle-admin jobs": _admin(Action.MANAGE_JOBS),
    "restyle-admin block": _admin(Action.BLOCK, needs=_alice),
    "restyle-admin unblock": _admin(Action.BLOCK, needs=_alice),
    "restyle-admin blocked": _admin(Action.BLOCK),
    "restyle-admin strikes": _admin(Action.LIFT_STRIKE),
    "restyle-admin pause": _admin(Action.PAUSE_SERVER),
    "restyle-admin resume": _admin(Action.PAUSE_SERVER),
    "restyle-owner uncertain": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner quarantine": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner look-again": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner spend": _owner(Action.SEE_ALL_SERVERS),
    "restyle-owner server-limit": _owner(Action.SEE_ALL_SERVERS, needs=_server),
    "restyle-owner jobs": _owner(Action.MANAGE_JOBS),
    "restyle-owner block": _owner(Action.BLOCK, needs=_alice),
    "restyle-owner unblock": _owner(Action.BLOCK, needs=_alice),
    "restyle-owner blocked": _owner(Action.BLOCK),
    "restyle-owner pause-all": _owner(Action.PAUSE_EVERYTHING),
    "restyle-owner resume-all": _owner(Action.PAUSE_EVERYTHING),
}
OPTIONS = {
    "restyle": lambda world: {
        "prompt": "neon",
        "video": ("a.mp4", b"clip"),
        "reference": ("a.png", b"picture"),
        "seed": 1,
        "start": 0.0,
        "length": 1.0,
        "look": "b:noir",
    },
    "restyle-owner block": lambda world: _alice(world) | {"reason": "spam"},
    "restyle-admin block": lambda world: _alice(world) | {"reason": "spam"},
    "restyle-admin strikes": _alice,
    "restyle-admin pause": lambda world: {"reason": "an event"},
    "restyle-owner pause-all": lambda world: {"reason": "an event"},
    "restyle-owner server-limit": lambda world: {
        "limit": "jobs_per_day",
        "value": "5",
        "server": str(world.guild.id),
    },
    "restyle-settings": lambda world: {
        "test": world.people["member"],
        "channel": world.stage.channel,
        "prompt": "neon",
        "length": 3.0,
    },
    "restyle-settings file": lambda world: {"file": ("settings.json", b"{}")},
}
"""The ways through a command that its options open, besides the one of ``Command.needs``."""
CONTEXT_MENUS = {"Restyle this"}
"""By the name that people see; each is offered to everybody on a server, and to nobody elsewhere.
"""


async def test_every_command_of_the_bot_is_in_the_walk(world):
    tree = world.bot.tree
    slash = {
        one.qualified_name
        for one in tree.walk_commands()
        if not isinstance(one, discord.app_commands.Group)
    }
    assert slash == set(COMMANDS)
    menus = {
        one.name
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user)
        for one in tree.get_commands(type=kind)
    }
    assert menus == CONTEXT_MENUS


async def test_everybody_can_choose_a_message_on_a_server(world):
    for person in world.people.values():
        message = await person.send(world.stage.channel, attachments=[("clip.mp4", b"clip")])
        for name in CONTEXT_MENUS:
            result = await person.context_menu(world.stage.channel, name, message)
            assert result.modal is not None
    for name in CONTEXT_MENUS:
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user):
            if (menu := world.bot.tree.get_command(name, type=kind)) is not None:
                assert menu.to_dict(world.bot.tree)["contexts"] == [0]


async def test_everybody_is_offered_the_commands_that_are_theirs(world):
    for name, person in world.people.items():
        managers = FACTS[name].get("manage_guild", False)
        offered = set(person.available_commands(world.stage.channel))
        known = {
            key for key, one in COMMANDS.items() if one.servers and (managers or not one.managers)
        }
        assert offered == known, name
        offered = set(person.user.available_commands())
        assert offered == {key for key, one in COMMANDS.items() if one.dms}, name


async def test_every_option_of_the_bots_commands_is_in_the_walk(world):
    """But for those that this model does not have: ``test_command.py`` is about them."""
    walked = {}
    for key, needs in OPTIONS.items():
        walked.setdefault(key.removesuffix(" file"), set()).update(needs(world))
    for command in world.bot.tree.walk_commands():
        key = command.qualified_name
        if key in COMMANDS and COMMANDS[key].needs is not None:
            known = walked.get(key, set()) | set(COMMANDS[key].needs(world))
            unoffered = {"ratio", "model"} if key == "restyle" else set()
            assert {one.display_name for one in command.parameters} - unoffered == known, key


PATHS = {
    **{key: (key, one.needs) for key, one in COMMANDS.items() if one.needs is not None},
    **{f"{key}, options": (key.removesuffix(" file"), needs) for key, needs in OPTIONS.items()},
}


@pytest.mark.parametrize("group", sorted({key.partition(" ")[0] for key, _ in PATHS.values()}))
async def test_a_command_does_what_it_says_for_those_who_may(world, group):
    for key, needs in PATHS.values():
        if key.partition(" ")[0] == group:
            await everybody_uses(world, key, needs)


async def everybody_uses(world, key, needs):
    """Have people use a command; of those to whom Discord offers it as few as show a mistake."""
    command, options = COMMANDS[key], needs(world)
    uses = []
    if command.managers:
        uses = [(True, name) for name in FACTS if FACTS[name].get("manage_guild", False)]
    elif command.servers:
        uses = [(True, "member")]
    if command.dms and command.action is None:
        uses.append((False, "member"))
    elif command.dms:
        uses += world.telling(command.action, places=(False,))
    for in_guild, name in uses:
        asks_table = command.action is not None and (command.owner_only or not in_guild)
        allowed = not asks_table or world.expects(command.action, name, in_guild)
        person, before = world.people[name], world.version()
        if in_guild:
            answer = await person.slash(world.stage.channel, key, **options)
        else:
            answer = await person.user.slash(key, **options)
        assert (REFUSAL.search(said(answer)) is None) is allowed, (key, name, said(answer))
        assert answer.ephemeral or key == "restyle"  # what it makes is for all to see
        assert allowed or world.version() == before


@pytest.mark.parametrize("name", sorted(FACTS))
async def test_with_direct_messages_off_a_command_there_starts_nothing_whoever_uses_it(world, name):
    world.bot.settings = world.bot.settings.model_copy(update={"direct_messages": False})
    off = door_texts.direct_messages_off()
    for key, command in COMMANDS.items():
        if not command.dms or command.needs is None:
            continue
        answer = said(await world.people[name].user.slash(key, **command.needs(world)))
        is_closed = key not in {"restyle-privacy", "restyle-about"} and not key.startswith(
            "restyle-owner "
        )
        assert (answer == off) is is_closed, (key, answer)
        if key.startswith("restyle-owner "):
            allowed = world.expects(command.action, name, in_guild=False)
            assert (REFUSAL.search(answer) is None) is allowed, (key, answer)
