"""What is still to be deleted, servers that were left, and an index for each question of a person.

The release before this one goes on running with it: it knows none of the tables, and its statements
only become faster.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_jobs_user", "jobs", ["user_id", "id"], None),
    (
        "ix_jobs_guild",
        "jobs",
        ["guild_id", "id"],
        "(source_url <> '' OR archive_url IS NOT NULL)",
    ),
    ("ix_jobs_author", "jobs", ["source_author_id", "id"], "source_author_id IS NOT NULL"),
    ("ix_jobs_task", "jobs", ["task_id"], "task_id IS NOT NULL"),
    ("ix_jobs_doubtful", "jobs", ["id"], "state IN ('uncertain', 'submitting')"),
    ("ix_jobs_worded", "jobs", ["told_at"], "source_url <> ''"),
    ("ix_jobs_archived", "jobs", ["told_at"], "archive_url IS NOT NULL"),
    ("ix_strikes_user", "strikes", ["user_id", "struck_at"], None),
    ("ix_strikes_struck_at", "strikes", ["struck_at"], None),
    ("ix_blocks_user", "blocks", ["user_id"], None),
    ("ix_appeals_user", "appeals", ["user_id", "opened_at"], None),
    ("ix_appeals_opened_at", "appeals", ["opened_at"], None),
    ("ix_setting_changes_changed_at", "setting_changes", ["changed_at"], None),
)


def upgrade() -> None:
    """Create the tables and the indexes."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "archive_removals",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("noted_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("url", name="pk_archive_removals"),
    )
    op.create_table(
        "deletions",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_deletions"),
    )
    op.create_table(
        "guilds_left",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("left_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds_left"),
    )
    for name, table, columns, where in _INDEXES:
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
