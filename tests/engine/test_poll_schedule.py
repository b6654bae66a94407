# ruff: noqa: S311 - simulations, no secrets
import math
import random

import pytest

from bot.domain.jobs import Phase
from bot.engine.poll_schedule import HISTORY, Durations, Limits, backoff_seconds

LIMITS = Limits(shortest=5.0, longest=15.0)


def log_normal(rng, count, *, median=90.0, sigma=0.35):
    return [rng.lognormvariate(math.log(median), sigma) for _ in range(count)]


def simulate(durations, tasks):
    """Return requests per job and mean seconds until an end is noticed."""
    requests = delay = 0.0
    for seconds in tasks:
        age = durations.first_gap_seconds()
        requests += 1
        while age < seconds:
            age += durations.gap_seconds(age, Phase.RUNNING)
            requests += 1
        delay += age - seconds
    return requests / len(tasks), delay / len(tasks)


def learned_and_simulated(history, *, sigma=0.35):
    rng = random.Random(20260101)
    results = [
        simulate(
            Durations(LIMITS, log_normal(rng, history, sigma=sigma)),
            log_normal(rng, 250, sigma=sigma),
        )
        for _ in range(40)
    ]
    return [sum(column) / len(results) for column in zip(*results, strict=True)]


def test_a_learned_kind_of_job_needs_at_most_eleven_requests_at_little_delay():
    requests, delay = learned_and_simulated(HISTORY)
    assert requests <= 11
    assert delay <= 2.75


def test_ten_jobs_of_history_bring_most_of_the_gain():
    cold, _ = learned_and_simulated(0)
    some, delay = learned_and_simulated(10)
    assert cold > 19
    assert some < 0.62 * cold
    assert delay < 2.9


def test_predictable_jobs_are_asked_about_less():
    requests, delay = learned_and_simulated(HISTORY, sigma=0.2)
    assert requests < 7.5
    assert delay <= 2.8


def test_a_stale_model_is_made_good_by_the_longest_gap_and_by_learning():
    rng = random.Random(7)
    durations = Durations(LIMITS, log_normal(rng, HISTORY))
    faster = log_normal(rng, 2000, median=54)
    _, stale = simulate(durations, faster)
    for seconds in faster[:20]:
        durations.learn(seconds)
    _, fresh = simulate(durations, faster)
    assert fresh < stale < 7.5
    slower = log_normal(rng, 500, median=150)
    assert simulate(durations, slower)[1] < 3


def test_without_history_every_gap_is_the_shortest():
    durations = Durations(LIMITS)
    assert durations.first_gap_seconds() == 5
    assert {durations.gap_seconds(age) for age in (0, 5, 60, 600, 6000)} == {5}


@pytest.mark.parametrize("count", [3, 10, HISTORY])
def test_gaps_stay_between_shortest_and_longest(count):
    durations = Durations(LIMITS, log_normal(random.Random(count), count))
    assert durations.first_gap_seconds() >= 5
    for age in (0, 0.001, 1, 30, 90, 300, 3000, 100_000):
        assert 5 <= durations.gap_seconds(age, Phase.RUNNING) <= 15


def test_nothing_is_asked_before_any_job_ever_ended():
    durations = Durations(LIMITS, [90.0] * 20)
    assert 20 < durations.first_gap_seconds() < 90


def test_the_gap_is_shortest_when_the_end_is_due():
    durations = Durations(LIMITS, log_normal(random.Random(1), HISTORY, sigma=0.2))
    early = durations.gap_seconds(durations.first_gap_seconds())
    assert early > durations.gap_seconds(90) == 5


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.THROTTLED])
def test_a_task_that_only_queues_is_looked_at_sparsely(phase):
    durations = Durations(LIMITS)
    gaps = [durations.gap_seconds(age, phase) for age in (60, 119, 120, 599, 600, 3600)]
    assert gaps == [5, 5, 10, 10, 20, 20]
    assert durations.gap_seconds(3600, Phase.RUNNING) == 5


def test_only_the_last_fifty_durations_count():
    durations = Durations(LIMITS, [10.0] * 100)
    for _ in range(HISTORY):
        durations.learn(100.0)
    assert durations.typical_seconds == 100
    assert durations.gap_seconds(20) == Durations(LIMITS, [100.0] * HISTORY).gap_seconds(20)


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


def test_after_a_jam_the_first_look_does_not_wait_for_another_jam():
    jammed = Durations(LIMITS, [1500.0] * HISTORY)
    assert LIMITS.longest < jammed.first_gap_seconds() <= 60
