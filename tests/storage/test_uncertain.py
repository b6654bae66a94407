"""What the bot's owner can do about jobs of which nobody knows whether they were paid for."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.domain.quotas import LedgerStatus
from bot.errors import TaskTakenError
from tests.factories import new_job
from tests.storage.money import HOLDERS, cap, rows_of
from tests.storage.rows import add_owned, put

ID = new_job().id
PRICE = 750_000
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


async def uncertain(store, job_id=ID):
    job = await add_owned(store, new_job(job_id, price_micros=PRICE), holders=HOLDERS)
    job = await store.move(job, JobState.SUBMITTING)
    job = await store.move(job, JobState.UNCERTAIN, charge=Charge.UNKNOWN)
    return await store.update(job, told_at=MOMENT)


async def test_uncertain_jobs_are_listed_oldest_first(store):
    for number in (2, 1, 3):
        await uncertain(store, ID + number)
    await put(store, ID, JobState.RUNNING)
    assert [job.id - ID for job in await store.uncertain.jobs()] == [1, 2, 3]
    assert [job.id - ID for job in await store.uncertain.jobs(limit=1)] == [1]


async def test_a_job_whose_task_a_person_found_goes_on_in_any_process(store, store_factory):
    other = await store_factory("w2")
    await uncertain(store)
    attached = await other.uncertain.attach(ID, task_id=" found ", user_id=9)
    assert (attached.state, attached.task_id, attached.owner) == (JobState.RUNNING, "found", None)
    assert await rows_of(store, ID) == {(LedgerStatus.COMMITTED, PRICE)}
    (job,) = await other.claims.claim(10)
    assert (job.id, job.told_at, job.charge) == (ID, None, None)
    assert job.submitted_at is not None
    assert await store.lift_uncertain(ID, task_id="late") is None


async def test_a_task_is_never_attached_to_two_jobs(store, store_factory):
    other = await store_factory("w2")
    await uncertain(store)
    await uncertain(store, ID + 1)
    outcomes = await asyncio.gather(
        store.uncertain.attach(ID, task_id="t", user_id=9),
        other.uncertain.attach(ID + 1, task_id="t", user_id=9),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Job", "TaskTakenError"]
    await put(store, ID + 2, JobState.DONE, task_id="old")
    loser = ID if isinstance(outcomes[0], TaskTakenError) else ID + 1
    with pytest.raises(TaskTakenError):
        await store.uncertain.attach(loser, task_id="old", user_id=9)
    assert (await store.get(loser)).state is JobState.UNCERTAIN


async def test_a_task_without_an_id_is_refused(store):
    job = await uncertain(store)
    with pytest.raises(ValueError, match="id"):
        await store.uncertain.attach(ID, task_id="  ", user_id=9)
    assert await store.get(ID) == job


async def test_a_job_that_is_written_off_gives_its_money_back_and_is_told(store):
    await uncertain(store)
    job = await store.uncertain.write_off(ID, user_id=9, note="not in the provider's list")
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.WRITTEN_OFF)
    assert (job.charge, job.cancelled_by, job.told_at) == (Charge.UNKNOWN, 9, None)
    assert await rows_of(store, ID) == {(LedgerStatus.RELEASED, PRICE)}
    (use,) = await store.ledger.uses([cap()])
    assert use.used == 0
    assert [one.id for one in await store.claims.claim(10)] == [ID]
    assert await store.lift_uncertain(ID, task_id="late") is None


async def test_only_an_uncertain_job_can_be_settled_by_a_person(store):
    for state in set(JobState) - {JobState.UNCERTAIN}:
        job = await put(store, ID, state)
        assert await store.uncertain.attach(ID, task_id="new", user_id=9) is None
        assert await store.uncertain.write_off(ID, user_id=9) is None
        assert await store.get(ID) == job


async def test_of_two_decisions_at_once_one_holds(store, store_factory):
    other = await store_factory("w2")
    for number in range(6):
        await uncertain(store, ID + number)
        outcomes = await asyncio.gather(
            store.uncertain.attach(ID + number, task_id=f"t{number}", user_id=9),
            other.uncertain.write_off(ID + number, user_id=9),
            store.lift_uncertain(ID + number, task_id="late"),
        )
        assert sum(outcome is not None for outcome in outcomes) == 1
