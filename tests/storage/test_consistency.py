"""The check that jobs and ledger agree."""

from sqlalchemy import insert, update

from bot.domain.jobs import JobState
from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope
from bot.storage.consistency import disagreements
from bot.storage.tables.money import ledger
from tests.factories import new_job
from tests.storage.rows import put

ID = new_job().id
HOLDERS = (QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0),)


async def test_what_the_store_itself_does_leaves_nothing_to_say(store):
    await store.add(new_job(ID), holders=HOLDERS)
    await store.add(new_job(ID + 1), holders=HOLDERS)
    await store.add(new_job(ID + 2), holders=HOLDERS)
    await store.cancel(ID)
    await store.quarantine.enter()
    await store.quarantine.settle(ID + 1, user_id=1)
    await store.cancel(ID + 2)
    assert await disagreements(store._database) == []


async def test_money_that_stands_otherwise_than_its_job_is_named(store):
    await store.add(new_job(ID), holders=HOLDERS)
    async with store._database.transaction() as connection:
        await connection.execute(update(ledger).values(standing=LedgerStatus.RELEASED))
    (said,) = await disagreements(store._database)
    assert f"Job {ID} is queued" in said


async def test_money_of_no_job_is_named(store):
    await store.add(new_job(ID), holders=HOLDERS)
    async with store._database.transaction() as connection:
        row = {"scope": Scope.BOT, "scope_id": 0, "guild_id": 0, "day": "2026-01-01", "jobs": 1}
        money = {"micros": 1, "standing": LedgerStatus.RESERVED}
        await connection.execute(insert(ledger).values(job_id=ID + 9, **row, **money))
    (said,) = await disagreements(store._database)
    assert f"job {ID + 9}, which does not exist" in said


async def test_one_holder_with_another_amount_is_named(store):
    await store.add(new_job(ID, price_micros=750_000), holders=HOLDERS)
    async with store._database.transaction() as connection:
        await connection.execute(update(ledger).values(micros=5))
    assert await disagreements(store._database) == [
        f"Job {ID} is of 750000 micro-dollars; the ledger says 5 (bot 0)."
    ]


async def test_a_job_under_way_that_counts_for_nobody_is_named(store):
    await store.add(new_job(ID))
    (said,) = await disagreements(store._database)
    assert said == f"Job {ID} is queued, and the ledger has no money of it."


async def test_a_task_of_two_jobs_is_named(store):
    for number in (0, 1):
        await put(store, ID + number, JobState.DONE, task_id="task-1")
    assert await disagreements(store._database) == ["Task task-1 belongs to 2 jobs."]
