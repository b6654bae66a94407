"""What a change of settings would have done to the last 30 days of jobs. No I/O.

The jobs are replayed in order under what is set and under what would be, each time with the very
functions that decide about requests. What a person decided (a review, a pause, a strike) is left
as it was, and requests that were refused at the time are not known any more.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.policy.replay.past_jobs import MOST_JOBS, tried_since
from bot.policy.replay.replay import Checker, Ground, Needs, Replay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.policy.levels import Policy
    from bot.policy.replay.past_jobs import PastJob
    from bot.policy.replay.replay import Fate
    from bot.settings import Settings

RULES_SECONDS: Final = 4.0
"""The most that prompt rules may take for a whole preview; what is left then is not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change would have done. Numbers of jobs, and money in micro-dollars."""

    jobs: int
    """Those of the last 30 days that were tried."""
    refused: Mapping[Ground, int]
    """Those that would have been refused in addition, by reason, the most frequent first."""
    accepted: int
    """Those that present settings would refuse, and the new ones would not."""
    shorter: int
    longer: int
    """Those of which less, or more, would have been restyled."""
    reviewed: int
    unreviewed: int
    """Those that a moderator would have looked at in addition, or no longer."""
    stricter: int
    looser: int
    """Those checked more, or less, strictly for public figures."""
    spent_before: int
    """What those would have cost that present settings let through."""
    spent_after: int
    refused_before: int
    """Those that present settings would refuse already."""
    unjudged: int = 0
    """Those, besides ``jobs``, of which too little is known: the roles, say. They are kept."""
    unchecked: int = 0
    """Those of ``jobs`` whose prompts there was no time to check."""
    is_partial: bool = False
    """Whether there were more jobs, older ones, than are tried."""

    @property
    def refused_count(self) -> int:
        """How many would have been refused in addition."""
        return sum(self.refused.values())

    @property
    def changes_nothing(self) -> bool:
        """Whether every job would have gone as it would under present settings."""
        changed = (
            self.accepted,
            self.shorter,
            self.longer,
            self.reviewed,
            self.unreviewed,
            self.stricter,
            self.looser,
        )
        return not self.refused and not any(changed) and self.spent_before == self.spent_after


def preview(
    past: Sequence[PastJob], before: Policy, after: Policy, operator: Settings, now: datetime
) -> Preview:
    """Return what would have become of past jobs under other settings.

    It takes up to some seconds: have it made aside from the event loop.

    Args:
        past: Jobs from ``needed_since(now)`` on, oldest first; only the newest ``MOST_JOBS`` are
            tried.
        before: What is set.
        after: What would be; see ``bot.policy.changes.applied``.
        operator: The bot's own settings.
        now: The present moment.
    """
    since = tried_since(now)
    newest = past[-MOST_JOBS:]
    rules = Checker(time.monotonic() + RULES_SECONDS)
    replays = [Replay(policy, operator, rules) for policy in (before, after)]
    needs = Needs.of(before) | Needs.of(after)
    tally = _Tally()
    for job in newest:
        is_tried = job.created_at >= since
        if not needs.met_by(job):
            for replay in replays:
                replay.keep(job)
            tally.unjudged += is_tried
            continue
        fates = [replay.take(job) for replay in replays]
        if is_tried:
            tally.add(*fates)
            tally.unchecked += job.job_id in rules.unchecked
    return tally.result(is_partial=len(past) > len(newest) and newest[0].created_at > since)


@dataclass(slots=True)
class _Tally:
    """Counts what differs between two fates."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[Ground] = field(default_factory=Counter)
    unjudged: int = 0
    unchecked: int = 0

    def add(self, before: Fate, after: Fate) -> None:
        """Count a job."""
        counts = self.counts
        counts["jobs"] += 1
        counts["spent_before"] += before.micros
        counts["spent_after"] += after.micros
        counts["refused_before"] += before.refused_by is not None
        if before.refused_by is not None:
            counts["accepted"] += after.refused_by is None
            return
        if after.refused_by is not None:
            self.refused[after.refused_by] += 1
            return
        counts["shorter"] += after.seconds < before.seconds
        counts["longer"] += after.seconds > before.seconds
        counts["reviewed"] += after.is_reviewed and not before.is_reviewed
        counts["unreviewed"] += before.is_reviewed and not after.is_reviewed
        # "low" is the provider's word for checking less strictly.
        counts["stricter"] += before.threshold == "low" and after.threshold != "low"
        counts["looser"] += before.threshold != "low" and after.threshold == "low"

    def result(self, *, is_partial: bool) -> Preview:
        """Return what was counted."""
        counts = self.counts
        return Preview(
            jobs=counts["jobs"],
            refused=dict(self.refused.most_common()),
            accepted=counts["accepted"],
            shorter=counts["shorter"],
            longer=counts["longer"],
            reviewed=counts["reviewed"],
            unreviewed=counts["unreviewed"],
            stricter=counts["stricter"],
            looser=counts["looser"],
            spent_before=counts["spent_before"],
            spent_after=counts["spent_after"],
            refused_before=counts["refused_before"],
            unjudged=self.unjudged,
            unchecked=self.unchecked,
            is_partial=is_partial,
        )
