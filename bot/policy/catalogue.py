"""Every setting that moderators have: the one table of names, meanings, defaults and checks.

A value of ``None`` is "unlimited" or "none", said on purpose; where nothing is set, the level above
holds. 0 is a number like any other: nothing at all.

A new setting is one entry here, and one line in ``bot.policy.levels.Effective``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.domain.money import MICROS_PER_DOLLAR
from bot.domain.quotas import Period, Scope, Unit
from bot.domain.units import MEBIBYTE
from bot.policy.look_values import BuiltInLookKeys, LookList
from bot.policy.problems import SERVER, Flaw, Problem, Target
from bot.policy.prompt_rules.rules import Rules
from bot.policy.topics import Topic
from bot.policy.values import BadValueError, Choice, Flag, Id, Ids, Kind, Number, OneLineText, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Setting:
    """What there is to know of one entry: where it can be set, what it takes, what people read."""

    name: str
    topic: Topic
    """Where people find it."""
    scopes: frozenset[Scope]
    """Where it can be set."""
    kind: Kind
    title: str
    """What people call it; short enough for a button."""
    meaning: str
    """What it does, in one line of plain words, at most 100 characters."""
    default: Any = None
    null: str | None = None
    """What ``None`` means, in words; without them ``None`` cannot be set."""
    counts: tuple[Period, Unit] | None = None
    """What it caps, if it is a cap on what many jobs use together."""
    is_replayed: bool = True
    """Whether it can make a difference to what is refused, reviewed, cut or checked of past jobs,
    so that a change of it is tried out on them."""


_S: Final = frozenset({Scope.SERVER})
_SC: Final = _S | {Scope.CHANNEL}
_SR: Final = _S | {Scope.ROLE}
_SCR: Final = _SC | _SR

_MOST_MICROS: Final = 1_000_000 * MICROS_PER_DOLLAR
_SEEN: Final = Choice(("strict", "plain"))


def _cap(
    name: str,
    topic: Topic,
    period: Period,
    unit: Unit,
    title: str,
    meaning: str,
    default: int | None = None,
) -> Setting:
    most = 1_000 if period is Period.NOW else 1_000_000
    if unit is Unit.MICROS:
        most *= MICROS_PER_DOLLAR
    scopes = _SCR if topic is Topic.ALL else _SR
    kind, counts = Number(0, most, unit.value), (period, unit)
    null = "unlimited"
    return Setting(name, topic, scopes, kind, title, meaning, default, null, counts)


# fmt: off
_ALL: Final = (
    # Name, topic, where it can be set, what it takes; title and meaning; and what else there is.
    Setting("public_figure_threshold", Topic.STRICTNESS, _SCR, Choice(("low", "auto")),
            "Public figures",
            "How strictly Runway checks clips for recognisable public figures.",
            default="auto"),
    Setting("allowed_channel_ids", Topic.WHERE, _S, Ids("channel"),
            "Channels allowed",
            "Only in these channels and their threads; none chosen means everywhere.",
            default=frozenset()),
    Setting("refused_channel_ids", Topic.WHERE, _S, Ids("channel"),
            "Channels refused", "Never in these channels and their threads, even if allowed above.",
            default=frozenset()),
    Setting("allowed_role_ids", Topic.WHERE, _S, Ids("role"),
            "Roles allowed", "Only members with one of these roles; none chosen means everybody.",
            default=frozenset()),
    Setting("exempt_role_ids", Topic.WHERE, _S, Ids("role"),
            "Roles exempt",
            "Free of this server's limits, strikes and review; the bot's own limits still apply.",
            default=frozenset()),
    Setting("age_restricted_only", Topic.STRICTNESS, _S, Flag(),
            "Age-restricted only", "Clips can be restyled only in age-restricted channels.",
            default=False),
    Setting("max_video_bytes", Topic.CLIPS, _SCR, Number(MEBIBYTE, 500 * MEBIBYTE, "bytes"),
            "Clip size", "The largest clip that members can attach.",
            null="as large as the bot allows"),
    Setting("max_video_seconds", Topic.CLIPS, _SCR, Number(1, 86_400, "seconds", whole=False),
            "Clip length", "The longest part that can be restyled. Longer parts cost more.",
            null="as long as the bot allows"),
    Setting("film_strip", Topic.CLIPS, _SC, Flag(),
            "Film strip", "Members choose the part of a longer clip from nine of its frames.",
            default=True, is_replayed=False),
    Setting("ask_above_micros", Topic.CLIPS, _SC, Number(0, _MOST_MICROS, "micros"),
            "Ask above", "Members are asked before a clip that costs more than this starts.",
            default=2 * MICROS_PER_DOLLAR, null="never ask", is_replayed=False),
    Setting("default_ratio", Topic.CLIPS, _SC, Ratio(),
            "Shape", "The shape of the result when a request does not choose one.",
            null="Runway's default", is_replayed=False),
    Setting("default_look", Topic.CLIPS, _SC, OneLineText(200),
            "House look", "Words added to the end of every prompt.",
            null="none", is_replayed=False),
    Setting("looks", Topic.CLIPS, _S, LookList(),
            "Looks", "The looks of this server; moderators change them with `/restyle-looks`.",
            default=(), is_replayed=False),
    Setting("hidden_looks", Topic.CLIPS, _S, BuiltInLookKeys(),
            "Built-in looks off", "Built-in looks that are switched off here (`/restyle-looks`).",
            default=frozenset(), is_replayed=False),
    Setting("keep_sound", Topic.CLIPS, _SC, Flag(),
            "Keep the sound", "Results are silent; this adds the clip's own sound.",
            default=False, is_replayed=False),
    Setting("spoiler_outputs", Topic.STRICTNESS, _SC, Flag(),
            "Spoilers", "Put all clips and results behind a spoiler.",
            default=False, is_replayed=False),
    Setting("review_mode", Topic.REVIEW, _SCR, Choice(("off", "spending", "publishing", "both")),
            "Review",
            "A moderator checks before money is spent, before others see the result, or both.",
            default="off"),
    Setting("review_channel_id", Topic.REVIEW, _S, Id("channel"),
            "Review channel", "Where requests for review and questions to moderators are posted.",
            null="none", is_replayed=False),
    Setting("reviewer_role_ids", Topic.REVIEW, _S, Ids("role"),
            "Reviewers", "Members with these roles decide reviews too, besides moderators.",
            default=frozenset(), is_replayed=False),
    Setting("review_skip_role_ids", Topic.REVIEW, _S, Ids("role"),
            "Roles not reviewed", "Requests by members with these roles need no review.",
            default=frozenset()),
    Setting("review_hours", Topic.REVIEW, _S, Number(1, 72, "hours"),
            "Review time", "How long a request waits for a decision before it ends.",
            default=24, is_replayed=False),
    Setting("name_moderators", Topic.REVIEW, _S, Flag(),
            "Moderators by name",
            "Members see who denied, edited or deleted. Off: “the moderators”.",
            default=True, is_replayed=False),
    Setting("review_open_cap", Topic.REVIEW, _S, Number(1, 50, "requests"),
            "Open reviews shown",
            "How many requests have a card at the same time; the rest share one message.",
            default=10, is_replayed=False),
    Setting("prompt_rules", Topic.RULES, _S, Rules(),
            "Prompt rules", "Words and patterns that refuse a prompt or send it to review.",
            default=()),
    Setting("disguise_letters", Topic.RULES, _S, _SEEN,
            "Look-alike letters",
            "Letters of other alphabets, accents, capital I for l, circles for o.",
            default="strict"),
    Setting("disguise_digits", Topic.RULES, _S, _SEEN,
            "Digits and signs", "Digits and signs for letters: bl00d, bl@de.",
            default="strict"),
    Setting("disguise_gaps", Topic.RULES, _S, _SEEN,
            "Letters apart", "Spaces or signs between letters: b l o o d, b.l.o.o.d.",
            default="strict"),
    Setting("disguise_pieces", Topic.RULES, _S, _SEEN,
            "Words in pieces", "A word in two or three pieces: blo od, na ked.",
            default="strict"),
    Setting("disguise_repeats", Topic.RULES, _S, _SEEN,
            "Repeated letters", "Letters typed again and again: bloooood.",
            default="strict"),
    Setting("consent_mode", Topic.CONSENT, _S, Choice(("open", "ask", "own")),
            "Consent", "Your own clips only, others' once they agree, or anyone's.",
            default="ask", is_replayed=False),
    Setting("consent_hours", Topic.CONSENT, _S, Number(1, 72, "hours"),
            "Consent time", "How long an author has to answer; after that it counts as a no.",
            default=24, is_replayed=False),
    Setting("announce_channel_id", Topic.MESSAGES, _S, Id("channel"),
            "Announcements", "Where finished clips are also announced.",
            null="none", is_replayed=False),
    Setting("log_channel_id", Topic.MESSAGES, _S, Id("channel"),
            "Change log", "Where changes to these settings and deleted clips are noted.",
            null="none", is_replayed=False),
    Setting("strike_limit", Topic.STRIKES, _S, Number(1, 50, "strikes"),
            "Strikes", "After how many safety refusals a member has to pause.",
            default=3, null="off", is_replayed=False),
    Setting("strike_days", Topic.STRIKES, _S, Number(1, 90, "days"),
            "Strikes count for", "For how many days a refusal counts.",
            default=7, is_replayed=False),
    Setting("strike_pause_hours", Topic.STRIKES, _S, Number(1, 720, "hours"),
            "Pause after strikes", "How long that pause lasts.",
            default=24, is_replayed=False),
    _cap("jobs_per_day", Topic.ALL, Period.DAY, Unit.JOBS,
         "Clips a day", "How many clips a day, everybody together."),
    _cap("jobs_per_month", Topic.ALL, Period.MONTH, Unit.JOBS,
         "Clips a month", "How many clips a calendar month, everybody together."),
    _cap("micros_per_day", Topic.ALL, Period.DAY, Unit.MICROS,
         "Money a day", "What all clips together may cost a day."),
    _cap("micros_per_month", Topic.ALL, Period.MONTH, Unit.MICROS,
         "Money a month", "What all clips together may cost a calendar month."),
    _cap("running", Topic.ALL, Period.NOW, Unit.JOBS,
         "Clips at once", "How many clips run at the same time; the rest wait."),
    _cap("member_jobs_per_day", Topic.MEMBERS, Period.DAY, Unit.JOBS,
         "A member's clips a day", "How many clips each member gets a day.", default=5),
    _cap("member_jobs_per_month", Topic.MEMBERS, Period.MONTH, Unit.JOBS,
         "A member's clips a month", "How many clips each member gets a calendar month."),
    _cap("member_micros_per_day", Topic.MEMBERS, Period.DAY, Unit.MICROS,
         "A member's money a day", "What each member's clips may cost a day."),
    _cap("member_micros_per_month", Topic.MEMBERS, Period.MONTH, Unit.MICROS,
         "A member's money a month", "What each member's clips may cost a calendar month."),
    _cap("member_running", Topic.MEMBERS, Period.NOW, Unit.JOBS,
         "A member's clips at once",
         "How many clips of each member run at the same time; the rest wait."),
)
# fmt: on

SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType({one.name: one for one in _ALL})
"""Every setting, in the order in which people see them."""


def _caps(topic: Topic) -> Mapping[str, tuple[Period, Unit]]:
    return MappingProxyType(
        {one.name: one.counts for one in _ALL if one.counts and one.topic is topic}
    )


SHARED_CAPS: Final = _caps(Topic.ALL)
"""The caps on what all of a server, channel or role use together, and what each counts."""

MEMBER_CAPS: Final = _caps(Topic.MEMBERS)
"""The caps on what each member uses, and what each counts."""


def settings_of(topic: Topic, scope: Scope) -> tuple[str, ...]:
    """Return the settings of a topic that can be set for a server, a channel or a role."""
    return tuple(one.name for one in _ALL if one.topic is topic and scope in one.scopes)


def topics_of(scope: Scope) -> tuple[Topic, ...]:
    """Return the topics in which something can be set."""
    return tuple(topic for topic in Topic if settings_of(topic, scope))


def parse(name: str, value: Any, target: Target = SERVER) -> Any | Problem:  # noqa: ANN401 - each setting has its own type
    """Return the checked value of a setting in its own type, or what is wrong with it.

    Whether the operator allows it is another question: ``bot.policy.ceilings.above_ceiling``.
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
