"""Jobs with a price, as the ledger meets them."""

from datetime import UTC, datetime

from sqlalchemy import select

from bot.domain.jobs import JobState
from bot.domain.quotas import LedgerStatus
from tests.factories import new_job
from tests.storage.money import (
    HOLDERS,
)
from tests.storage.rows import add_owned

ID = new_job().id
PRICE = 750_000
RESERVED, COMMITTED, RELEASED = LedgerStatus.RESERVED, LedgerStatus.COMMITTED, LedgerStatus.RELEASED
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


async def add(store, job_id=ID, *, caps=(), on=HOLDERS, **fields):
    fields = {"price_micros": PRICE} | fields
    return await add_owned(store, new_job(job_id, **fields), holders=on, caps=caps)


async def moment_of(store):
    async with store._database.transaction() as connection:
        return (await connection.execute(select(store._database.now()))).scalar_one()


async def submitting(store, job_id=ID, **fields):
    return await store.move(await add(store, job_id, **fields), JobState.SUBMITTING)


async def running(store, job_id=ID, **fields):
    job = await submitting(store, job_id, **fields)
    return await store.move(job, JobState.RUNNING, task_id=f"task-{job_id}")
