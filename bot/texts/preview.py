"""The sentences about what a change of settings would have done to the last 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.domain.quotas import Scope
from bot.policy.replay.past_jobs import DAYS, MOST_JOBS
from bot.requests.text_safety import cut
from bot.requests.validation import Rule
from bot.texts.common import counted

if TYPE_CHECKING:
    from bot.policy.replay.preview import Preview
    from bot.policy.replay.replay import Ground

MAX_CHARACTERS: Final = 1_000
_GROUNDS_SHOWN: Final = 4

_BY: Final[dict[Ground, str]] = {
    Rule.CHANNEL_REFUSED: "by the channels refused",
    Rule.CHANNEL_NOT_ALLOWED: "by the channels allowed",
    Rule.ADULTS_ONLY: "for not being in an age-restricted channel",
    Rule.ROLE_NOT_ALLOWED: "by the roles allowed",
    Rule.PROMPT_REFUSED: "by the prompt rules",
    Rule.VIDEO_TOO_BIG: "by their size",
    Rule.LIMIT_BELOW_MODEL: "because the model needs longer ones",
    Rule.VIDEO_TOO_SHORT: "because the model needs longer ones",
    Scope.MEMBER: "by a member's quota",
    Scope.ROLE: "by a role's quota",
    Scope.CHANNEL: "by a channel's quota",
    Scope.SERVER: "by the server's quota",
}


def summary(found: Preview) -> str:
    """Return what a change would have done: a few short lines, at most ``MAX_CHARACTERS``."""
    if not found.jobs:
        return _nothing_to_try(found)
    lines = [*_differences(found), *_limits(found)]
    return cut("\n".join(lines), MAX_CHARACTERS)


def _nothing_to_try(found: Preview) -> str:
    if found.unjudged:
        return (
            f"{counted(found.unjudged, 'clip')} in the last {DAYS} days, too old to compare: "
            "members' roles were not recorded then."
        )
    return f"No clips in the last {DAYS} days, so nothing to compare with."


def _differences(found: Preview) -> list[str]:
    of = f"{counted(found.jobs, 'clip')} of the last {DAYS} days"
    if found.changes_nothing:
        cost = f" They cost {dollars(found.spent_after)}." if found.spent_after else ""
        if found.jobs == 1:
            return [f"The only clip of the last {DAYS} days would have gone the same way."]
        return [f"All {of} would have gone the same way.{cost}"]
    told = (
        (found.refused_count, f"would have been refused{_grounds(found)}"),
        (found.accepted, "would pass that the current settings refuse"),
        (found.shorter, "would have been cut shorter"),
        (found.longer, "would have been restyled longer"),
        (found.reviewed, "would have gone to a moderator first"),
        (found.unreviewed, "would no longer have gone to a moderator"),
        (found.stricter, "would have been checked more strictly for public figures"),
        (found.looser, "would have been checked less strictly for public figures"),
    )
    lines = [f"Of the {of}:", *(f"- {count:,} {words}" for count, words in told if count)]
    if found.spent_before == found.spent_after:
        lines.append(f"The cost stays the same: {dollars(found.spent_after)}.")
    else:
        lines.append(
            f"Cost: {dollars(found.spent_after)} instead of {dollars(found.spent_before)}."
        )
    return lines


def _grounds(found: Preview) -> str:
    counts: dict[str, int] = {}
    for ground, count in found.refused.items():
        words = _BY.get(ground, "by other limits")
        counts[words] = counts.get(words, 0) + count
    if len(counts) == 1:
        return f" {next(iter(counts))}"
    shown = [f"{count:,} {words}" for words, count in list(counts.items())[:_GROUNDS_SHOWN]]
    rest = sum(list(counts.values())[_GROUNDS_SHOWN:])
    return ": " + ", ".join([*shown, f"{rest:,} for other reasons"] if rest else shown)


def _limits(found: Preview) -> list[str]:
    """Return what the numbers leave out."""
    lines = []
    if found.refused_before > found.accepted:
        count = found.refused_before - found.accepted
        lines.append(f"The current settings already refuse {count:,} of them.")
    if found.unjudged:
        lines.append(
            f"{counted(found.unjudged, 'older clip')} left out: "
            "members' roles were not recorded then."
        )
    if found.unchecked:
        lines.append(
            f"There was no time to check {counted(found.unchecked, 'prompt')}: "
            "the prompt rules are too many, or too slow."
        )
    if found.is_partial:
        lines.append(f"Only the newest {MOST_JOBS:,} clips were tried.")
    if found.changes_nothing or found.accepted or found.longer:
        lines.append("Clips refused at the time are not counted: a looser rule may let more in.")
    return lines
