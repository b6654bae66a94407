"""Fresh databases for the workers, and a look at their rows from outside."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import asyncpg
from sqlalchemy.engine import make_url

from bot.storage.database import open_database
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_LOOK = """
SELECT id, state, submitted_by, told_at IS NOT NULL,
       state = 'uncertain' AND failure_detail IS NULL
FROM jobs
"""
_LAST_COMMIT_SECONDS = 0.1
"""PostgreSQL may still carry out the commit that a process sent right before it was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a row says.

    Attributes:
        is_left_uncertain: Another process found it being submitted under a dead owner; who makes
            a job uncertain that is its own says why.
    """

    job_id: int
    state: str
    submitted_by: str | None
    is_told: bool
    is_left_uncertain: bool


class Base(Protocol):
    """A database of one round."""

    url: str

    async def rows(self) -> list[Seen]:
        """Return every job, as it stands now."""
        ...

    async def settle(self) -> None:
        """Wait until what a killed process had sent has been carried out or given up."""
        ...


class Maker(Protocol):
    """Makes databases of one kind.

    Attributes:
        kind: ``sqlite`` or ``postgresql``.
    """

    kind: str

    async def fresh(self, *, busy_seconds: float | None = None) -> Base:
        """Return a new one with the schema and nothing else.

        Args:
            busy_seconds: How long SQLite waits for a lock, and PostgreSQL for a process that went
                silent holding some; ``None`` is the bot's own choice.
        """
        ...


class SqliteBase:
    """A file."""

    def __init__(self, path: Path, busy_seconds: float | None) -> None:
        self.path = path
        wait = "" if busy_seconds is None else f"?timeout={busy_seconds}"
        self.url = f"sqlite+aiosqlite:///{path}{wait}"

    async def rows(self) -> list[Seen]:
        """Return every job; only while no process has the file open."""
        return await asyncio.to_thread(self._rows)

    def _rows(self) -> list[Seen]:
        # Of a copy: whoever opens the file itself would recover it in place of the next worker.
        with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{self.path}{suffix}", f"{folder}/copy.db{suffix}")
            with contextlib.closing(sqlite3.connect(f"{folder}/copy.db")) as connection:
                return [
                    Seen(
                        job_id=id_,
                        state=state,
                        submitted_by=by,
                        is_told=bool(told),
                        is_left_uncertain=bool(left),
                    )
                    for id_, state, by, told, left in connection.execute(_LOOK)
                ]

    async def settle(self) -> None:
        """Return at once: the writes of a dead process are over."""

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the write lock, as a backup or a person with a shell does."""
        with contextlib.closing(
            sqlite3.connect(self.path, timeout=20, isolation_level=None, check_same_thread=False)
        ) as connection:
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            try:
                yield
            finally:
                await asyncio.to_thread(connection.execute, "ROLLBACK")


class SqliteMaker:
    """Copies of one migrated file."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template" / "restyle.db"
        self._numbers = itertools.count(1)

    async def prepare(self) -> None:
        """Make the template."""
        async with open_database(f"sqlite+aiosqlite:///{self._template}"):
            pass

    async def fresh(self, *, busy_seconds: float | None = None) -> SqliteBase:
        """Return a new one."""
        path = self._folder / f"sqlite-{next(self._numbers)}" / "restyle.db"
        path.parent.mkdir()
        shutil.copyfile(self._template, path)
        return SqliteBase(path, busy_seconds)


class PostgresBase:
    """A database of a server."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def rows(self) -> list[Seen]:
        """Return every job."""
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            return [
                Seen(job_id=id_, state=state, submitted_by=by, is_told=told, is_left_uncertain=left)
                for id_, state, by, told, left in await connection.fetch(_LOOK)
            ]
        finally:
            await connection.close()

    async def settle(self) -> None:
        """Wait a moment."""
        await asyncio.sleep(_LAST_COMMIT_SECONDS)


class PostgresMaker:
    """Copies of one migrated database, on a server of its own.

    Attributes:
        server: The server; stopping it is like pulling its plug.
    """

    kind = "postgresql"

    def __init__(self) -> None:
        self.server = PostgresServer()
        self._numbers = itertools.count(1)
        self._making = asyncio.Lock()

    def _url(self, name: str, *, busy_seconds: float | None = None) -> str:
        url = make_url(self.server.dsn).set(drivername="postgresql+asyncpg", database=name)
        if busy_seconds is not None:
            timeout = f"idle_in_transaction_session_timeout={busy_seconds * 1000:.0f}"
            url = url.update_query_dict({"options": f"-c {timeout}"})
        return url.render_as_string(hide_password=False)

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def prepare(self) -> None:
        """Start the server and make the template."""
        await asyncio.to_thread(self.server.create)
        await self._admin("CREATE DATABASE template TEMPLATE template0")
        async with open_database(self._url("template")):
            pass

    async def fresh(self, *, busy_seconds: float | None = None) -> PostgresBase:
        """Return a new one."""
        name = f"round_{next(self._numbers)}"
        async with self._making:  # nobody else may be connected to the template
            await self._admin(f"CREATE DATABASE {name} TEMPLATE template")
        return PostgresBase(self._url(name, busy_seconds=busy_seconds))

    async def restart(self, away_seconds: float) -> None:
        """Stop the server as a crash does, and start it again."""
        await asyncio.to_thread(self.server.stop)
        await asyncio.sleep(away_seconds)
        await asyncio.to_thread(self.server.start)
