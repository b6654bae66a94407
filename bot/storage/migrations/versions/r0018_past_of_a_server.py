"""An index of a server's past, for its list of jobs, which went through the jobs of all servers.

The release before this one goes on running with it: no statement of its own can use it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SETTLED = sa.text(
    "told_at IS NOT NULL AND state NOT IN"
    " ('held', 'queued', 'submitting', 'running', 'withheld', 'delivering')"
)


def upgrade() -> None:
    """Create the index; on PostgreSQL writers wait until it is there."""
    op.create_index(
        "ix_jobs_settled",
        "jobs",
        ["guild_id", "id"],
        sqlite_where=_SETTLED,
        postgresql_where=_SETTLED,
    )
