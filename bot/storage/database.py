"""The connection to SQLite or PostgreSQL: how it is opened, what a transaction is, what fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
from sqlalchemy import Interval, func, literal, select, type_coerce
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import StoreUnavailableError
from bot.storage.columns import Moment
from bot.storage.engines import (
    WAIT_SECONDS,
    postgres_engine,
    postgres_upgrade_engine,
    sqlite_engine,
    sqlite_path,
    sqlite_readers,
)
from bot.storage.lockfile import exclusive
from bot.storage.turns import GroupedTurns, PooledTurns
from bot.storage.upgrade import upgrade
from bot.system import metrics
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL, ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.storage.turns import Turns

log = logging.getLogger(__name__)

_JOURNAL_SECONDS: Final = 0.5
"""How long emptying SQLite's journal waits for readers; writers wait for it meanwhile."""


def utc_now() -> datetime:
    """Return this moment by the process's clock."""
    return datetime.now(UTC)


class Database:
    """An open database. Made by :func:`open_database`, which also closes it.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        new_jobs: Set when this process has made a job free to be claimed (``jobs.owner`` is NULL).
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        readers: AsyncEngine | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.dialect = engine.dialect.name
        self.new_jobs = asyncio.Event()
        self._engine = engine
        self._engines = [engine] if readers is None else [engine, readers]
        self._clock = clock
        self._closed = False
        self._freeing: set[AsyncConnection] = set()
        self._writes: Turns
        if readers is not None:
            self._writes = GroupedTurns(engine, on_end=self._ended)
        else:
            self._writes = PooledTurns(engine, on_end=self._ended)
        self._reads = PooledTurns(readers or engine, is_read_only=self.dialect == "postgresql")

    def now(self, offset: timedelta = timedelta()) -> ColumnElement[datetime]:
        """Return this moment (plus ``offset``) as SQL.

        On PostgreSQL it is the database's: hosts' clocks may differ, and leases compare moments
        that different hosts wrote. SQLite has one process, hence the process's clock.
        """
        if self.dialect == "sqlite":
            return literal(self._clock() + offset, Moment)
        moment: ColumnElement[datetime] = func.now(type_=Moment)
        return type_coerce(moment + literal(offset, Interval), Moment) if offset else moment

    async def read_now(self, connection: AsyncConnection) -> datetime:
        """Return this moment as :meth:`now` tells it, for comparing it with what rows hold."""
        moment: datetime = (await connection.execute(select(self.now()))).scalar_one()
        return moment

    async def take_turn(self, connection: AsyncConnection, of: str, number: int = 0) -> None:
        """Wait until no other transaction has the same turn; it ends with this one.

        SQLite's transactions take turns anyway: each begins as a writer.

        Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
        """
        if self.dialect == "postgresql":
            key = func.hashtextextended(of, number)
            await connection.execute(select(func.pg_advisory_xact_lock(key)))

    def announce_new_jobs(self, connection: AsyncConnection) -> None:
        """Set ``new_jobs`` once the transaction of ``connection`` has ended, however it ends.

        Not before: a claim in between would not see the job. A commit that seemed to fail may have
        been carried out, and one claim for nothing costs little.
        """
        self._freeing.add(connection)

    def _ended(self, connection: AsyncConnection) -> None:
        if connection in self._freeing:
            self._freeing.remove(connection)
            self.new_jobs.set()

    @contextlib.asynccontextmanager
    async def transaction(self, *, grouped: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a short transaction: committed at the end, rolled back on any exception.

        Cancelled inside, it is rolled back; cancelled while committing, it is committed. In both
        cases the caller leaves at once, and that goes on behind it.

        Args:
            grouped: Whether its commit may be shared with others that wait at the same time, which
                SQLite's disk thanks for. Only for what takes a few milliseconds: whoever shares it
                waits for the last of them.

        Raises:
            StoreUnavailableError: The database does not answer, or cannot write. Where that
                happened in the commit, it may have been carried out.
        """
        async with self._measured(), self._writes.turn(is_grouped=grouped) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads, and never waits for one that writes.

        It sees whatever was committed before its first statement; on SQLite the same moment until
        its end. Cancelled, the caller leaves at once.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        async with self._measured(), self._reads.turn() as connection:
            yield connection

    async def clear_journal(self) -> bool:
        """Empty SQLite's journal: it holds what was deleted for as long as nobody overwrites it.

        Returns:
            Whether nothing is left in it; ``False`` while somebody reads, who may not lose what
            they see.
        """
        if self.dialect != "sqlite" or self._closed:
            return True
        is_clear = await asyncio.to_thread(_truncate_journal, sqlite_path(self._engine.url))
        if not is_clear:
            log.info("SQLite's journal is in use, and emptied later")
        return is_clear

    @contextlib.asynccontextmanager
    async def _measured(self) -> AsyncIterator[None]:
        """Measure what is done inside, and turn trouble into ``StoreUnavailableError``."""
        if self._closed:
            raise StoreUnavailableError("the database is closed")
        began_at = time.monotonic()
        try:
            with reporting_trouble():
                yield
        except StoreUnavailableError:
            metrics.DATABASE_FAILURES.inc()
            raise
        finally:
            metrics.DATABASE_SECONDS.observe(time.monotonic() - began_at)

    async def close(self) -> None:
        """Refuse new transactions, let the open ones end, then close every connection."""
        self._closed = True
        await shielded(self._close())

    async def _close(self) -> None:
        both = (self._reads, self._writes)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                for turns in both:
                    await turns.wait_until_idle()
        except TimeoutError:
            still_open = sum(turns.open_count for turns in both)
            log.warning("the database was closed under %s open transactions", still_open)
        # Not before: a connection that is given back later would never be closed.
        for engine in self._engines:
            await engine.dispose()


def _truncate_journal(path: Path) -> bool:
    """Write the journal into the file, then cut it off.

    Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_JOURNAL_SECONDS)) as connection:
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as exc:
        log.warning("SQLite's journal was not emptied: %s", exc)
        return False
    return not is_busy


@contextlib.contextmanager
def reporting_trouble() -> Iterator[None]:
    """Turn what a driver raises for trouble of the database into ``StoreUnavailableError``.

    Mistakes of ours (a broken constraint, wrong SQL, a value of the wrong type) stay what they are.
    """
    try:
        yield
    except DBAPIError as exc:
        if _is_our_mistake(exc):
            raise
        passes = _passes(getattr(exc.orig, "sqlstate", None), str(exc.orig))
        raise StoreUnavailableError(f"the database failed: {exc.orig}", passes=passes) from exc
    except PoolTimeoutError as exc:
        text = "no connection to the database became free"
        raise StoreUnavailableError(text, passes=True) from exc
    except asyncpg.PostgresError as exc:  # while connecting, when SQLAlchemy translates nothing
        passes = _passes(exc.sqlstate, str(exc))
        raise StoreUnavailableError(f"the database refuses: {exc}", passes=passes) from exc
    except OSError as exc:  # TimeoutError is one
        text = f"the database does not answer: {str(exc) or type(exc).__name__}"
        raise StoreUnavailableError(text, passes=True) from exc


def _passes(code: str | None, text: str) -> bool:
    """Tell whether waiting may help: no connection, too many, a table in use, a starting server.

    Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if code is None:
        return "locked" in text  # SQLite, by a backup or a person with a shell
    return code[:2] in {"08", "57"} or code in {"53300", "55P03"}


def _is_our_mistake(error: DBAPIError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    # asyncpg raises a ValueError of its own for an argument that does not fit its column.
    if error.orig is not None and isinstance(error.orig.__cause__, ValueError):
        return True
    # https://www.postgresql.org/docs/current/errcodes-appendix.html: data, constraints, syntax;
    # missing privileges are the operator's to mend.
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code[:2] in {"22", "23", "42"} and code != "42501"
    return isinstance(error, (ProgrammingError, NotSupportedError))


@contextlib.asynccontextmanager
async def open_database(
    url: str, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Database]:
    """Open the database at ``url``, bring its schema up to date, and close it at the end.

    Args:
        url: ``sqlite+aiosqlite:///path`` (the folder is made; one process only) or
            ``postgresql+asyncpg://…``.
        clock: Tells the time on SQLite; PostgreSQL uses its own.

    Raises:
        StoreInUseError: Another process holds the SQLite database.
        StoreTooNewError: The database was written by a newer version of the program.
        StoreUnavailableError: It cannot be opened.
    """
    parsed = make_url(url)
    async with contextlib.AsyncExitStack() as stack:
        if parsed.get_backend_name() == "sqlite":
            stack.enter_context(exclusive(sqlite_path(parsed)))
            database = Database(sqlite_engine(parsed), readers=sqlite_readers(parsed), clock=clock)
        else:
            await _upgrade_postgres(parsed)
            database = Database(await postgres_engine_for(parsed), clock=clock)
        stack.push_async_callback(database.close)
        if database.dialect == "sqlite":
            async with database.transaction() as connection:
                await connection.run_sync(upgrade)
        yield database


async def _upgrade_postgres(url: URL) -> None:
    engine = postgres_upgrade_engine(url)
    try:
        with reporting_trouble():
            async with engine.begin() as connection:
                await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


async def postgres_engine_for(url: URL) -> AsyncEngine:
    """Return an engine that fits what stands at ``url``: PostgreSQL itself, or a pooler before it.

    A pooler that shares sessions refuses to begin one with settings. One that takes them in silence
    cannot be told from the server: its address says ``?pooler=transaction``.

    Raises:
        StoreUnavailableError: Neither lets the bot in.
    """
    engine = postgres_engine(url)
    try:
        with reporting_trouble():
            async with engine.connect():
                return engine
    except StoreUnavailableError as exc:
        await engine.dispose()
        if "unsupported startup parameter" not in str(exc):
            raise
    log.info("A pooler is in front of the database; nothing relies on its sessions")
    return postgres_engine(url, is_pooled=True)
