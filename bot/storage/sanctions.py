"""Strikes, blocks and pauses in the database."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.sanctions import MAX_NOTE, Block, MemberFacts, Pause, Strike
from bot.requests.text_safety import cut, one_line
from bot.storage.strikes import read_strikes
from bot.storage.tables.people import blocks, pauses, strikes

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, RowMapping, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

log = logging.getLogger(__name__)

_MOST_BLOCKS: Final = 25


class People:
    """What is held against people; ``Store.people``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def facts(self, guild_id: int, user_id: int) -> MemberFacts:
        """Return what stands in the way of a member; 0 for direct messages.

        What holds everywhere comes before what holds on the server alone.
        """
        async with self._database.read() as connection:
            return await read_facts(connection, guild_id, user_id)

    # Pauses

    async def pause(
        self, guild_id: int, *, user_id: int, note: str | None = None
    ) -> tuple[Pause, bool]:
        """Let nothing new start on a guild, or anywhere (``GLOBAL_GUILD_ID``).

        Every process honours it from its next request, and its next pass over the jobs that wait.

        Returns:
            The pause that holds, and whether it is new: who was first stays.
        """
        row, is_new = await self._put(
            pauses,
            {"guild_id": guild_id},
            {"paused_by": user_id, "paused_at": self._database.now(), "note": _note(note)},
        )
        return Pause(**row), is_new

    async def resume(self, guild_id: int) -> Pause | None:
        """Let things start again; return the pause that ended, ``None`` if there was none."""
        row = await self._take(pauses, {"guild_id": guild_id})
        if row is not None:
            self._database.new_jobs.set()
        return Pause(**row) if row else None

    async def paused(self, guild_id: int) -> Pause | None:
        """Return the pause of exactly this guild, or of everything (``GLOBAL_GUILD_ID``)."""
        async with self._database.read() as connection:
            row = await _one(connection, pauses, {"guild_id": guild_id})
        return Pause(**row) if row else None

    # Blocks

    async def block(
        self, guild_id: int, user_id: int, *, by: int, note: str | None = None
    ) -> tuple[Block, bool]:
        """Let one person start nothing on a guild, or anywhere (``GLOBAL_GUILD_ID``).

        Returns:
            The block that holds, and whether it is new: who was first stays.
        """
        row, is_new = await self._put(
            blocks,
            {"guild_id": guild_id, "user_id": user_id},
            {"blocked_by": by, "blocked_at": self._database.now(), "note": _note(note)},
        )
        return Block(**row), is_new

    async def unblock(self, guild_id: int, user_id: int) -> Block | None:
        """Take a block back and return it; ``None`` if there was none."""
        row = await self._take(blocks, {"guild_id": guild_id, "user_id": user_id})
        return Block(**row) if row else None

    async def blocks(self, guild_id: int) -> list[Block]:
        """Return a guild's newest ``_MOST_BLOCKS`` blocks, newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(blocks)
                .where(blocks.c.guild_id == guild_id)
                .order_by(blocks.c.blocked_at.desc(), blocks.c.user_id)
                .limit(_MOST_BLOCKS)
            )
            return [Block(**row) for row in rows.mappings()]

    # Strikes

    async def strikes(
        self, guild_id: int, *, user_id: int | None = None, limit: int = 25
    ) -> list[Strike]:
        """Return a guild's strikes that were not lifted, newest first; of one member, or of all."""
        async with self._database.read() as connection:
            return await read_strikes(connection, guild_id, user_id, limit=limit)

    async def lift(self, guild_id: int, job_ids: Collection[int], *, by: int) -> list[Strike]:
        """Let strikes of a guild count no longer; return those that did until now.

        Those of ``by`` stay: nobody lifts a strike of their own.
        """
        async with self._database.transaction() as connection:
            rows = await connection.execute(
                update(strikes)
                .where(
                    strikes.c.guild_id == guild_id,
                    strikes.c.job_id.in_(job_ids),
                    strikes.c.user_id != by,
                    strikes.c.lifted_at.is_(None),
                )
                .values(lifted_by=by, lifted_at=self._database.now())
                .returning(strikes)
            )
            lifted = [Strike(**row) for row in rows.mappings()]
        for strike in lifted:
            log.info("job %s: its strike was lifted by user %s", strike.job_id, by)
        return lifted

    # What they have in common

    async def _put(
        self, table: Table, key: dict[str, int], values: dict[str, Any]
    ) -> tuple[RowMapping, bool]:
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, table.name, key["guild_id"])
            known = await _one(connection, table, key)
            if known is not None:
                return known, False
            rows = await connection.execute(insert(table).values(**key, **values).returning(table))
            return rows.mappings().one(), True

    async def _take(self, table: Table, key: dict[str, int]) -> RowMapping | None:
        async with self._database.transaction() as connection:
            rows = await connection.execute(delete(table).where(*_is(table, key)).returning(table))
            return rows.mappings().one_or_none()


def _is(table: Table, key: dict[str, int]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


async def _one(connection: AsyncConnection, table: Table, key: dict[str, int]) -> RowMapping | None:
    rows = await connection.execute(select(table).where(*_is(table, key)))
    return rows.mappings().one_or_none()


def _note(typed: str | None) -> str | None:
    """Return a reason as it is kept: one line, and none at all rather than an empty one."""
    return cut(one_line(typed or ""), MAX_NOTE) or None


async def read_facts(connection: AsyncConnection, guild_id: int, user_id: int) -> MemberFacts:
    """Return what stands in the way of a member, inside a transaction of the caller's."""
    places = sorted({GLOBAL_GUILD_ID, guild_id})
    paused = await connection.execute(
        select(pauses).where(pauses.c.guild_id.in_(places)).order_by(pauses.c.guild_id)
    )
    pause = paused.mappings().first()
    blocked = await connection.execute(
        select(blocks)
        .where(blocks.c.guild_id.in_(places), blocks.c.user_id == user_id)
        .order_by(blocks.c.guild_id)
    )
    block = blocked.mappings().first()
    struck = await read_strikes(connection, guild_id, user_id) if guild_id else []
    return MemberFacts(
        pause=Pause(**pause) if pause else None,
        block=Block(**block) if block else None,
        strikes=tuple(struck),
    )
