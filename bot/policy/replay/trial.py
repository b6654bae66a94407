"""What would happen to a request that nobody has made, for moderators who try things. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.cometapi.models import model_rules
from bot.domain.quotas import Cap, CapUse, Decider, Period, Scope
from bot.policy.catalogue import MEMBER_CAPS, SHARED_CAPS
from bot.policy.decide import Verdict
from bot.policy.evaluate import Evaluation, evaluate
from bot.policy.levels import BY_OPERATOR, BY_SERVER, Level, SettingSource
from bot.policy.quotas import holders_of, running_caps_of
from bot.requests.validation import Rule, clean_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.quotas import QuotaSubject
    from bot.domain.sanctions import MemberFacts
    from bot.policy.decide import RequestFacts
    from bot.policy.levels import Effective, Policy
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
class Trial(Evaluation):
    """What would happen, and why; ``facts`` are as they were asked."""

    uses: tuple[CapUse, ...] = ()
    """The caps by day and month that it counts for, without it."""
    full: tuple[CapUse, ...] = ()
    """The caps on what runs at once that would make it wait now."""
    strikes: int = 0
    """Those of the member that count together."""

    @property
    def is_cut(self) -> bool:
        """Whether the clip is longer than what would be restyled of it."""
        asked = self.facts.seconds
        return asked is not None and self.seconds is not None and self.seconds < asked - 0.1

    @property
    def length_limit(self) -> SettingSource | None:
        """Where the length is limited, if the clip is cut; ``None`` where the model does it."""
        holds = self.decision.effective
        if self.seconds is None or holds.max_video_seconds > self.seconds + 0.1:
            return None
        return holds.source("max_video_seconds")

    @property
    def setting(self) -> str | None:
        """The setting that decides, where one does."""
        return self._deciding[0]

    @property
    def source(self) -> SettingSource | None:
        """Where the setting that decides is set."""
        return self._deciding[1]

    @property
    def _deciding(self) -> tuple[str | None, SettingSource | None]:
        holds, refusal = self.decision.effective, self.refusal
        if refusal is not None:
            name = _SETTING_OF.get(refusal.rule)
            return name, self.decision.source if name is None else holds.source(name)
        if self.reached is not None:
            return _deciding_cap(self.decision.effective, self.reached.cap)
        if self.decision.verdict is Verdict.REVIEW:
            by_mode = holds.review_mode in {"spending", "both"}
            return "review_mode" if by_mode else "prompt_rules", self.decision.source
        return None, None


def try_out(
    facts: RequestFacts,
    policy: Policy,
    member: MemberFacts,
    operator: Settings,
    now: datetime,
    *,
    uses: Sequence[CapUse] = (),
    running: Mapping[QuotaSubject, int] | None = None,
) -> Trial:
    """Return what would happen to a request.

    Like this, with ``policy`` and ``member`` as the store has them::

        uses = await store.ledger.uses(caps_of(policy, facts, operator))
        running = await store.admissions.running()
        trial = try_out(facts, policy, member, operator, now, uses=uses, running=running)
        text = trial_texts.report(trial, now)
    """
    found = evaluate(
        replace(
            facts,
            prompt=None if facts.prompt is None else clean_prompt(facts.prompt),
            seconds=math.inf if facts.seconds is None else facts.seconds,
        ),
        policy,
        member,
        operator,
        now,
        model=model_rules(operator.models[0]),
        uses=uses,
    )
    return Trial(
        facts=facts,
        decision=found.decision,
        refusal=found.refusal,
        seconds=found.seconds,
        price=found.price,
        reached=found.reached,
        uses=tuple(one for one in uses if one.cap.period is not Period.NOW),
        full=_full(facts, policy, operator, running or {}),
        strikes=len(member.strikes_since(now, found.decision.effective.strike_days)),
    )


def _deciding_cap(holds: Effective, cap: Cap) -> tuple[str | None, SettingSource]:
    """Return the setting that a cap comes from, and where it is set."""
    if cap.holder.scope is Scope.BOT:
        return None, BY_OPERATOR
    caps = MEMBER_CAPS if cap.holder.scope is Scope.MEMBER else SHARED_CAPS
    name = next(name for name, counted in caps.items() if counted == (cap.period, cap.unit))
    if cap.decided_by is Decider.OPERATOR:
        return name, BY_OPERATOR
    match cap.holder.scope:
        case Scope.MEMBER:
            return name, holds.source(name)
        case Scope.CHANNEL:
            return name, SettingSource(Level.CHANNEL, cap.holder.scope_id)
        case Scope.ROLE:
            return name, SettingSource(Level.ROLE, cap.holder.scope_id)
        case _:
            return name, BY_SERVER


def _full(
    facts: RequestFacts, policy: Policy, operator: Settings, running: Mapping[QuotaSubject, int]
) -> tuple[CapUse, ...]:
    caps = running_caps_of(policy, holders_of(policy, facts), bot_running=operator.bot_running)
    uses = (CapUse(cap=cap, used=running.get(cap.holder, 0)) for cap in caps)
    return tuple(use for use in uses if use.used >= use.cap.limit > 0)
