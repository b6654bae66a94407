import dataclasses
from datetime import UTC, datetime

import pytest

from bot.domain.jobs import FINAL_STATES, TRANSITIONS, Job, JobState
from bot.domain.money import CostSource
from tests.factories import new_job

MOMENT = datetime(2026, 7, 1, tzinfo=UTC)


def make_job(**fields):
    new = {field.name: getattr(new_job(), field.name) for field in dataclasses.fields(new_job())}
    known = {"state": JobState.DONE, "owner": None, "created_at": MOMENT, "updated_at": MOMENT}
    return Job(**new | known | fields)


def reachable(start):
    found, frontier = set(), {start}
    while frontier:
        state = frontier.pop()
        found.add(state)
        frontier |= TRANSITIONS[state] - found
    return found


def test_every_state_has_its_line():
    assert set(TRANSITIONS) == set(JobState)


def test_done_failed_and_cancelled_are_final():
    assert {JobState.DONE, JobState.FAILED, JobState.CANCELLED} == FINAL_STATES


@pytest.mark.parametrize("state", JobState)
def test_every_state_can_reach_an_end(state):
    assert reachable(state) & FINAL_STATES


def test_only_a_queued_job_is_ever_submitted():
    assert [s for s, following in TRANSITIONS.items() if JobState.SUBMITTING in following] == [
        JobState.QUEUED
    ]


def test_a_job_that_may_have_been_paid_for_never_goes_back_to_the_queue():
    for state in JobState:
        if state not in {JobState.HELD, JobState.SUBMITTING}:
            assert JobState.QUEUED not in TRANSITIONS[state]


@pytest.mark.parametrize(
    ("expected", "estimate", "told"),
    [
        (750_000, 1_400_000, 1_400_000),
        (750_000, 600_000, 600_000),
        (750_000, 800_000, None),
        (None, 630_000, 630_000),
    ],
)
def test_an_estimate_is_told_where_it_is_not_about_what_was_expected(expected, estimate, told):
    job = make_job(price_micros=expected, cost_micros=estimate, cost_source=CostSource.ESTIMATE)
    assert (job.revised_micros, job.bill_micros) == (told, None)


def test_a_bill_is_what_the_provider_takes_and_of_older_jobs_its_credits():
    assert make_job(cost_micros=5, cost_source=CostSource.QUOTA, cost_credits=75).bill_micros == 5
    assert make_job(cost_credits=75).bill_micros == 750_000
