"""People's own looks in the database: each is for the one who saved it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from bot.domain.looks import MOST_LOOKS, Look, LookOrigin, OfferedLook, name_key
from bot.storage.tables.look import looks

if TYPE_CHECKING:
    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database


class PersonalLooks:
    """Every statement about people's own looks; ``Store.looks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: int) -> list[OfferedLook]:
        """Return a person's looks, by name."""
        async with self._database.read() as connection:
            return await read_looks(connection, user_id)

    async def save(self, look_id: int, look: Look, *, user_id: int) -> bool:
        """Store a look under an id of its own, in place of one of that id or that name.

        Returns:
            Whether there was room: ``MOST_LOOKS`` are the most of one person.
        """
        values = _values(look)
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, looks.name, user_id)
            present = await read_looks(connection, user_id)
            replaced = [
                _id_of(one)
                for one in present
                if _id_of(one) == look_id or name_key(one.look.name) == name_key(look.name)
            ]
            if not replaced and len(present) >= MOST_LOOKS:
                return False
            for other in replaced[1:]:
                await connection.execute(_delete(other, user_id))
            if replaced:
                await connection.execute(
                    update(looks)
                    .where(looks.c.id == replaced[0], looks.c.user_id == user_id)
                    .values(**values)
                )
            else:
                await connection.execute(
                    insert(looks).values(
                        id=look_id, user_id=user_id, saved_at=self._database.now(), **values
                    )
                )
        return True

    async def remove(self, look_id: int, *, user_id: int) -> bool:
        """Delete one of a person's looks; return whether there was one."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(_delete(look_id, user_id))
            return bool(gone.rowcount)


async def read_looks(connection: AsyncConnection, user_id: int) -> list[OfferedLook]:
    """Return a person's looks by name, inside a transaction of the caller's."""
    rows = await connection.execute(
        select(looks)
        .where(looks.c.user_id == user_id)
        .order_by(func.lower(looks.c.name), looks.c.id)
    )
    return [_offered(row) for row in rows.mappings()]


def _offered(row: RowMapping) -> OfferedLook:
    look = Look(**{name: row[name] for name in Look.__slots__})
    return OfferedLook(key=f"{LookOrigin.PERSONAL}:{row['id']}", look=look)


def _values(look: Look) -> dict[str, Any]:
    return {name: getattr(look, name) for name in Look.__slots__}


def _id_of(offered: OfferedLook) -> int:
    return int(offered.key[2:])


def _delete(look_id: int, user_id: int) -> Any:  # noqa: ANN401 - a statement
    return delete(looks).where(looks.c.id == look_id, looks.c.user_id == user_id)
