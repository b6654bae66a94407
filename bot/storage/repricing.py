"""A stored job that turns out to cost something else before anything is spent on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.domain.guilds import guild_key
from bot.domain.quotas import QuotaSubject
from bot.policy.quotas import money_caps_of
from bot.storage.budget_notices import note_accepted
from bot.storage.ledger import check_caps, take_turns
from bot.storage.policies import read_policy
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.settings import Settings
    from bot.storage.database import Database


async def check_new_price(
    connection: AsyncConnection, database: Database, job: Job, price: int | None, operator: Settings
) -> None:
    """Make sure that a stored job fits under its budgets of today at another price.

    It goes on counting for whom it counted, in the day and month in which it was accepted, so it
    must fit there. Nobody is asked where it becomes no dearer. If a budget runs out by it, that is
    noted as for a new job.

    Args:
        connection: Of the transaction that changes the job.
        database: Gives the turns of whoever counts against the same budgets.
        job: As it is stored.
        price: The new one, in micro-dollars; ``None`` when nobody can say, which fits under none.
        operator: The bot's own settings.

    Raises:
        CapReachedError: It does not fit.
    """
    if price is not None and job.price_micros is not None and price <= job.price_micros:
        return
    names = ("scope", "scope_id", "guild_id")
    rows = await connection.execute(
        select(*(ledger.c[name] for name in names)).where(ledger.c.job_id == job.id)
    )
    holders = [QuotaSubject(**row) for row in rows.mappings()]
    policy = await read_policy(connection, guild_key(job.guild_id))
    caps = money_caps_of(policy, holders, operator)
    await take_turns(connection, database, caps)
    moment = job.created_at
    uses = await check_caps(connection, caps, price=price, now=moment, but=job.id)
    await note_accepted(connection, uses, price=price, now=moment)
