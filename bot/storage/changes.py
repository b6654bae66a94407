"""The one way in which a job's row changes, and what that means for its money.

Everything that changes a job (``Store``, and the parts of the store for reviews, consent and so on)
does it here, inside its own transaction, so that a state and its ledger never disagree.

Two other statements move jobs past this: a claim puts a job whose paid request surely was not sent
from SUBMITTING back to QUEUED, and a takeover makes the SUBMITTING jobs of the dead UNCERTAIN. Both
leave the money where it is, reserved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, insert, literal, or_, select, text, update

from bot.domain.jobs import SAFETY_FAILURES, CancelReason, Charge, JobState
from bot.domain.quotas import LedgerStatus
from bot.storage.rows import job_from
from bot.storage.strikes import is_struck
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.money import ledger
from bot.storage.tables.people import strikes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database

_SETTLED_ANEW: Final = frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED})
"""The states that change the standing of a job that comes into them.

Anything else, but a reported cost, is none of the ledger's business; a poll costs it nothing.
"""

_UNSENT: Final = (JobState.HELD, JobState.QUEUED)
_TAKEN: Final = frozenset({JobState.RUNNING, JobState.WITHHELD, JobState.DELIVERING, JobState.DONE})
"""The provider has the job, so what was reserved is as good as spent."""


async def change_job(
    connection: AsyncConnection,
    database: Database,
    *guards: ColumnElement[bool],
    **values: Any,  # noqa: ANN401 - each column has its own type
) -> Job | None:
    """Set ``values`` of the one job that all ``guards`` hold for, and settle its money.

    A change that sets ``owner`` to NULL also wakes this process's engine, once it is committed.

    Args:
        connection: Of an open transaction.
        database: Tells the time.
        guards: Conditions on ``jobs``: the id, the state it must have, whose it must be.
        values: Columns of ``jobs``; ``updated_at`` is set by itself.

    Returns:
        The job as it is now; ``None`` if there is no such job, or not in that state.
    """
    is_free = values.get("state") is JobState.CANCELLED and values.get("charge") is Charge.NO
    if is_free and "quarantined_at" not in values:
        # In an old database even a job that waits may have been paid for since.
        values["charge"] = case(
            (jobs.c.quarantined_at.is_not(None), literal(Charge.UNKNOWN, jobs.c.charge.type)),
            else_=literal(Charge.NO, jobs.c.charge.type),
        )
    rows = await connection.execute(
        update(jobs).where(*guards).values(**values, updated_at=database.now()).returning(jobs)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        return None
    job = job_from(row)
    if "owner" in values and job.owner is None:
        database.announce_new_jobs(connection)
    if not values.keys().isdisjoint({"cost_micros", "price_micros"}) or (
        "state" in values and job.state in _SETTLED_ANEW
    ):
        await _settle(connection, job)
    if "state" in values and job.state is JobState.FAILED:
        await _strike(connection, database, job)
    return job


async def change_alone(
    database: Database,
    *guards: ColumnElement[bool],
    **values: Any,  # noqa: ANN401 - each column has its own type
) -> Job | None:
    """Change one job as :func:`change_job` does, in a transaction of its own."""
    async with database.transaction(grouped=True) as connection:
        return await change_job(connection, database, *guards, **values)


def standing_of(job: Job) -> LedgerStatus:
    """Return what becomes of the money set aside for ``job`` as it stands.

    A job that is UNCERTAIN keeps it reserved until a person decides; one that was written off
    gives it back. Whatever ended otherwise counts as paid, unless it surely was not.
    """
    if job.state in _TAKEN:
        return LedgerStatus.COMMITTED
    if job.state not in {JobState.FAILED, JobState.CANCELLED}:
        return LedgerStatus.RESERVED
    if job.charge is Charge.NO or job.cancel_reason is CancelReason.WRITTEN_OFF:
        return LedgerStatus.RELEASED
    return LedgerStatus.COMMITTED


def ledger_values(job: Job) -> dict[str, Any]:
    """Return what the ledger's rows of ``job`` hold: their standing, and the amount if known."""
    values: dict[str, Any] = {"standing": standing_of(job)}
    # What the provider says replaces what was expected.
    said = (job.cost_micros, job.bill_micros, job.price_micros)
    if (micros := next((one for one in said if one is not None), None)) is not None:
        values["micros"] = micros
    return values


async def _settle(connection: AsyncConnection, job: Job) -> None:
    values = ledger_values(job)
    news = or_(*(ledger.c[name] != value for name, value in values.items()))
    await connection.execute(update(ledger).where(ledger.c.job_id == job.id, news).values(values))


async def _strike(connection: AsyncConnection, database: Database, job: Job) -> None:
    """Note that the provider's safety check refused a member's job; on servers only.

    If that makes too many of them, what the member asked for before and was not sent yet ends.
    """
    if job.guild_id is None or job.failure not in SAFETY_FAILURES:
        return
    await connection.execute(
        insert(strikes).values(
            job_id=job.id,
            guild_id=job.guild_id,
            user_id=job.user_id,
            struck_at=database.now(),
            failure=job.failure,
        )
    )
    waiting = await connection.execute(
        select(jobs)
        .where(
            text(UNSETTLED),
            jobs.c.state.in_(_UNSENT),
            jobs.c.guild_id == job.guild_id,
            jobs.c.user_id == job.user_id,
        )
        .order_by(jobs.c.id)  # two at once wait for each other in one direction only
    )
    for row in waiting.mappings().all():
        if await is_struck(connection, database, job_from(row)):
            await change_job(
                connection,
                database,
                jobs.c.id == row["id"],
                jobs.c.state.in_(_UNSENT),
                state=JobState.CANCELLED,
                owner=None,
                charge=Charge.NO,
                cancel_reason=CancelReason.STRUCK,
                finished_at=database.now(),
            )
