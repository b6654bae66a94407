"""What moderators set, and who changed it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, text

from bot.domain.quotas import Scope
from bot.storage.columns import EnumText, Moment, PlainText
from bot.storage.tables.base import KEY, key_ids, metadata, optional, required

setting_values: Final = Table(
    "setting_values",
    metadata,
    *key_ids("guild_id"),
    Column("scope", EnumText(Scope), primary_key=True),
    # The channel or role; 0 for the server itself.
    *key_ids("scope_id"),
    Column("name", PlainText, primary_key=True),
    # JSON; null is "unlimited" or "none", which is something else than no row.
    Column("value", PlainText, nullable=False),
)

setting_changes: Final = Table(
    "setting_changes",
    metadata,
    Column("id", KEY, primary_key=True),
    *required(BigInteger, "guild_id", "user_id"),
    Column("changed_at", Moment, nullable=False),
    Column("scope", EnumText(Scope), nullable=False, server_default=text("'server'")),
    Column("scope_id", BigInteger, nullable=False, server_default=text("0")),
    Column("name", PlainText, nullable=False),
    # JSON; NULL where nothing was set, so that the level above holds.
    *optional(PlainText, "before", "after"),
    Index("ix_setting_changes_guild", "guild_id", "id"),
    Index("ix_setting_changes_changed_at", "changed_at"),
)
