"""Bringing a database's schema up to date when the program starts."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.errors import StoreTooNewError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

log = logging.getLogger(__name__)

_LOCK_KEY: Final = 0x7265_7374_796C_65  # "restyle"; any number that nobody else locks will do
LOCK_SECONDS: Final = 30
"""How long a migration waits for a table in use; then the start says so, and tries again."""
_FOLDER: Final = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for this program's migrations, run on ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@functools.cache
def _scripts() -> ScriptDirectory:
    """Return the migrations, which are read once: they do not change while the program runs."""
    return ScriptDirectory.from_config(alembic_config())


def take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates this database; the turn ends with the transaction.

    PostgreSQL has a lock for it, so that processes that start together take turns; SQLite has one
    process and an exclusive transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def check_known(present: Collection[str]) -> None:
    """Make sure that this program has the migrations that a database went through.

    Args:
        present: The revisions that the database is at.

    Raises:
        StoreTooNewError: It has not: a newer version of the program has upgraded the database.
    """
    known = {script.revision for script in _scripts().walk_revisions()}
    if unknown := set(present) - known:
        raise StoreTooNewError(
            f"The database was written by a newer version of this program (schema "
            f"{', '.join(sorted(unknown))}). Start that version, or restore the backup made before "
            "the update."
        )


def newest_revision() -> str:
    """Return the revision of the schema that this program works on."""
    head = _scripts().get_current_head()
    assert head is not None  # noqa: S101 - the program comes with its migrations
    return head


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply the migrations that are missing, all of them or none, in ``connection``'s transaction.

    Raises:
        StoreTooNewError: A newer version of the program has upgraded this database.
    """
    take_turn(connection)
    present = MigrationContext.configure(connection).get_current_heads()
    check_known(present)
    if revision == "head" and set(present) == {newest_revision()}:
        return
    before = ", ".join(sorted(present)) or "nothing"
    log.info("Upgrading the database's schema from %s to %s", before, revision)
    if present:
        log.warning(
            "The only way back from the new schema is a backup (python -m bot backup, with the "
            "previous version)"
        )
    if connection.dialect.name == "postgresql":
        # Behind a table that somebody holds everybody else would wait as well, so not for long.
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
    command.upgrade(alembic_config(connection), revision)
