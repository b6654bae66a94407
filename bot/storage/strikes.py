"""Strikes as the ledger of a member's refusals: noted with the job, asked before money is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from bot.domain.sanctions import Strike
from bot.policy.strikes import struck_until
from bot.storage.policies import read_policy
from bot.storage.tables.people import strikes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database

MOST_STRIKES: Final = 200
"""More than a limit can count (50), so that the newest ones always decide."""


async def read_strikes(
    connection: AsyncConnection, guild_id: int, user_id: int | None, *, limit: int = MOST_STRIKES
) -> list[Strike]:
    """Return a guild's strikes that were not lifted, or one member's, newest first."""
    statement = select(strikes).where(strikes.c.guild_id == guild_id, strikes.c.lifted_at.is_(None))
    if user_id is not None:
        statement = statement.where(strikes.c.user_id == user_id)
    rows = await connection.execute(
        statement.order_by(strikes.c.struck_at.desc(), strikes.c.job_id.desc()).limit(limit)
    )
    return [Strike(**row) for row in rows.mappings()]


async def is_struck(connection: AsyncConnection, database: Database, job: Job) -> bool:
    """Tell whether strikes keep ``job`` from being started now.

    They do not where its requester had an exempting role when they asked for it, nor in direct
    messages, where there are none.
    """
    if job.guild_id is None:
        return False
    found = await read_strikes(connection, job.guild_id, job.user_id)
    if not found:
        return False
    policy = await read_policy(connection, job.guild_id)
    if policy.exempting(job.role_ids or ()) is not None:
        return False
    return struck_until(found, policy, await database.read_now(connection)) is not None
