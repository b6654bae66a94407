"""Cards that do not say yet what came of their job.

The release before this one goes on running with the new table: it never names it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "owed_cards",
        sa.Column("job_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("is_linked", sa.Boolean, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_owed_cards"),
    )
