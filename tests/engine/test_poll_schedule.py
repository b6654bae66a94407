# ruff: noqa: S311 - simulations, no secrets
import math
import random

import pytest

from bot.domain.jobs import Phase
from bot.engine.poll_schedule import HISTORY, Durations, Limits, backoff_seconds

LIMITS = Limits(shortest=5.0, longest=15.0)


def log_normal(rng, count, *, median=90.0, sigma=0.35):
    return [rng.lognormvariate(math.log(median), sigma) for _ in range(count)]


def poll(durations, seconds):
    """Return how many polls a task of ``seconds`` takes, and how late its end is seen."""
    polls, age = 0, 0.0
    while not polls or age < seconds:
        age += durations.gap_seconds(age, Phase.RUNNING)
        polls += 1
    return polls, age - seconds


def simulate(durations, tasks, *, learn=True):
    """Return polls a task, and the mean and the 99 % quantile of the delays of their ends."""
    polls, delays = 0, []
    for seconds in tasks:
        count, delay = poll(durations, seconds)
        if learn:
            durations.learn(seconds + delay)
        polls += count
        delays.append(delay)
    delays.sort()
    return polls / len(tasks), sum(delays) / len(tasks), delays[len(tasks) * 99 // 100]


def simulated(history, *, then=None, tasks=250, **kind):
    """Return the means of ``simulate`` over 40 histories; nothing is learned meanwhile."""
    rng = random.Random(20260101)
    results = [
        simulate(
            Durations(LIMITS, log_normal(rng, history, **kind)),
            log_normal(rng, tasks, **(then or kind)),
            learn=False,
        )
        for _ in range(40)
    ]
    return [sum(column) / len(results) for column in zip(*results, strict=True)]


def test_a_kind_learned_from_nothing_on_keeps_to_what_is_wanted():
    polls, delay, worst = simulate(Durations(LIMITS), log_normal(random.Random(1), 5000))
    assert polls <= 14
    assert delay <= 2.6
    assert worst <= 5.5


def test_tasks_of_six_minutes_take_at_most_forty_five_polls():
    tasks = log_normal(random.Random(1), 5000, median=360)
    polls, delay, worst = simulate(Durations(LIMITS), tasks)
    assert polls <= 45
    assert delay <= 4
    assert worst <= LIMITS.longest


@pytest.mark.parametrize(("history", "share"), [(3, 0.8), (10, 0.75), (HISTORY, 0.75)])
def test_little_history_saves_polls_and_makes_no_end_late(history, share):
    cold, *_ = simulated(0)
    polls, delay, worst = simulated(history)
    assert cold > 19
    assert polls < share * cold
    assert delay <= 2.6
    assert worst <= 6


def test_predictable_jobs_are_polled_less():
    polls, delay, _ = simulated(HISTORY, sigma=0.2)
    assert polls < 10
    assert delay <= 2.6


def test_mixed_kinds_are_polled_for_their_fastest():
    rng = random.Random(3)
    tasks = [*log_normal(rng, 2000, median=60), *log_normal(rng, 2000, median=180)]
    rng.shuffle(tasks)
    _, delay, worst = simulate(Durations(LIMITS), tasks)
    assert delay <= 2.7
    assert worst <= 5.5


@pytest.mark.parametrize("history", [3, 10, HISTORY])
def test_a_provider_that_becomes_faster_is_seen_a_little_late_until_it_is_learned(history):
    _, delay, _ = simulated(history, then={"median": 54})
    assert delay < 3.5


def test_a_few_fast_jobs_are_enough_to_learn_that_the_provider_became_faster():
    rng = random.Random(7)
    durations = Durations(LIMITS, log_normal(rng, HISTORY))
    faster = log_normal(rng, 2000, median=54)
    stale = simulate(durations, faster, learn=False)
    simulate(durations, faster[:20])
    _, delay, worst = simulate(durations, faster, learn=False)
    assert delay < 2.6 < stale[1]
    assert worst < 7 < stale[2]


def test_a_provider_that_becomes_slower_is_seen_no_later():
    _, delay, worst = simulated(HISTORY, then={"median": 144})
    assert delay <= 2.6
    assert worst <= 5.5


def test_without_history_gaps_are_the_shortest_until_a_task_takes_long():
    gaps = [Durations(LIMITS).gap_seconds(age) for age in (0, 5, 60, 300, 600, 900, 6000)]
    assert gaps == [5, 5, 5, 5, 10, 15, 15]


@pytest.mark.parametrize("seconds", [1.0, 90.0, 360.0, 1500.0])
@pytest.mark.parametrize("count", [1, 3, 10, HISTORY])
def test_no_task_is_polled_more_often_than_every_shortest_gap(count, seconds):
    durations = Durations(LIMITS, [seconds] * count)
    for age in (0, 0.001, 1, 30, seconds - 0.1, seconds, 300, 3000, 100_000):
        for phase in Phase:
            assert 5 <= durations.gap_seconds(age, phase) <= (60 if age < seconds else 15)


def test_nothing_is_polled_before_an_end_is_likely():
    for count, first in ((1, 10), (3, 25), (HISTORY, 60 * 50 / 53 - 5)):
        assert Durations(LIMITS, [60.0] * count).gap_seconds(0) == pytest.approx(first)


def test_after_a_restart_a_young_task_is_polled_when_its_end_is_likely():
    durations = Durations(LIMITS, [60.0] * HISTORY)
    assert durations.gap_seconds(20) == pytest.approx(durations.gap_seconds(0) - 20)
    assert durations.gap_seconds(51) == 5


def test_after_a_jam_nobody_waits_for_another_jam():
    jammed = Durations(LIMITS, [1500.0] * HISTORY)
    for age in (0, 60, 600):
        assert jammed.gap_seconds(age) == 60
    delays = []
    for _ in range(8):
        _, delay = poll(jammed, 61)
        jammed.learn(61 + delay)
        delays.append(delay)
    assert delays[0] < 60
    assert delays[-1] <= 5


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.THROTTLED])
def test_a_task_that_only_queues_is_polled_half_as_often(phase):
    durations = Durations(LIMITS)
    gaps = [durations.gap_seconds(age, phase) for age in (60, 150, 300, 450, 3600)]
    assert gaps == [5, 5, 10, 15, 15]
    assert durations.gap_seconds(300, Phase.RUNNING) == 5


def test_only_the_last_fifty_durations_count():
    durations = Durations(LIMITS, [10.0] * 100)
    for _ in range(HISTORY):
        durations.learn(100.0)
    assert durations.typical_seconds == 100
    assert durations.gap_seconds(0) == Durations(LIMITS, [100.0] * HISTORY).gap_seconds(0) == 60


def test_typical_is_the_median_and_unknown_with_fewer_than_three():
    assert Durations(LIMITS, [60, 70]).typical_seconds is None
    assert Durations(LIMITS, [60, 400, 70]).typical_seconds == 70


def test_impossible_durations_are_ignored():
    durations = Durations(LIMITS, [0, -3, 60, 60, 60])
    durations.learn(0)
    assert durations.typical_seconds == 60


def test_back_off_doubles_up_to_its_cap_with_jitter():
    rng = random.Random(3)
    for failures, least in ((1, 1), (2, 2), (3, 4), (6, 30), (5000, 30)):
        pause = backoff_seconds(failures, rng=rng)
        assert least <= pause <= least * 1.5


def test_back_off_never_falls_below_what_the_other_side_asked_for():
    assert backoff_seconds(1, at_least=40) >= 40
