"""Every check of a request that needs neither its files nor Discord, in the one order they have.

A request that somebody makes, one that a moderator tries out and a job of the past are all
evaluated here. What is not known of a request is not checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cometapi.models import estimate
from bot.policy.decide import Verdict, decide
from bot.policy.prompt_rules.check import check_rules
from bot.policy.quotas import reached
from bot.prices import prices_with
from bot.requests.clip_plan import part_seconds
from bot.requests.validation import (
    Refusal,
    Rule,
    check_declared_reference,
    check_declared_video,
    check_prompt,
    check_ratio,
    check_seed,
    check_video_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.cometapi.models import VideoModel
    from bot.domain.quotas import CapUse
    from bot.domain.sanctions import MemberFacts
    from bot.policy.decide import Decision, RequestFacts
    from bot.policy.levels import Effective, Policy
    from bot.policy.prompt_rules.check import PromptCheck
    from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What follows for a request, and why."""

    facts: RequestFacts
    decision: Decision
    refusal: Refusal | None = None
    """The first rule that the request breaks."""
    seconds: float | None = None
    """How much of the clip would be restyled; ``None`` where none may be, or nobody knows."""
    price: int | None = None
    """What that would cost, in micro-dollars; ``None`` when nobody can say."""
    reached: CapUse | None = None
    """The cap that leaves no room for it, where no rule refuses it."""

    @property
    def verdict(self) -> Verdict:
        """REFUSE where a rule or a cap stands in the way, else what the decision says."""
        if self.refusal is not None or self.reached is not None:
            return Verdict.REFUSE
        return self.decision.verdict


def evaluate(
    facts: RequestFacts,
    policy: Policy,
    member: MemberFacts,
    operator: Settings,
    now: datetime,
    *,
    model: VideoModel,
    uses: Iterable[CapUse] = (),
    price_of: Callable[[float], int | None] | None = None,
    check: PromptCheck = check_rules,
) -> Evaluation:
    """Return what follows for a request.

    Args:
        facts: The request, as far as it is known.
        policy: What is set on the server; the empty one in direct messages.
        member: What is held against the member and the server.
        operator: The bot's own settings.
        now: The moment of the request.
        model: The provider's model that restyles the clip.
        uses: How much is used of the caps (``bot.policy.quotas.caps_of``); read only if no rule
            refuses the request. Where jobs are stored, the store itself asks about the caps.
        price_of: What restyling so many seconds costs; by default what the operator's prices say.
        check: How the prompt rules are asked; previews remember the answers.
    """
    decision = decide(facts, policy, member, operator, now, check=check)
    refusal = decision.refusal or _check(facts, decision.effective, model)
    seconds, price = None, None
    if facts.seconds is not None:
        limit = decision.effective.limit("max_video_seconds")
        part = part_seconds(facts.seconds, model, max_seconds=limit, start=facts.start)
        if isinstance(part, Refusal):
            refusal = refusal or part
        else:
            seconds = part
            if price_of is None:
                price = estimate(model, seconds, prices_with(operator.prices))
            else:
                price = price_of(seconds)
    return Evaluation(
        facts=facts,
        decision=decision,
        refusal=refusal,
        seconds=seconds,
        price=price,
        reached=reached(uses, price) if refusal is None else None,
    )


def _check(facts: RequestFacts, holds: Effective, model: VideoModel) -> Refusal | None:
    """Check what the words and the files' descriptions alone tell."""
    return (
        facts.place_refusal
        or (check_prompt(facts.prompt) if facts.prompt is not None else None)
        or check_seed(facts.seed)
        or check_ratio(facts.ratio, model)
        or _check_clip(facts, holds)
        or _check_reference(facts, model)
    )


def _check_clip(facts: RequestFacts, holds: Effective) -> Refusal | None:
    limit = holds.limit("max_video_bytes")
    if facts.clip is not None:
        return check_declared_video(*facts.clip, limit)
    return None if facts.size_bytes is None else check_video_bytes(facts.size_bytes, limit)


def _check_reference(facts: RequestFacts, model: VideoModel) -> Refusal | None:
    if facts.reference is None:
        return None
    if not model.takes_reference:
        return Refusal(rule=Rule.REFERENCE_NOT_TAKEN, value=model.name)
    return check_declared_reference(*facts.reference)
