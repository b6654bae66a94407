"""What people may not do, or do not want. A ``guild_id`` of 0 is direct messages."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from bot.domain.jobs import FailureReason
from bot.domain.telling import ToldBy
from bot.storage.columns import EnumText, Moment, PlainText
from bot.storage.tables.base import key_ids, metadata, required

strikes: Final = Table(
    "strikes",
    metadata,
    # One for each job that the provider's safety check refused.
    *key_ids("job_id"),
    *required(BigInteger, "guild_id", "user_id"),
    Column("struck_at", Moment, nullable=False),
    Column(
        "failure", EnumText(FailureReason, otherwise=FailureReason.PROVIDER_TROUBLE), nullable=False
    ),
    Column("lifted_by", BigInteger),
    Column("lifted_at", Moment),
    Index("ix_strikes_member", "guild_id", "user_id", "struck_at"),
    Index("ix_strikes_user", "user_id", "struck_at"),
    Index("ix_strikes_struck_at", "struck_at"),
)

blocks: Final = Table(
    "blocks",
    metadata,
    *key_ids("guild_id", "user_id"),
    Column("blocked_by", BigInteger, nullable=False),
    Column("blocked_at", Moment, nullable=False),
    Column("note", PlainText),
    Index("ix_blocks_user", "user_id"),
)

pauses: Final = Table(
    "pauses",
    metadata,
    *key_ids("guild_id"),
    Column("paused_by", BigInteger, nullable=False),
    Column("paused_at", Moment, nullable=False),
    Column("note", PlainText),
)

wishes: Final = Table(
    "wishes",
    metadata,
    *key_ids("user_id"),
    Column("told_by", EnumText(ToldBy, otherwise=ToldBy.THREAD), nullable=False),
    Column("since", Moment, nullable=False),
)

opt_outs: Final = Table(
    "opt_outs",
    metadata,
    *key_ids("user_id"),
    Column("since", Moment, nullable=False),
)
