import pytest

from bot.domain.jobs import FINAL_STATES, TRANSITIONS, JobState


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
