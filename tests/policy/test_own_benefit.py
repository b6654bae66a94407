"""Whether a change gives whoever makes it more than they had."""

import pytest

from bot.domain.quotas import Scope
from bot.policy.changes import applied
from bot.policy.levels import Policy
from bot.policy.own_benefit import lifted
from bot.policy.problems import SERVER, UNSET, Target
from tests.policy.builders import operator

MINE, OTHER = Target(Scope.ROLE, 5), Target(Scope.ROLE, 6)
BASE = Policy(1, {SERVER: {"member_jobs_per_day": 5}, MINE: {"member_jobs_per_day": 4}})


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({MINE: {"member_jobs_per_day": 9}}, ["member_jobs_per_day"]),
        ({MINE: {"member_jobs_per_day": None}}, ["member_jobs_per_day"]),
        ({MINE: {"member_jobs_per_day": UNSET}}, ["member_jobs_per_day"]),
        ({MINE: {"member_jobs_per_day": 3}}, []),
        ({OTHER: {"member_jobs_per_day": 9}}, []),
        ({SERVER: {"member_jobs_per_day": 9}}, []),
        ({SERVER: {"exempt_role_ids": frozenset({5})}}, ["exempt_role_ids"]),
        ({SERVER: {"exempt_role_ids": frozenset({6})}}, []),
        ({SERVER: {"review_skip_role_ids": frozenset({5, 6})}}, ["review_skip_role_ids"]),
        ({MINE: {"max_video_seconds": 20.0}}, []),
    ],
)
def test_more_by_a_role_of_ones_own_is_seen(changes, found):
    base = applied(BASE, {SERVER: {"max_video_seconds": 20.0}})
    assert lifted(base, changes, {5}, operator()) == found
    assert lifted(base, changes, (), operator()) == []
    assert lifted(applied(base, changes), changes, {5}, operator()) == []


def test_whom_a_review_spares_is_seen():
    base = applied(BASE, {SERVER: {"review_mode": "both"}})
    assert lifted(base, {MINE: {"review_mode": "off"}}, {5}, operator()) == ["review_mode"]
