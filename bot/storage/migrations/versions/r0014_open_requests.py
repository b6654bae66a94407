"""What somebody asked for that has not become a job: a part to choose, words to mend.

The release before this one goes on running with the new table: it never names it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "open_requests",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_open_requests"),
    )
    op.create_index("ix_open_requests_user", "open_requests", ["user_id"])
    op.create_index("ix_open_requests_kept_at", "open_requests", ["kept_at"])
