"""What a job costs by the provider's own books, who says so, and the id of its paid request.

Jobs that are there already keep NULL; what the provider reported of them stays in ``cost_credits``,
which goes on counting for them. The release before this one goes on running with the new columns:
it never names them, and its own jobs are as those.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; neither database rewrites its rows for that."""
    op.add_column("jobs", sa.Column("request_id", sa.Text))
    op.add_column("jobs", sa.Column("cost_micros", sa.BigInteger))
    op.add_column("jobs", sa.Column("cost_source", sa.Text))
