"""What becomes too old, and what servers leave behind: deleted in batches that hold nobody up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, insert, select, text, update

from bot.storage.tables.deletion import guilds_left
from bot.storage.tables.job import jobs
from bot.storage.tables.money import budget_notices
from bot.storage.tables.people import blocks, pauses, strikes
from bot.storage.tables.request import open_requests
from bot.storage.tables.review import appeals, review_folds, reviews
from bot.storage.tables.setting import setting_changes, setting_values
from bot.storage.wiping import IS_OVER, IS_PERSONAL, wipe_jobs

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Table

    from bot.storage.database import Database

BATCH_ROWS: Final = 200
"""Rows of one transaction: on SQLite every other writer waits for it."""

_WORDED: Final[ColumnElement[bool]] = text("source_url <> ''")  # type: ignore[assignment] # plain SQL serves as a condition
_ARCHIVED: Final[ColumnElement[bool]] = text("archive_url IS NOT NULL")  # type: ignore[assignment] # as above

OF_SERVER: Final = (
    setting_values,
    setting_changes,
    reviews,
    review_folds,
    appeals,
    strikes,
    blocks,
    pauses,
    budget_notices,
    open_requests,
)
"""What a server takes along when it is gone; its jobs and its ledger stay, without words."""


class RetentionStore:
    """Every statement that deletes for age, or because a server is gone; ``Store.retention``.

    Each call does one batch and returns how many rows that were; nothing is left at 0.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # Age

    async def words(self, before: datetime) -> int:
        """Empty the words and links of jobs whose outcome was told before then."""
        return await self._wipe(_WORDED, jobs.c.told_at < before, keep_file=True)

    async def archive_links(self, before: datetime) -> int:
        """Empty the lasting links of jobs of before then, whose files the archive removed."""
        some = select(jobs.c.id).where(_ARCHIVED, jobs.c.told_at < before).limit(BATCH_ROWS)
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(jobs).where(jobs.c.id.in_(some)).values(archive_url=None)
            )
        return changed.rowcount

    async def questions(self, before: datetime) -> int:
        """Delete what was asked of moderators before then, answered or not."""
        return await self._delete(appeals, appeals.c.id, appeals.c.opened_at < before)

    async def strikes(self, before: datetime) -> int:
        """Delete the strikes of before then."""
        return await self._delete(strikes, strikes.c.job_id, strikes.c.struck_at < before)

    async def changes(self, before: datetime) -> int:
        """Delete who changed which setting before then, and the budget news of that time."""
        old = await self._delete(
            setting_changes, setting_changes.c.id, setting_changes.c.changed_at < before
        )
        async with self._database.transaction() as connection:
            news = await connection.execute(
                delete(budget_notices).where(budget_notices.c.noted_at < before)
            )
        return old + news.rowcount

    async def open_requests(self, before: datetime) -> int:
        """Delete what was asked for before then and has not become a job."""
        return await self._delete(
            open_requests, open_requests.c.id, open_requests.c.kept_at < before
        )

    async def clear_journal(self) -> None:
        """Leave nothing of what was deleted in SQLite's journal, unless somebody reads just now."""
        await self._database.clear_journal()

    async def _wipe(self, *conditions: ColumnElement[bool], keep_file: bool = False) -> int:
        async with self._database.transaction() as connection:
            return await wipe_jobs(
                connection, self._database, *conditions, limit=BATCH_ROWS, keep_file=keep_file
            )

    async def _delete(self, table: Table, key: Column[int], condition: ColumnElement[bool]) -> int:
        some = select(key).where(condition).limit(BATCH_ROWS)
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(table).where(key.in_(some)))
        return gone.rowcount

    # Servers

    async def guild_left(self, guild_id: int) -> None:
        """Note that the bot is no more on a server, from now; the first time holds."""
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, guilds_left.name, guild_id)
            known = select(exists().where(guilds_left.c.guild_id == guild_id))
            if not await connection.scalar(known):
                await connection.execute(
                    insert(guilds_left).values(guild_id=guild_id, left_at=self._database.now())
                )

    async def guilds_back(self, guild_ids: Collection[int]) -> None:
        """Note that the bot is on these servers, so that nothing of them is deleted."""
        async with self._database.transaction() as connection:
            rows = await connection.scalars(select(guilds_left.c.guild_id))
            if back := set(rows) & set(guild_ids):
                await connection.execute(
                    delete(guilds_left).where(guilds_left.c.guild_id.in_(back))
                )

    async def known_guilds(self) -> set[int]:
        """Return the servers of which there are settings."""
        async with self._database.read() as connection:
            found = await connection.scalars(
                select(setting_values.c.guild_id).where(setting_values.c.guild_id != 0).distinct()
            )
            return set(found)

    async def guilds_gone(self, before: datetime) -> list[int]:
        """Return the servers that the bot left before then and that are not cleaned yet."""
        async with self._database.read() as connection:
            return list(
                await connection.scalars(
                    select(guilds_left.c.guild_id).where(guilds_left.c.left_at < before)
                )
            )

    async def clean_guild(self, guild_id: int) -> int:
        """Delete a batch of what a server left behind; once there is none, the note of it too.

        Its jobs that are not over are left until they are.
        """
        ours = jobs.c.guild_id == guild_id
        gone = await self._wipe(ours, IS_PERSONAL)
        if gone:
            return gone
        async with self._database.transaction() as connection:
            waiting = await connection.scalar(
                select(exists().where(ours, and_(IS_PERSONAL, ~IS_OVER)))
            )
            if waiting:
                return 0
            for table in OF_SERVER:
                result = await connection.execute(delete(table).where(table.c.guild_id == guild_id))
                gone += result.rowcount
            await connection.execute(delete(guilds_left).where(guilds_left.c.guild_id == guild_id))
        return gone
