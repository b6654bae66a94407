"""People's own looks, and of a job with a look its name and the person's own words.

The release before this one goes on running with it: it names neither the table nor the columns, and
its jobs have no look. A job that it takes over has the look in its prompt already.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and add the columns; neither database rewrites its rows for that."""
    op.create_table(
        "looks",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger),
        sa.Column("ratio", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("picture_job_id", sa.BigInteger),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_looks"),
    )
    op.create_index("ix_looks_user", "looks", ["user_id", "id"])
    op.add_column("jobs", sa.Column("look_name", sa.Text))
    op.add_column("jobs", sa.Column("own_words", sa.Text))
