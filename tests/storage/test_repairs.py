"""What the command line finds and repairs: any job, its money, an answer once more."""

from datetime import UTC, datetime

from bot.domain.jobs import FailureReason, JobState
from bot.domain.quotas import LedgerStatus
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import HOLDERS, rows_of
from tests.storage.rows import add_owned, put

ID = new_job().id
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
URL = "https://example.com/restyled.mp4"


async def test_jobs_are_found_by_state_server_and_person_newest_first(store):
    await store.add(new_job(1))
    await store.add(new_job(2, guild_id=None, user_id=7))
    await put(store, 3, JobState.UNCERTAIN)
    await put(store, 4, JobState.DONE, told_at=MOMENT)

    async def ids(**wishes):
        return [job.id for job in await store.repairs.find(**wishes)]

    assert await ids() == [3, 2, 1]
    assert await ids(limit=1) == [3]
    assert await ids(states=[JobState.DONE]) == [4]
    assert await ids(states=[JobState.DONE, JobState.QUEUED]) == [4, 2, 1]
    assert await ids(guild_id=GUILD_ID) == [3, 1]
    assert await ids(guild_id=0) == [2]
    assert await ids(user_id=USER_ID) == [3, 1]
    assert await ids(guild_id=1) == []


async def test_the_money_of_a_job_is_what_the_ledger_holds(store):
    await store.add(new_job(ID, price_micros=750_000), holders=HOLDERS)
    rows = await store.repairs.money_of(ID)
    assert len(rows) == len(HOLDERS)
    assert {(row["micros"], row["standing"]) for row in rows} == {(750_000, LedgerStatus.RESERVED)}


async def test_an_answer_is_posted_once_more_and_nothing_else_changes(store):
    await add_owned(store, new_job(ID, price_micros=750_000), holders=HOLDERS)
    job = await store.move(await store.get(ID), JobState.SUBMITTING)
    job = await store.move(job, JobState.RUNNING, task_id="t")
    job = await store.move(job, JobState.DELIVERING, output_url="https://old.example.com/v.mp4")
    job = await store.move(job, JobState.DONE, told_at=MOMENT)
    before = await rows_of(store, ID)
    again = await store.repairs.deliver_again(ID, output_url=URL, output_expires_at=None)
    assert (again.state, again.output_url, again.told_at) == (JobState.DELIVERING, URL, None)
    assert again.finished_at == job.finished_at
    assert await rows_of(store, ID) == before
    assert [one.id for one in await store.claims.claim(10)] == [ID]


async def test_only_what_ended_with_a_result_is_posted_once_more(store):
    for state in set(JobState) - {JobState.DONE}:
        job = await put(store, ID, state, output_url=URL)
        assert await store.repairs.deliver_again(ID, output_url=URL, output_expires_at=None) is None
        assert await store.get(ID) == job
    await put(store, ID, JobState.DONE, output_url=None)
    assert await store.repairs.deliver_again(ID, output_url=URL, output_expires_at=None) is None
    failed = {"failure": FailureReason.UNDELIVERABLE, "task_id": "t", "output_url": URL}
    await put(store, ID, JobState.FAILED, **failed)
    again = await store.repairs.deliver_again(ID, output_url=URL, output_expires_at=None)
    assert (again.state, again.failure) == (JobState.DELIVERING, None)
