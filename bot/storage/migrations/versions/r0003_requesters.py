"""Who asked, and where, as far as settings go by it: the roles, and whether adults only were there.

Of older jobs nobody knows it: they keep NULL.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns; neither database rewrites its rows for that."""
    op.add_column("jobs", sa.Column("role_ids", sa.Text))
    op.add_column("jobs", sa.Column("is_age_restricted", sa.Boolean))
