"""Whose turn it is among jobs that wait for others to end. No I/O.

Members take turns: first come those jobs of whose member the fewest run or wait ahead; of equals
those whose member's last turn is the longest ago, or never was; then the oldest. Without the last
turns, whoever asked for ten clips first would get all ten where only one runs at a time. Nobody
starves: a member's next job moves up whenever one of theirs ends, and whoever had a turn after
theirs comes after them.

A job that a cap of its own keeps back does not keep back those behind it who have nothing to do
with that cap.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.quotas import Cap, QuotaSubject

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that is ready and may not start yet."""

    job_id: int
    user_id: int
    caps: tuple[Cap, ...]
    """Those on what runs at once that it counts against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a job stands once everybody before it got what there was."""

    waiting: Waiting
    full: frozenset[QuotaSubject]
    """Whose caps keep it back; none: its turn has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """What a waiting job waits for, as its member sees it."""

    position: int
    """1 is next."""
    at_once: int
    """How many of those that it waits for may run at a time; at least 1."""
    has_others: bool
    """Whether jobs of other members come before it."""

    def wait_seconds(self, typical_seconds: float) -> float:
        """Return how long that takes about, where one takes ``typical_seconds`` once it runs.

        Of so many that run one ends every so often, whenever each of them began.
        """
        return self.position * typical_seconds / self.at_once


def arrange(
    waiting: Iterable[Waiting],
    running: Mapping[QuotaSubject, int],
    last_turns: Mapping[int, datetime] | None = None,
) -> list[Place]:
    """Return the jobs in the order of their turns, each with what keeps it back.

    ``running`` and ``last_turns`` need not name holders without jobs and members without a turn.
    """
    used = Counter(running)
    places: list[Place] = []
    for one in _in_turn(waiting, running, last_turns or {}):
        full = frozenset(cap.holder for cap in one.caps if used[cap.holder] >= cap.limit)
        if not full:
            used.update({cap.holder for cap in one.caps})
        places.append(Place(waiting=one, full=full))
    return places


def _in_turn(
    waiting: Iterable[Waiting],
    running: Mapping[QuotaSubject, int],
    last_turns: Mapping[int, datetime],
) -> list[Waiting]:
    busy: Counter[int] = Counter()
    for holder, count in running.items():
        if holder.scope is Scope.MEMBER:
            busy[holder.scope_id] += count
    ranked: list[tuple[int, datetime, int, Waiting]] = []
    for one in sorted(waiting, key=lambda one: one.job_id):
        last = last_turns.get(one.user_id, _NEVER)
        ranked.append((busy[one.user_id], last, one.job_id, one))
        busy[one.user_id] += 1
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]


def in_line(places: Sequence[Place], job_id: int) -> InLine | None:
    """Return where a job stands; ``None`` if it is not in line, or its turn has come.

    Counted are the jobs before it that wait for the same. One that a cap keeps back which does not
    concern this job is passed over, as it will be when the turn comes.
    """
    at = next((n for n, place in enumerate(places) if place.waiting.job_id == job_id), None)
    if at is None or not places[at].full:
        return None
    me = places[at]
    mine = {cap.holder for cap in me.waiting.caps}
    before = [
        place.waiting
        for place in places[:at]
        if place.full <= mine and any(cap.holder in me.full for cap in place.waiting.caps)
    ]
    return InLine(
        position=1 + len(before),
        at_once=min(int(cap.limit) for cap in me.waiting.caps if cap.holder in me.full),
        has_others=any(one.user_id != me.waiting.user_id for one in before),
    )
