"""Every setting that moderators have: the one table of names, meanings, defaults and checks.

A value of ``None`` is "unlimited" or "none", said on purpose; where nothing is set, the level above
holds. 0 is a number like any other: nothing at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.domain.quotas import Period, Scope, Unit
from bot.policy.problems import SERVER, Flaw, Problem, Target
from bot.policy.prompt_rules.rules import Rules
from bot.policy.values import BadValueError, Choice, Flag, Id, Ids, Kind, Number, OneLineText, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

MEBIBYTE: Final = 1024 * 1024
MICROS: Final = 1_000_000
"""Micro-dollars in a dollar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting."""

    name: str
    title: str
    """What people call it; short enough for a button."""
    meaning: str
    """What it does, in one line of plain words, at most 100 characters."""
    kind: Kind
    default: Any
    scopes: frozenset[Scope]
    """Where it can be set."""
    null: str | None = None
    """What ``None`` means, in words; without them ``None`` cannot be set."""


_S: Final = frozenset({Scope.SERVER})
_SC: Final = _S | {Scope.CHANNEL}
_SR: Final = _S | {Scope.ROLE}
_SCR: Final = _SC | _SR

_UNLIMITED: Final = "unlimited"
_JOBS: Final = Number(0, 1_000_000, "jobs")
_MICROS: Final = Number(0, 1_000_000 * MICROS, "micros")
_RUNNING: Final = Number(0, 1_000, "jobs")


def _cap(name: str, title: str, meaning: str, kind: Number, scopes: frozenset[Scope]) -> Setting:
    return Setting(
        name=name,
        title=title,
        meaning=meaning,
        kind=kind,
        default=None,
        scopes=scopes,
        null=_UNLIMITED,
    )


_ALL: Final = (
    Setting(
        name="public_figure_threshold",
        title="Public figures",
        meaning="How strictly the provider checks clips for recognisable public figures.",
        kind=Choice(("low", "auto")),
        default="auto",
        scopes=_SCR,
    ),
    # Where and who
    Setting(
        name="allowed_channel_ids",
        title="Channels allowed",
        meaning="Only in these channels and their threads; none chosen means everywhere.",
        kind=Ids("channel"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="refused_channel_ids",
        title="Channels refused",
        meaning="Never in these channels and their threads, even if allowed above.",
        kind=Ids("channel"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="allowed_role_ids",
        title="Roles allowed",
        meaning="Only members with one of these roles; none chosen means everybody.",
        kind=Ids("role"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="exempt_role_ids",
        title="Roles exempt",
        meaning="Free of this server's limits, strikes and review, not of the bot's own.",
        kind=Ids("role"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="age_restricted_only",
        title="Age-restricted only",
        meaning="Only in channels that Discord shows to adults alone.",
        kind=Flag(),
        default=False,
        scopes=_S,
    ),
    # Clips and looks
    Setting(
        name="max_video_bytes",
        title="Clip size",
        meaning="The largest clip that members may send in.",
        # Lower would close the command without saying so.
        kind=Number(MEBIBYTE, 500 * MEBIBYTE * MEBIBYTE, "bytes"),
        default=None,
        scopes=_SCR,
        null="as large as the bot takes",
    ),
    Setting(
        name="max_video_seconds",
        title="Clip length",
        meaning="The longest part that is restyled; it sets the cost.",
        kind=Number(1, 86_400, "seconds", whole=False),
        default=None,
        scopes=_SCR,
        null="as long as the bot takes",
    ),
    Setting(
        name="default_ratio",
        title="Shape",
        meaning="The shape of the result when a request names none.",
        kind=Ratio(),
        default=None,
        scopes=_SC,
        null="the provider's default",
    ),
    Setting(
        name="default_look",
        title="House look",
        meaning="Words that are put at the end of every prompt.",
        kind=OneLineText(200),
        default=None,
        scopes=_SC,
        null="none",
    ),
    Setting(
        name="keep_sound",
        title="Keep the sound",
        meaning="Results are silent; this adds the clip's own sound.",
        kind=Flag(),
        default=False,
        scopes=_SC,
    ),
    Setting(
        name="spoiler_outputs",
        title="Spoilers",
        meaning="Post results behind a spoiler.",
        kind=Flag(),
        default=False,
        scopes=_SC,
    ),
    # Review
    Setting(
        name="review_mode",
        title="Review",
        meaning="A moderator looks before money is spent, before others see it, or both.",
        kind=Choice(("off", "spending", "publishing", "both")),
        default="off",
        scopes=_SCR,
    ),
    Setting(
        name="review_channel_id",
        title="Review channel",
        meaning="Where requests for review and questions to moderators are posted.",
        kind=Id("channel"),
        default=None,
        scopes=_S,
        null="none",
    ),
    Setting(
        name="reviewer_role_ids",
        title="Reviewers",
        meaning="Members with these roles decide reviews too, besides moderators.",
        kind=Ids("role"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="review_skip_role_ids",
        title="Roles not reviewed",
        meaning="Requests of members with these roles go on without a review.",
        kind=Ids("role"),
        default=frozenset(),
        scopes=_S,
    ),
    Setting(
        name="review_hours",
        title="Review time",
        meaning="Without a decision for so long, a request ends.",
        kind=Number(1, 72, "hours"),
        default=24,
        scopes=_S,
    ),
    Setting(
        name="review_open_cap",
        title="Open reviews shown",
        meaning="More than these are folded into one message.",
        kind=Number(1, 50, "requests"),
        default=10,
        scopes=_S,
    ),
    Setting(
        name="prompt_rules",
        title="Prompt rules",
        meaning="Words and patterns that refuse a prompt or send it to review.",
        kind=Rules(),
        default=(),
        scopes=_S,
    ),
    # Consent
    Setting(
        name="consent_mode",
        title="Consent",
        meaning="One's own clips only, others' once they agree, or anybody's.",
        kind=Choice(("open", "ask", "own")),
        default="ask",
        scopes=_S,
    ),
    Setting(
        name="consent_hours",
        title="Consent time",
        meaning="Without an answer for so long, it counts as a no.",
        kind=Number(1, 72, "hours"),
        default=24,
        scopes=_S,
    ),
    # Messages
    Setting(
        name="announce_channel_id",
        title="Announcements",
        meaning="Where finished clips are announced as well.",
        kind=Id("channel"),
        default=None,
        scopes=_S,
        null="none",
    ),
    Setting(
        name="log_channel_id",
        title="Change log",
        meaning="Where changes of these settings are posted as well.",
        kind=Id("channel"),
        default=None,
        scopes=_S,
        null="none",
    ),
    # Strikes
    Setting(
        name="strike_limit",
        title="Strikes",
        meaning="After so many safety refusals a member has to pause.",
        kind=Number(1, 50, "strikes"),
        default=3,
        scopes=_S,
        null="off",
    ),
    Setting(
        name="strike_days",
        title="Strikes count for",
        meaning="Only refusals within so many days count together.",
        kind=Number(1, 90, "days"),
        default=7,
        scopes=_S,
    ),
    Setting(
        name="strike_pause_hours",
        title="Pause after strikes",
        meaning="How long a member with too many strikes has to pause.",
        kind=Number(1, 720, "hours"),
        default=24,
        scopes=_S,
    ),
    # Caps
    _cap(
        "jobs_per_day",
        "Clips a day",
        "How many clips all together get in a day.",
        _JOBS,
        _SCR,
    ),
    _cap(
        "jobs_per_month",
        "Clips a month",
        "How many clips all together get in a calendar month.",
        _JOBS,
        _SCR,
    ),
    _cap(
        "micros_per_day",
        "Money a day",
        "What all clips together may cost in a day.",
        _MICROS,
        _SCR,
    ),
    _cap(
        "micros_per_month",
        "Money a month",
        "What all clips together may cost in a calendar month.",
        _MICROS,
        _SCR,
    ),
    _cap(
        "running",
        "Clips at once",
        "How many clips are made at the same time; more wait.",
        _RUNNING,
        _SCR,
    ),
    _cap(
        "member_jobs_per_day",
        "A member's clips a day",
        "How many clips each member gets in a day.",
        _JOBS,
        _SR,
    ),
    _cap(
        "member_jobs_per_month",
        "A member's clips a month",
        "How many clips each member gets in a calendar month.",
        _JOBS,
        _SR,
    ),
    _cap(
        "member_micros_per_day",
        "A member's money a day",
        "What each member's clips may cost in a day.",
        _MICROS,
        _SR,
    ),
    _cap(
        "member_micros_per_month",
        "A member's money a month",
        "What each member's clips may cost in a calendar month.",
        _MICROS,
        _SR,
    ),
    _cap(
        "member_running",
        "A member's clips at once",
        "How many clips each gets at the same time; more wait.",
        _RUNNING,
        _SR,
    ),
)

SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType({one.name: one for one in _ALL})
"""Every setting, in the order in which people see them."""

SHARED_CAPS: Final[Mapping[str, tuple[Period, Unit]]] = MappingProxyType(
    {
        "jobs_per_day": (Period.DAY, Unit.JOBS),
        "jobs_per_month": (Period.MONTH, Unit.JOBS),
        "micros_per_day": (Period.DAY, Unit.MICROS),
        "micros_per_month": (Period.MONTH, Unit.MICROS),
        "running": (Period.NOW, Unit.JOBS),
    }
)
"""The caps on what all of a server, channel or role use together."""

MEMBER_CAPS: Final[Mapping[str, tuple[Period, Unit]]] = MappingProxyType(
    {f"member_{name}": counted for name, counted in SHARED_CAPS.items()}
)
"""The caps on what each member uses."""


def parse(name: str, value: Any, target: Target = SERVER) -> Any | Problem:  # noqa: ANN401 - each setting has its own type
    """Return the checked value of a setting in its own type, or what is wrong with it.

    Whether the operator allows it is another question: ``bot.policy.floors.beyond``.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        return Problem(name=name, flaw=Flaw.UNKNOWN, target=target, value=value)
    if target.scope not in setting.scopes:
        return Problem(name=name, flaw=Flaw.NOT_HERE, target=target, value=value)
    if value is None:
        if setting.null is None:
            return Problem(name=name, flaw=Flaw.NEEDS_VALUE, target=target)
        return None
    try:
        return setting.kind.parse(value)
    except BadValueError as exc:
        return Problem(
            name=name,
            flaw=exc.flaw,
            target=target,
            value=value,
            lowest=exc.lowest,
            highest=exc.highest,
            words=exc.words,
            entry=exc.entry,
        )


def to_json(name: str, value: Any) -> str:  # noqa: ANN401 - as above
    """Return a value as it is stored; equal values give equal texts."""
    dumped = None if value is None else SETTINGS[name].kind.dump(value)
    return json.dumps(dumped, ensure_ascii=False)


def from_json(name: str, text: str) -> Any:  # noqa: ANN401 - as above
    """Return a value that :func:`to_json` wrote.

    Raises:
        ValueError: It is no JSON, or this setting does not take it (any more).
    """
    value = json.loads(text)
    return None if value is None else SETTINGS[name].kind.load(value)
