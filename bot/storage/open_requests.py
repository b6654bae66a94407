"""What somebody asked for that has not become a job: they have still to choose, or to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from bot.storage.tables.request import open_requests

if TYPE_CHECKING:
    from bot.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRequest:
    """One row."""

    id: int
    guild_id: int
    """0 for direct messages."""
    user_id: int
    words: str
    """JSON; ``cogs/restyle/open_request.py`` reads it."""


class OpenRequests:
    """Every statement about open requests; ``Store.open_requests``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, request: KeptRequest) -> None:
        """Store a request, in place of what was kept of it before."""
        values = {"words": request.words, "kept_at": self._database.now()}
        whose = (
            open_requests.c.id == request.id,
            open_requests.c.user_id == request.user_id,
        )
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, open_requests.name, request.id)
            changed = await connection.execute(update(open_requests).where(*whose).values(**values))
            if not changed.rowcount:
                await connection.execute(
                    insert(open_requests).values(
                        id=request.id,
                        guild_id=request.guild_id,
                        user_id=request.user_id,
                        **values,
                    )
                )

    async def get(self, request_id: int, *, user_id: int) -> KeptRequest | None:
        """Return what is kept of a request of ``user_id``'s; ``None`` where nothing is."""
        columns = open_requests.c
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(columns.id, columns.guild_id, columns.user_id, columns.words).where(
                    columns.id == request_id, columns.user_id == user_id
                )
            )
            row = rows.mappings().one_or_none()
            return None if row is None else KeptRequest(**row)

    async def drop(self, request_id: int, *, user_id: int) -> None:
        """Forget a request of ``user_id``'s."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(open_requests).where(
                    open_requests.c.id == request_id, open_requests.c.user_id == user_id
                )
            )
