"""What would happen to a request that nobody has made, for moderators who try things. No I/O.

The functions asked are those that decide about real requests, in their order
(``cogs/restyle/intake.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.cometapi.models import model_rules
from bot.domain.money import estimate, prices_with
from bot.domain.quotas import Cap, CapUse, Decider, Period, Scope
from bot.policy.catalogue import MEMBER_CAPS, SHARED_CAPS
from bot.policy.decide import Ask, Verdict, decide
from bot.policy.levels import BY_OPERATOR, BY_SERVER, Level, SettingSource
from bot.policy.quotas import reached
from bot.requests.clip_plan import part_seconds
from bot.requests.validation import (
    Limit,
    Refusal,
    Rule,
    check_prompt,
    check_video_bytes,
    clean_prompt,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from bot.domain.quotas import QuotaSubject
    from bot.domain.sanctions import MemberFacts
    from bot.policy.decide import Decision
    from bot.policy.levels import Policy
    from bot.settings import Settings

_SETTING_OF: Final = {
    Rule.CHANNEL_REFUSED: "refused_channel_ids",
    Rule.CHANNEL_NOT_ALLOWED: "allowed_channel_ids",
    Rule.ADULTS_ONLY: "age_restricted_only",
    Rule.ROLE_NOT_ALLOWED: "allowed_role_ids",
    Rule.PROMPT_REFUSED: "prompt_rules",
    Rule.STRUCK: "strike_limit",
    Rule.VIDEO_TOO_BIG: "max_video_bytes",
    Rule.LIMIT_BELOW_MODEL: "max_video_seconds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who would ask for what, and where."""

    user_id: int
    role_ids: Collection[int]
    channel_ids: Sequence[int]
    """The channel and, for a thread, then its parent."""
    is_age_restricted: bool = False
    prompt: str | None = None
    """``None``: any; the prompt rules are not tried."""
    seconds: float | None = None
    """How long the clip is; ``None`` stands for the longest part that may be restyled."""
    size_bytes: int | None = None
    """How large it is; ``None``: any size that is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What would happen, and why."""

    question: Question
    decision: Decision
    refusal: Refusal | None = None
    """The first rule that the request breaks."""
    reached: CapUse | None = None
    """The cap that leaves no room for it, where no rule refuses it."""
    setting: str | None = None
    """The setting that decides, where one does."""
    source: SettingSource | None = None
    """Where it is set."""
    seconds: float | None = None
    """How much of the clip would be restyled; ``None`` where none may be."""
    price: int | None = None
    """What that would cost, in micro-dollars; ``None`` when nobody can say."""
    uses: tuple[CapUse, ...] = ()
    """The caps by day and month that it counts for, without it."""
    full: tuple[CapUse, ...] = ()
    """The caps on what runs at once that would make it wait now."""
    strikes: int = 0
    """Those of the member that count together."""

    @property
    def verdict(self) -> Verdict:
        """What would follow."""
        if self.refusal is not None or self.reached is not None:
            return Verdict.REFUSE
        return self.decision.verdict

    @property
    def is_cut(self) -> bool:
        """Whether the clip is longer than what would be restyled of it."""
        asked = self.question.seconds
        return asked is not None and self.seconds is not None and self.seconds < asked - 0.1

    @property
    def length_limit(self) -> SettingSource | None:
        """Where the length is limited, if the clip is cut; ``None`` where the model does it."""
        holds = self.decision.effective
        if self.seconds is None or holds.max_video_seconds > self.seconds + 0.1:
            return None
        return holds.source("max_video_seconds")


def caps_to_ask(question: Question, policy: Policy, operator: Settings) -> tuple[Cap, ...]:
    """Return the caps whose uses a trial needs: ask ``Ledger.uses`` for them."""
    return policy.caps(question.channel_ids, question.role_ids, question.user_id, operator)


def try_out(
    question: Question,
    policy: Policy,
    facts: MemberFacts,
    operator: Settings,
    now: datetime,
    *,
    uses: Sequence[CapUse] = (),
    running: Mapping[QuotaSubject, int] | None = None,
) -> Trial:
    """Return what would happen to a request.

    Like this, with ``policy`` and ``facts`` as the store has them::

        uses = await store.ledger.uses(caps_to_ask(question, policy, operator))
        running = await store.admissions.running()
        trial = try_out(question, policy, facts, operator, now, uses=uses, running=running)
        text = trial_texts.report(trial, now)

    Args:
        question: The request.
        policy: What is set on the server.
        facts: What is held against the member and the server (``People.facts``).
        operator: The bot's own settings.
        now: The present moment.
        uses: How much is used of the caps (:func:`caps_to_ask`).
        running: How many jobs run for each whom one counts for (``Store.running``).
    """
    prompt = None if question.prompt is None else clean_prompt(question.prompt)
    decision = decide(
        Ask(
            prompt=prompt or "",
            channel_ids=question.channel_ids,
            role_ids=question.role_ids,
            user_id=question.user_id,
            is_age_restricted=question.is_age_restricted,
        ),
        policy,
        facts,
        operator,
        now,
    )
    refusal = decision.refusal or (check_prompt(prompt) if prompt is not None else None)
    refusal = refusal or _check_size(question, decision)
    part = _seconds(question, decision, operator)
    seconds, price = None, None
    if isinstance(part, Refusal):
        refusal = refusal or part
    else:
        seconds = part
    if seconds is not None:
        model = model_rules(operator.runway_model)
        price = estimate(model, seconds, prices_with(operator.prices))
    use = reached(uses, price) if refusal is None else None
    setting, source = _deciding(decision, refusal, use)
    return Trial(
        question=question,
        decision=decision,
        refusal=refusal,
        reached=use,
        setting=setting,
        source=source,
        seconds=seconds,
        price=price,
        uses=tuple(one for one in uses if one.cap.period is not Period.NOW),
        full=_full(question, policy, operator, running or {}),
        strikes=len(facts.strikes_since(now, decision.effective.strike_days)),
    )


def _check_size(question: Question, decision: Decision) -> Refusal | None:
    if question.size_bytes is None:
        return None
    holds = decision.effective
    decider = holds.source("max_video_bytes").decider
    return check_video_bytes(
        question.size_bytes, Limit(value=holds.max_video_bytes, decided_by=decider)
    )


def _seconds(question: Question, decision: Decision, operator: Settings) -> float | Refusal:
    holds = decision.effective
    return part_seconds(
        math.inf if question.seconds is None else question.seconds,
        model_rules(operator.runway_model),
        max_seconds=Limit(
            value=holds.max_video_seconds, decided_by=holds.source("max_video_seconds").decider
        ),
    )


def _deciding(
    decision: Decision, refusal: Refusal | None, use: CapUse | None
) -> tuple[str | None, SettingSource | None]:
    """Return the setting that decides, and where it is set."""
    holds = decision.effective
    if refusal is not None:
        name = _SETTING_OF.get(refusal.rule)
        if name is None or refusal.decided_by is Decider.PROVIDER:
            return None, decision.source
        return name, holds.source(name)
    if use is not None:
        return _deciding_cap(decision, use.cap)
    if decision.verdict is Verdict.REVIEW:
        by_mode = holds.review_mode in {"spending", "both"}
        return "review_mode" if by_mode else "prompt_rules", decision.source
    return None, None


def _deciding_cap(decision: Decision, cap: Cap) -> tuple[str | None, SettingSource]:
    if cap.holder.scope is Scope.BOT:
        return None, BY_OPERATOR
    caps = MEMBER_CAPS if cap.holder.scope is Scope.MEMBER else SHARED_CAPS
    name = next(name for name, counted in caps.items() if counted == (cap.period, cap.unit))
    if cap.decided_by is Decider.OPERATOR:
        return name, BY_OPERATOR
    match cap.holder.scope:
        case Scope.MEMBER:
            return name, decision.effective.source(name)
        case Scope.CHANNEL:
            return name, SettingSource(Level.CHANNEL, cap.holder.scope_id)
        case Scope.ROLE:
            return name, SettingSource(Level.ROLE, cap.holder.scope_id)
        case _:
            return name, BY_SERVER


def _full(
    question: Question, policy: Policy, operator: Settings, running: Mapping[QuotaSubject, int]
) -> tuple[CapUse, ...]:
    holders = policy.holders(question.channel_ids, question.role_ids, question.user_id)
    caps = policy.running_caps(holders, bot_running=operator.bot_running)
    uses = (CapUse(cap=cap, used=running.get(cap.holder, 0)) for cap in caps)
    return tuple(use for use in uses if use.used >= use.cap.limit > 0)
