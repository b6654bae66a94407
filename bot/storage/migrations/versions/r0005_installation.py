"""What the program knows of its database itself, and which jobs wait for the owner or a late look.

``installation`` has at most one row, written by the first process that joins; a database from
before it has none. The release before this one goes on running with the new schema: it names none
of it, so it also submits jobs that are in quarantine. Nobody should go back while some are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the two columns with their indexes; no row is rewritten for that."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last_seen_at", Moment),
        sa.Column("moved_to", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("owner_told_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
    )
    for name in ("quarantined_at", "look_at"):
        op.add_column("jobs", sa.Column(name, Moment))
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_jobs_{name}", "jobs", [name], sqlite_where=where, postgresql_where=where
        )
