"""Past jobs one after the other under a policy, decided by the functions that decide requests.

No I/O. What a person decided (a review, a pause, a strike) is left as it was.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.cometapi.models import estimate, model_rules
from bot.domain.quotas import CapUse, Period, QuotaSubject, Scope, Unit, first_day
from bot.domain.sanctions import MemberFacts
from bot.policy.decide import RequestFacts, Verdict
from bot.policy.evaluate import evaluate
from bot.policy.prompt_rules.check import check_rules
from bot.policy.quotas import caps_of, holders_of
from bot.prices import prices_with
from bot.requests.validation import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bot.policy.levels import Policy
    from bot.policy.prompt_rules.check import Hit
    from bot.policy.prompt_rules.disguise_kinds import Disguise
    from bot.policy.prompt_rules.rules import PromptRule
    from bot.policy.replay.past_jobs import PastJob
    from bot.settings import Settings

_SAME_SECONDS: Final = 0.05
_NOBODY: Final = MemberFacts()

Ground = Rule | Scope
"""Why a job is refused: a rule, or a cap of such a holder."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known of a job for a policy to decide about it."""

    roles: bool
    age: bool
    """Whether only adults see the channel."""

    @classmethod
    def of(cls, policy: Policy) -> Needs:
        """Return what ``policy`` asks about."""
        by_role = any(target.scope is Scope.ROLE and own for target, own in policy.values.items())
        lists = ("allowed_role_ids", "exempt_role_ids", "review_skip_role_ids")
        return cls(
            roles=by_role or any(policy.server(name) for name in lists),
            age=policy.server("age_restricted_only"),
        )

    def __or__(self, other: Needs) -> Needs:
        return Needs(roles=self.roles or other.roles, age=self.age or other.age)

    def met_by(self, job: PastJob) -> bool:
        """Tell whether all of it is known of ``job``."""
        return not (self.roles and job.role_ids is None) and not (
            self.age and job.is_age_restricted is None
        )


class Checker:
    """Checks prompts as ``check_rules`` does, each once, for a limited time.

    Args:
        until: When to stop, by ``time.monotonic``.

    Attributes:
        job_id: Whose prompt comes next.
        unchecked: The jobs whose prompts there was no time for; they count as harmless.
    """

    def __init__(self, until: float) -> None:
        self._until = until
        self._known: dict[tuple[str, tuple[PromptRule, ...], frozenset[Disguise]], Hit | None] = {}
        self.job_id = 0
        self.unchecked: set[int] = set()

    def __call__(
        self, prompt: str, rules: Sequence[PromptRule], seen: Collection[Disguise]
    ) -> Hit | None:
        """Return the rule that decides, as far as there is time."""
        key = (prompt, tuple(rules), frozenset(seen))
        if rules and key not in self._known:
            if time.monotonic() >= self._until:
                self.unchecked.add(self.job_id)
                return None
            self._known[key] = check_rules(prompt, rules, seen)
        return self._known.get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a job under a policy."""

    refused_by: Ground | None = None
    seconds: float = 0.0
    """How much of the clip is restyled."""
    micros: int = 0
    is_reviewed: bool = False
    """Whether a moderator looks at it, before the spending or before the publishing."""
    threshold: str = "auto"


class Replay:
    """The jobs one after the other under one policy, and what they use of its caps."""

    def __init__(self, policy: Policy, operator: Settings, rules: Checker) -> None:
        self._policy = policy
        self._operator = operator
        self._rules = rules
        self._prices = prices_with(operator.prices)
        self._used: Counter[tuple[QuotaSubject, Period, str, Unit]] = Counter()

    def take(self, job: PastJob) -> Fate:
        """Decide about the next job."""
        facts = self._facts(job)
        self._rules.job_id = job.job_id
        found = evaluate(
            facts,
            self._policy,
            _NOBODY,
            self._operator,
            job.created_at,
            model=model_rules(job.model),
            uses=self._uses(facts, job.created_at),
            price_of=lambda seconds: self._price(job, seconds),
            check=self._rules,
        )
        if found.refusal is not None:
            return Fate(refused_by=found.refusal.rule)
        if found.reached is not None:
            return Fate(refused_by=found.reached.cap.holder.scope)
        seconds, price, holds = found.seconds or 0.0, found.price or 0, found.decision.effective
        self._count(job, facts, price)
        return Fate(
            seconds=job.part_seconds if _is_same_part(job, seconds) else seconds,
            micros=price,
            is_reviewed=(
                found.verdict is Verdict.REVIEW or holds.review_mode in {"publishing", "both"}
            ),
            threshold=holds.public_figure_threshold,
        )

    def keep(self, job: PastJob) -> None:
        """Let a job be that cannot be decided about; caps count it all the same."""
        self._count(job, self._facts(job), job.micros)

    def _facts(self, job: PastJob) -> RequestFacts:
        role_ids = job.role_ids or frozenset()
        return RequestFacts(
            prompt=job.prompt,
            shown_prompt=job.shown_prompt,
            channel_ids=job.channel_ids,
            role_ids=role_ids,
            user_id=job.user_id,
            is_age_restricted=bool(job.is_age_restricted),
            size_bytes=job.source_bytes,
            # A part that somebody chose is no longer than they wanted, whatever is allowed.
            seconds=job.source_seconds if job.was_cut else job.part_start + job.part_seconds,
            start=job.part_start,
        )

    def _uses(self, facts: RequestFacts, now: datetime) -> Iterator[CapUse]:
        for cap in caps_of(self._policy, facts, self._operator):
            if cap.holder.scope is not Scope.BOT:  # other servers' jobs count there as well
                key = cap.holder, cap.period, first_day(cap.period, now), cap.unit
                yield CapUse(cap=cap, used=self._used[key])

    def _price(self, job: PastJob, seconds: float) -> int:
        """Return what a job would cost; what it did cost, where nothing else is restyled."""
        if _is_same_part(job, seconds) or not job.is_counted:
            return job.micros
        price = estimate(model_rules(job.model), seconds, self._prices)
        return job.micros if price is None else price

    def _count(self, job: PastJob, facts: RequestFacts, price: int) -> None:
        if not job.is_counted:
            return
        for holder in holders_of(self._policy, facts):
            for period in (Period.DAY, Period.MONTH):
                began = first_day(period, job.created_at)
                self._used[holder, period, began, Unit.JOBS] += 1
                self._used[holder, period, began, Unit.MICROS] += price


def _is_same_part(job: PastJob, seconds: float) -> bool:
    """Tell whether as much would be restyled as was; clips are cut at whole frames."""
    return abs(seconds - job.part_seconds) < _SAME_SECONDS
