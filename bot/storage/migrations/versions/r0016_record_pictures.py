"""Whether a job's record shows a picture of its clip, so that edits of it go on showing it.

The release before this one goes on running with it: it does not name the column, and its records
have no picture. A record with one that it edits is without it from then on; so are older ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; neither database rewrites its rows for that."""
    op.add_column(
        "jobs",
        sa.Column("record_picture", sa.Boolean, nullable=False, server_default=sa.false()),
    )
