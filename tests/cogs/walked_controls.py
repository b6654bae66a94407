"""Every button and menu of the bot, with who may use it and what it is pressed on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import discord
from discord import ui

from bot.domain.conditions import ConditionKind
from bot.domain.consents import ConsentChoice
from bot.domain.jobs import JobState
from bot.domain.looks import LookOrigin
from bot.domain.permissions import Action
from bot.domain.quotas import ReviewStage
from bot.domain.telling import ToldBy
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
from tests.cogs.walk_world import World


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
            "told": Action.SEE_OWN_USAGE,
            "moderators": Action.SEE_SERVER_USAGE,
            "pin": Action.SEE_SERVER_USAGE,
            "setup": Action.CHANGE_SETTINGS,
        }.items()
    },
    **{
        f"told: {how}": Control(
            _help_buttons.ToldButton,
            Action.MANAGE_OWN_DATA,
            lambda w, job, how=how: _help_buttons.ToldButton(how),
            about_job=False,
        )
        for how in ToldBy
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
