"""How SQLite and PostgreSQL are connected to."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreUnavailableError
from bot.system.postgres_options import read_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import URL
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.system.postgres_options import PostgresOptions

BUSY_SECONDS: Final = 5.0
"""How long SQLite waits for a lock, which only a backup or a person with a shell can hold; the
URL can say otherwise with ``?timeout=``."""
WAIT_SECONDS: Final = 10.0
"""How long a free connection, a new one, or a statement's answer on PostgreSQL is waited for."""
STALL_SECONDS: Final = 5.0
"""When PostgreSQL ends a transaction whose process went silent (frozen, unreachable) inside it.

Its row locks would otherwise stop the takeover of its jobs for as long as it stays frozen. Shorter
than ``WAIT_SECONDS``, so that who waits for the lock gets it.
"""
SQLITE_READERS: Final = 3
"""Beside the one connection that writes: what people ask is answered while it waits for a disk."""
POSTGRES_CONNECTIONS: Final = 5
"""Per process: transactions are short and polls use none. PostgreSQL allows 100 by default."""


def sqlite_path(url: URL) -> Path:
    """Return the file of a SQLite database.

    Raises:
        StoreUnavailableError: It has none, so jobs that are paid for would die with the process.
    """
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreUnavailableError(
            "SQLite needs a file: jobs that are paid for must outlive the process"
        )
    return Path(url.database)


def sqlite_engine(url: URL) -> AsyncEngine:
    """Return an engine with one connection, durable, with the write lock from the first moment."""
    # FULL: in WAL mode NORMAL may lose the last commits when the power fails, and the mark
    # that a paid request is about to be sent must not be lost. https://sqlite.org/pragma.html
    # secure_delete: what is deleted is overwritten with zeros, not only marked as free.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    # IMMEDIATE: a transaction that reads first and writes later would otherwise fail at once,
    # without waiting, if somebody wrote in between. https://sqlite.org/lang_transaction.html
    return _sqlite(url, connections=1, pragmas=pragmas, begin="BEGIN IMMEDIATE")


def sqlite_readers(url: URL) -> AsyncEngine:
    """Return an engine with a few connections that can only read, and wait for no writer.

    That takes the journal mode WAL, which ``sqlite_engine`` sets; where the file system has none,
    they wait while a commit is written. https://sqlite.org/wal.html
    """
    return _sqlite(
        url, connections=SQLITE_READERS, pragmas=("query_only=ON",), begin="BEGIN DEFERRED"
    )


def _sqlite(url: URL, *, connections: int, pragmas: Sequence[str], begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        hide_parameters=True,  # errors are logged; prompts and links are not
        connect_args={} if "timeout" in url.query else {"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_engine(url: URL, *, is_pooled: bool = False) -> AsyncEngine:
    """Return an engine with a few connections and a time limit on everything.

    Args:
        url: With options as libpq has them.
        is_pooled: Whether a pooler gives each transaction another session of the server. Then
            nothing is said to a session: no statement is prepared under a name that another one
            may have, and settings hold for one transaction each. The option ``pooler`` of the
            address says so as well.
    """
    options = read_options(url.query)
    is_pooled = is_pooled or options.is_pooled
    session = {
        "synchronous_commit": "on",  # what was committed outlives a crash of the server
        "idle_in_transaction_session_timeout": str(int(STALL_SECONDS * 1000)),
        **options.settings,
    }
    name = session.pop("application_name", "restyle")
    engine = create_async_engine(
        _with_places_only(url, options),
        pool_size=POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,  # a restarted database costs no failed statement
        hide_parameters=True,  # errors are logged; prompts and links are not
        isolation_level="READ COMMITTED",  # guarded updates re-check the newest row under it
        connect_args={
            "timeout": WAIT_SECONDS,
            "command_timeout": WAIT_SECONDS,
            **options.connect,
            "server_settings": {"application_name": name} | ({} if is_pooled else session),
            **(_UNNAMED if is_pooled else {}),
        },
    )
    if is_pooled:
        _say_at_each_begin(engine, session)
    return engine


_UNNAMED: Final = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"__restyle_{uuid.uuid4().hex}__",
}
"""https://docs.sqlalchemy.org/en/latest/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"""


def _say_at_each_begin(engine: AsyncEngine, session: Mapping[str, str]) -> None:
    quoted = (f"set_config('{name}', '{_quoted(value)}', true)" for name, value in session.items())
    statement = f"SELECT {', '.join(quoted)}"

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _with_places_only(url: URL, options: PostgresOptions) -> URL:
    return url.set(query=dict(options.query))


def postgres_upgrade_engine(url: URL) -> AsyncEngine:
    """Return an engine without a time limit for statements, which says nothing to a session.

    A migration takes as long as it takes, and so does waiting for another process that is at it.
    """
    options = read_options(url.query)
    return create_async_engine(
        _with_places_only(url, options),
        poolclass=NullPool,
        connect_args={"timeout": WAIT_SECONDS, **options.connect, **_UNNAMED},
    )
