"""The schema: one for SQLite and PostgreSQL. ``migrations/`` must say the same; a test compares."""

from __future__ import annotations

from typing import Final

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
from bot.domain.quotas import LedgerStatus, ReviewStage, ReviewStatus, Scope
from bot.storage.columns import EnumText, IdSet, Moment, PlainText

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
"""Left to do, and nobody's."""

_KEY: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: on SQLite a key of exactly this type is the row's own number.

https://sqlite.org/lang_createtable.html#rowid
"""


def _one_of(column: str, words: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


jobs: Final = Table(
    "jobs",
    metadata,
    # What was asked for, and where (bot.domain.jobs.NewJob).
    Column("id", _KEY, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("record_message_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("can_open_thread", Boolean, nullable=False),
    Column("source_url", PlainText, nullable=False),
    Column("source_filename", PlainText, nullable=False),
    Column("source_content_type", PlainText, nullable=False),
    Column("source_bytes", BigInteger, nullable=False),
    Column("source_seconds", Double, nullable=False),
    Column("source_width", Integer, nullable=False),
    Column("source_height", Integer, nullable=False),
    Column("reference_url", PlainText),
    Column("model", PlainText, nullable=False),
    Column("prompt", PlainText, nullable=False),
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
    # Where it stands (bot.domain.jobs.Job).
    Column("state", EnumText(JobState), nullable=False),
    Column("owner", PlainText),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("admitted_at", Moment),
    Column("prepared_at", Moment),
    Column("sent_url", PlainText),
    Column("sent_bytes", BigInteger),
    Column("sent_content_type", PlainText),
    Column("source_channel_id", BigInteger),
    Column("source_message_id", BigInteger),
    Column("thread_id", BigInteger),
    Column("status_message_id", BigInteger),
    Column("answer_message_id", BigInteger),
    Column("answer_channel_id", BigInteger),
    Column("submit_attempts", Integer, nullable=False),
    Column("submitted_by", PlainText),
    Column("submit_started_at", Moment),
    Column("submitted_at", Moment),
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
    Column("cost_credits", Double),
    Column("cancel_reason", EnumText(CancelReason)),
    Column("cancelled_by", BigInteger),
    Column("cancel_note", PlainText),
    Column("delivery_attempts", Integer, nullable=False),
    Column("told_at", Moment),
    # ``clip_bucket(restyled_seconds)`` as it was when the job was accepted.
    Column("clip_bucket", Integer, nullable=False),
    CheckConstraint(_one_of("state", [str(state) for state in JobState]), name="state"),
    CheckConstraint(
        "task_id IS NOT NULL OR state NOT IN ('running', 'withheld', 'delivering', 'done')",
        name="task_known",
    ),
    CheckConstraint("submitted_by IS NOT NULL OR state <> 'submitting'", name="submitter_known"),
    # What a claim takes from. PostgreSQL with old statistics would rather walk along the key, over
    # every row ever settled, than use the next index; this one, mostly empty, it always prefers.
    Index(
        "ix_jobs_free",
        "id",
        sqlite_where=text(FREE),
        postgresql_where=text(FREE),
    ),
    Index(
        "ix_jobs_unsettled",
        "owner",
        "id",
        sqlite_where=text(UNSETTLED),
        postgresql_where=text(UNSETTLED),
    ),
    Index(
        "ix_jobs_durations",
        "model",
        "clip_bucket",
        "finished_at",
        sqlite_where=text("output_url IS NOT NULL"),
        postgresql_where=text("output_url IS NOT NULL"),
    ),
)

workers: Final = Table(
    "workers",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("host", PlainText, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

setting_values: Final = Table(
    "setting_values",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("scope", EnumText(Scope), primary_key=True),
    # The channel or role; 0 for the server itself.
    Column("scope_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", PlainText, primary_key=True),
    # JSON; null is "unlimited" or "none", which is something else than no row.
    Column("value", PlainText, nullable=False),
)

setting_changes: Final = Table(
    "setting_changes",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("scope", EnumText(Scope), nullable=False, server_default=text("'server'")),
    Column("scope_id", BigInteger, nullable=False, server_default=text("0")),
    Column("name", PlainText, nullable=False),
    # JSON; NULL where nothing was set, so that the level above holds.
    Column("before", PlainText),
    Column("after", PlainText),
    Index("ix_setting_changes_guild", "guild_id", "id"),
)

# Money and people. A guild_id of 0 is the whole bot, or direct messages.

ledger: Final = Table(
    "ledger",
    metadata,
    # One row for each cap that a job counts against (bot.domain.quotas.Scope).
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("scope", EnumText(Scope), primary_key=True),
    Column("scope_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    # YYYY-MM-DD in UTC: the day on which it was reserved.
    Column("day", PlainText, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("standing", EnumText(LedgerStatus), nullable=False),
    CheckConstraint(_one_of("scope", [str(scope) for scope in Scope]), name="scope"),
    CheckConstraint(_one_of("standing", [str(one) for one in LedgerStatus]), name="standing"),
    # Up to the day it finds the rows of a cap; with the rest it need not look at the rows at all.
    Index("ix_ledger_spent", "scope", "scope_id", "guild_id", "day", "standing", "jobs", "micros"),
)

strikes: Final = Table(
    "strikes",
    metadata,
    # One for each job that the provider's safety check refused.
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("struck_at", Moment, nullable=False),
    Column("failure", EnumText(FailureReason), nullable=False),
    Column("lifted_by", BigInteger),
    Column("lifted_at", Moment),
    Index("ix_strikes_member", "guild_id", "user_id", "struck_at"),
)

blocks: Final = Table(
    "blocks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("blocked_by", BigInteger, nullable=False),
    Column("blocked_at", Moment, nullable=False),
    Column("note", PlainText),
)

pauses: Final = Table(
    "pauses",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("paused_by", BigInteger, nullable=False),
    Column("paused_at", Moment, nullable=False),
    Column("note", PlainText),
)

opt_outs: Final = Table(
    "opt_outs",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since", Moment, nullable=False),
)

reviews: Final = Table(
    "reviews",
    metadata,
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", EnumText(ReviewStage), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("standing", EnumText(ReviewStatus), nullable=False),
    # JSON list of words: why it came to review.
    Column("reasons", PlainText, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    # Where its card is posted, or about to be; NULL while it has no place in the review channel.
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
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
    CheckConstraint(_one_of("stage", [str(stage) for stage in ReviewStage]), name="stage"),
    CheckConstraint(_one_of("standing", [str(one) for one in ReviewStatus]), name="standing"),
    Index("ix_reviews_open", "guild_id", "standing", "opened_at"),
)

review_folds: Final = Table(
    "review_folds",
    metadata,
    # The one message that stands for all requests of a guild that have no place.
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
)

appeals: Final = Table(
    "appeals",
    metadata,
    # The job, or the interaction that was refused: each can be appealed once.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("job_id", BigInteger),
    # What it is about, in the words that the member saw, and the member's own.
    Column("about", PlainText, nullable=False),
    Column("words", PlainText, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("answered_by", BigInteger),
    Column("answered_at", Moment),
    Column("answer", PlainText),
    # When the member got it.
    Column("told_at", Moment),
    Index("ix_appeals_guild", "guild_id", "opened_at"),
)
