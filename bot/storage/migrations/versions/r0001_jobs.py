"""Jobs, workers, guild settings and their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UNSETTLED = "(told_at IS NULL OR state IN ('queued', 'submitting', 'running', 'delivering'))"

FREE = f"owner IS NULL AND {UNSETTLED}"


def upgrade() -> None:
    """Make the first tables."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "jobs",
        sa.Column("id", key, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("record_message_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("can_open_thread", sa.Boolean, nullable=False),
        sa.Column("source_url", sa.Text, nullable=False),
        sa.Column("source_filename", sa.Text, nullable=False),
        sa.Column("source_content_type", sa.Text, nullable=False),
        sa.Column("source_bytes", sa.BigInteger, nullable=False),
        sa.Column("source_seconds", sa.Double, nullable=False),
        sa.Column("source_width", sa.Integer, nullable=False),
        sa.Column("source_height", sa.Integer, nullable=False),
        sa.Column("reference_url", sa.Text),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger),
        sa.Column("ratio", sa.Text),
        sa.Column("public_figure_threshold", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("thread_id", sa.BigInteger),
        sa.Column("status_message_id", sa.BigInteger),
        sa.Column("answer_message_id", sa.BigInteger),
        sa.Column("answer_channel_id", sa.BigInteger),
        sa.Column("submit_attempts", sa.Integer, nullable=False),
        sa.Column("submitted_by", sa.Text),
        sa.Column("submit_started_at", moment),
        sa.Column("submitted_at", moment),
        sa.Column("task_id", sa.Text),
        sa.Column("phase", sa.Text),
        sa.Column("progress", sa.Double),
        sa.Column("output_url", sa.Text),
        sa.Column("output_expires_at", moment),
        sa.Column("finished_at", moment),
        sa.Column("failure", sa.Text),
        sa.Column("failure_detail", sa.Text),
        sa.Column("charge", sa.Text),
        sa.Column("cost_credits", sa.Double),
        sa.Column("delivery_attempts", sa.Integer, nullable=False),
        sa.Column("told_at", moment),
        sa.Column("clip_bucket", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint(
            "state IN ('queued', 'submitting', 'running', 'delivering', 'uncertain', 'done', "
            "'failed', 'cancelled')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint(
            "task_id IS NOT NULL OR state NOT IN ('running', 'delivering', 'done')",
            name=op.f("ck_jobs_task_known"),
        ),
        sa.CheckConstraint(
            "submitted_by IS NOT NULL OR state <> 'submitting'",
            name=op.f("ck_jobs_submitter_known"),
        ),
    )
    op.create_index(
        "ix_jobs_free",
        "jobs",
        ["id"],
        sqlite_where=sa.text(FREE),
        postgresql_where=sa.text(FREE),
    )
    op.create_index(
        "ix_jobs_unsettled",
        "jobs",
        ["owner", "id"],
        sqlite_where=sa.text(UNSETTLED),
        postgresql_where=sa.text(UNSETTLED),
    )
    op.create_index(
        "ix_jobs_durations",
        "jobs",
        ["model", "clip_bucket", "finished_at"],
        sqlite_where=sa.text("output_url IS NOT NULL"),
        postgresql_where=sa.text("output_url IS NOT NULL"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Text),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "guild_settings",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False),
        sa.Column("public_figure_threshold", sa.Text, nullable=False),
        sa.Column("default_ratio", sa.Text),
        sa.Column("max_video_bytes", sa.BigInteger),
        sa.Column("max_video_seconds", sa.Double),
        sa.Column("allowed_channel_ids", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guild_settings"),
        sa.CheckConstraint(
            "public_figure_threshold IN ('auto', 'low')", name=op.f("ck_guild_settings_threshold")
        ),
    )
    op.create_table(
        "setting_changes",
        sa.Column("id", key),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_setting_changes"),
    )
    op.create_index("ix_setting_changes_guild", "setting_changes", ["guild_id", "id"])
