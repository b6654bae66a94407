"""Claims and leases: every job in one living worker's hands, and a dead one's in another's."""

import asyncio
import contextlib
import dataclasses

import pytest
from sqlalchemy import text

from bot.domain.jobs import JobState
from bot.errors import JobLostError, LeaseLostError, StoreUnavailableError
from bot.storage.leases import new_worker_id
from bot.storage.store import Store, open_store
from tests.factories import new_job
from tests.storage.rows import all_jobs, put

ID = new_job().id


async def test_a_claim_takes_the_oldest_first_and_no_more_than_asked(store):
    for number in (3, 1, 5, 2, 4):
        await store.add(new_job(ID + number))
    assert [job.id - ID for job in await store.claims.claim(2)] == [1, 2]
    assert [job.id - ID for job in await store.claims.claim(10)] == [3, 4, 5]
    assert await store.claims.claim(10) == []


async def test_a_claimed_job_is_ours(store):
    await store.add(new_job())
    (job,) = await store.claims.claim(10)
    assert job.owner == store.lease.worker_id
    assert job == await store.get(job.id)


async def test_a_living_workers_jobs_are_left_alone(store, store_factory):
    other = await store_factory("w2")
    for state in JobState:
        await put(store, ID + list(JobState).index(state), state)
    before = await all_jobs(store)
    assert await other.claims.claim(100) == []
    assert await all_jobs(store) == before


async def test_a_dead_workers_jobs_go_on_where_they_were(store, store_factory, expire_lease):
    other = await store_factory("w2")
    going_on = {"queued", "running", "delivering", "uncertain", "done", "failed", "cancelled"}
    for number, state in enumerate(sorted(going_on)):
        await put(store, ID + number, JobState(state))
    await expire_lease("w1")
    claimed = await other.claims.claim(100)
    assert {str(job.state) for job in claimed} == going_on
    assert {job.owner for job in claimed} == {"w2"}


async def test_a_job_being_submitted_by_a_dead_worker_is_uncertain_and_untold(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    await put(store, ID, JobState.SUBMITTING)
    await expire_lease("w1")
    (job,) = await other.claims.claim(10)
    assert (job.state, job.submitted_by, job.told_at) == (JobState.UNCERTAIN, "w1", None)
    with pytest.raises(JobLostError):
        await store.move(dataclasses.replace(job, owner="w1"), JobState.RUNNING, task_id="t")


async def test_a_job_told_before_it_became_uncertain_is_told_anew(
    store, store_factory, expire_lease, clock
):
    other = await store_factory("w2")
    await put(other, ID, JobState.SUBMITTING, told_at=clock())
    await expire_lease("w2")
    [job] = await store.claims.claim(10)
    assert (job.state, job.told_at) == (JobState.UNCERTAIN, None)


async def test_jobs_beyond_the_limit_of_a_claim_are_uncertain_too(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    for number in range(5):
        await put(store, ID + number, JobState.SUBMITTING)
    await expire_lease("w1")
    assert len(await other.claims.claim(2)) == 2
    assert {job.state for job in (await all_jobs(store)).values()} == {JobState.UNCERTAIN}
    assert len(await other.claims.claim(10)) == 3


async def test_jobs_of_a_worker_that_no_row_knows_are_taken_over(store):
    await put(store, ID, JobState.RUNNING, owner="vanished")
    await put(store, ID + 1, JobState.SUBMITTING, owner="vanished")
    assert [job.state for job in await store.claims.claim(10)] == ["running", "uncertain"]


async def test_settled_jobs_are_never_claimed(store, clock):
    for number, state in enumerate(["done", "failed", "cancelled", "uncertain"]):
        await put(store, ID + number, JobState(state), owner=None, told_at=clock())
    assert await store.claims.claim(100) == []


async def test_two_claimers_never_get_the_same_job(store, store_factory):
    other, third = await store_factory("w2"), await store_factory("w3")
    for number in range(90):
        await store.add(new_job(ID + number))
    batches = await asyncio.gather(
        *(claimer.claims.claim(7) for _ in range(5) for claimer in (store, other, third))
    )
    ids = [job.id for batch in batches for job in batch]
    assert len(ids) == len(set(ids)) == 90
    owners = {job.id: job.owner for job in (await all_jobs(store)).values()}
    assert owners == {job.id: job.owner for batch in batches for job in batch}


async def test_two_who_find_the_same_dead_worker_share_its_jobs(store, store_factory, expire_lease):
    other, third = await store_factory("w2"), await store_factory("w3")
    for number in range(40):
        await put(store, ID + number, JobState.SUBMITTING if number % 2 else JobState.RUNNING)
    await expire_lease("w1")
    claims = await asyncio.gather(*(w.claims.claim(15) for _ in range(2) for w in (other, third)))
    claimed = [job for batch in claims for job in batch]
    claimed += await other.claims.claim(100)
    assert len({job.id for job in claimed}) == len(claimed) == 40
    assert {job.state for job in claimed} == {JobState.UNCERTAIN, JobState.RUNNING}


# The lease itself


async def test_without_a_lease_nothing_is_claimed(store_factory):
    store = await store_factory("w1", lease=None)
    await store.add(new_job())
    assert store.lease.remaining() == 0
    with pytest.raises(LeaseLostError):
        await store.claims.claim(1)
    assert (await store.get(ID)).owner is None


async def test_the_remaining_lease_shrinks_with_the_steady_clock(store_factory):
    now = 1000.0
    store = await store_factory("w1", lease=None, monotonic=lambda: now)
    await store.lease.renew(30)
    assert store.lease.remaining() == 30
    now += 20
    assert store.lease.remaining() == 10
    await store.lease.renew(30)
    assert store.lease.remaining() == 30
    now += 31
    assert store.lease.remaining() == 0


async def test_the_lease_counts_from_before_the_write(store_factory):
    times = iter([100.0, 107.0])
    store = await store_factory("w1", lease=None, monotonic=lambda: next(times))
    await store.lease.renew(30)
    assert store.lease.remaining() == 23


async def test_an_expired_lease_that_nobody_noticed_can_be_renewed(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    job = await put(store, ID, JobState.RUNNING)
    await expire_lease("w1")
    await store.lease.renew(60)
    assert await other.claims.claim(10) == []
    assert (await store.update(job, progress=0.5)).owner == "w1"


async def test_a_worker_taken_for_dead_notices_and_starts_anew(store, store_factory, expire_lease):
    other = await store_factory("w2")
    old = await put(store, ID, JobState.RUNNING)
    await expire_lease("w1")
    await other.claims.claim(10)
    for attempt in (store.lease.renew(60), store.claims.claim(10), store.lease.renew(60)):
        with pytest.raises(LeaseLostError):
            await attempt
    assert store.lease.remaining() == 0
    new_id = await store.lease.rejoin(60)
    assert new_id == store.lease.worker_id != "w1"
    assert 0 < store.lease.remaining() <= 60
    assert await store.claims.claim(10) == []
    await other.lease.release()
    (job,) = await store.claims.claim(10)
    assert job.owner == new_id
    with pytest.raises(JobLostError):  # what it remembers from its former life counts no more
        await store.update(old, progress=0.9)


async def test_a_worker_that_is_starting_anew_is_not_taken_for_dead_again(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    await asyncio.gather(*(store.get(ID) for _ in range(5)))  # opens every connection
    await expire_lease("w1")
    await other.claims.claim(10)
    _, *meanwhile = await asyncio.gather(
        store.lease.rejoin(60),
        *(store.claims.claim(10) for _ in range(3)),
        *(store.lease.renew(60) for _ in range(3)),
        return_exceptions=True,
    )
    for error in meanwhile:  # the old id is lost; the new one is not, before it has its lease
        assert not isinstance(error, Exception) or "w1" in str(error)
    assert store.lease.remaining() > 0
    assert await store.claims.claim(10) == []


async def test_claiming_does_not_bury_the_claimer(store, expire_lease):
    job = await put(store, ID, JobState.SUBMITTING)
    await expire_lease("w1")
    assert await store.claims.claim(10) == []
    await store.lease.renew(60)
    assert await store.get(ID) == job


async def test_released_jobs_go_over_at_once(store, store_factory):
    other = await store_factory("w2")
    await put(store, ID, JobState.RUNNING)
    await put(store, ID + 1, JobState.SUBMITTING)
    await put(other, ID + 2, JobState.RUNNING)
    await store.lease.release()
    assert store.lease.remaining() == 0
    assert [(j.id - ID, j.state) for j in await other.claims.claim(10)] == [
        (0, JobState.RUNNING),
        (1, JobState.UNCERTAIN),
    ]
    async with store._database.transaction() as connection:
        assert await connection.scalar(text("SELECT id FROM workers")) == "w2"


async def test_a_late_answer_after_release_is_not_lost(store, store_factory):
    other = await store_factory("w2")
    await put(store, ID, JobState.SUBMITTING)
    await store.lease.release()
    assert (await store.lift_uncertain(ID, task_id="late")).state is JobState.RUNNING
    (job,) = await other.claims.claim(10)
    assert (job.state, job.task_id) == (JobState.RUNNING, "late")


def test_worker_ids_are_new_each_time():
    assert len({new_worker_id() for _ in range(100)}) == 100


async def test_a_restarted_process_on_sqlite_waits_for_no_lease(sqlite_url):
    async with open_store(sqlite_url, worker_id="first") as store:
        await store.lease.renew(3600)
        await put(store, ID, JobState.SUBMITTING)
        await put(store, ID + 1, JobState.RUNNING)
    async with open_store(sqlite_url, worker_id="second") as store:
        await store.lease.renew(3600)
        assert [job.state for job in await store.claims.claim(10)] == ["uncertain", "running"]


async def test_a_worker_frozen_inside_a_transaction_does_not_keep_its_jobs(
    store, store_factory, expire_lease, backend
):
    if backend == "sqlite":
        pytest.skip("one process: nobody else waits")
    other = await store_factory("w2")
    await put(store, ID, JobState.SUBMITTING)
    await expire_lease("w1")

    async def freeze():
        async with store._database.transaction() as connection:
            shown = await connection.scalar(text("SHOW idle_in_transaction_session_timeout"))
            assert shown == "5s"
            await connection.execute(text("SET idle_in_transaction_session_timeout = 100"))
            await connection.execute(text("UPDATE jobs SET progress = 0.5"))
            (job,) = await other.claims.claim(
                10
            )  # waits for the row until the database ends the above
            assert job.state is JobState.UNCERTAIN

    with pytest.raises(StoreUnavailableError):
        await freeze()
    assert (await store.get(ID)).progress is None


# Commits of which nobody knows whether they came through


class DoubtfulDatabase:
    """A database of which the next commit comes through, but is answered by a broken line."""

    def __init__(self, database):
        self._database = database
        self.breaks = False

    def __getattr__(self, name):
        return getattr(self._database, name)

    @contextlib.asynccontextmanager
    async def transaction(self, **how):
        async with self._database.transaction(**how) as connection:
            yield connection
        if self.breaks:
            self.breaks = False
            raise StoreUnavailableError("the line broke during the commit")


@pytest.fixture
async def doubtful(store):
    """A store on such a database, with a lease."""
    store = Store(DoubtfulDatabase(store._database), worker_id="doubtful")
    await store.lease.renew(60)
    return store


async def test_a_claim_that_seemed_to_fail_is_handed_out_again(doubtful):
    await doubtful.add(new_job())
    doubtful._database.breaks = True
    with pytest.raises(StoreUnavailableError):
        await doubtful.claims.claim(10)
    assert [job.id for job in await doubtful.claims.claim(10)] == [ID]
    assert await doubtful.claims.claim(10) == []


async def test_a_move_that_seemed_to_fail_is_handed_out_in_its_true_state(doubtful):
    await doubtful.add(new_job())
    (job,) = await doubtful.claims.claim(10)
    doubtful._database.breaks = True
    with pytest.raises(StoreUnavailableError):
        await doubtful.move(job, JobState.SUBMITTING)
    assert await doubtful.claims.claim(10) == []  # still in the caller's memory: it tries again
    with pytest.raises(JobLostError):
        await doubtful.move(job, JobState.SUBMITTING)
    (job,) = await doubtful.claims.claim(10)  # now it is not
    assert (job.state, job.submitted_by) == (JobState.QUEUED, None)  # surely nothing was sent
    assert await doubtful.claims.claim(10) == []


@pytest.mark.parametrize(
    ("state", "is_ours"), [(JobState.RUNNING, True), (JobState.SUBMITTING, False)]
)
async def test_only_ones_own_job_that_is_still_submitting_is_surely_unsent(
    doubtful, state, is_ours
):
    await doubtful.add(new_job())
    (job,) = await doubtful.claims.claim(10)
    doubtful._database.breaks = True
    for error in (StoreUnavailableError, JobLostError):
        with pytest.raises(error):
            await doubtful.move(job, JobState.SUBMITTING)
    await put(doubtful, ID, state, owner=doubtful.lease.worker_id if is_ours else None)
    assert [job.state for job in await doubtful.claims.claim(10)] == [state]


async def test_a_later_write_ends_the_doubt_about_a_job(doubtful):
    await doubtful.add(new_job())
    (job,) = await doubtful.claims.claim(10)
    doubtful._database.breaks = True
    with pytest.raises(StoreUnavailableError):
        await doubtful.move(job, JobState.SUBMITTING)
    await doubtful.update(await doubtful.get(ID), submit_attempts=1)
    with pytest.raises(JobLostError):
        await doubtful.move(job, JobState.SUBMITTING)
    assert await doubtful.claims.claim(10) == []
    assert (await doubtful.get(ID)).state is JobState.SUBMITTING  # not back to QUEUED


async def test_an_answer_whose_recording_seemed_to_fail_is_not_sent_again(doubtful):
    await doubtful.add(new_job())
    job = await doubtful.move((await doubtful.claims.claim(10))[0], JobState.SUBMITTING)
    doubtful._database.breaks = True
    for error in (StoreUnavailableError, JobLostError):
        with pytest.raises(error):
            await doubtful.move(job, JobState.RUNNING, task_id="t")
    assert [job.state for job in await doubtful.claims.claim(10)] == [JobState.RUNNING]


async def test_a_late_answer_that_seemed_lost_is_recorded_once(doubtful):
    await put(doubtful, ID, JobState.UNCERTAIN)
    doubtful._database.breaks = True
    with pytest.raises(StoreUnavailableError):
        await doubtful.lift_uncertain(ID, task_id="late")
    assert (await doubtful.lift_uncertain(ID, task_id="late")).state is JobState.RUNNING
