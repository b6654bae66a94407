"""A check that walks jobs and ledger: whatever happened to a database, the two must agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.domain.jobs import FINAL_STATES, Charge, JobState
from bot.storage.changes import ledger_values
from bot.storage.overview import OPEN_STATES
from bot.storage.rows import job_from
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from bot.storage.database import Database


async def disagreements(database: Database) -> list[str]:
    """Return a sentence for each thing in which jobs and ledger contradict each other.

    An empty list is what everybody wants. All rows are read once, in one transaction; nothing is
    changed.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    async with database.read() as connection:
        rows = await connection.execute(select(jobs).order_by(jobs.c.id))
        found = {row["id"]: job_from(row) for row in rows.mappings()}
        entries = (await connection.execute(select(ledger).order_by(ledger.c.job_id))).all()
    said = []
    for entry in entries:
        job = found.get(entry.job_id)
        if job is None:
            said.append(f"The ledger has money of job {entry.job_id}, which does not exist.")
            continue
        wanted = ledger_values(job)
        if entry.standing is not wanted["standing"]:
            said.append(
                f"Job {job.id} is {job.state}, so its money should be {wanted['standing']}; the "
                f"ledger says {entry.standing} ({entry.scope} {entry.scope_id})."
            )
        if entry.micros != wanted.get("micros", entry.micros):
            said.append(
                f"Job {job.id} is of {wanted['micros']} micro-dollars; the ledger says "
                f"{entry.micros} ({entry.scope} {entry.scope_id})."
            )
    with_money = {entry.job_id for entry in entries}
    said += [
        f"Job {job.id} is {job.state}, and the ledger has no money of it."
        for job in found.values()
        if job.state in OPEN_STATES and job.id not in with_money
    ]
    tasks = Counter(job.task_id for job in found.values() if job.task_id is not None)
    said += [f"Task {task} belongs to {count} jobs." for task, count in tasks.items() if count > 1]
    for job in found.values():
        if job.task_id is not None and job.charge is Charge.NO and job.state is JobState.DONE:
            said.append(f"Job {job.id} brought a video and is said to have cost nothing.")
        if job.quarantined_at is not None and job.state not in {
            JobState.HELD,
            JobState.QUEUED,
            *FINAL_STATES,
        }:
            said.append(f"Job {job.id} is {job.state}, though it was in quarantine.")
    return said
