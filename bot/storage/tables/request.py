"""What somebody asked for that has not become a job."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from bot.storage.columns import Moment, PlainText
from bot.storage.tables.base import key_ids, metadata

open_requests: Final = Table(
    "open_requests",
    metadata,
    # The interaction in which it was made; the job that it becomes has the same id.
    *key_ids("id"),
    # 0 for direct messages.
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    # JSON, as cogs.restyle.open_request writes it: clip, words, part.
    Column("words", PlainText, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Index("ix_open_requests_user", "user_id"),
    Index("ix_open_requests_kept_at", "kept_at"),
)
