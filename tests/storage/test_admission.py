"""Who may start: caps on what runs at once, members in turn, and pauses."""

import asyncio

import pytest
from sqlalchemy import event

from bot.domain.guilds import guild_key
from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState
from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope
from bot.errors import JobLostError, StoreUnavailableError
from bot.storage.admission import FAR, REMEMBERED_SECONDS, Admission, Admissions
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import (
    BOT,
    CHANNEL,
    ROLE,
    ROLE_ID,
    SERVER,
    holders,
    member,
    pause,
    resume,
    rows_of,
    set_values,
    unset_values,
)
from tests.storage.rows import add_owned, all_jobs

ID = new_job().id
ADMITTED = Admission(admitted=True)


async def ready(store, job_id=ID, user_id=USER_ID, *, guild_id=GUILD_ID, on=None, **fields):
    """A job at the door: QUEUED, prepared, and this store's."""
    on = holders(user_id, guild_key(guild_id)) if on is None else on
    new = new_job(job_id, user_id=user_id, guild_id=guild_id, price_micros=1, **fields)
    job = await add_owned(store, new, holders=on)
    return await store.update(job, prepared_at=job.created_at)


async def admit(store, job, operator_running=None):
    return await store.admissions.admit(job, operator_running=operator_running)


async def place_of(store, job, operator_running=None):
    found = await admit(store, job, operator_running)
    assert not found.admitted
    return found.position


async def start(store, job):
    job = await store.move(await store.get(job.id), JobState.SUBMITTING)
    return await store.move(job, JobState.RUNNING, task_id=f"task-{job.id}")


async def end(store, job):
    job = await store.get(job.id)
    await store.move(job, JobState.FAILED, failure=FailureReason.BAD_OUTPUT, charge=Charge.NO)


async def server_cap(store, **values):
    await set_values(store, Scope.SERVER, 0, **values)


# Caps


async def test_without_a_cap_every_job_may_start_and_nothing_is_written(store):
    jobs = [await ready(store, ID + number) for number in range(3)]
    before = await all_jobs(store)
    writes = []
    engine = store._database._engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, words, *_):
        if not words.startswith("SELECT"):
            writes.append(words)

    assert [await admit(store, job) for job in jobs] == [ADMITTED] * 3
    event.remove(engine, "before_cursor_execute", note)
    assert [words for words in writes if not words.startswith("BEGIN")] == []
    assert await all_jobs(store) == before


@pytest.mark.parametrize(
    ("scope", "scope_id", "name", "on"),
    [
        (Scope.SERVER, 0, "running", [SERVER]),
        (Scope.SERVER, 0, "member_running", [member()]),
        (Scope.CHANNEL, CHANNEL.scope_id, "running", [SERVER, CHANNEL]),
        (Scope.ROLE, ROLE_ID, "running", [SERVER, ROLE]),
        (Scope.ROLE, ROLE_ID, "member_running", [SERVER, ROLE, member()]),
        (None, 0, "", [BOT]),
    ],
    ids=["server", "member", "channel", "role", "member by role", "bot"],
)
async def test_as_many_run_at_once_as_each_cap_says(store, scope, scope_id, name, on):
    if scope is not None:
        await set_values(store, scope, scope_id, **{name: 2})
    limit = 2 if scope is None else None
    jobs = [await ready(store, ID + number, on=on) for number in range(4)]
    assert [(await admit(store, job, limit)).admitted for job in jobs] == [
        *(True, True, False, False)
    ]
    assert (await store.get(ID)).admitted_at is not None
    assert [await place_of(store, job, limit) for job in jobs[2:]] == [1, 2]
    outside = [one for one in (SERVER, BOT) if one not in on]
    other = await ready(
        store,
        ID + 9,
        99,
        on=outside or [QuotaSubject(scope=Scope.MEMBER, scope_id=99, guild_id=GUILD_ID)],
    )
    if scope is not Scope.SERVER or name == "member_running":
        assert await admit(store, other, limit) == ADMITTED


async def test_a_slot_is_held_from_the_admission_until_the_provider_has_finished(store):
    await server_cap(store, running=1)
    first, second = await ready(store), await ready(store, ID + 1)
    assert await admit(store, first) == ADMITTED
    assert await place_of(store, second) == 1
    job = await store.move(await store.get(ID), JobState.SUBMITTING)
    assert await place_of(store, second) == 1
    job = await store.move(job, JobState.RUNNING, task_id="t")
    assert await place_of(store, second) == 1
    await store.move(job, JobState.DELIVERING, output_url="u")
    assert await admit(store, second) == ADMITTED


async def test_what_runs_can_be_asked_of_each_whom_it_counts_for(store):
    first, second, _ = [await ready(store, ID + n, USER_ID + n) for n in range(3)]
    await start(store, first)
    await start(store, second)
    everybody = {BOT: 2, SERVER: 2, member(USER_ID): 1, member(USER_ID + 1): 1}
    assert await store.admissions.running() == everybody
    await end(store, first)
    assert (await store.admissions.running())[BOT] == 1


async def test_a_job_that_goes_back_into_the_queue_keeps_its_turn(store):
    await server_cap(store, running=1)
    first, second = await ready(store), await ready(store, ID + 1)
    await admit(store, first)
    job = await store.move(await store.get(ID), JobState.SUBMITTING)
    job = await store.move(job, JobState.QUEUED, submit_attempts=1)
    assert await place_of(store, second) == 1
    assert await admit(store, job) == ADMITTED


async def test_an_uncertain_job_takes_no_slot(store):
    await server_cap(store, running=1)
    first, second = await ready(store), await ready(store, ID + 1)
    await admit(store, first)
    job = await store.move(await store.get(ID), JobState.SUBMITTING)
    await store.move(job, JobState.UNCERTAIN)
    assert await admit(store, second) == ADMITTED


async def test_jobs_that_run_without_having_been_admitted_count_too(store):
    running = await start(store, await ready(store))
    await server_cap(store, running=1)
    waiting = await ready(store, ID + 1)
    assert await place_of(store, waiting) == 1
    await end(store, running)
    assert await admit(store, waiting) == ADMITTED


@pytest.mark.parametrize("limit", [None, 4], ids=["server", "bot"])
async def test_of_many_that_ask_at_once_only_as_many_start_as_may(store, store_factory, limit):
    """On PostgreSQL from three stores, each with connections of its own, as processes have.

    None is ready but the one that asks, so that nobody's place holds another back: only the turns
    that the transactions take do.
    """
    stores = [store, await store_factory("w2"), await store_factory("w3")]
    await server_cap(store, running=4 if limit is None else 9)
    asked = []
    for number in range(60):
        one = stores[number % 3]
        new = new_job(ID + number, user_id=number % 7)
        asked.append((one, await add_owned(one, new, holders=holders(number % 7))))
    found = await asyncio.gather(*(admit(one, job, limit) for one, job in asked))
    admitted = [job for job in (await all_jobs(store)).values() if job.admitted_at is not None]
    assert len(admitted) == 4
    assert [one.admitted for one in found].count(True) == 4


# Turns


async def test_members_take_turns_and_see_their_place(store):
    await server_cap(store, running=1)
    greedy = [await ready(store, ID + number, 7) for number in range(3)]
    assert await admit(store, greedy[0]) == ADMITTED
    modest = await ready(store, ID + 3, 8)
    assert await place_of(store, modest) == 1
    assert [await place_of(store, job) for job in greedy[1:]] == [2, 3]
    await end(store, await start(store, greedy[0]))
    assert await place_of(store, greedy[1]) == 2  # nothing of theirs runs now, but they had a turn
    assert await admit(store, modest) == ADMITTED
    await end(store, await start(store, modest))
    again = await ready(store, ID + 4, 8)
    assert await place_of(store, again) == 2
    assert await admit(store, greedy[1]) == ADMITTED


async def test_nobody_waits_for_a_job_that_is_not_prepared(store):
    await server_cap(store, running=1)
    await add_owned(store, new_job(ID, user_id=1), holders=holders(1))
    assert await admit(store, await ready(store, ID + 1, 2)) == ADMITTED


async def test_nobody_waits_for_a_job_in_nobodys_hands(store):
    await server_cap(store, running=1)
    nobodys = await ready(store, ID, 1)
    await store.lease.release()
    await store.lease.renew(60)
    assert (await store.get(nobodys.id)).owner is None
    assert await admit(store, await ready(store, ID + 1, 2)) == ADMITTED


async def test_a_member_at_their_own_cap_keeps_nobody_else_back(store):
    await server_cap(store, running=3, member_running=1)
    mine = [await ready(store, ID + number, 7) for number in range(4)]
    assert await admit(store, mine[0]) == ADMITTED
    assert await place_of(store, mine[1]) == 1
    for user_id in (8, 9):
        assert await admit(store, await ready(store, ID + user_id, user_id)) == ADMITTED


async def test_a_full_server_keeps_no_other_server_back_under_the_cap_of_the_bot(store):
    await server_cap(store, running=1)
    first, second = await ready(store), await ready(store, ID + 1)
    elsewhere = await ready(store, ID + 2, guild_id=77)
    assert await admit(store, first, 2) == ADMITTED
    assert await place_of(store, second, 2) == 1
    assert await admit(store, elsewhere, 2) == ADMITTED
    direct = await ready(store, ID + 3, guild_id=None)
    assert not (await admit(store, direct, 2)).admitted


async def test_those_far_behind_are_told_their_place_without_asking_the_database(store):
    now = 1000.0
    admissions = Admissions(store._database, monotonic=lambda: now)
    await server_cap(store, running=1)
    jobs = [await ready(store, ID + number) for number in range(FAR + 3)]
    assert (await admissions.admit(jobs[0], operator_running=None)).admitted
    assert (await admissions.admit(jobs[1], operator_running=None)).position == 1
    asked = []
    engine = store._database._engine.sync_engine

    def note(_connection, _cursor, words, *_):
        asked.append(words)

    event.listen(engine, "before_cursor_execute", note)
    assert (await admissions.admit(jobs[-1], operator_running=None)).position == FAR + 2
    assert asked == []
    now += REMEMBERED_SECONDS + 0.1
    assert (await admissions.admit(jobs[-1], operator_running=None)).position == FAR + 2
    event.remove(engine, "before_cursor_execute", note)
    assert asked != []


# Caps that change while jobs wait


async def test_a_raised_or_lifted_cap_lets_waiting_jobs_through(store):
    await server_cap(store, running=1)
    jobs = [await ready(store, ID + number) for number in range(3)]
    await admit(store, jobs[0])
    assert await place_of(store, jobs[1]) == 1
    await unset_values(store)
    assert [await admit(store, job) for job in jobs[1:]] == [ADMITTED] * 2


async def test_a_job_whose_cap_shrank_to_nothing_is_ended_told_and_not_paid(store, store_factory):
    other = await store_factory("w2")
    await server_cap(store, running=0)
    job = await ready(store)
    with pytest.raises(JobLostError):
        await admit(store, job)
    (told,) = await other.claims.claim(10)
    assert (told.state, told.cancel_reason) == (JobState.CANCELLED, CancelReason.NO_TURN)
    assert (told.charge, told.told_at) == (Charge.NO, None)
    assert await rows_of(store, ID) == {(LedgerStatus.RELEASED, 1)}


async def test_a_job_that_was_admitted_is_not_ended_by_a_cap_of_zero(store):
    await server_cap(store, running=1)
    job = await ready(store)
    await admit(store, job)
    await unset_values(store)
    await server_cap(store, running=0)
    assert await admit(store, job) == ADMITTED


async def test_an_opt_out_ends_what_was_not_sent_and_touches_no_clip_of_ones_own(
    store, store_factory
):
    other = await store_factory("w2")
    borrowed = await ready(store, source_author_id=USER_ID + 1)
    own = await ready(store, ID + 1, source_author_id=USER_ID)
    for user_id in (USER_ID, USER_ID + 1):
        await other.consents.opt_out(user_id)
    with pytest.raises(JobLostError):
        await admit(store, borrowed)
    (told,) = await other.claims.claim(10)
    assert (told.id, told.state, told.charge) == (ID, JobState.CANCELLED, Charge.NO)
    assert told.cancel_reason is CancelReason.CONSENT_REFUSED
    assert await rows_of(store, ID) == {(LedgerStatus.RELEASED, 1)}
    assert await admit(store, own) == ADMITTED


# Pauses


async def test_a_paused_server_starts_nothing_and_holds_up_no_other(store, store_factory):
    other = await store_factory("w2")
    here = await ready(store)
    elsewhere = await ready(store, ID + 1, guild_id=77)
    await pause(other, GUILD_ID)
    held = Admission(admitted=False, is_paused=True)
    assert await admit(store, here) == held
    assert await admit(store, here, 1) == held
    assert await admit(store, elsewhere, 1) == ADMITTED
    await resume(other, GUILD_ID)
    assert await admit(store, here) == ADMITTED


async def test_while_the_bot_is_paused_nothing_starts_anywhere(store):
    jobs = [await ready(store), await ready(store, ID + 1, guild_id=None)]
    await pause(store, GUILD_ID)
    await pause(store, 0)
    for job in jobs:
        assert await admit(store, job) == Admission(admitted=False, is_paused=True)
    await resume(store, 0)
    assert (await admit(store, jobs[0])).is_paused
    assert await admit(store, jobs[1]) == ADMITTED


async def test_a_pause_holds_a_job_whose_turn_had_come(store):
    await server_cap(store, running=1)
    job = await ready(store)
    await admit(store, job)
    await pause(store, 0)
    assert (await admit(store, job)).is_paused


# Who may ask


async def test_a_job_that_is_not_ours_or_not_queued_any_more_is_lost(store, store_factory):
    other = await store_factory("w2")
    await server_cap(store, running=1)
    job = await ready(store)
    await store.lease.release()
    with pytest.raises(JobLostError):
        await admit(store, job)
    (theirs,) = await other.claims.claim(1)
    assert await admit(other, theirs) == ADMITTED
    await other.cancel(ID)
    with pytest.raises(JobLostError):
        await admit(other, theirs)


async def test_without_a_database_nobody_is_admitted(sqlite_store):
    job = await ready(sqlite_store)
    await sqlite_store._database.close()
    with pytest.raises(StoreUnavailableError):
        await admit(sqlite_store, job)
