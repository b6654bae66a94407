"""What was spent. A ``guild_id`` of 0 is the whole bot, or direct messages."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from bot.domain.quotas import Decider, LedgerStatus, Period, Scope
from bot.storage.columns import EnumText, Moment, PlainText
from bot.storage.tables.base import check, key_ids, metadata, partial

ledger: Final = Table(
    "ledger",
    metadata,
    # One row for each cap that a job counts against (bot.domain.quotas.Scope).
    *key_ids("job_id"),
    Column("scope", EnumText(Scope), primary_key=True),
    *key_ids("scope_id"),
    Column("guild_id", BigInteger, nullable=False),
    # YYYY-MM-DD in UTC: the day on which it was reserved.
    Column("day", PlainText, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("standing", EnumText(LedgerStatus), nullable=False),
    check("scope", Scope),
    check("standing", LedgerStatus),
    # Up to the day it finds the rows of a cap; with the rest it need not look at the rows at all.
    Index("ix_ledger_spent", "scope", "scope_id", "guild_id", "day", "standing", "jobs", "micros"),
)

budget_notices: Final = Table(
    "budget_notices",
    metadata,
    # One for each mark (80, 100 per cent) of a budget in one of its periods.
    Column("scope", EnumText(Scope), primary_key=True),
    *key_ids("scope_id", "guild_id"),
    Column("period", EnumText(Period), primary_key=True),
    # YYYY-MM-DD in UTC: the first day of the period.
    Column("day", PlainText, primary_key=True),
    *key_ids("limit_micros"),
    Column("mark", Integer, primary_key=True, autoincrement=False),
    Column("decided_by", EnumText(Decider), nullable=False),
    Column("used_micros", BigInteger, nullable=False),
    # What the clip would have cost that did not fit; NULL where none was refused.
    Column("price_micros", BigInteger),
    Column("noted_at", Moment, nullable=False),
    Column("told_at", Moment),
    # When somebody last took it to tell it.
    Column("tried_at", Moment),
    partial("ix_budget_notices_untold", "noted_at", where="told_at IS NULL"),
)
