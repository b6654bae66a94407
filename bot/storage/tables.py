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
    text,
)

from bot.guilds import THRESHOLDS
from bot.jobs import Charge, FailureReason, JobState, Phase
from bot.storage.columns import IdSet, Moment, PlainText, Word

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

UNSETTLED: Final = "(told_at IS NULL OR state IN ('queued', 'submitting', 'running', 'delivering'))"
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
    # What was asked for, and where (bot.jobs.NewJob).
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
    # Where it stands (bot.jobs.Job).
    Column("state", Word(JobState), nullable=False),
    Column("owner", PlainText),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("thread_id", BigInteger),
    Column("status_message_id", BigInteger),
    Column("answer_message_id", BigInteger),
    Column("answer_channel_id", BigInteger),
    Column("submit_attempts", Integer, nullable=False),
    Column("submitted_by", PlainText),
    Column("submit_started_at", Moment),
    Column("submitted_at", Moment),
    Column("task_id", PlainText),
    Column("phase", Word(Phase)),
    Column("progress", Double),
    Column("output_url", PlainText),
    Column("output_expires_at", Moment),
    Column("finished_at", Moment),
    Column("failure", Word(FailureReason)),
    Column("failure_detail", PlainText),
    Column("charge", Word(Charge)),
    Column("cost_credits", Double),
    Column("delivery_attempts", Integer, nullable=False),
    Column("told_at", Moment),
    # ``clip_bucket(source_seconds)`` as it was when the job was accepted.
    Column("clip_bucket", Integer, nullable=False),
    CheckConstraint(_one_of("state", [str(state) for state in JobState]), name="state"),
    CheckConstraint(
        "task_id IS NOT NULL OR state NOT IN ('running', 'delivering', 'done')",
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

guild_settings: Final = Table(
    "guild_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("public_figure_threshold", PlainText, nullable=False),
    Column("default_ratio", PlainText),
    Column("max_video_bytes", BigInteger),
    Column("max_video_seconds", Double),
    Column("allowed_channel_ids", IdSet, nullable=False),
    CheckConstraint(_one_of("public_figure_threshold", list(THRESHOLDS)), name="threshold"),
)

setting_changes: Final = Table(
    "setting_changes",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("name", PlainText, nullable=False),
    Column("before", PlainText, nullable=False),
    Column("after", PlainText, nullable=False),
    Index("ix_setting_changes_guild", "guild_id", "id"),
)
