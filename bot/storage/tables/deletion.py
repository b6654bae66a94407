"""What has yet to leave the archive and the database, and since when."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Table

from bot.storage.columns import Moment, PlainText
from bot.storage.tables.base import key_ids, metadata

archive_removals: Final = Table(
    "archive_removals",
    metadata,
    Column("url", PlainText, primary_key=True),  # no job leads there any more
    Column("user_id", BigInteger),  # who asked for it, if anybody did
    Column("noted_at", Moment, nullable=False),
)

deletions: Final = Table(
    "deletions",
    metadata,
    *key_ids("user_id"),
    Column("asked_at", Moment, nullable=False),  # everything up to then, once it is over
)

guilds_left: Final = Table(
    "guilds_left",
    metadata,
    *key_ids("guild_id"),
    Column("left_at", Moment, nullable=False),  # since when it is known
)
