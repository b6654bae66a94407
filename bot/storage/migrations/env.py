"""What Alembic runs for every command: migrate on the connection it was handed."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can alter little, so Alembic copies the table instead
)
# No transaction of its own: the caller's has the lock, and makes it all or nothing.
context.run_migrations()
