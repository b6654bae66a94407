"""The server's look stands beside the prompt; until now it was the prompt's end.

Jobs that are there already keep NULL: their prompts have it in them. The release before this one
goes on running with the new column: it never names it, and its own jobs are as those.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; neither database rewrites its rows for that."""
    op.add_column("jobs", sa.Column("look", sa.Text))
