"""The connection to SQLite or PostgreSQL: how it is opened, what a transaction is, what fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import Interval, func, literal, select, type_coerce
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreUnavailableError
from bot.storage.columns import Moment
from bot.storage.engines import (
    WAIT_SECONDS,
    postgres_engine,
    postgres_upgrade_engine,
    sqlite_engine,
    sqlite_path,
)
from bot.storage.lockfile import exclusive
from bot.storage.shielded_connection import ShieldedConnection
from bot.storage.upgrade import upgrade
from bot.system import metrics
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from sqlalchemy import URL, ColumnElement
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncTransaction

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return this moment by the process's clock."""
    return datetime.now(UTC)


class Database:
    """An open database. Made by :func:`open_database`, which also closes it.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        new_jobs: Set when this process has made a job free to be claimed (``jobs.owner`` is NULL).
    """

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.dialect = engine.dialect.name
        self.new_jobs = asyncio.Event()
        self._engine = engine
        self._connection_class = ShieldedConnection if self.dialect == "sqlite" else AsyncConnection
        self._clock = clock
        self._closed = False
        self._active = 0
        self._freeing: set[AsyncConnection] = set()
        self._idle = asyncio.Event()
        self._idle.set()

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

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a short transaction: committed at the end, rolled back on any exception.

        Cancelled inside, it is rolled back; cancelled while committing, it is committed first and
        the cancellation goes on afterwards. Either way the connection goes back to the pool.

        Raises:
            StoreUnavailableError: The database does not answer, or cannot write. Where that
                happened in the commit, it may have been carried out.
        """
        if self._closed:
            raise StoreUnavailableError("the database is closed")
        began_at = time.monotonic()
        self._active += 1
        self._idle.clear()
        try:
            with reporting_trouble():
                connection = await self._connection_class(self._engine).start()
                try:
                    transaction = await shielded(connection.begin().start())
                    async with _ending_well(transaction):
                        yield connection
                finally:
                    if connection in self._freeing:
                        self._freeing.remove(connection)
                        self.new_jobs.set()
                    await shielded(connection.close())
        except StoreUnavailableError:
            metrics.DATABASE_FAILURES.inc()
            raise
        finally:
            metrics.DATABASE_SECONDS.observe(time.monotonic() - began_at)
            self._active -= 1
            if not self._active:
                self._idle.set()

    async def close(self) -> None:
        """Refuse new transactions, let the open ones end, then close every connection."""
        self._closed = True
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.warning("the database was closed under %s open transactions", self._active)
        await shielded(self._engine.dispose())


@contextlib.asynccontextmanager
async def _ending_well(transaction: AsyncTransaction) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:  # a cancellation too must leave nothing half done
        try:
            await shielded(transaction.rollback())
        except Exception as exc:  # noqa: BLE001 - the first error is the one to be told
            log.debug("rolling back: %s", exc)
        raise
    await shielded(transaction.commit())


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
    """Tell whether waiting may help: no connection, too many of them, a server that starts.

    Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if code is None:
        return "locked" in text  # SQLite, by a backup or a person with a shell
    return code[:2] in {"08", "57"} or code == "53300"


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
            engine = sqlite_engine(parsed)
        else:
            await _upgrade_postgres(parsed)
            engine = postgres_engine(parsed)
        database = Database(engine, clock=clock)
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
