"""What follows for a request from its words and its place: allowed, reviewed or refused. No I/O.

The order is that of how much a person can do about it: what is paused for all comes first, the
person's own prompt last, so that the reason told is the one that would stand in the way anyway.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.quotas import Decider
from bot.policy.consent import must_ask, refuse_origin
from bot.policy.doors import closed_door
from bot.policy.levels import BY_OPERATOR, BY_SERVER, SettingSource
from bot.policy.prompt_rules.check import check_rules
from bot.policy.prompt_rules.rules import RuleAction
from bot.policy.strikes import struck_until
from bot.requests.text_safety import cut
from bot.requests.validation import Refusal, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bot.domain.sanctions import MemberFacts
    from bot.policy.consent import Origin
    from bot.policy.levels import Effective, Policy
    from bot.policy.prompt_rules.check import Hit, PromptCheck
    from bot.requests.validation import DeclaredFile
    from bot.settings import Settings


class Verdict(enum.StrEnum):
    """What follows for a request."""

    ALLOW = "allow"
    REVIEW = "review"  # a moderator decides before anything is spent
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What is known of a request: one that is made, one that is tried out, or a past one."""

    user_id: int
    role_ids: Collection[int]
    channel_ids: Sequence[int]
    """The channel and, for a thread, then its parent; empty in direct messages."""
    is_age_restricted: bool = False
    """Whether the channel is for adults only."""
    origin: Origin | None = None
    """Whose clip it is when it was taken from a message; ``None`` when it came with the request."""
    place_refusal: Refusal | None = None
    """Why the bot could not answer there, as Discord tells."""
    prompt: str | None = None
    """Cleaned; ``None`` where any is meant: the prompt rules find nothing in it."""
    shown_prompt: str | None = None
    """As everybody reads it; ``None``: that is the prompt. With a look it has the look's name."""
    seed: int | None = None
    ratio: str | None = None
    clip: DeclaredFile | None = None
    """What Discord says of the clip."""
    size_bytes: int | None = None
    """How large the clip is where nothing else is known of it; ``None``: as large as is allowed."""
    seconds: float | None = None
    """How long the clip is; ``math.inf`` for as long as may be, ``None`` until somebody looks."""
    start: float = 0.0
    """Where the restyled part begins, in seconds."""
    reference: DeclaredFile | None = None
    """What Discord says of the style image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows, which rule says so, and whose rule it is."""

    verdict: Verdict
    effective: Effective
    """Everything else that holds for the request."""
    refusal: Refusal | None = None
    """With REFUSE: why."""
    review_reasons: tuple[str, ...] = ()
    """With REVIEW: why, in words for moderators."""
    source: SettingSource | None = None
    """Where the deciding rule was set; ``None`` when nothing stands in the way."""
    hit: Hit | None = None
    """The prompt rule that found something, if that counts."""
    asks_author: bool = False
    """Unless it is refused: whether whoever posted the clip is asked first, before moderators."""


BY_REVIEW_MODE: Final = "Every request is reviewed here."


def decide(
    request: RequestFacts,
    policy: Policy,
    facts: MemberFacts,
    operator: Settings,
    now: datetime,
    *,
    check: PromptCheck = check_rules,
) -> Decision:
    """Decide about a request by everything but its files; the arguments are as in ``evaluate``."""
    holds = policy.effective(request.channel_ids, request.role_ids, operator)
    found = (
        _closed(policy, operator)
        or _paused(facts)
        or _blocked(facts)
        or (None if holds.exempt_by is not None else _struck(facts, policy, holds, now))
        or _place(request, holds)
        or _person(request, holds)
        or _origin(request, holds)
    )
    if found is not None:
        refusal, source = found
        return Decision(verdict=Verdict.REFUSE, effective=holds, refusal=refusal, source=source)
    return _by_prompt(request, holds, check)


def _closed(policy: Policy, operator: Settings) -> tuple[Refusal, SettingSource] | None:
    closed = closed_door(policy.guild_id, operator)
    return None if closed is None else (closed, BY_OPERATOR)


def _paused(facts: MemberFacts) -> tuple[Refusal, SettingSource] | None:
    pause = facts.pause
    if pause is None:
        return None
    everywhere = pause.guild_id == GLOBAL_GUILD_ID
    return Refusal(
        rule=Rule.PAUSED_EVERYWHERE if everywhere else Rule.PAUSED,
        decided_by=Decider.OPERATOR if everywhere else Decider.MODERATORS,
        words=(f"<@{pause.paused_by}>", pause.note or ""),
        value=pause.paused_at.timestamp(),
    ), BY_OPERATOR if everywhere else BY_SERVER


def _blocked(facts: MemberFacts) -> tuple[Refusal, SettingSource] | None:
    block = facts.block
    if block is None:
        return None
    everywhere = block.guild_id == GLOBAL_GUILD_ID
    return Refusal(
        rule=Rule.BLOCKED,
        decided_by=Decider.OPERATOR if everywhere else Decider.MODERATORS,
        words=(f"<@{block.blocked_by}>", block.note or ""),
        value=block.blocked_at.timestamp(),
    ), BY_OPERATOR if everywhere else BY_SERVER


def _struck(
    facts: MemberFacts, policy: Policy, holds: Effective, now: datetime
) -> tuple[Refusal, SettingSource] | None:
    until = struck_until(facts.strikes, policy, now)
    if until is None:
        return None
    return Refusal(
        rule=Rule.STRUCK,
        decided_by=Decider.MODERATORS,
        value=until.timestamp(),
    ), holds.source("strike_limit")


def _place(request: RequestFacts, holds: Effective) -> tuple[Refusal, SettingSource] | None:
    channels = set(request.channel_ids)
    if not channels.isdisjoint(holds.refused_channel_ids):
        return Refusal(rule=Rule.CHANNEL_REFUSED, decided_by=Decider.MODERATORS), holds.source(
            "refused_channel_ids"
        )
    allowed = holds.allowed_channel_ids
    if allowed and channels.isdisjoint(allowed):
        return Refusal(
            rule=Rule.CHANNEL_NOT_ALLOWED,
            decided_by=Decider.MODERATORS,
            words=tuple(f"<#{channel_id}>" for channel_id in sorted(allowed)),
        ), holds.source("allowed_channel_ids")
    if holds.age_restricted_only and not request.is_age_restricted:
        return Refusal(rule=Rule.ADULTS_ONLY, decided_by=Decider.MODERATORS), holds.source(
            "age_restricted_only"
        )
    return None


def _person(request: RequestFacts, holds: Effective) -> tuple[Refusal, SettingSource] | None:
    allowed = holds.allowed_role_ids
    if not allowed or holds.exempt_by is not None or not allowed.isdisjoint(request.role_ids):
        return None
    return Refusal(
        rule=Rule.ROLE_NOT_ALLOWED,
        decided_by=Decider.MODERATORS,
        words=tuple(f"<@&{role_id}>" for role_id in sorted(allowed)),
    ), holds.source("allowed_role_ids")


def _origin(request: RequestFacts, holds: Effective) -> tuple[Refusal, SettingSource | None] | None:
    if request.origin is None:
        return None
    found = refuse_origin(request.origin, user_id=request.user_id, mode=holds.consent_mode)
    if found is None:
        return None
    # An opt-out is nobody's rule but the person's own.
    return found, holds.source("consent_mode") if found.decided_by is not None else None


def _by_prompt(
    request: RequestFacts,
    holds: Effective,
    check: PromptCheck,
) -> Decision:
    reasons: list[str] = []
    source: SettingSource | None = None
    if holds.review_mode in {"spending", "both"}:
        reasons.append(BY_REVIEW_MODE)
        source = holds.source("review_mode")
    hit = _worst_hit(request, holds, check)
    if hit is not None and hit.action is RuleAction.REFUSE:
        return Decision(
            verdict=Verdict.REFUSE,
            effective=holds,
            refusal=Refusal(rule=Rule.PROMPT_REFUSED, decided_by=Decider.MODERATORS),
            source=holds.source("prompt_rules"),
            hit=hit,
        )
    if hit is not None and holds.unreviewed_by is not None:
        hit = None
    if hit is not None:
        why = "took too long to check" if hit.too_slow else "found something"
        reasons.append(f"Prompt rule {hit.number} {why}: {cut(hit.rule.text, 80)}")
        source = source or holds.source("prompt_rules")
    return Decision(
        verdict=Verdict.REVIEW if reasons else Verdict.ALLOW,
        effective=holds,
        review_reasons=tuple(reasons),
        source=source,
        hit=hit,
        asks_author=request.origin is not None
        and must_ask(request.origin, user_id=request.user_id, mode=holds.consent_mode),
    )


def _worst_hit(request: RequestFacts, holds: Effective, check: PromptCheck) -> Hit | None:
    """Return what the prompt rules find in what the provider gets, and in what people read."""
    texts = dict.fromkeys(text for text in (request.prompt, request.shown_prompt) if text)
    found = [check(text, holds.prompt_rules, holds.seen_disguises) for text in texts]
    hits = [hit for hit in found if hit is not None]
    return min(hits, key=lambda hit: hit.action is not RuleAction.REFUSE, default=None)
