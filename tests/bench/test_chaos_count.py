"""The judge of the chaos runs must itself notice everything that is forbidden."""

from typing import Any

import pytest

from bench.chaos.count import Asked, Counts, count, prompt_of

JOB = 1_300_000_000_000_000_001


def judge(
    *kinds: str,
    charges: int = 1,
    excused: bool = False,
    perhaps_unsent: bool = False,
    **asked: bool,
) -> Counts:
    creates = [{"body": {"promptText": prompt_of(7, "[[create:close]]")}}] * charges
    messages: list[dict[str, Any]] = [{"nonce": f"{JOB}{kind}", "pings": [1]} for kind in kinds]
    return count(
        [Asked(number=7, job_id=JOB, **asked)],
        provider={"creates": creates},
        discord={"channels": [{"messages": messages[:1]}, {"messages": messages[1:]}]},
        excused={JOB} if excused else (),
        perhaps_unsent={JOB} if perhaps_unsent else (),
    )


def test_an_answer_in_its_thread_is_all_that_is_wanted():
    assert judge("s", "a") == Counts(jobs=1, done=1)
    assert judge("s", "a").is_clean


def test_two_requests_for_one_job_are_charged_twice():
    counts = judge("s", "a", charges=2)
    assert counts.charged_twice == 1
    assert not counts.is_clean


@pytest.mark.parametrize("kinds", ["saa", "ssa", "sff", "suu", "saf"])
def test_a_message_that_is_there_twice_is_noticed(kinds: str):
    counts = judge(*kinds, may_fail=True, may_be_uncertain=True)
    assert counts.posted_twice == 1
    assert not counts.is_clean


def test_a_job_that_nobody_was_told_about_has_not_ended_and_is_lost_when_paid_for():
    assert judge("s", charges=0) == Counts(jobs=1, not_ended=1)
    assert judge("s") == Counts(jobs=1, not_ended=1, lost=1)
    assert not judge("s", charges=0).is_clean


def test_a_video_that_was_paid_for_is_lost_when_people_are_told_that_it_failed():
    assert judge("s", "f").lost == 1
    assert judge("s", "f", may_fail=True) == Counts(jobs=1, failed=1)
    assert judge("s", "f", charges=0).unexplained == 1


def test_uncertain_needs_a_cause():
    assert judge("s", "u").unexplained == 1
    assert judge("s", "u", excused=True) == Counts(jobs=1, uncertain=1)
    assert judge("s", "u", may_be_uncertain=True).is_clean
    assert judge("s", "u", charges=0, perhaps_unsent=True).is_clean
    assert judge("s", "u", perhaps_unsent=True).unexplained == 1  # its answer could be had


def test_an_answer_after_all_settles_what_was_uncertain():
    assert judge("s", "u", "a") == Counts(jobs=1, done=1)


def test_a_ping_that_belongs_to_no_job_stops_the_counting():
    with pytest.raises(ValueError, match="of no job"):
        count(
            [],
            provider={"creates": []},
            discord={"channels": [{"messages": [{"nonce": None, "pings": [1]}]}]},
            excused=(),
        )
