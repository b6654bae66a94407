"""Appeals in the database: what members ask the moderators about, and what they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from bot.domain.reviews import MAX_OPEN_APPEALS, Appeal
from bot.storage.tables.review import appeals

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database


class Appeals:
    """Every statement about appeals; ``Store.appeals``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, appeal_id: int) -> Appeal | None:
        """Return the appeal, or ``None``."""
        async with self._database.read() as connection:
            return await self._read(connection, appeal_id)

    async def _read(self, connection: AsyncConnection, appeal_id: int) -> Appeal | None:
        rows = await connection.execute(select(appeals).where(appeals.c.id == appeal_id))
        row = rows.mappings().one_or_none()
        return Appeal(**row) if row else None

    async def open_count(self, guild_id: int, user_id: int) -> int:
        """Count the member's appeals on this server that nobody has answered."""
        async with self._database.read() as connection:
            return await self._open_count(connection, guild_id, user_id)

    async def _open_count(self, connection: AsyncConnection, guild_id: int, user_id: int) -> int:
        found = await connection.scalar(
            select(func.count())
            .select_from(appeals)
            .where(
                appeals.c.guild_id == guild_id,
                appeals.c.user_id == user_id,
                appeals.c.answered_at.is_(None),
            )
        )
        return found or 0

    async def add(
        self,
        appeal_id: int,
        *,
        guild_id: int,
        user_id: int,
        job_id: int | None,
        about: str,
        words: str,
    ) -> tuple[Appeal | None, bool]:
        """Store an appeal; return it, and whether it is new.

        The same id again gives what was stored first. ``None`` when the member has
        ``MAX_OPEN_APPEALS`` unanswered ones.
        """
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "appeals", guild_id)
            known = await self._read(connection, appeal_id)
            if known is not None:
                return known, False
            if await self._open_count(connection, guild_id, user_id) >= MAX_OPEN_APPEALS:
                return None, False
            await connection.execute(
                insert(appeals).values(
                    id=appeal_id,
                    guild_id=guild_id,
                    user_id=user_id,
                    job_id=job_id,
                    about=about,
                    words=words,
                    opened_at=self._database.now(),
                )
            )
            return await self._read(connection, appeal_id), True

    async def posted(self, appeal_id: int, *, channel_id: int, message_id: int) -> None:
        """Record where the moderators read it."""
        await self._set(appeal_id, channel_id=channel_id, message_id=message_id)

    async def withdraw(self, appeal_id: int) -> None:
        """Forget an appeal that reached nobody, so that it can be made again."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(appeals).where(appeals.c.id == appeal_id, appeals.c.message_id.is_(None))
            )

    async def answer(
        self, appeal_id: int, *, guild_id: int, user_id: int, answer: str
    ) -> tuple[Appeal | None, bool]:
        """Store a moderator's answer; return the appeal, and whether this is its answer now.

        Of two answers at the same instant the first one holds. ``None`` when there is no such
        appeal on this server.
        """
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "appeals", guild_id)
            now = await self._database.read_now(connection)
            known = await self._read(connection, appeal_id)
            if known is None or known.guild_id != guild_id:
                return None, False
            if known.is_answered(now):
                return known, False
            await connection.execute(
                update(appeals)
                .where(appeals.c.id == appeal_id)
                .values(answered_by=user_id, answered_at=now, answer=answer)
            )
            return await self._read(connection, appeal_id), True

    async def told(self, appeal_id: int) -> None:
        """Record that the member has the answer, or never can have it."""
        await self._set(appeal_id, told_at=self._database.now())

    async def unanswer(self, appeal_id: int) -> None:
        """Take back an answer that Discord did not carry, so that it can be given again."""
        await self._set(appeal_id, answered_by=None, answered_at=None, answer=None)

    async def _set(self, appeal_id: int, **values: Any) -> None:  # noqa: ANN401 - each column has its own type
        async with self._database.transaction() as connection:
            await connection.execute(
                update(appeals).where(appeals.c.id == appeal_id).values(**values)
            )
