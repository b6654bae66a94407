"""The jobs: what was asked for, and where each stands."""

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
    Table,
    false,
    text,
    true,
)

from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState, Phase
from bot.domain.money import CostSource
from bot.domain.telling import ToldBy
from bot.storage.columns import EnumText, IdSet, Moment, PlainText
from bot.storage.tables.base import KEY, check, key_ids, metadata, optional, partial, required

UNSETTLED: Final = (
    "(told_at IS NULL OR state IN"
    " ('held', 'queued', 'submitting', 'running', 'withheld', 'delivering'))"
)
"""Something is left to do for the program: the opposite of ``Job.is_settled``, in SQL.

The index that keeps settled rows free of cost is partial on this condition; a query uses it only
if it says the very same words.
"""
SETTLED: Final = (
    "told_at IS NOT NULL AND state NOT IN"
    " ('held', 'queued', 'submitting', 'running', 'withheld', 'delivering')"
)
"""The opposite, for the index of a server's past."""
FREE: Final = f"owner IS NULL AND {UNSETTLED}"
"""Left to do, and free to be claimed."""

PERSONAL: Final = "(source_url <> '' OR archive_url IS NOT NULL)"
"""Words and links of a person's are left in the row; in SQL, for an index as above."""

jobs: Final = Table(
    "jobs",
    metadata,
    # What was asked for, and where (bot.domain.jobs.NewJob).
    Column("id", KEY, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger),
    *required(BigInteger, "channel_id", "record_message_id", "user_id"),
    Column("can_open_thread", Boolean, nullable=False),
    *required(PlainText, "source_url", "source_filename", "source_content_type"),
    Column("source_bytes", BigInteger, nullable=False),
    Column("source_seconds", Double, nullable=False),
    *required(Integer, "source_width", "source_height"),
    Column("reference_url", PlainText),
    *required(PlainText, "model", "prompt"),
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
    Column("name_moderators", Boolean, nullable=False, server_default=true()),
    *optional(PlainText, "look_name", "own_words"),
    Column("record_picture", Boolean, nullable=False, server_default=false()),
    Column(
        "told_by",
        EnumText(ToldBy, otherwise=ToldBy.THREAD),
        nullable=False,
        server_default=ToldBy.THREAD.value,
    ),
    # Where it stands (bot.domain.jobs.Job).
    Column("state", EnumText(JobState), nullable=False),
    Column("owner", PlainText),
    *required(Moment, "created_at", "updated_at"),
    *optional(Moment, "admitted_at", "prepared_at"),
    Column("sent_url", PlainText),
    Column("sent_bytes", BigInteger),
    Column("sent_content_type", PlainText),
    *optional(
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
    *optional(Moment, "submit_started_at", "submitted_at"),
    Column("task_id", PlainText),
    Column("phase", EnumText(Phase, otherwise=Phase.RUNNING)),
    Column("progress", Double),
    Column("output_url", PlainText),
    Column("output_expires_at", Moment),
    Column("archive_url", PlainText),
    Column("finished_at", Moment),
    Column("failure", EnumText(FailureReason, otherwise=FailureReason.PROVIDER_TROUBLE)),
    Column("failure_detail", PlainText),
    Column("charge", EnumText(Charge, otherwise=Charge.UNKNOWN)),
    Column("request_id", PlainText),
    Column("cost_micros", BigInteger),
    Column("cost_source", EnumText(CostSource, otherwise=CostSource.ESTIMATE)),
    Column("cost_credits", Double),
    Column("cancel_reason", EnumText(CancelReason, otherwise=CancelReason.OTHER)),
    Column("cancelled_by", BigInteger),
    Column("cancel_note", PlainText),
    Column("edited_by", BigInteger),
    # That the answer was deleted, by whom, and what a moderator wrote about it.
    Column("deleted_at", Moment),
    Column("deleted_by", BigInteger),
    Column("delete_note", PlainText),
    Column("delivery_attempts", Integer, nullable=False),
    Column("told_at", Moment),
    # Since when it waits for the bot's owner, because the database may be an old one.
    Column("quarantined_at", Moment),
    # When the bot's owner let it go on; after that it is not doubted again.
    Column("released_at", Moment),
    # When the provider is asked once more about a task that was given up.
    Column("look_at", Moment),
    # ``clip_bucket(restyled_seconds)`` as it was when the job was accepted.
    Column("clip_bucket", Integer, nullable=False),
    check("state", JobState),
    CheckConstraint(
        "task_id IS NOT NULL OR state NOT IN ('running', 'withheld', 'delivering', 'done')",
        name="task_known",
    ),
    CheckConstraint("submitted_by IS NOT NULL OR state <> 'submitting'", name="submitter_known"),
    # What a claim takes from. PostgreSQL with old statistics would rather walk along the key, over
    # every row ever settled, than use the next index; this one, mostly empty, it always prefers.
    partial("ix_jobs_free", "id", where=FREE),
    partial("ix_jobs_unsettled", "owner", "id", where=UNSETTLED),
    partial(
        "ix_jobs_durations", "model", "clip_bucket", "finished_at", where="output_url IS NOT NULL"
    ),
    partial("ix_jobs_quarantined_at", "quarantined_at", where="quarantined_at IS NOT NULL"),
    partial("ix_jobs_look_at", "look_at", where="look_at IS NOT NULL"),
    Index("ix_jobs_user", "user_id", "id"),
    partial("ix_jobs_settled", "guild_id", "id", where=SETTLED),
    partial("ix_jobs_guild", "guild_id", "id", where=PERSONAL),
    partial("ix_jobs_author", "source_author_id", "id", where="source_author_id IS NOT NULL"),
    partial("ix_jobs_task", "task_id", where="task_id IS NOT NULL"),
    partial("ix_jobs_doubtful", "id", where="state IN ('uncertain', 'submitting')"),
    partial("ix_jobs_worded", "told_at", where="source_url <> ''"),
    partial("ix_jobs_archived", "told_at", where="archive_url IS NOT NULL"),
    partial("ix_jobs_deleted", "guild_id", "deleted_at", where="deleted_at IS NOT NULL"),
)

owed_cards: Final = Table(
    "owed_cards",
    metadata,
    *key_ids("job_id"),
    Column("is_linked", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
    # When to try again; moved on before that.
    Column("due_at", Moment, nullable=False),
)
