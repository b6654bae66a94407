"""A server's settings in words: values, where they come from, what is wrong, what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.money import dollars
from bot.domain.quotas import Scope
from bot.domain.units import MEBIBYTE
from bot.policy.catalogue import SETTINGS
from bot.policy.levels import Level
from bot.policy.look_values import BuiltInLookKeys, LookList
from bot.policy.problems import UNSET, Flaw
from bot.policy.prompt_rules.disguise_kinds import Disguise
from bot.policy.prompt_rules.rules import Rules
from bot.policy.values import Choice, Flag, Id, Ids, Number
from bot.requests.text_safety import cut, harmless
from bot.texts.common import duration, relative, size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.policy.changes import PolicyChange
    from bot.policy.levels import SettingSource
    from bot.policy.problems import Problem, Target

_SHOWN_IDS: Final = 3
_SHOWN_CHARACTERS: Final = 60

_SEEN_THROUGH: Final = {
    "strict": ("strict", "Words are also found in this disguise"),
    "plain": ("plain", "Words are read as typed"),
}

CHOICES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "public_figure_threshold": {
        "auto": ("auto: the usual strictness", "Runway's own default"),
        "low": ("low: less strict", "For public figures only; it does not mean that they consent"),
    },
    "review_mode": {
        "off": ("off", "Nobody checks first"),
        "spending": ("before spending", "A moderator checks before money is spent"),
        "publishing": ("before publishing", "A moderator checks before others see the result"),
        "both": ("both", "Before money is spent, and before others see the result"),
    },
    "consent_mode": {
        "own": ("own clips only", "Nobody can restyle another member's clip"),
        "ask": ("ask the author", "Another member's clip only once they agree"),
        "open": ("open", "Anybody's clips, except of those who opted out"),
    },
    **{f"disguise_{kind}": _SEEN_THROUGH for kind in Disguise},
}
"""Each word of a setting: what people call it (at most 100 characters) and what it does."""

_UNITS: Final = {
    "jobs": ("clip", "clips"),
    "hours": ("hour", "hours"),
    "days": ("day", "days"),
    "strikes": ("strike", "strikes"),
    "requests": ("request", "requests"),
}


# Values


def title(name: str) -> str:
    """Return what people call a setting; its name where there is none of that name."""
    return SETTINGS[name].title if name in SETTINGS else harmless(cut(name, 40))


def amount(value: float, unit: str) -> str:
    """Return a number with its unit: ``12.5 MB``, ``$4.00``, ``1 clip``."""
    match unit:
        case "bytes":
            return size(value)
        case "micros":
            return dollars(int(value))
        case "seconds":
            return duration(value)
        case _:
            one, many = _UNITS[unit]
            return f"{value:,g} {one if value == 1 else many}"


def value(name: str, found: Any) -> str:  # noqa: ANN401 - each setting has its own type
    """Return a value in a few words; ``UNSET`` is "nothing set"."""
    if found is UNSET:
        return "nothing set"
    setting = SETTINGS[name]
    if found is None:
        return setting.null or "none"
    match setting.kind:
        case Number(unit=unit):
            return amount(found, unit)
        case Choice():
            return CHOICES[name][found][0].partition(":")[0]
        case Flag():
            return "on" if found else "off"
        case Ids(of=of):
            return _mentions(of, found)
        case Id(of=of):
            return mention(of, found)
        case Rules():
            return _count(len(found), "rule", "rules") if found else "none"
        case LookList() | BuiltInLookKeys():
            return _count(len(found), "look", "looks") if found else "none"
        case _:
            return harmless(cut(str(found), _SHOWN_CHARACTERS))


def mention(of: str, id_: int) -> str:
    """Return a channel or role as Discord shows it."""
    return f"<#{id_}>" if of == "channel" else f"<@&{id_}>"


def _mentions(of: str, ids: Collection[int]) -> str:
    if not ids:
        return "none chosen"
    words = [mention(of, id_) for id_ in sorted(ids)[:_SHOWN_IDS]]
    more = len(ids) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


# Levels


def place(target: Target) -> str:
    """Return what a setting is set for: ``this server``, a channel or a role."""
    match target.scope:
        case Scope.CHANNEL:
            return f"<#{target.scope_id}>"
        case Scope.ROLE:
            return f"<@&{target.scope_id}>"
        case _:
            return "this server"


def source(found: SettingSource) -> str:
    """Return where a value comes from."""
    match found.level:
        case Level.DEFAULT:
            return "default"
        case Level.OPERATOR:
            return "the bot's owner"
        case Level.SERVER:
            return "this server"
        case Level.CHANNEL:
            return f"<#{found.scope_id}>"
        case Level.ROLE:
            return f"<@&{found.scope_id}>"


# What is wrong


def problem(found: Problem) -> str:
    """Return why a setting cannot be set so, and what to do, as one line."""
    where = "" if found.target.scope is Scope.SERVER else f" for {place(found.target)}"
    entry = "" if found.entry is None else f", entry {found.entry}"
    if found.flaw is Flaw.UNKNOWN:
        return f"There is no setting called “{harmless(cut(found.name, 60))}”."
    return f"{title(found.name)}{where}{entry}: {_what_is_wrong(found)}"


def _what_is_wrong(found: Problem) -> str:
    match found.flaw:
        case Flaw.UNKNOWN:
            return "there is no such setting."
        case Flaw.NOT_HERE:
            return f"it cannot be set there, only for {_scopes(found.name)}."
        case Flaw.WRONG_KIND:
            return _wrong_kind(found)
        case Flaw.NOT_OFFERED:
            offered = ", ".join(harmless(cut(word, 40)) for word in found.words)
            return f"“{_shown(found)}” is not offered. Choose one of: {offered}."
        case Flaw.NEEDS_VALUE:
            return "it needs a value. Leave it out to use the level above."
        case Flaw.TOO_LOW:
            return f"{_shown(found)} is too little. The least is {_bound(found, found.lowest)}."
        case Flaw.TOO_HIGH:
            return f"{_shown(found)} is too much. The most is {_bound(found, found.highest)}."
        case Flaw.TOO_LONG:
            return f"that is too long. There is room for {found.highest:g} characters."
        case Flaw.TOO_MANY:
            return f"those are too many. There is room for {found.highest:g}."
        case Flaw.EMPTY:
            return "that has no words in it. Type at least one."
        case Flaw.BAD_PATTERN:
            why = f" ({harmless(cut(found.words[0], 100))})" if found.words else ""
            return f"that is not a regular expression{why}. Check it, or use words instead."
        case Flaw.SLOW_PATTERN:
            return (
                "that pattern takes too long on some prompts. Make it simpler, without one "
                "repetition inside another."
            )
        case Flaw.ABOVE_CEILING:
            return _above_ceiling(found)


def _wrong_kind(found: Problem) -> str:
    kind = SETTINGS[found.name].kind
    words = found.words[0] if found.words else "another value"
    if isinstance(kind, Number) and isinstance(found.value, str):
        if words == "whole":
            return f"“{_shown(found)}” is not a whole number."
        return f"“{_shown(found)}” is not a number. Type one such as {words}."
    return f"“{_shown(found)}” does not work here. It needs {words}."


def _scopes(name: str) -> str:
    words = {Scope.SERVER: "the whole server", Scope.CHANNEL: "a channel", Scope.ROLE: "a role"}
    return " or ".join(word for scope, word in words.items() if scope in SETTINGS[name].scopes)


def _shown(found: Problem) -> str:
    kind = SETTINGS[found.name].kind
    if isinstance(kind, Number) and isinstance(found.value, int | float):
        return _exactly(found.value, kind.unit)
    return harmless(cut(str(found.value), 30))


def _bound(found: Problem, bound: float | None) -> str:
    kind = SETTINGS[found.name].kind
    assert isinstance(kind, Number)  # noqa: S101 - nothing else has bounds
    return amount(bound or 0, kind.unit)


def _exactly(number: float, unit: str) -> str:
    """Return what somebody typed, never rounded so that it looks like the bound it breaks."""
    match unit:
        case "bytes":
            return f"{number / MEBIBYTE:.4f}".rstrip("0").rstrip(".") + " MB"
        case "seconds":
            return f"{number:g} s"
        case _:
            return amount(number, unit)


def _above_ceiling(found: Problem) -> str:
    setting = SETTINGS[found.name]
    if isinstance(setting.kind, Number) and found.highest is not None:
        most = amount(found.highest, setting.kind.unit)
        asked = setting.null if found.value is None else _shown(found)
        allows = f"The bot's owner allows up to {most} and can change that."
        return f"{asked} is too much. {allows}"
    offered = " or ".join(found.words)
    return f"the bot's owner does not allow {_shown(found)}, and can change that. Choose {offered}."


def not_saved(found: Iterable[Problem]) -> str:
    """Return why nothing was saved, at most 2,000 characters."""
    lines = [problem(one) for one in found]
    shown = lines[:8]
    if len(lines) > len(shown):
        shown.append(f"And {len(lines) - len(shown)} more.")
    return cut("\n".join(shown), 1900) + "\nNothing was changed."


# What was changed


def changed(name: str, before: Any, after: Any, target: Target) -> str:  # noqa: ANN401 - as above
    """Return one change: ``Clip size for #videos: nothing set → 10 MB``."""
    where = "" if target.scope is Scope.SERVER else f" for {place(target)}"
    words = f"{title(name)}{where}: {_named(name, before)} → {_named(name, after)}"
    if name in SETTINGS and isinstance(SETTINGS[name].kind, Rules):
        words += _rules_changed(before, after)
    return words


def _rules_changed(before: Any, after: Any) -> str:  # noqa: ANN401 - rules, or ``UNSET``
    """Return which rules came and went, the first of them."""
    old, new = (() if found is UNSET else found for found in (before, after))
    parts = [
        f"{word} “{harmless(cut(rule.text, 40))}”"
        for word, found, others in (("without", old, new), ("with", new, old))
        for rule in found
        if rule not in others
    ]
    more = ["…"] if len(parts) > _SHOWN_IDS else []
    return f" ({', '.join([*parts[:_SHOWN_IDS], *more])})" if parts else ""


def _named(name: str, found: Any) -> str:  # noqa: ANN401 - as above
    return value(name, found) if name in SETTINGS else "something"


def change(found: PolicyChange) -> str:
    """Return what one recorded change was."""
    try:
        before, after = found.value_before, found.value_after
    except ValueError:  # of another version of this program
        return f"{title(found.name)}: changed by another version of the bot"
    return changed(found.name, before, after, found.target)


def change_line(found: PolicyChange) -> str:
    """Return one line of the record of changes: when, who, what."""
    return f"{relative(found.changed_at)} <@{found.user_id}> · {change(found)}"
