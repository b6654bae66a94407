"""The peak hour, event by event: who waits for the provider, and how often we ask.

The sum of many servers' Poisson arrivals is one Poisson process, however unlike they are, so one
rate is enough. The poll moments come from the bot's own rule (``poll_schedule``),
which goes on learning from the simulated jobs as it would from real ones.
"""

from __future__ import annotations

import math
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from bench.scale.assumptions import MEDIAN_SECONDS, SIGMA
from bot.domain.jobs import Phase
from bot.engine.job_handle import tenth
from bot.engine.poll_schedule import HISTORY, Durations, Limits
from bot.engine.steps.poll import OVERDUE_SECONDS
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED: Final = 20_260_101
HOUR: Final = 3600.0
WARM_SECONDS: Final = 900.0
"""Simulated before the hour that is counted, so that it does not begin empty."""
ENOUGH_JOBS: Final = 3_000
"""Quiet bots get as many peak hours as it takes to see so many jobs…"""
MOST_HOURS: Final = 10_000
"""…but no more than this."""
DEADLINE_SECONDS: Final = 60.0 * Settings.model_fields["job_deadline_minutes"].default


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """What the peak hour was like. Seconds, unless the name says otherwise."""

    jobs: int
    hours: int
    polls_per_job: float
    polls_per_second: float
    polls_busiest_second: int
    """99.9 % of the seconds have at most so many."""
    waiting_mean: float
    """Jobs that the scheduler holds at once, on average over the hour."""
    waiting_most: int
    """99.9 % of the time at most so many."""
    running_most: int
    """Tasks at work at the provider: 99 % of the time at most so many."""
    throttled_share: float
    """Of the jobs: held back because the concurrency was used up."""
    queue_p95: float
    timed_out_share: float
    """Of the jobs: given up at the deadline, though the provider may still charge for them."""
    shows_per_job: float
    edits_per_job: float
    """Of progress; each show edits the status, and the record where its words change."""
    detection_mean: float
    """From the end of a task to when it is seen."""


@dataclass(slots=True, eq=False)
class _Job:
    created: float
    is_counted: bool
    seconds: float
    began: float | None = None
    polls: int = 0
    shows: int = 1  # that it waits at the provider: status and record
    edits: int = 2
    shown: tuple[Phase, int | None, bool] = (Phase.PENDING, None, False)


@dataclass(slots=True)
class _Tally:
    jobs: int = 0
    polls_of_jobs: int = 0
    throttled: int = 0
    timed_out: int = 0
    shows: int = 0
    edits: int = 0
    finished: int = 0
    detection: float = 0.0
    queued: list[float] = field(default_factory=list)
    polls_in_hours: int = 0
    seconds_with: Counter[int] = field(default_factory=Counter)
    waiting: Counter[int] = field(default_factory=Counter)
    running: Counter[int] = field(default_factory=Counter)


_ARRIVE, _END, _POLL = range(3)


class _Hour:
    """One peak hour with its warm-up, and with what comes after until its jobs are over."""

    def __init__(
        self,
        *,
        per_hour: float,
        concurrent: int | None,
        rng: random.Random,
        durations: Durations,
        tally: _Tally,
    ) -> None:
        self._per_second = per_hour / HOUR
        self._concurrent = math.inf if concurrent is None else concurrent
        self._rng = rng
        self._durations = durations
        self._tally = tally
        self._events: list[tuple[float, int, int, _Job | None]] = []
        self._number = 0
        self._queue: deque[_Job] = deque()
        self._waiting = 0
        self._running = 0
        self._counted_open = 0
        self._now = -WARM_SECONDS
        self._polls: Counter[int] = Counter()

    def _plan(self, at: float, kind: int, job: _Job | None) -> None:
        self._number += 1  # ties in the order in which they were planned
        heappush(self._events, (at, self._number, kind, job))

    def run(self) -> None:
        first = self._now + self._rng.expovariate(self._per_second)
        if first < HOUR:
            self._plan(first, _ARRIVE, None)
        while self._events and (self._counted_open or self._now < HOUR):
            at, _, kind, job = heappop(self._events)
            self._weigh(at)
            self._now = at
            if kind == _ARRIVE:
                self._arrive()
            elif job is not None:
                (self._end if kind == _END else self._poll)(job)
        self._weigh(HOUR)
        self._tally.polls_in_hours += self._polls.total()
        self._tally.seconds_with.update(self._polls.values())
        self._tally.seconds_with[0] += int(HOUR) - len(self._polls)

    def _weigh(self, until: float) -> None:
        """Note for how long there were so many."""
        seconds = min(until, HOUR) - max(self._now, 0.0)
        if seconds > 0:
            thousandths = round(seconds * 1000)
            self._tally.waiting[self._waiting] += thousandths
            self._tally.running[self._running] += thousandths

    def _arrive(self) -> None:
        following = self._now + self._rng.expovariate(self._per_second)
        if following < HOUR:  # later ones queue behind all that count, and change nothing for them
            self._plan(following, _ARRIVE, None)
        is_counted = 0 <= self._now < HOUR
        seconds = self._rng.lognormvariate(math.log(MEDIAN_SECONDS), SIGMA)
        job = _Job(self._now, is_counted, seconds)
        self._waiting += 1
        self._counted_open += is_counted
        self._tally.jobs += is_counted
        if self._running < self._concurrent:
            self._begin(job)
        else:
            self._tally.throttled += is_counted
            self._queue.append(job)
        self._plan(self._now + self._durations.gap_seconds(0.0), _POLL, job)

    def _begin(self, job: _Job) -> None:
        job.began = self._now
        self._running += 1
        self._plan(self._now + job.seconds, _END, job)
        if job.is_counted:
            self._tally.queued.append(self._now - job.created)

    def _end(self, _job: _Job) -> None:
        self._running -= 1
        if self._queue:
            self._begin(self._queue.popleft())

    def _poll(self, job: _Job) -> None:
        job.polls += 1
        if 0 <= self._now < HOUR:
            self._polls[int(self._now)] += 1
        age = self._now - job.created
        if job.began is not None and self._now >= job.began + job.seconds:
            self._durations.learn(age)
            self._leave(job)
            if job.is_counted:
                self._tally.finished += 1
                self._tally.detection += self._now - job.began - job.seconds
            return
        if age >= DEADLINE_SECONDS:
            self._leave(job)
            self._tally.timed_out += job.is_counted
            if job.began is None and job.is_counted:
                self._tally.queued.append(age)
                job.is_counted = False  # the provider will begin it all the same
            return
        phase = Phase.THROTTLED if job.began is None else Phase.RUNNING
        self._show(job, phase, age)
        self._plan(self._now + self._durations.gap_seconds(age, phase), _POLL, job)

    def _leave(self, job: _Job) -> None:
        self._waiting -= 1
        if job.is_counted:
            self._counted_open -= 1
            self._tally.polls_of_jobs += job.polls
            self._tally.shows += job.shows
            self._tally.edits += job.edits

    def _show(self, job: _Job, phase: Phase, age: float) -> None:
        progress = None if job.began is None else (self._now - job.began) / job.seconds
        shown = (phase, tenth(progress), age >= OVERDUE_SECONDS)
        if shown == job.shown:
            return
        # The record's words are the same for PENDING and THROTTLED, and name no progress.
        job.edits += 1 + ((phase is Phase.RUNNING) != (job.shown[0] is Phase.RUNNING))
        job.shows += 1
        job.shown = shown


@cache
def simulate_peak(jobs_per_hour: float, *, concurrent: int | None = None, seed: int = SEED) -> Peak:
    """Simulate peak hours until enough jobs were seen; the same for the same arguments.

    Args:
        jobs_per_hour: Arrivals, above 0.
        concurrent: How many tasks the provider works on at once; ``None`` for all of them.
        seed: Of the random numbers.

    Raises:
        ValueError: There are no arrivals to simulate.
    """
    if not jobs_per_hour > 0:
        raise ValueError(f"jobs_per_hour must be above 0, not {jobs_per_hour}")
    rng = random.Random(seed)  # noqa: S311 - no secret
    known = [rng.lognormvariate(math.log(MEDIAN_SECONDS), SIGMA) for _ in range(HISTORY)]
    tally = _Tally()
    hours = min(MOST_HOURS, math.ceil(ENOUGH_JOBS / jobs_per_hour))
    for _ in range(hours):
        _Hour(
            per_hour=jobs_per_hour,
            concurrent=concurrent,
            rng=rng,
            durations=Durations(Limits(), known),  # as learned from the quiet hours before
            tally=tally,
        ).run()
    jobs = max(1, tally.jobs)
    return Peak(
        jobs=tally.jobs,
        hours=hours,
        polls_per_job=tally.polls_of_jobs / jobs,
        polls_per_second=tally.polls_in_hours / (hours * HOUR),
        polls_busiest_second=weighted_quantile(tally.seconds_with, 0.999),
        waiting_mean=_mean(tally.waiting),
        waiting_most=weighted_quantile(tally.waiting, 0.999),
        running_most=weighted_quantile(tally.running, 0.99),
        throttled_share=tally.throttled / jobs,
        queue_p95=_quantile(tally.queued, 0.95),
        timed_out_share=tally.timed_out / jobs,
        shows_per_job=tally.shows / jobs,
        edits_per_job=tally.edits / jobs,
        detection_mean=tally.detection / max(1, tally.finished),
    )


def weighted_quantile(weights: Counter[int], share: float) -> int:
    """Return the least value that at least ``share`` of the weight does not exceed."""
    wanted = share * weights.total()
    seen = 0
    for value in sorted(weights):
        seen += weights[value]
        if seen >= wanted:
            return value
    return 0


def _mean(weights: Counter[int]) -> float:
    return sum(value * weight for value, weight in weights.items()) / max(1, weights.total())


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0
