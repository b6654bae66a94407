"""When the owner released a job, so that it is doubted once; when a budget's news was last tried.

Jobs that are there already keep NULL, as if nobody had been asked about them. The release before
this one goes on running with the new columns: it never names them, and what it has told is told.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; neither database rewrites its rows for that."""
    moment = sa.DateTime(timezone=True)
    op.add_column("jobs", sa.Column("released_at", moment))
    op.add_column("budget_notices", sa.Column("tried_at", moment))
