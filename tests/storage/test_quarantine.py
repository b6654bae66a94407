"""A database that may be an old one: what waits in it is not paid for until the owner says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope
from bot.errors import JobLostError, StoreMovedError
from bot.storage.store import open_store
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger
from bot.storage.tables.process import installation, workers
from bot.system.last_word import LastWord
from tests.factories import new_job
from tests.storage.rows import add_owned, put

ID = new_job().id
HOLDERS = (QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0),)


async def seen_ago(store, **ago):
    """Make the database look as if everything in it had stopped so long ago."""
    async with store._database.transaction() as connection:
        then = store._database.now(-timedelta(**ago))
        await connection.execute(update(installation).values(last_seen_at=then))
        await connection.execute(update(workers).values(expires_at=then))
        await connection.execute(update(jobs).values(updated_at=then))


async def standing(store, job_id):
    async with store._database.transaction() as connection:
        return await connection.scalar(select(ledger.c.standing).where(ledger.c.job_id == job_id))


@pytest.fixture
async def stale(store, store_factory):
    """``await stale()``: a worker that joined after an hour of nobody, with a job of each kind."""

    async def join(**ago):
        await store.add(new_job(ID), holders=HOLDERS)
        await put(store, ID + 1, JobState.HELD, owner=None)
        await put(store, ID + 2, JobState.RUNNING, owner=None)
        await seen_ago(store, **(ago or {"hours": 1}))
        return await store_factory("w2")

    return join


async def test_what_waits_in_a_database_of_an_hour_ago_is_in_quarantine(stale):
    joined = await stale()
    assert [job.id for job in await joined.quarantine.jobs()] == [ID, ID + 1]
    assert await joined.quarantine.count() == 2
    assert (await joined.get(ID + 2)).quarantined_at is None  # paid for already


async def test_a_pause_shorter_than_the_operator_says_is_none(stale):
    joined = await stale(minutes=14)
    assert await joined.quarantine.count() == 0


async def test_how_long_a_pause_is_one_can_be_set(store, store_factory):
    await store.add(new_job(ID))
    await seen_ago(store, minutes=14)
    joined = await store_factory("w2", stale_after=timedelta(minutes=10))
    assert await joined.quarantine.count() == 1


async def test_a_copy_in_which_the_last_word_of_the_folder_is_missing_is_old(
    store, store_factory, tmp_path
):
    await store.add(new_job(ID))
    await store_factory("w2", last_word=LastWord(tmp_path))
    await seen_ago(store, minutes=1)
    joined = await store_factory("w3", last_word=LastWord(tmp_path))
    assert await joined.quarantine.count() == 1
    await joined.quarantine.release(user_id=1)
    again = await store_factory("w4", last_word=LastWord(tmp_path))
    assert await again.quarantine.count() == 0


async def test_a_short_pause_with_the_last_word_in_place_is_none(store, store_factory, tmp_path):
    await store.add(new_job(ID))
    await seen_ago(store, minutes=14)
    async with store._database.transaction() as connection:
        LastWord(tmp_path).write(await connection.scalar(select(installation.c.last_seen_at)))
    joined = await store_factory("w2", last_word=LastWord(tmp_path))
    assert await joined.quarantine.count() == 0


async def test_a_long_pause_is_one_also_with_the_last_word_in_place(store, store_factory, tmp_path):
    await store.add(new_job(ID))
    await seen_ago(store, hours=1)
    async with store._database.transaction() as connection:
        LastWord(tmp_path).write(await connection.scalar(select(installation.c.last_seen_at)))
    joined = await store_factory("w2", last_word=LastWord(tmp_path))
    assert await joined.quarantine.count() == 1


@pytest.mark.parametrize("words", ["", "nonsense", "2026-01-01", "\xff"])
async def test_a_last_word_that_cannot_be_read_changes_nothing(
    store, store_factory, tmp_path, words
):
    (tmp_path / "last-seen").write_bytes(words.encode("latin-1"))
    await store.add(new_job(ID))
    await seen_ago(store, minutes=1)
    joined = await store_factory("w2", last_word=LastWord(tmp_path))
    assert await joined.quarantine.count() == 0


async def test_while_another_process_is_alive_nothing_is_old(store, store_factory):
    await store.add(new_job(ID))
    async with store._database.transaction() as connection:
        then = store._database.now(-timedelta(hours=1))
        await connection.execute(update(installation).values(last_seen_at=then))
    joined = await store_factory("w2")
    assert await joined.quarantine.count() == 0


async def test_the_second_of_two_that_start_after_a_pause_changes_nothing(stale, store_factory):
    joined = await stale()
    await joined.quarantine.release(user_id=1)
    second = await store_factory("w3")
    assert await second.quarantine.count() == 0


async def test_a_database_restored_under_a_running_worker_is_noticed_when_it_renews(store):
    await store.add(new_job(ID))
    await seen_ago(store, hours=1)
    await store.lease.renew(60)
    assert await store.quarantine.count() == 1


async def test_a_machine_that_slept_for_a_night_finds_its_own_last_word(sqlite_store, clock):
    await sqlite_store.add(new_job(ID))
    clock.advance(8 * 3600)
    await sqlite_store.lease.renew(60)
    assert await sqlite_store.quarantine.count() == 0


async def test_a_database_from_before_there_was_a_sign_of_life_goes_by_its_last_change(
    store, store_factory
):
    await store.add(new_job(ID))
    await seen_ago(store, hours=1)
    async with store._database.transaction() as connection:
        await connection.execute(installation.delete())
    joined = await store_factory("w2")
    assert await joined.quarantine.count() == 1


async def test_a_fresh_database_holds_nothing_back(store):
    await store.add(new_job(ID))
    assert await store.quarantine.count() == 0


async def test_a_job_in_quarantine_is_never_submitted(store):
    job = await add_owned(store, new_job(ID))
    await store.quarantine.enter()
    admission = await store.admissions.admit(job, operator_running=None)
    assert (admission.admitted, admission.is_quarantined) == (False, True)
    with pytest.raises(JobLostError):
        await store.move(job, JobState.SUBMITTING)
    assert (await store.get(ID)).state is JobState.QUEUED


async def test_a_job_in_quarantine_takes_no_turn_from_others(store):
    old = await add_owned(store, new_job(ID))
    await store.update(old, prepared_at=old.created_at)
    await store.quarantine.enter()
    job = await add_owned(store, new_job(ID + 1))
    job = await store.update(job, prepared_at=job.created_at)
    assert (await store.admissions.admit(job, operator_running=1)).admitted


async def test_a_released_job_goes_on(stale):
    joined = await stale()
    assert await joined.quarantine.release([ID], user_id=7) == 1
    assert [job.id for job in await joined.quarantine.jobs()] == [ID + 1]
    job = next(job for job in await joined.claims.claim(10) if job.id == ID)
    assert (await joined.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_what_was_released_before_a_backup_is_doubted_again_after_it(stale):
    joined = await stale()
    await joined.quarantine.release([ID], user_id=7)
    assert (await joined.get(ID)).released_at is not None
    await joined.quarantine.enter()  # as a restore does
    assert (await joined.get(ID)).released_at is None


async def test_all_are_released_at_once(stale):
    joined = await stale()
    assert await joined.quarantine.release(user_id=7) == 2
    assert await joined.quarantine.count() == 0


async def test_a_job_that_was_finished_before_ends_paid_for(stale):
    joined = await stale()
    job = await joined.quarantine.settle(ID, user_id=7)
    assert (job.state, job.charge) == (JobState.CANCELLED, Charge.YES)
    assert job.cancel_reason is CancelReason.RESTORED
    assert await standing(joined, ID) is LedgerStatus.COMMITTED
    assert await joined.quarantine.settle(ID, user_id=7) is None


async def test_a_job_that_was_never_sent_ends_for_nothing(stale):
    joined = await stale()
    job = await joined.quarantine.settle(ID, user_id=7, restored=False, note="too old")
    assert (job.charge, job.cancel_note) == (Charge.NO, "too old")
    assert await standing(joined, ID) is LedgerStatus.RELEASED


async def test_a_job_cancelled_in_quarantine_is_not_said_to_have_cost_nothing(stale):
    joined = await stale()
    job = await joined.cancel(ID)
    assert job.charge is Charge.UNKNOWN
    assert await standing(joined, ID) is LedgerStatus.COMMITTED


async def test_a_database_that_was_moved_is_refused_with_its_new_address(database_url):
    async with open_store(database_url, worker_id="w1") as store:
        await store.lease.renew(60)
        async with store._database.transaction() as connection:
            moved = update(installation).values(moved_to="postgresql://db/restyle")
            await connection.execute(moved)
    with pytest.raises(StoreMovedError, match="postgresql://db/restyle"):
        async with open_store(database_url, worker_id="w9"):
            pass
