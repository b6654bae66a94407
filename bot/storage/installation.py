"""The one row that the program keeps about its database: signs of life, and a key of its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select, update

from bot.storage.tables.process import installation

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

_ID: Final = 1
_KEY_BYTES: Final = 32


async def note(
    connection: AsyncConnection, database: Database, **values: datetime | str | None
) -> None:
    """Write ``values`` into the row, which is made if this is the first word of any process."""
    changed = await connection.execute(update(installation).values(values))
    if not changed.rowcount:
        await database.take_turn(connection, "installation")
        if not await connection.scalar(select(func.count()).select_from(installation)):
            await connection.execute(insert(installation).values(id=_ID, **values))


class Installation:
    """What this installation has that no other has; ``Store.installation``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: bytes | None = None

    async def key(self) -> bytes:
        """Return the key that custom ids are sealed with: made at the first start, read once.

        All processes on the database share it, and it moves along with its data.
        """
        if self._key is None:
            async with self._database.transaction() as connection:
                self._key = await _read_key(connection, self._database)
        return self._key


async def _read_key(connection: AsyncConnection, database: Database) -> bytes:
    key = await connection.scalar(select(installation.c.key))
    if key is None:
        await database.take_turn(connection, "installation-key")
        key = await connection.scalar(select(installation.c.key))
    if key is None:
        key = secrets.token_hex(_KEY_BYTES)
        await note(connection, database, key=key)
    return bytes.fromhex(key)
