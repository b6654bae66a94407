"""Moving everything from one database to another, as when SQLite has become too small."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, literal, select, text, tuple_

from bot.errors import StoreError
from bot.storage.quarantine import mark_moved
from bot.storage.tables import metadata
from bot.storage.tables.process import installation, workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Table
    from sqlalchemy.engine import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

BATCH_ROWS: Final = 500
"""Rows held in memory at a time; PostgreSQL takes 32,767 parameters in one statement."""

TABLES: Final = tuple(table for table in metadata.sorted_tables if table is not workers)
"""What is moved: all but the workers, who are processes and not data."""


class TransferError(StoreError):
    """Moving was refused, or what arrived differs; the target was left as it was."""


@dataclass(frozen=True, slots=True)
class TableCopy:
    """What one table held: the same on both sides."""

    name: str
    rows: int
    digest: str
    """SHA-256 of the rows in the order of their keys, as hexadecimal digits."""


async def transfer(source: Database, target: Database) -> list[TableCopy]:
    """Copy every table from ``source`` to ``target``, and compare counts and hashes.

    All of it is one transaction of the target: it has everything afterwards, or nothing. The
    source is only read. Jobs that were under way go on in the target.

    Raises:
        TransferError: A bot still runs on either database, the target has data already, or the
            target holds something else than was sent.
        StoreUnavailableError: One of the two does not answer.
    """
    async with target.transaction() as writing:
        await _check_idle(writing, target, "target")
        await writing.execute(delete(installation))  # an empty database that a bot was started on
        for table in TABLES:
            if await writing.scalar(select(func.count()).select_from(table)):
                raise TransferError(f"The target has rows in {table.name}; take an empty database.")
        # PostgreSQL ends transactions that idle, so the two take turns, and one ends first.
        async with source.transaction() as reading:
            await _check_idle(reading, source, "source")
            sent = [await _copy(table, reading, writing) for table in TABLES]
        for table, copy in zip(TABLES, sent, strict=True):
            if target.dialect == "postgresql":
                await _continue_numbers(writing, table)
            arrived = _Summary(table)
            async for rows in _batches(writing, table):
                arrived.add(rows)
            if arrived.result() != copy:
                raise TransferError(f"{table.name} differs: sent {copy}, got {arrived.result()}.")
        await mark_moved(writing, target, None)
        return sent


async def move(source: Database, target: Database, *, address: str) -> list[TableCopy]:
    """Copy everything as :func:`transfer` does, and mark ``source``: no bot starts on it any more.

    The mark is there before the copy is. If the program dies in between, the old database refuses a
    bot and the new one is empty, and moving to the same address once more helps; the other way
    round two bots could each pay for the same jobs.

    Args:
        source: Where everything is.
        target: An empty database.
        address: Its address as people may read it: without a password.

    Raises:
        TransferError: As for :func:`transfer`; or it was moved elsewhere before.
    """
    async with source.transaction() as connection:
        await _check_idle(connection, source, "source")
        before = await connection.scalar(select(installation.c.moved_to))
        if before not in {None, address}:
            raise TransferError(
                f"Everything was moved to {before} before, and its jobs go on there. Set "
                "DATABASE_URL to that address."
            )
        await mark_moved(connection, source, address)
    try:
        return await transfer(source, target)
    except BaseException:
        async with source.transaction() as connection:
            await mark_moved(connection, source, before)
        raise


async def _copy(table: Table, reading: AsyncConnection, writing: AsyncConnection) -> TableCopy:
    summary = _Summary(table)
    async for rows in _batches(reading, table):
        await writing.execute(insert(table), [dict(row) for row in rows])
        summary.add(rows)
    return summary.result()


class _Summary:
    """Counts and hashes the rows of one table, batch by batch."""

    def __init__(self, table: Table) -> None:
        self._name = table.name
        self._rows = 0
        self._digest = hashlib.sha256()

    def add(self, rows: list[RowMapping]) -> None:
        for row in rows:
            self._digest.update(json.dumps(dict(row), default=_plain, sort_keys=True).encode())
        self._rows += len(rows)

    def result(self) -> TableCopy:
        return TableCopy(self._name, self._rows, self._digest.hexdigest())


async def _check_idle(connection: AsyncConnection, database: Database, name: str) -> None:
    alive = await connection.scalars(
        select(workers.c.host).where(workers.c.expires_at > database.now())
    )
    if hosts := sorted(set(alive)):
        raise TransferError(
            f"A bot runs on the {name} database ({', '.join(hosts)}). Stop it; if it was killed, "
            "wait a minute."
        )


async def _batches(connection: AsyncConnection, table: Table) -> AsyncIterator[list[RowMapping]]:
    """Yield the rows in the order of their keys; each batch begins after the last one's end."""
    key = tuple_(*table.primary_key.columns)
    query = select(table).order_by(*table.primary_key.columns).limit(BATCH_ROWS)
    last = None
    while True:
        found = await connection.execute(query if last is None else query.where(key > last))
        rows = list(found.mappings())
        if not rows:
            return
        yield rows
        last = tuple_(*(literal(rows[-1][c.name], c.type) for c in table.primary_key.columns))


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"a column holds {value!r}")


async def _continue_numbers(connection: AsyncConnection, table: Table) -> None:
    """Let the numbers that PostgreSQL gives by itself go on after the copied ones."""
    key, *others = table.primary_key.columns
    if others or key.autoincrement is False:
        return
    last = await connection.scalar(select(func.max(key)))
    await connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :key), :last, :is_used)"),
        {"table": table.name, "key": key.name, "last": last or 1, "is_used": last is not None},
    )
