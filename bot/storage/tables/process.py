"""The processes at work on the database, and what they share."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table

from bot.storage.columns import Moment, PlainText
from bot.storage.tables.base import metadata, required

workers: Final = Table(
    "workers",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("host", PlainText, nullable=False),
    Column("pid", Integer, nullable=False),
    *required(Moment, "started_at", "expires_at"),
)

installation: Final = Table(
    "installation",
    metadata,
    # One row, whose id is 1; none before any process of this version joined.
    Column("id", Integer, primary_key=True, autoincrement=False),
    # When some worker renewed its lease last.
    Column("last_seen_at", Moment),
    # Where everything was moved; a bot refuses such a database.
    Column("moved_to", PlainText),
    # What custom ids are sealed with, as hexadecimal digits; made at the first start.
    Column("key", PlainText),
    # When the bot's owner was told of the jobs in quarantine.
    Column("owner_told_at", Moment),
)
