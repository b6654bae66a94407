"""A database opened for looking alone: beside a running bot, without its lock, nothing migrated."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import StoreError, StoreUnavailableError
from bot.storage.database import Database, postgres_engine_for
from bot.storage.engines import BUSY_SECONDS, sqlite_path
from bot.storage.leases import new_worker_id
from bot.storage.store import Store
from bot.storage.upgrade import check_known, newest_revision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine


class StoreOutdatedError(StoreError):
    """The schema is older than this program, which may not change it only to look."""


@contextlib.asynccontextmanager
async def open_for_reading(url: str) -> AsyncIterator[Store]:
    """Open the database at ``url`` for looking; whatever writes fails.

    Raises:
        StoreOutdatedError: It must be brought up to date first.
        StoreTooNewError: It was written by a newer version.
        StoreUnavailableError: There is no such database, or it does not answer.
    """
    async with _opened(url) as database:
        yield Store(database, worker_id=new_worker_id())


async def check_ours(url: str) -> None:
    """Make sure that a database is one of Restyle's, of this version or an older one.

    Raises:
        StoreError: As :func:`open_for_reading`, but for its age.
    """
    with contextlib.suppress(StoreOutdatedError):
        async with open_for_reading(url):
            pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How a database does; all but the first are known of PostgreSQL alone."""

    now: datetime
    """This moment, by the clock that its rows go by."""
    version: str | None = None
    size_bytes: int | None = None
    connections: int | None = None
    """How many are open, of all programs."""
    most_connections: int | None = None


async def read_vitals(url: str) -> Vitals:
    """Ask the database at ``url`` how it does.

    Raises:
        StoreError: As :func:`open_for_reading`.
    """
    async with _opened(url) as database, database.transaction() as connection:
        now = await database.read_now(connection)
        if database.dialect == "sqlite":
            return Vitals(now=now)
        row = (await connection.execute(text(_VITALS))).one()
        return Vitals(
            now=now,
            version=row[0],
            size_bytes=row[1],
            connections=row[2],
            most_connections=int(row[3]),
        )


_VITALS: Final = """\
SELECT current_setting('server_version'), pg_database_size(current_database()),
    (SELECT count(*) FROM pg_stat_activity), current_setting('max_connections')
"""


@contextlib.asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    engine = _reading_engine(check_there(url)) if is_sqlite else await postgres_engine_for(parsed)
    database = Database(engine)
    try:
        async with database.read() as connection:
            await connection.run_sync(_check_schema)
        yield database
    finally:
        await database.close()


def check_there(url: str) -> Path:
    """Return the file of a SQLite database, which must exist: a slip in its name makes no new one.

    Raises:
        StoreUnavailableError: It does not.
    """
    path = sqlite_path(make_url(url))
    if not path.is_file():
        raise StoreUnavailableError(
            f"There is no database {path}. Check DATABASE_URL and DATA_DIR; a bot that was never "
            "started has none."
        )
    return path


def _reading_engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create(
            "sqlite+aiosqlite",
            database=path.resolve().as_uri(),
            query={"mode": "ro", "uri": "true"},
        ),
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _check_schema(connection: Connection) -> None:
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        raise StoreUnavailableError("That is not a database of Restyle's. Check DATABASE_URL.")
    check_known(heads)
    if heads[0] != newest_revision():
        raise StoreOutdatedError(
            f"The database has schema {heads[0]}, this version needs {newest_revision()}. Make a "
            "backup, then start the bot of this version once: that brings it up to date."
        )
