"""The record of changes, and taking the last action back."""

from datetime import timedelta

import pytest

from bot.domain.quotas import Scope
from bot.policy.changes import PolicyChange, applied, check_changes, last_action, undoing
from bot.policy.problems import SERVER, UNSET, Flaw, SettingRefusedError
from tests.policy.builders import NOW, VIP, policy, role


def change(number, name="running", *, before=None, after="1", by=1, seconds=0, at=SERVER):
    return PolicyChange(
        id=number,
        guild_id=1,
        user_id=by,
        changed_at=NOW + timedelta(seconds=seconds),
        scope=at.scope,
        scope_id=at.scope_id,
        name=name,
        before=before,
        after=after,
    )


def ids(action):
    return [one.id for one in action]


def test_nothing_changed_is_no_action():
    assert last_action([]) == ()


def test_what_one_person_changed_at_once_is_one_action():
    changes = [
        change(4, "jobs_per_day", seconds=5),
        change(3, "running", seconds=5),
        change(2, "running", seconds=4),
    ]
    assert ids(last_action(changes)) == [4, 3]


def test_what_somebody_else_changed_in_the_same_moment_is_another_action():
    assert ids(last_action([change(3, "jobs_per_day"), change(2, "running", by=2)])) == [3]


def test_the_same_setting_twice_is_two_actions_and_for_two_targets_one():
    assert ids(last_action([change(3), change(2)])) == [3]
    assert ids(last_action([change(3), change(2, at=role())])) == [3, 2]


def test_undoing_brings_back_what_was_set_or_nothing_where_nothing_was():
    action = [
        change(3, "jobs_per_day", before="null"),
        change(2, "running", before=None),
        change(1, "member_running", before="0", at=role()),
    ]
    assert undoing(action) == {
        SERVER: {"jobs_per_day": None, "running": UNSET},
        role(): {"member_running": 0},
    }


def test_unlimited_zero_and_not_set_are_three_things_in_the_record():
    values = [change(1, before=text).value_before for text in ("null", "0", None)]
    assert values == [None, 0, UNSET]
    assert change(1, after=None).value_after is UNSET


@pytest.mark.parametrize(("name", "before"), [("gone_setting", "1"), ("review_mode", '"gone"')])
def test_what_this_version_does_not_know_any_more_cannot_be_undone(name, before):
    with pytest.raises(ValueError, match=r"."):
        undoing([change(1, name, before=before)])


def test_undoing_an_action_gives_back_the_settings_before_it():
    before = policy((role(), {"running": 2}), jobs_per_day=5)
    action = [
        change(3, "jobs_per_day", before="5", after=None),
        change(2, "running", before="2", after="0", at=role()),
        change(1, "review_mode", before=None, after='"both"'),
    ]
    done = {
        SERVER: {"jobs_per_day": UNSET, "review_mode": "both"},
        role(): {"running": 0},
    }
    after = applied(before, done)
    assert after.own("running", role()) == 0
    assert applied(after, undoing(action)).values == before.values


def test_a_change_knows_what_it_is_about():
    assert change(1, at=role()).target == (Scope.ROLE, VIP)


def test_what_nobody_knows_cannot_even_be_unset():
    with pytest.raises(SettingRefusedError) as caught:
        check_changes({SERVER: {"jobs_a_day": UNSET, "jobs_per_day": UNSET}}, None, {})
    assert [(one.name, one.flaw) for one in caught.value.problems] == [("jobs_a_day", Flaw.UNKNOWN)]
