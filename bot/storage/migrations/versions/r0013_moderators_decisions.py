"""What moderators did with a job, for whoever asked for it: edited, deleted, by name or not.

Jobs that are there already were edited and deleted without a note of it, and name moderators, as
they did. The release before this one goes on running: it never names the columns.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None

_DELETED = "deleted_at IS NOT NULL"


def upgrade() -> None:
    """Add the columns; neither database rewrites its rows for that."""
    op.add_column(
        "jobs",
        sa.Column("name_moderators", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.add_column("jobs", sa.Column("edited_by", sa.BigInteger))
    op.add_column("jobs", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("deleted_by", sa.BigInteger))
    op.add_column("jobs", sa.Column("delete_note", sa.Text))
    op.create_index(
        "ix_jobs_deleted",
        "jobs",
        ["guild_id", "deleted_at"],
        sqlite_where=sa.text(_DELETED),
        postgresql_where=sa.text(_DELETED),
    )
