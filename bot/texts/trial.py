"""The report on a request that a moderator tries out: what would happen, why, and who set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.decide import Verdict
from bot.policy.levels import Level
from bot.requests.text_safety import cut, harmless, quote
from bot.requests.validation import Rule
from bot.texts import policy as policy_texts
from bot.texts.common import duration
from bot.texts.quota import cap_reached, quota_left
from bot.texts.refusal import refusal as refusal_text

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.quotas import CapUse
    from bot.policy.levels import SettingSource
    from bot.policy.replay.trial import Trial

MAX_CHARACTERS: Final = 2_000
_USES_SHOWN: Final = 8

_CONSENT: Final = {
    "open": "Clips that others posted: anybody's can be restyled.",
    "ask": "Clips that others posted: only once their author agrees.",
    "own": "Clips that others posted: not at all.",
}

_PEOPLE: Final = {
    Rule.PAUSED: "a pause of this server ({admin})",
    Rule.PAUSED_EVERYWHERE: "a pause of the whole bot, by its owner",
    Rule.BLOCKED: "a block of this member ({admin})",
}


def report(trial: Trial, now: datetime, admin: str) -> str:
    """Return what would happen, in short lines: at most ``MAX_CHARACTERS``.

    ``admin`` is ``/restyle-admin``, to be clicked where that is possible.
    """
    lines = [
        f"**{_verdict(trial)}**",
        _request(trial),
        *_reason(trial, now, admin),
        *_facts(trial),
        *_not_tried(trial),
    ]
    return cut("\n".join(lines), MAX_CHARACTERS)


def set_where(source: SettingSource) -> str:
    """Return where a value is set: ``for the server``, ``for #videos``, ``by default``."""
    match source.level:
        case Level.DEFAULT:
            return "by default"
        case Level.OPERATOR:
            return "by the bot's owner"
        case Level.SERVER:
            return "for the server"
        case Level.CHANNEL | Level.ROLE:
            return f"for {policy_texts.source(source)}"


def _verdict(trial: Trial) -> str:
    match trial.verdict:
        case Verdict.REFUSE:
            return "Refused. Nothing would be spent."
        case Verdict.REVIEW:
            return "A moderator would decide first. Until then nothing is spent."
        case _ if trial.full:
            return "Accepted. It would wait for its turn."
        case _:
            return "Accepted. It would start right away."


def _request(trial: Trial) -> str:
    facts = trial.facts
    clip = f"a clip of {duration(facts.seconds)}" if facts.seconds is not None else "a clip"
    place = f" in <#{facts.channel_ids[0]}>" if facts.channel_ids else ""
    lines = [f"<@{facts.user_id}>{place}, {clip}"]
    if facts.prompt is not None:
        lines.append(quote(cut(facts.prompt, 150)))
    return "\n".join(lines)


def _reason(trial: Trial, now: datetime, admin: str) -> list[str]:
    """Return the rule that decides, where it is set, and what the member would read."""
    lines = []
    if trial.setting is not None and trial.source is not None:
        rule = f"{SETTINGS[trial.setting].title}, set {set_where(trial.source)}"
        lines.append(f"Decided by: {rule}{_which_rule(trial)}")
    elif trial.refusal is not None and trial.refusal.rule in _PEOPLE:
        lines.append(f"Decided by: {_PEOPLE[trial.refusal.rule].format(admin=admin)}")
    if trial.refusal is not None:
        lines += ["The member would read:", *_quoted(refusal_text(trial.refusal))]
    elif trial.reached is not None:
        lines += [
            "The member would read:",
            *_quoted(cap_reached(trial.reached, now, price=trial.price)),
        ]
    return lines


def _which_rule(trial: Trial) -> str:
    hit = trial.decision.hit
    if hit is None or trial.setting != "prompt_rules":
        return ""
    slow = "; it took too long to check" if hit.too_slow else ""
    return f" (rule {hit.number}: {harmless(cut(hit.rule.text, 80))}{slow})"


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines()]


def _facts(trial: Trial) -> list[str]:
    holds = trial.decision.effective
    lines = []
    if trial.seconds is not None:
        lines.append(_length(trial))
    figures = f"{holds.public_figure_threshold}, set "
    figures += set_where(holds.source("public_figure_threshold"))
    lines.append(f"Check for public figures: {figures}")
    if trial.decision.verdict is not Verdict.REFUSE and len(trial.decision.review_reasons) > 1:
        lines.append("Another reason for review: " + harmless(trial.decision.review_reasons[1]))
    if holds.review_mode in {"publishing", "both"}:
        where = set_where(holds.source("review_mode"))
        lines.append(f"A moderator would see the result before others (Review, set {where}).")
    if holds.exempt_by is not None:
        lines.append(f"<@&{holds.exempt_by}> is free of this server's limits and review.")
    elif holds.unreviewed_by is not None:
        lines.append(f"Requests by <@&{holds.unreviewed_by}> are not reviewed first.")
    lines += [_full(use) for use in trial.full]
    if trial.uses:
        left = " · ".join(quota_left(use, own="their") for use in trial.uses[:_USES_SHOWN])
        lines.append(f"Left before that: {left}")
    if trial.strikes and holds.strike_limit is not None:
        lines.append(f"Strikes that count: {trial.strikes} of {holds.strike_limit}")
    lines.append(_CONSENT[holds.consent_mode])
    return lines


def _length(trial: Trial) -> str:
    seconds = duration(trial.seconds or 0)
    about = f" · about {dollars(trial.price)}" if trial.price is not None else " · no price known"
    if trial.facts.seconds is None:
        return f"At most {seconds} would be restyled{about}"
    if not trial.is_cut:
        return f"All of it would be restyled{about}"
    limit = trial.length_limit
    why = "the model allows no more" if limit is None else f"Clip length, set {set_where(limit)}"
    return f"The first {seconds} would be restyled ({why}){about}"


def _full(use: CapUse) -> str:
    cap = use.cap
    whose = {
        Scope.MEMBER: "the member",
        Scope.CHANNEL: f"<#{cap.holder.scope_id}>",
        Scope.ROLE: f"<@&{cap.holder.scope_id}>",
        Scope.SERVER: "the server",
    }.get(cap.holder.scope, "the whole bot")
    clips = "clip runs" if use.used == 1 else "clips run"
    return f"It would wait: {use.used:,} {clips}, and {cap.limit:,} may run at a time for {whose}."


def _not_tried(trial: Trial) -> list[str]:
    if trial.facts.prompt is None and trial.decision.effective.prompt_rules:
        return ["Without a prompt, the prompt rules were not tested."]
    return []
