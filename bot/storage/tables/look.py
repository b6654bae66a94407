"""People's own looks; a server's are a setting of its own."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from bot.storage.columns import Moment, PlainText
from bot.storage.tables.base import key_ids, metadata

looks: Final = Table(
    "looks",
    metadata,
    # The interaction in which it was saved.
    *key_ids("id"),
    Column("user_id", BigInteger, nullable=False),
    Column("name", PlainText, nullable=False),
    # With one {prompt} in them.
    Column("words", PlainText, nullable=False),
    Column("seed", BigInteger),
    Column("ratio", PlainText),
    Column("model", PlainText),
    # The job whose style picture goes along.
    Column("picture_job_id", BigInteger),
    Column("saved_at", Moment, nullable=False),
    Index("ix_looks_user", "user_id", "id"),
)
