"""Which cap leaves no room for one more job, and whose word a cap is."""

import pytest

from bot.domain.quotas import Cap, CapUse, Decider, Period, QuotaSubject, Scope, Unit
from bot.policy.quotas import caps_of, reached
from tests.policy.builders import GUILD, ask, operator, policy

SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=GUILD, guild_id=GUILD)


def use(used, limit, unit=Unit.JOBS, period=Period.DAY):
    cap = Cap(holder=SERVER, period=period, unit=unit, limit=limit, decided_by=Decider.MODERATORS)
    return CapUse(cap=cap, used=used)


@pytest.mark.parametrize(
    ("found", "price", "is_reached"),
    [
        (use(4, 5), 10, False),
        (use(5, 5), 10, True),
        (use(0, 0), 10, True),
        (use(90, 100, Unit.MICROS), 10, False),
        (use(91, 100, Unit.MICROS), 10, True),
        (use(0, 100, Unit.MICROS), None, True),  # nobody can say that it fits
        (use(0, 5), None, False),
        (use(0, 0, Unit.MICROS), 0, True),
        (use(9, 3, period=Period.NOW), 10, False),  # it waits
        (use(0, 0, period=Period.NOW), 10, True),  # its turn would never come
    ],
)
def test_a_job_fits_up_to_the_limit_and_not_beyond(found, price, is_reached):
    assert reached([found], price) is (found if is_reached else None)


def test_of_several_full_caps_the_one_is_told_that_takes_longest_to_pass():
    day, month, never = use(1, 1), use(1, 1, period=Period.MONTH), use(0, 0, period=Period.NOW)
    assert reached([day, month], 1) is month
    assert reached([day, month, never], 1) is never
    assert reached([use(0, 1), day], 1) is day


@pytest.mark.parametrize(
    ("own", "decider"),
    [(5, Decider.MODERATORS), (10, Decider.OPERATOR), (None, Decider.OPERATOR)],
)
def test_a_cap_that_only_the_operator_can_raise_is_the_operators(own, decider):
    settings = policy(jobs_per_day=own, member_jobs_per_day=None)
    [cap] = caps_of(settings, ask(), operator(server_jobs_per_day=10))
    assert (cap.limit, cap.decided_by) == (own or 10, decider)
