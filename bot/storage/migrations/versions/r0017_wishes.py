"""How people want to be told of their clips.

The release before this one goes on running with it: it names neither the table nor the column, and
pings everybody in the thread. Older jobs are told of so, too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and add the column; neither database rewrites its rows for that."""
    op.create_table(
        "wishes",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("told_by", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_wishes"),
    )
    op.add_column("jobs", sa.Column("told_by", sa.Text, nullable=False, server_default="thread"))
