"""Strikes, blocks and pauses, and what administrators see of jobs."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState
from bot.domain.quotas import LedgerStatus
from bot.domain.sanctions import MAX_NOTE
from bot.errors import JobLostError
from bot.policy.problems import SERVER
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import HOLDERS, rows_of, set_values
from tests.storage.rows import add_owned, put

MO, SAM = 71, 72
OTHER_GUILD = GUILD_ID + 1


@pytest.fixture
def struck(store):
    """``await struck(1, 2)``: these jobs were refused by the provider's safety check."""

    async def strike(*numbers, **fields):
        for number in numbers:
            await add_owned(store, new_job(number, **fields))
            job = await put(store, number, JobState.RUNNING)
            await store.move(
                job, JobState.FAILED, failure=FailureReason.SAFETY_SOURCE, charge=Charge.YES
            )

    return strike


async def test_who_paused_first_stays_and_the_reason_is_kept(store):
    first, is_new = await store.people.pause(GUILD_ID, user_id=SAM, note=" event \n tonight ")
    assert (is_new, first.paused_by, first.note) == (True, SAM, "event tonight")
    again, is_new = await store.people.pause(GUILD_ID, user_id=MO, note="mine")
    assert (again, is_new) == (first, False)
    assert await store.people.paused(GUILD_ID) == first
    assert await store.people.paused(OTHER_GUILD) is None


async def test_a_pause_ends_once(store):
    await store.people.pause(GUILD_ID, user_id=SAM)
    assert (await store.people.resume(GUILD_ID)).paused_by == SAM
    assert await store.people.resume(GUILD_ID) is None
    assert (await store.people.facts(GUILD_ID, USER_ID)).pause is None


async def test_two_pauses_at_the_same_instant_are_one(store, store_factory):
    other = await store_factory("w2")
    found = await asyncio.gather(
        *(one.people.pause(GUILD_ID, user_id=by) for one, by in ((store, SAM), (other, MO)))
    )
    assert sorted(is_new for _, is_new in found) == [False, True]
    assert found[0][0] == found[1][0]


@pytest.mark.parametrize("place", [GUILD_ID, GLOBAL_GUILD_ID])
async def test_a_pause_is_seen_by_every_process_at_once(store, store_factory, place):
    other = await store_factory("w2")
    await store.people.pause(place, user_id=SAM, note="event")
    assert (await other.people.facts(GUILD_ID, USER_ID)).pause.guild_id == place
    reached = (await other.people.facts(OTHER_GUILD, USER_ID)).pause is not None
    assert reached is (place == GLOBAL_GUILD_ID)


async def test_a_pause_by_one_process_is_honoured_by_another_until_it_ends(store, store_factory):
    other = await store_factory("w2")
    job = await add_owned(store, new_job(1))
    await other.people.pause(GLOBAL_GUILD_ID, user_id=SAM)
    assert not (await store.admissions.admit(job, operator_running=None)).admitted
    await other.people.resume(GLOBAL_GUILD_ID)
    await other.people.pause(GUILD_ID, user_id=SAM)
    assert not (await store.admissions.admit(job, operator_running=None)).admitted
    await other.people.resume(GUILD_ID)
    assert (await store.admissions.admit(job, operator_running=None)).admitted


async def test_a_pause_of_everything_is_told_before_the_servers(store):
    await store.people.pause(GUILD_ID, user_id=MO)
    await store.people.pause(GLOBAL_GUILD_ID, user_id=SAM)
    assert (await store.people.facts(GUILD_ID, USER_ID)).pause.paused_by == SAM


async def test_a_block_holds_for_one_person_on_one_server(store):
    block, is_new = await store.people.block(GUILD_ID, USER_ID, by=MO, note="spam")
    assert (is_new, block.blocked_by, block.note) == (True, MO, "spam")
    assert (await store.people.block(GUILD_ID, USER_ID, by=SAM)) == (block, False)
    assert (await store.people.facts(GUILD_ID, USER_ID)).block == block
    assert (await store.people.facts(GUILD_ID, SAM)).block is None
    assert (await store.people.facts(OTHER_GUILD, USER_ID)).block is None
    assert await store.people.blocks(GUILD_ID) == [block]
    assert await store.people.unblock(GUILD_ID, USER_ID) == block
    assert await store.people.unblock(GUILD_ID, USER_ID) is None
    assert await store.people.blocks(GUILD_ID) == []


@pytest.mark.parametrize("guild_id", [GUILD_ID, 0])
async def test_a_block_from_everything_holds_everywhere(store, guild_id):
    await store.people.block(GLOBAL_GUILD_ID, USER_ID, by=SAM)
    assert (await store.people.facts(guild_id, USER_ID)).block.blocked_by == SAM


async def test_a_reason_is_cut_and_an_empty_one_is_none(store):
    long, _ = await store.people.block(GUILD_ID, 1, by=MO, note="x" * 1000)
    assert len(long.note) == MAX_NOTE
    empty, _ = await store.people.block(GUILD_ID, 2, by=MO, note=" \n ")
    assert empty.note is None


async def test_strikes_are_the_newest_first_and_each_servers_own(store, struck):
    await struck(1, 2)
    await struck(3, guild_id=OTHER_GUILD)
    await struck(4, user_id=SAM)
    assert [one.job_id for one in await store.people.strikes(GUILD_ID)] == [4, 2, 1]
    assert [one.job_id for one in await store.people.strikes(GUILD_ID, user_id=SAM)] == [4]
    facts = await store.people.facts(GUILD_ID, USER_ID)
    assert [one.job_id for one in facts.strikes] == [2, 1]


async def test_a_lifted_strike_counts_no_more_and_is_lifted_once(store, struck):
    await struck(1, 2)
    assert await store.people.lift(OTHER_GUILD, [1], by=MO) == []
    [lifted] = await store.people.lift(GUILD_ID, [1], by=MO)
    assert (lifted.job_id, lifted.lifted_by) == (1, MO)
    assert lifted.lifted_at is not None
    assert await store.people.lift(GUILD_ID, [1], by=SAM) == []
    assert [one.job_id for one in (await store.people.facts(GUILD_ID, USER_ID)).strikes] == [2]


async def test_only_strikes_of_the_last_days_count_together(store, struck):
    await struck(1)
    facts = await store.people.facts(GUILD_ID, USER_ID)
    now = facts.strikes[0].struck_at
    assert len(facts.strikes_since(now + timedelta(days=7), 7)) == 1
    assert facts.strikes_since(now + timedelta(days=7, seconds=1), 7) == ()


@pytest.mark.parametrize("hold", [None, Hold.REVIEW, Hold.CONSENT])
async def test_a_manager_cancels_what_waits_and_the_job_knows_who(store, clock, hold):
    until = clock() + timedelta(hours=1) if hold else None
    await add_owned(store, new_job(1, hold=hold, held_until=until))
    gone = await store.cancel(1, by=MO, reason=CancelReason.MODERATOR)
    assert (gone.state, gone.owner, gone.charge) == (JobState.CANCELLED, None, Charge.NO)
    assert (gone.cancel_reason, gone.cancelled_by) == (CancelReason.MODERATOR, MO)
    assert [job.id for job in await store.claims.claim(10)] == [1]


@pytest.mark.parametrize(
    "state", [JobState.SUBMITTING, JobState.RUNNING, JobState.DELIVERING, JobState.UNCERTAIN]
)
async def test_what_the_provider_has_is_never_cancelled(store, state):
    await put(store, 1, state)
    assert await store.cancel(1, by=MO, reason=CancelReason.MODERATOR) is None
    assert (await store.get(1)).state is state


async def test_the_list_of_jobs_begins_with_those_that_wait_and_leaves_out_what_is_over(store):
    await put(store, 1, JobState.RUNNING)
    await put(store, 2, JobState.QUEUED)
    await put(store, 3, JobState.HELD)
    await put(store, 4, JobState.DONE)
    await put(store, 5, JobState.UNCERTAIN)
    await store.add(new_job(6, guild_id=OTHER_GUILD))
    assert [job.id for job in await store.overview.open_jobs(GUILD_ID)] == [2, 3, 1]
    assert [job.id for job in await store.overview.open_jobs(limit=3)] == [2, 3, 6]
    assert await store.overview.count_open(GUILD_ID) == {
        JobState.RUNNING: 1,
        JobState.QUEUED: 1,
        JobState.HELD: 1,
    }
    assert sum((await store.overview.count_open()).values()) == 4


# What a member asked for before the strike that is one too many


async def test_what_a_member_asked_for_before_their_last_strike_is_not_started(store, struck):
    queued = await store.add(new_job(11, price_micros=750_000), holders=HOLDERS)
    held = await store.add(new_job(12, hold=Hold.REVIEW), holders=HOLDERS)
    await struck(1, 2)
    assert (await store.get(queued.id)).state is JobState.QUEUED
    await struck(3)
    for job_id in (queued.id, held.id):
        job = await store.get(job_id)
        assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.STRUCK)
        assert (job.charge, job.told_at) == (Charge.NO, None)
        assert {standing for standing, _ in await rows_of(store, job_id)} == {LedgerStatus.RELEASED}
    assert {job.id for job in await store.claims.claim(10)} >= {queued.id, held.id}  # to be told


async def test_a_strike_ends_nobody_elses_request_and_none_elsewhere(store, struck):
    kept = [
        await store.add(new_job(11, user_id=SAM)),
        await store.add(new_job(12, guild_id=OTHER_GUILD)),
        await store.add(new_job(13, guild_id=None)),
    ]
    await struck(1, 2, 3)
    assert [(await store.get(job.id)).state for job in kept] == [JobState.QUEUED] * 3


async def test_what_is_with_the_provider_already_goes_on_after_strikes(store, struck):
    await add_owned(store, new_job(11))
    await put(store, 11, JobState.RUNNING)
    await struck(1, 2, 3)
    assert (await store.get(11)).state is JobState.RUNNING


async def test_strikes_do_not_end_what_an_exempt_member_asked_for(store, struck):
    await set_values(store, *SERVER, exempt_role_ids=frozenset({5}))
    await store.add(new_job(11, role_ids=frozenset({5, 6})))
    await struck(1, 2, 3)
    assert (await store.get(11)).state is JobState.QUEUED
    job = await add_owned(store, new_job(12, role_ids=frozenset({5})))
    assert (await store.admissions.admit(job, operator_running=None)).admitted


async def test_a_request_that_came_in_with_the_last_strike_is_not_sent_either(store, struck):
    await struck(1, 2, 3)
    job = await add_owned(store, new_job(11), holders=HOLDERS)
    with pytest.raises(JobLostError):
        await store.admissions.admit(job, operator_running=None)
    job = await store.get(11)
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.STRUCK)


async def test_once_the_strikes_are_lifted_requests_are_sent_again(store, struck):
    await struck(1, 2, 3)
    await store.people.lift(GUILD_ID, [1], by=MO)
    job = await add_owned(store, new_job(11))
    assert (await store.admissions.admit(job, operator_running=None)).admitted


async def test_where_strikes_are_off_they_end_nothing(store, struck):
    await set_values(store, *SERVER, strike_limit=None)
    await store.add(new_job(11))
    await struck(1, 2, 3)
    assert (await store.get(11)).state is JobState.QUEUED
