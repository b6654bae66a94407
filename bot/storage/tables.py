"""The schema: one for SQLite and PostgreSQL. ``migrations/`` must say the same; a test compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    false,
    text,
)

from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState, Phase
from bot.domain.money import CostSource
from bot.domain.quotas import Decider, LedgerStatus, Period, ReviewStage, ReviewStatus, Scope
from bot.storage.columns import EnumText, IdSet, Moment, PlainText

if TYPE_CHECKING:
    import enum

    from sqlalchemy.types import TypeEngine

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

UNSETTLED: Final = (
    "(told_at IS NULL OR state IN"
    " ('held', 'queued', 'submitting', 'running', 'withheld', 'delivering'))"
)
"""Something is left to do for the program: the opposite of ``Job.is_settled``, in SQL.

The index that keeps settled rows free of cost is partial on this condition; a query uses it only
if it says the very same words.
"""
FREE: Final = f"owner IS NULL AND {UNSETTLED}"
"""Left to do, and free to be claimed."""

PERSONAL: Final = "(source_url <> '' OR archive_url IS NOT NULL)"
"""Words and links of a person's are left in the row; in SQL, for an index as above."""

_KEY: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: on SQLite a key of exactly this type is the row's own number.

https://sqlite.org/lang_createtable.html#rowid
"""


def _key_ids(*names: str) -> list[Column[int]]:
    """Return columns for ids of Discord's that are the key, or its first parts."""
    return [Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names]


def _required(kind: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _optional(kind: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def _check(column: str, words: type[enum.StrEnum]) -> CheckConstraint:
    """Return the constraint that ``column`` holds the word of a member of ``words``."""
    listed = ", ".join(repr(str(word)) for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _partial(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows alone for which ``where`` holds."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


jobs: Final = Table(
    "jobs",
    metadata,
    # What was asked for, and where (bot.domain.jobs.NewJob).
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger),
    *_required(BigInteger, "channel_id", "record_message_id", "user_id"),
    Column("can_open_thread", Boolean, nullable=False),
    *_required(PlainText, "source_url", "source_filename", "source_content_type"),
    Column("source_bytes", BigInteger, nullable=False),
    Column("source_seconds", Double, nullable=False),
    *_required(Integer, "source_width", "source_height"),
    Column("reference_url", PlainText),
    *_required(PlainText, "model", "prompt"),
    Column("seed", BigInteger),
    Column("ratio", PlainText),
    Column("public_figure_threshold", PlainText, nullable=False),
    Column("source_author_id", BigInteger),
    Column("source_message_url", PlainText),
    Column("part_start", Double, nullable=False, server_default=text("0")),
    Column("part_seconds", Double),
    Column("plan", PlainText),
    Column("convert_reference", Boolean, nullable=False, server_default=false()),
    Column("price_micros", BigInteger),
    Column("hold", EnumText(Hold)),
    Column("held_until", Moment),
    Column("review_output", Boolean, nullable=False, server_default=false()),
    Column("spoiler", Boolean, nullable=False, server_default=false()),
    Column("keep_sound", Boolean, nullable=False, server_default=false()),
    Column("role_ids", IdSet),
    Column("is_age_restricted", Boolean),
    Column("look", PlainText),
    # Where it stands (bot.domain.jobs.Job).
    Column("state", EnumText(JobState), nullable=False),
    Column("owner", PlainText),
    *_required(Moment, "created_at", "updated_at"),
    *_optional(Moment, "admitted_at", "prepared_at"),
    Column("sent_url", PlainText),
    Column("sent_bytes", BigInteger),
    Column("sent_content_type", PlainText),
    *_optional(
        BigInteger,
        "source_channel_id",
        "source_message_id",
        "thread_id",
        "status_message_id",
        "answer_message_id",
        "answer_channel_id",
    ),
    Column("submit_attempts", Integer, nullable=False),
    Column("submitted_by", PlainText),
    *_optional(Moment, "submit_started_at", "submitted_at"),
    Column("task_id", PlainText),
    Column("phase", EnumText(Phase)),
    Column("progress", Double),
    Column("output_url", PlainText),
    Column("output_expires_at", Moment),
    Column("archive_url", PlainText),
    Column("finished_at", Moment),
    Column("failure", EnumText(FailureReason)),
    Column("failure_detail", PlainText),
    Column("charge", EnumText(Charge)),
    Column("request_id", PlainText),
    Column("cost_micros", BigInteger),
    Column("cost_source", EnumText(CostSource)),
    Column("cost_credits", Double),
    Column("cancel_reason", EnumText(CancelReason)),
    Column("cancelled_by", BigInteger),
    Column("cancel_note", PlainText),
    Column("delivery_attempts", Integer, nullable=False),
    Column("told_at", Moment),
    # Since when it waits for the bot's owner, because the database may be an old one.
    Column("quarantined_at", Moment),
    # When the provider is asked once more about a task that was given up.
    Column("look_at", Moment),
    # ``clip_bucket(restyled_seconds)`` as it was when the job was accepted.
    Column("clip_bucket", Integer, nullable=False),
    _check("state", JobState),
    CheckConstraint(
        "task_id IS NOT NULL OR state NOT IN ('running', 'withheld', 'delivering', 'done')",
        name="task_known",
    ),
    CheckConstraint("submitted_by IS NOT NULL OR state <> 'submitting'", name="submitter_known"),
    # What a claim takes from. PostgreSQL with old statistics would rather walk along the key, over
    # every row ever settled, than use the next index; this one, mostly empty, it always prefers.
    _partial("ix_jobs_free", "id", where=FREE),
    _partial("ix_jobs_unsettled", "owner", "id", where=UNSETTLED),
    _partial(
        "ix_jobs_durations", "model", "clip_bucket", "finished_at", where="output_url IS NOT NULL"
    ),
    _partial("ix_jobs_quarantined_at", "quarantined_at", where="quarantined_at IS NOT NULL"),
    _partial("ix_jobs_look_at", "look_at", where="look_at IS NOT NULL"),
    Index("ix_jobs_user", "user_id", "id"),
    _partial("ix_jobs_guild", "guild_id", "id", where=PERSONAL),
    _partial("ix_jobs_author", "source_author_id", "id", where="source_author_id IS NOT NULL"),
    _partial("ix_jobs_task", "task_id", where="task_id IS NOT NULL"),
    _partial("ix_jobs_doubtful", "id", where="state IN ('uncertain', 'submitting')"),
    _partial("ix_jobs_worded", "told_at", where="source_url <> ''"),
    _partial("ix_jobs_archived", "told_at", where="archive_url IS NOT NULL"),
)

workers: Final = Table(
    "workers",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("host", PlainText, nullable=False),
    Column("pid", Integer, nullable=False),
    *_required(Moment, "started_at", "expires_at"),
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

setting_values: Final = Table(
    "setting_values",
    metadata,
    *_key_ids("guild_id"),
    Column("scope", EnumText(Scope), primary_key=True),
    # The channel or role; 0 for the server itself.
    *_key_ids("scope_id"),
    Column("name", PlainText, primary_key=True),
    # JSON; null is "unlimited" or "none", which is something else than no row.
    Column("value", PlainText, nullable=False),
)

setting_changes: Final = Table(
    "setting_changes",
    metadata,
    Column("id", _KEY, primary_key=True),
    *_required(BigInteger, "guild_id", "user_id"),
    Column("changed_at", Moment, nullable=False),
    Column("scope", EnumText(Scope), nullable=False, server_default=text("'server'")),
    Column("scope_id", BigInteger, nullable=False, server_default=text("0")),
    Column("name", PlainText, nullable=False),
    # JSON; NULL where nothing was set, so that the level above holds.
    *_optional(PlainText, "before", "after"),
    Index("ix_setting_changes_guild", "guild_id", "id"),
    Index("ix_setting_changes_changed_at", "changed_at"),
)

# Money and people. A guild_id of 0 is the whole bot, or direct messages.

ledger: Final = Table(
    "ledger",
    metadata,
    # One row for each cap that a job counts against (bot.domain.quotas.Scope).
    *_key_ids("job_id"),
    Column("scope", EnumText(Scope), primary_key=True),
    *_key_ids("scope_id"),
    Column("guild_id", BigInteger, nullable=False),
    # YYYY-MM-DD in UTC: the day on which it was reserved.
    Column("day", PlainText, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("standing", EnumText(LedgerStatus), nullable=False),
    _check("scope", Scope),
    _check("standing", LedgerStatus),
    # Up to the day it finds the rows of a cap; with the rest it need not look at the rows at all.
    Index("ix_ledger_spent", "scope", "scope_id", "guild_id", "day", "standing", "jobs", "micros"),
)

budget_notices: Final = Table(
    "budget_notices",
    metadata,
    # One for each mark (80, 100 per cent) of a budget in one of its periods.
    Column("scope", EnumText(Scope), primary_key=True),
    *_key_ids("scope_id", "guild_id"),
    Column("period", EnumText(Period), primary_key=True),
    # YYYY-MM-DD in UTC: the first day of the period.
    Column("day", PlainText, primary_key=True),
    *_key_ids("limit_micros"),
    Column("mark", Integer, primary_key=True, autoincrement=False),
    Column("decided_by", EnumText(Decider), nullable=False),
    Column("used_micros", BigInteger, nullable=False),
    # What the clip would have cost that did not fit; NULL where none was refused.
    Column("price_micros", BigInteger),
    Column("noted_at", Moment, nullable=False),
    Column("told_at", Moment),
    _partial("ix_budget_notices_untold", "noted_at", where="told_at IS NULL"),
)

strikes: Final = Table(
    "strikes",
    metadata,
    # One for each job that the provider's safety check refused.
    *_key_ids("job_id"),
    *_required(BigInteger, "guild_id", "user_id"),
    Column("struck_at", Moment, nullable=False),
    Column("failure", EnumText(FailureReason), nullable=False),
    Column("lifted_by", BigInteger),
    Column("lifted_at", Moment),
    Index("ix_strikes_member", "guild_id", "user_id", "struck_at"),
    Index("ix_strikes_user", "user_id", "struck_at"),
    Index("ix_strikes_struck_at", "struck_at"),
)

blocks: Final = Table(
    "blocks",
    metadata,
    *_key_ids("guild_id", "user_id"),
    Column("blocked_by", BigInteger, nullable=False),
    Column("blocked_at", Moment, nullable=False),
    Column("note", PlainText),
    Index("ix_blocks_user", "user_id"),
)

pauses: Final = Table(
    "pauses",
    metadata,
    *_key_ids("guild_id"),
    Column("paused_by", BigInteger, nullable=False),
    Column("paused_at", Moment, nullable=False),
    Column("note", PlainText),
)

opt_outs: Final = Table(
    "opt_outs",
    metadata,
    *_key_ids("user_id"),
    Column("since", Moment, nullable=False),
)

reviews: Final = Table(
    "reviews",
    metadata,
    *_key_ids("job_id"),
    Column("stage", EnumText(ReviewStage), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("standing", EnumText(ReviewStatus), nullable=False),
    # JSON list of words: why it came to review.
    Column("reasons", PlainText, nullable=False),
    *_required(Moment, "opened_at", "expires_at"),
    # Where its card is posted, or about to be; NULL while it has no place in the review channel.
    *_optional(BigInteger, "channel_id", "message_id"),
    # Since when it waits for such a place; NULL when it has one, or has not asked for one yet.
    Column("folded_at", Moment),
    Column("taken_by", BigInteger),
    Column("taken_at", Moment),
    Column("decided_by", BigInteger),
    Column("decided_at", Moment),
    Column("note", PlainText),
    # What the prompt was before a moderator mended it, and who did.
    Column("prompt_before", PlainText),
    Column("mended_by", BigInteger),
    _check("stage", ReviewStage),
    _check("standing", ReviewStatus),
    Index("ix_reviews_open", "guild_id", "standing", "opened_at"),
)

review_folds: Final = Table(
    "review_folds",
    metadata,
    # The one message that stands for all requests of a guild that have no place.
    *_key_ids("guild_id"),
    *_required(BigInteger, "channel_id", "message_id"),
)

appeals: Final = Table(
    "appeals",
    metadata,
    # The job, or the interaction that was refused: each can be appealed once.
    *_key_ids("id"),
    *_required(BigInteger, "guild_id", "user_id"),
    Column("job_id", BigInteger),
    # What it is about, in the words that the member saw, and the member's own.
    *_required(PlainText, "about", "words"),
    Column("opened_at", Moment, nullable=False),
    *_optional(BigInteger, "channel_id", "message_id", "answered_by"),
    Column("answered_at", Moment),
    Column("answer", PlainText),
    # When the member got it.
    Column("told_at", Moment),
    Index("ix_appeals_guild", "guild_id", "opened_at"),
    Index("ix_appeals_user", "user_id", "opened_at"),
    Index("ix_appeals_opened_at", "opened_at"),
)

# What is to be deleted, and is not yet.

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
    *_key_ids("user_id"),
    Column("asked_at", Moment, nullable=False),  # everything up to then, once it is over
)

guilds_left: Final = Table(
    "guilds_left",
    metadata,
    *_key_ids("guild_id"),
    Column("left_at", Moment, nullable=False),  # since when it is known
)
