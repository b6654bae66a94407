"""What a process writes of its own jobs: kept as soon as stored, submitted in one change."""

import pytest
from sqlalchemy import delete

from bench.engine.gauges import counted
from bot.domain.jobs import CancelReason, JobState
from bot.domain.quotas import Scope
from bot.errors import JobLostError, StoreUnavailableError
from bot.storage.store import Store
from bot.storage.tables.process import workers
from tests.factories import GUILD_ID, new_job
from tests.storage.money import holders, pause, set_values
from tests.storage.rows import add_owned
from tests.storage.test_leases import DoubtfulDatabase

ID = new_job().id
PLACE = {"source_channel_id": 5, "source_message_id": 6}


async def ids(store):
    return [job.id for job in await store.claims.claim(10)]


# Kept from the beginning


async def test_a_job_that_its_process_keeps_begins_when_told_and_with_no_write(store):
    kept = await store.add(new_job(), is_taken=True)
    assert kept.owner == store.lease.worker_id
    assert await store.claims.claim(10) == []  # its record may not be posted yet
    store.begin(kept)
    assert store.new_jobs.is_set()
    with counted(store._database) as counts:
        assert await store.claims.claim(10) == [kept]
    assert counts.writes == 0
    assert await store.claims.claim(10) == []


async def test_without_a_lease_a_new_job_is_nobodys(store, store_factory):
    other = await store_factory("w2", lease=None)
    assert (await other.add(new_job(), is_taken=True)).owner is None
    assert await ids(store) == [ID]


async def test_a_process_that_was_taken_for_dead_keeps_no_new_job(store, store_factory):
    other = await store_factory("w2")
    async with store._database.transaction() as connection:
        await connection.execute(delete(workers).where(workers.c.id == store.lease.worker_id))
    assert (await store.add(new_job(), is_taken=True)).owner is None
    assert await ids(other) == [ID]


async def test_what_a_process_kept_is_free_once_it_has_ended(store, store_factory):
    await store.add(new_job(), is_taken=True)
    other = await store_factory("w2")
    assert await ids(other) == []
    await store.lease.release()
    assert await ids(other) == [ID]


async def test_a_job_is_kept_also_where_storing_it_seemed_to_fail(store):
    doubtful = Store(DoubtfulDatabase(store._database), worker_id="doubtful")
    await doubtful.lease.renew(60)
    doubtful._database.breaks = True
    with pytest.raises(StoreUnavailableError):
        await doubtful.add(new_job(), is_taken=True)
    assert await ids(doubtful) == [ID]


# Submitted in one change


async def test_what_preparing_brought_is_written_with_the_move_to_submitting(store):
    job = await add_owned(store, new_job())
    with counted(store._database) as counts:
        submission = await store.submit(job, operator_running=None, **PLACE)
    assert counts.writes == 1
    assert submission.admission.admitted
    assert submission.job.state is JobState.SUBMITTING
    assert submission.job == await store.get(ID)
    assert (submission.job.source_channel_id, submission.job.source_message_id) == (5, 6)
    assert submission.job.submitted_by == store.lease.worker_id


async def test_under_a_cap_the_turn_and_the_move_are_one_change(store):
    await set_values(store, Scope.SERVER, 0, running=1)
    first, second = [
        await add_owned(store, new_job(ID + number), holders=holders()) for number in range(2)
    ]
    submission = await store.submit(first, operator_running=None)
    assert submission.job.state is JobState.SUBMITTING
    assert submission.job.admitted_at is not None
    waiting = await store.submit(second, operator_running=None, **PLACE)
    assert (waiting.admission.admitted, waiting.admission.position) == (False, 1)
    assert waiting.job.state is JobState.QUEUED
    assert (await store.get(second.id)).source_message_id == 6  # it may wait for hours


async def test_whoever_is_paused_is_not_submitted(store):
    job = await add_owned(store, new_job())
    await pause(store, GUILD_ID)
    submission = await store.submit(job, operator_running=None)
    assert submission.admission.is_paused
    assert (await store.get(ID)).state is JobState.QUEUED


async def test_a_job_whose_turn_never_comes_ends_instead_of_being_submitted(store):
    job = await add_owned(store, new_job(), holders=holders())
    await set_values(store, Scope.SERVER, 0, running=0)
    with pytest.raises(JobLostError):
        await store.submit(job, operator_running=None)
    ended = await store.get(ID)
    assert (ended.state, ended.cancel_reason) == (JobState.CANCELLED, CancelReason.NO_TURN)


async def test_a_job_that_ends_instead_still_says_where_its_clip_is_kept(store):
    job = await add_owned(store, new_job(source_author_id=77), holders=holders())
    await store.consents.opt_out(77)
    with pytest.raises(JobLostError):
        await store.submit(job, operator_running=None, **PLACE)
    ended = await store.get(ID)
    assert ended.cancel_reason is CancelReason.CONSENT_REFUSED
    assert (ended.source_channel_id, ended.source_message_id) == (5, 6)  # to be deleted there


async def test_what_is_in_quarantine_is_not_submitted(store):
    job = await add_owned(store, new_job())
    await store.quarantine.enter()
    submission = await store.submit(job, operator_running=None)
    assert submission.admission.is_quarantined
    assert (await store.get(ID)).state is JobState.QUEUED
