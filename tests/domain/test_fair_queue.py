"""Whose turn it is: order, places, and who does not keep whom back."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fair_queue import Waiting, arrange, in_line
from bot.domain.quotas import Cap, Decider, Period, QuotaSubject, Scope, Unit

SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=1, guild_id=1)


def member(user_id):
    return QuotaSubject(scope=Scope.MEMBER, scope_id=user_id, guild_id=1)


def cap(holder, limit):
    return Cap(
        holder=holder,
        period=Period.NOW,
        unit=Unit.JOBS,
        limit=limit,
        decided_by=Decider.MODERATORS,
    )


def waiting(job_id, user_id, *caps):
    return Waiting(job_id=job_id, user_id=user_id, caps=caps or (cap(SERVER, 1),))


def order(*args):
    return [place.waiting.job_id for place in arrange(*args)]


def admitted(*args):
    return [place.waiting.job_id for place in arrange(*args) if not place.full]


def test_members_take_turns_whoever_asked_most():
    line = [waiting(1, 7), waiting(2, 7), waiting(3, 7), waiting(4, 8), waiting(5, 9)]
    assert order(line, {}) == [1, 4, 5, 2, 3]


def test_who_has_jobs_running_comes_after_who_has_none():
    assert order([waiting(1, 7), waiting(2, 8)], {member(7): 1}) == [2, 1]


def test_of_equals_those_come_first_whose_turn_is_the_longest_ago():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    line = [waiting(1, 7), waiting(2, 8), waiting(3, 9)]
    last = {7: moment, 8: moment - timedelta(hours=1)}
    assert [place.waiting.job_id for place in arrange(line, {}, last)] == [3, 2, 1]


def test_a_slot_goes_to_the_first_and_the_others_see_their_place():
    places = arrange([waiting(1, 7), waiting(2, 7), waiting(3, 8)], {})
    assert [place.waiting.job_id for place in places if not place.full] == [1]
    assert [in_line(places, job_id).position for job_id in (3, 2)] == [2, 3]
    assert in_line(places, 1) is None


def test_with_every_slot_taken_the_first_in_line_is_next():
    places = arrange([waiting(1, 7), waiting(2, 8)], {SERVER: 1})
    assert [in_line(places, job_id).position for job_id in (1, 2)] == [1, 2]


def test_a_job_that_its_member_s_own_cap_keeps_back_keeps_nobody_else_back():
    own = (cap(SERVER, 3), cap(member(7), 1))
    line = [waiting(1, 7, *own), waiting(2, 8, cap(SERVER, 3)), waiting(3, 8, cap(SERVER, 3))]
    running = {SERVER: 1, member(7): 1, member(8): 2}
    assert admitted(line, running) == [2, 3]
    full = {SERVER: 3, member(7): 1, member(8): 2}
    assert in_line(arrange(line, full), 2).position == 1


def test_a_cap_that_shrank_below_what_runs_lets_nobody_through_until_enough_ended():
    line = [waiting(1, 7, cap(SERVER, 2))]
    assert [admitted(line, {SERVER: count}) for count in (5, 2, 1)] == [[], [], [1]]


def test_a_job_that_is_not_in_line_has_no_place():
    assert in_line(arrange([], {}), 1) is None


def test_others_come_first_only_where_there_are_others():
    alone = arrange([waiting(1, 7), waiting(2, 7)], {SERVER: 1})
    assert [in_line(alone, job_id).has_others for job_id in (1, 2)] == [False, False]
    places = arrange([waiting(1, 7), waiting(2, 8), waiting(3, 7)], {SERVER: 1})
    assert [in_line(places, job_id).has_others for job_id in (1, 2, 3)] == [False, True, True]


def test_the_wait_follows_from_the_place_and_from_how_many_run_at_once():
    line = [waiting(n, n, cap(SERVER, 2)) for n in (1, 2, 3)]
    places = arrange(line, {SERVER: 2})
    waits = [in_line(places, n).wait_seconds(90) for n in (1, 2, 3)]
    assert waits == [45, 90, 135]


jobs_of_members = st.lists(st.integers(1, 5), min_size=1, max_size=30)


@given(jobs_of_members, st.integers(1, 4), st.integers(1, 3))
def test_caps_are_kept_slots_are_used_and_everybody_gets_a_turn(users, limit, each):
    """Whatever the line: run it to its end, one job ending at a time."""
    left = {
        job_id: waiting(job_id, user_id, cap(SERVER, limit), cap(member(user_id), each))
        for job_id, user_id in enumerate(users)
    }
    running = []
    turns = []
    while left or running:
        used = {SERVER: len(running)}
        for user_id in set(users):
            used[member(user_id)] = sum(one.user_id == user_id for one in running)
        places = arrange(left.values(), used)
        ready = [place.waiting for place in places if not place.full]
        for one in ready:
            running.append(left.pop(one.job_id))
            turns.append(one)
        assert len(running) <= limit
        assert all(sum(o.user_id == one.user_id for o in running) <= each for one in running)
        waiting_members = {
            one.user_id
            for one in left.values()
            if sum(o.user_id == one.user_id for o in running) < each
        }
        assert len(running) == limit or not waiting_members
        found = [in_line(places, place.waiting.job_id) for place in places if place.full]
        assert all(one.position >= 1 for one in found)
        running.pop(0)
    assert sorted(one.job_id for one in turns) == list(range(len(users)))
    for user_id in set(users):
        own = [one.job_id for one in turns if one.user_id == user_id]
        assert own == sorted(own)


@given(jobs_of_members)
def test_where_one_runs_at_a_time_members_alternate_strictly(users):
    left = {job_id: waiting(job_id, user_id) for job_id, user_id in enumerate(users)}
    turns, last = Counter(), {}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    while left:
        (one,) = [place.waiting for place in arrange(left.values(), {}, last) if not place.full]
        assert turns[one.user_id] == min(turns[other.user_id] for other in left.values())
        del left[one.job_id]
        turns[one.user_id] += 1
        now += timedelta(minutes=1)
        last[one.user_id] = now
