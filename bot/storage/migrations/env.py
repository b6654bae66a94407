"""What Alembic runs for every command: migrate on a connection, and number what is new.

The program hands its connection over (``bot.storage.upgrade``). A command in a shell (alembic.ini)
brings none and opens the database of ``DATABASE_URL``, alone if that is SQLite.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime
from sqlalchemy.engine import make_url
from sqlalchemy.types import TypeDecorator

from bot.settings import load_settings
from bot.storage.engines import postgres_upgrade_engine, sqlite_engine, sqlite_path
from bot.storage.lockfile import exclusive
from bot.storage.tables import metadata
from bot.storage.upgrade import take_turn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from sqlalchemy import Connection

log = logging.getLogger("bot.storage.migrations")


def migrate(connection: Connection) -> None:
    """Run the command's migrations in the transaction of ``connection``: all of them or none."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite can alter little, so Alembic copies the table instead
        compare_type=True,
        compare_server_default=True,
        process_revision_directives=number,
        render_item=render_type,
        on_version_apply=tell_progress,
    )
    # No transaction of its own: the caller's has the lock, and makes it all or nothing.
    context.run_migrations()


def tell_progress(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[Any],
    run_args: Mapping[str, Any],
) -> None:
    """Log each migration that was carried out: on a large database one can take minutes."""
    log.info("The schema is at %s", step.up_revision_id)


def number(_context: object, _revision: object, directives: list[Any]) -> None:
    """Give a new revision the number after the highest one, in four digits: 0003, then 0004."""
    scripts = ScriptDirectory.from_config(context.config)
    highest = max((int(one.revision) for one in scripts.walk_revisions()), default=0)
    for directive in directives:
        directive.rev_id = f"{highest + 1:04}"


def render_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types as what the databases have: a migration outlives the program's types.

    Returns:
        The type's source text; ``False`` leaves all else to Alembic.
    """
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item.impl_instance, DateTime):
        return "sa.DateTime(timezone=True)"
    return f"sa.{type(item.impl_instance).__name__}"


async def migrate_from_shell() -> None:
    """Open the database that the settings name, migrate it, and close it.

    Raises:
        SettingsError: A setting is wrong; the two required ones are not asked for.
        StoreInUseError: The bot is running on this SQLite database.
    """
    settings = load_settings(discord_token="unused", cometapi_key="unused", shards="")  # noqa: S106 - these are none
    url = make_url(settings.database_url)
    with contextlib.ExitStack() as stack:
        if url.get_backend_name() == "sqlite":
            stack.enter_context(exclusive(sqlite_path(url)))
            engine = sqlite_engine(url)
        else:
            engine = postgres_upgrade_engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(take_turn)
                await connection.run_sync(migrate)
        finally:
            await engine.dispose()


if (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(migrate_from_shell())
