"""What people have chosen for themselves, wherever they use the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, text, update

from bot.domain.telling import ToldBy
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.people import wishes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database


class Wishes:
    """Every statement about them; ``Store.wishes``. Who never chose has no row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told_by(self, user_id: int) -> ToldBy:
        """Return how a person wants to be told of their clips."""
        async with self._database.read() as connection:
            return await read_told_by(connection, user_id)

    async def be_told_by(self, user_id: int, told_by: ToldBy) -> None:
        """Note that, for later clips and for those that are under way."""
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, wishes.name, user_id)
            await connection.execute(delete(wishes).where(wishes.c.user_id == user_id))
            if told_by is not ToldBy.THREAD:
                await connection.execute(
                    insert(wishes).values(
                        user_id=user_id, told_by=told_by, since=self._database.now()
                    )
                )
            await connection.execute(
                update(jobs)
                .where(jobs.c.user_id == user_id, text(UNSETTLED))
                .values(told_by=told_by)
            )


async def read_told_by(connection: AsyncConnection, user_id: int) -> ToldBy:
    """Return the same inside a transaction of the caller's."""
    found = await connection.scalar(select(wishes.c.told_by).where(wishes.c.user_id == user_id))
    return ToldBy.THREAD if found is None else ToldBy(found)
