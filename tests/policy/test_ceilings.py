"""What the operator allows at most, when a setting is set."""

import pytest

from bot.policy.ceilings import above_ceiling
from bot.policy.problems import SERVER, Flaw
from tests.policy.builders import channel, operator, role

MEBIBYTE = 1024 * 1024
BY = operator(
    max_video_mb=50,
    max_video_seconds=10,
    low_threshold_allowed=False,
    server_jobs_per_day=20,
    server_dollars_per_month=5,
    member_jobs_per_day=4,
)
CEILINGS = {
    "max_video_bytes": 50 * MEBIBYTE,
    "max_video_seconds": 10,
    "jobs_per_day": 20,
    "micros_per_month": 5_000_000,
    "member_jobs_per_day": 4,
}


@pytest.mark.parametrize(("name", "most"), CEILINGS.items())
def test_up_to_the_ceiling_is_allowed_and_beyond_it_is_named(name, most):
    assert above_ceiling(name, most, SERVER, BY, {}) is None
    assert above_ceiling(name, 1, SERVER, BY, {}) is None
    for target in (SERVER, channel(), role()):
        problem = above_ceiling(name, most + 1, target, BY, {})
        assert (problem.flaw, problem.highest, problem.target) == (Flaw.ABOVE_CEILING, most, target)


@pytest.mark.parametrize(
    ("name", "target", "is_allowed"),
    [
        ("jobs_per_day", SERVER, False),
        ("jobs_per_day", channel(), True),  # the server's cap counts those jobs too
        ("jobs_per_day", role(), True),
        ("micros_per_month", SERVER, False),
        ("micros_per_month", channel(), True),
        ("member_jobs_per_day", SERVER, False),
        ("member_jobs_per_day", role(), False),  # a role's word would be the last one
        ("max_video_bytes", SERVER, True),  # it means whatever the bot takes
        ("max_video_seconds", channel(), True),
    ],
)
def test_unlimited_is_beyond_a_limit_where_it_would_be_the_last_word(name, target, is_allowed):
    assert (above_ceiling(name, None, target, BY, {}) is None) is is_allowed


@pytest.mark.parametrize("name", CEILINGS)
def test_zero_and_unlimited_are_both_allowed_where_the_operator_sets_no_limit(name):
    free = operator()
    assert above_ceiling(name, 0, SERVER, free, {}) is None
    assert above_ceiling(name, None, SERVER, free, {}) is None


def test_the_operator_can_forbid_the_looser_threshold():
    problem = above_ceiling("public_figure_threshold", "low", channel(), BY, {})
    assert (problem.flaw, problem.words) == (Flaw.ABOVE_CEILING, ("auto",))
    assert above_ceiling("public_figure_threshold", "auto", channel(), BY, {}) is None
    assert above_ceiling("public_figure_threshold", "low", SERVER, operator(), {}) is None


def test_what_the_operator_does_not_limit_is_free():
    assert above_ceiling("review_mode", "off", SERVER, BY, {}) is None
    assert above_ceiling("jobs_per_month", None, SERVER, BY, {}) is None
