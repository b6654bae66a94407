"""Preparing clips, settings by scope, the ledger, reviews, and who may not."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNSETTLED = (
    "(told_at IS NULL OR state IN"
    " ('held', 'queued', 'submitting', 'running', 'withheld', 'delivering'))"
)

STATES = (
    "held, queued, submitting, running, withheld, delivering, uncertain, done, failed, cancelled"
)

_KEPT = ("public_figure_threshold", "default_ratio", "max_video_bytes", "max_video_seconds")


def upgrade() -> None:
    """Widen the jobs, then make the new tables and bring the settings over."""
    _widen_jobs()
    _index_unsettled()
    _make_tables()
    _move_settings()


def _one_of(column: str, *words: str) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _widen_jobs() -> None:
    moment = sa.DateTime(timezone=True)
    false = sa.false()
    checks = {
        "state": _one_of("state", *STATES.split(", ")),
        "task_known": (
            "task_id IS NOT NULL OR state NOT IN ('running', 'withheld', 'delivering', 'done')"
        ),
    }
    with op.batch_alter_table("jobs") as batch:
        for column in (
            sa.Column("source_author_id", sa.BigInteger),
            sa.Column("source_message_url", sa.Text),
            sa.Column("part_start", sa.Double, nullable=False, server_default=sa.text("0")),
            sa.Column("part_seconds", sa.Double),
            sa.Column("plan", sa.Text),
            sa.Column("convert_reference", sa.Boolean, nullable=False, server_default=false),
            sa.Column("price_micros", sa.BigInteger),
            sa.Column("hold", sa.Text),
            sa.Column("held_until", moment),
            sa.Column("review_output", sa.Boolean, nullable=False, server_default=false),
            sa.Column("spoiler", sa.Boolean, nullable=False, server_default=false),
            sa.Column("keep_sound", sa.Boolean, nullable=False, server_default=false),
            sa.Column("admitted_at", moment),
            sa.Column("prepared_at", moment),
            sa.Column("sent_url", sa.Text),
            sa.Column("sent_bytes", sa.BigInteger),
            sa.Column("sent_content_type", sa.Text),
            sa.Column("source_channel_id", sa.BigInteger),
            sa.Column("source_message_id", sa.BigInteger),
            sa.Column("archive_url", sa.Text),
            sa.Column("cancel_reason", sa.Text),
            sa.Column("cancelled_by", sa.BigInteger),
            sa.Column("cancel_note", sa.Text),
        ):
            batch.add_column(column)
        for name, check in checks.items():
            batch.drop_constraint(op.f(f"ck_jobs_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_jobs_{name}"), check)


def _index_unsettled() -> None:
    for name, columns, condition in (
        ("ix_jobs_free", ["id"], f"owner IS NULL AND {UNSETTLED}"),
        ("ix_jobs_unsettled", ["owner", "id"], UNSETTLED),
    ):
        where = sa.text(condition)
        op.drop_index(name, "jobs")
        op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)


def _make_tables() -> None:
    moment = sa.DateTime(timezone=True)
    scopes = ("bot", "server", "channel", "role", "member")
    op.create_table(
        "setting_values",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False),
        sa.Column("scope", sa.Text),
        sa.Column("scope_id", sa.BigInteger, autoincrement=False),
        sa.Column("name", sa.Text),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "scope", "scope_id", "name", name="pk_setting_values"),
    )
    op.create_table(
        "ledger",
        sa.Column("job_id", sa.BigInteger, autoincrement=False),
        sa.Column("scope", sa.Text),
        sa.Column("scope_id", sa.BigInteger, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "scope", "scope_id", name="pk_ledger"),
        sa.CheckConstraint(_one_of("scope", *scopes), name="scope"),
        sa.CheckConstraint(
            _one_of("standing", "reserved", "committed", "released"), name="standing"
        ),
    )
    op.create_index(
        "ix_ledger_spent",
        "ledger",
        ["scope", "scope_id", "guild_id", "day", "standing", "jobs", "micros"],
    )
    op.create_table(
        "strikes",
        sa.Column("job_id", sa.BigInteger, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("struck_at", moment, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("lifted_by", sa.BigInteger),
        sa.Column("lifted_at", moment),
        sa.PrimaryKeyConstraint("job_id", name="pk_strikes"),
    )
    op.create_index("ix_strikes_member", "strikes", ["guild_id", "user_id", "struck_at"])
    op.create_table(
        "blocks",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False),
        sa.Column("blocked_by", sa.BigInteger, nullable=False),
        sa.Column("blocked_at", moment, nullable=False),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_blocks"),
    )
    op.create_table(
        "pauses",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False),
        sa.Column("paused_by", sa.BigInteger, nullable=False),
        sa.Column("paused_at", moment, nullable=False),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("guild_id", name="pk_pauses"),
    )
    op.create_table(
        "opt_outs",
        sa.Column("user_id", sa.BigInteger, autoincrement=False),
        sa.Column("since", moment, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_opt_outs"),
    )
    op.create_table(
        "reviews",
        sa.Column("job_id", sa.BigInteger, autoincrement=False),
        sa.Column("stage", sa.Text),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("folded_at", moment),
        sa.Column("taken_by", sa.BigInteger),
        sa.Column("taken_at", moment),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", moment),
        sa.Column("note", sa.Text),
        sa.Column("prompt_before", sa.Text),
        sa.Column("mended_by", sa.BigInteger),
        sa.PrimaryKeyConstraint("job_id", "stage", name="pk_reviews"),
        sa.CheckConstraint(_one_of("stage", "spending", "publishing"), name="stage"),
        sa.CheckConstraint(
            _one_of("standing", "open", "approved", "denied", "expired", "withdrawn"),
            name="standing",
        ),
    )
    op.create_index("ix_reviews_open", "reviews", ["guild_id", "standing", "opened_at"])
    op.create_table(
        "review_folds",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_review_folds"),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.BigInteger),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("answered_by", sa.BigInteger),
        sa.Column("answered_at", moment),
        sa.Column("answer", sa.Text),
        sa.Column("told_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
    )
    op.create_index("ix_appeals_guild", "appeals", ["guild_id", "opened_at"])


def _move_settings() -> None:
    server = sa.text("'server'")
    with op.batch_alter_table("setting_changes") as batch:
        batch.add_column(sa.Column("scope", sa.Text, nullable=False, server_default=server))
        batch.add_column(
            sa.Column("scope_id", sa.BigInteger, nullable=False, server_default=sa.text("0"))
        )
        batch.alter_column("before", existing_type=sa.Text, nullable=True)
        batch.alter_column("after", existing_type=sa.Text, nullable=True)
    connection = op.get_bind()
    values = [
        {"guild_id": row["guild_id"], "name": name, "value": value}
        for row in connection.execute(sa.text("SELECT * FROM guild_settings")).mappings()
        for name, value in _set_in(row)
    ]
    if values:
        connection.execute(
            sa.text(
                "INSERT INTO setting_values (guild_id, scope, scope_id, name, value)"
                " VALUES (:guild_id, 'server', 0, :name, :value)"
            ),
            values,
        )
    op.drop_table("guild_settings")


def _set_in(row: sa.RowMapping) -> list[tuple[str, str]]:
    found = [(name, json.dumps(row[name])) for name in _KEPT if row[name] is not None]
    if row["allowed_channel_ids"] not in {None, "", "[]"}:
        found.append(("allowed_channel_ids", row["allowed_channel_ids"]))
    return found
