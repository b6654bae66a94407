"""Looking at, and forging, rows behind the store's back."""

from sqlalchemy import insert, select, update

from bot.domain.jobs import JobState
from bot.storage.rows import job_from, row_from
from bot.storage.tables.job import jobs
from tests.factories import new_job


async def all_jobs(store):
    async with store._database.transaction() as connection:
        rows = await connection.execute(select(jobs).order_by(jobs.c.id))
        return {row["id"]: job_from(row) for row in rows.mappings()}


async def add_owned(store, new, *, owner=None, **options):
    """Add a job and let ``owner`` have it without a claim; by default ``store``'s worker."""
    await store.add(new, **options)
    async with store._database.transaction() as connection:
        owned = update(jobs).values(owner=owner or store.lease.worker_id)
        await connection.execute(owned.where(jobs.c.id == new.id))
    return await store.get(new.id)


async def put(store, job_id, state, **values):
    """Force a job, new or old, into ``state``; by default ``store`` owns it."""
    values = {"state": state, "owner": store.lease.worker_id, **values}
    if state in {JobState.RUNNING, JobState.WITHHELD, JobState.DELIVERING, JobState.DONE}:
        values.setdefault("task_id", f"task-{job_id}")
    if state is not JobState.QUEUED:
        values.setdefault("submitted_by", values["owner"] or "somebody")
    now = store._database.now()
    async with store._database.transaction() as connection:
        changed = await connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))
        if not changed.rowcount:
            whole = row_from(new_job(job_id)) | {"created_at": now, "updated_at": now} | values
            await connection.execute(insert(jobs).values(whole))
    return await store.get(job_id)
