<%!
    import re
%>\
<% sentence = message.replace("_", " ").rstrip(".") %>\
"""${sentence[:1].upper()}${sentence[1:]}.

What older rows get, and why the previous release runs on this schema too: say it here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision ${down_revision} to this one."""
    ${re.sub(r" *# ###.*(\n|$)", "", upgrades or "").strip() or "pass"}
