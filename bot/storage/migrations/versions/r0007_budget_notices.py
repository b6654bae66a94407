"""What people were told about budgets that run out: once for each mark, budget and period.

The release before this one goes on running with the new table: it never names it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "budget_notices",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("scope_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("limit_micros", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("mark", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("used_micros", sa.BigInteger, nullable=False),
        sa.Column("price_micros", sa.BigInteger),
        sa.Column("noted_at", moment, nullable=False),
        sa.Column("told_at", moment),
        sa.PrimaryKeyConstraint(
            "scope",
            "scope_id",
            "guild_id",
            "period",
            "day",
            "limit_micros",
            "mark",
            name="pk_budget_notices",
        ),
    )
    op.create_index(
        "ix_budget_notices_untold",
        "budget_notices",
        ["noted_at"],
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
