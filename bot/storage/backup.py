"""Copies of a whole database in one file, made while the bot runs, and their way back.

A backup is a SQLite database, whichever kind it was made of, with one more table that says what it
holds: ``backup`` has the manifest. So there is one format, which goes into a database of either
kind, and older backups are brought up to date by the same migrations as a database is.

SQLite is copied by its own backup API, which sees one moment and holds nobody up. PostgreSQL is
read in one REPEATABLE READ transaction, at the schema that it has: no backup migrates a database.

Source: https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, select
from sqlalchemy.engine import make_url

from bot.errors import StoreError
from bot.storage.database import Database, open_database, reporting_trouble
from bot.storage.engines import postgres_upgrade_engine, sqlite_engine, sqlite_path
from bot.storage.quarantine import quarantine_waiting
from bot.storage.tables.process import workers
from bot.storage.transfer import TABLES, TableCopy, transfer
from bot.storage.upgrade import check_known, newest_revision, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

FORMAT: Final = 1
BATCH_ROWS: Final = 500
_OWNER_ONLY: Final = 0o600
"""A backup holds prompts and links of people, and whatever the database holds."""
_OURS: Final = "backup"


class BackupError(StoreError):
    """No backup was made, or it is not whole, or it was not restored; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    program: str
    """The version of the program that made it."""
    made_at: str
    """When, in UTC, as ISO 8601."""
    database: str
    """Of which kind the database was: ``sqlite`` or ``postgresql``."""
    schema: str
    """The revision of its schema, as the migrations count."""
    tables: dict[str, tuple[int, str]]
    """How many rows each table has, and the SHA-256 of them."""


async def back_up(url: str, file: Path, *, program: str) -> Manifest:
    """Write a backup of the database at ``url`` to ``file``, which appears only once it is whole.

    Args:
        url: As ``open_database`` takes it.
        file: A file that does not exist yet; only its owner may read it afterwards.
        program: The version of the program, for the manifest.

    Raises:
        BackupError: ``file`` exists or cannot be written, or there is no such database.
        StoreTooNewError: PostgreSQL's schema is newer than this program.
        StoreUnavailableError: The database does not answer.
    """
    _check_free(file)
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex[:12]}.part")
    parsed = make_url(url)
    try:
        with _explained(file):
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
            if parsed.get_backend_name() == "sqlite":
                await asyncio.to_thread(_copy_sqlite, sqlite_path(parsed), part)
            else:
                await _copy_postgres(parsed, part)
            await _make_harmless(part)
            manifest = await asyncio.to_thread(
                _seal, part, program=program, database=parsed.get_backend_name()
            )
            _publish(part, file)
    finally:
        for leftover in (part, *(Path(f"{part}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)
    return manifest


def _check_free(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise BackupError(f"{file} exists already; a backup overwrites nothing. Name another file.")
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}. Make it first.")


def verify(file: Path) -> Manifest:
    """Read a backup from end to end and return its manifest.

    Raises:
        BackupError: It is no backup, or holds something else than its manifest says.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    with _explained(file), contextlib.closing(_read_only(file, "immutable=1")) as connection:
        try:
            (words,) = connection.execute(f"SELECT manifest FROM {_OURS}").fetchone()  # noqa: S608 - ours
            said = json.loads(words)
            said["tables"] = {name: tuple(facts) for name, facts in said["tables"].items()}
            manifest = Manifest(**said)
        except (sqlite3.Error, TypeError, ValueError, KeyError):
            raise BackupError(
                f"{file} is no backup that `python -m bot backup` made, or it is damaged."
            ) from None
        if manifest.format != FORMAT:
            raise BackupError(f"{file} was made by a newer version ({manifest.program}); use that.")
        found = _summaries(connection)
        wrong = sorted(
            name
            for name in {*found, *manifest.tables}
            if found.get(name) != manifest.tables.get(name)
        )
        state = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if wrong or state != ["ok"]:
        raise BackupError(
            f"{file} is damaged ({', '.join(wrong) or state[0]} differs from its manifest). "
            "Take another backup."
        )
    return manifest


async def restore(file: Path, url: str) -> list[TableCopy]:
    """Put a backup into the empty database at ``url``; all of it arrives, or nothing.

    What waits in it is in quarantine from the first moment.

    Raises:
        BackupError: The backup is not whole.
        TransferError: The database has data already, or a bot runs on it.
        StoreTooNewError: The backup was made by a newer version.
        StoreError: As ``open_database`` says.
    """
    await asyncio.to_thread(verify, file)
    with tempfile.TemporaryDirectory(prefix="restyle-restore-") as folder:
        copy = Path(folder) / "restyle.db"
        with _explained(copy):
            await asyncio.to_thread(shutil.copyfile, file, copy)
        async with (
            open_database(f"sqlite+aiosqlite:///{copy}") as source,
            open_database(url) as target,
        ):
            async with source.transaction() as connection:
                await quarantine_waiting(connection, source)
            return await transfer(source, target)


@contextlib.contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say what an operator can do about a disk or a file that does not do its part."""
    try:
        yield
    except OSError as exc:
        raise BackupError(f"{file} cannot be used: {exc.strerror or exc}.") from exc
    except sqlite3.Error as exc:
        raise BackupError(f"{file}: SQLite says: {exc}.") from exc


def _read_only(file: Path, *options: str) -> sqlite3.Connection:
    query = "&".join(("mode=ro", *options))
    return sqlite3.connect(f"{file.resolve().as_uri()}?{query}", uri=True)


def _copy_sqlite(source: Path, part: Path) -> None:
    if not source.is_file():
        raise BackupError(
            f"There is no database {source}. Check DATABASE_URL and DATA_DIR; a bot that was never "
            "started has none."
        )
    try:
        with (
            contextlib.closing(_read_only(source)) as reading,
            contextlib.closing(sqlite3.connect(part)) as writing,
        ):
            if not reading.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone():
                raise BackupError(f"{source} is not a database of Restyle's. Check DATABASE_URL.")
            reading.backup(writing)
    except sqlite3.DatabaseError as exc:
        raise BackupError(f"{source} cannot be copied; SQLite says: {exc}.") from exc


_ONE_UPGRADE: Final = asyncio.Lock()
"""Alembic keeps what it is upgrading in a global of its own, so two at once mix in one process."""


async def _copy_postgres(url: URL, part: Path) -> None:
    engine = postgres_upgrade_engine(url)
    target = sqlite_engine(make_url(f"sqlite+aiosqlite:///{part}"))
    try:
        with reporting_trouble():
            async with engine.connect() as connecting, target.begin() as writing:
                reading = await connecting.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                revision = await reading.run_sync(_revision)
                async with _ONE_UPGRADE:
                    await writing.run_sync(upgrade, revision)
                columns = await reading.run_sync(_columns)
                for name, present in columns.items():
                    await _copy_table(name, present, reading, writing)
    finally:
        await engine.dispose()
        await target.dispose()


def _revision(connection: Connection) -> str:
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        raise BackupError("That is not a database of Restyle's. Check DATABASE_URL.")
    check_known(heads)
    return heads[0]


def _columns(connection: Connection) -> dict[str, list[str]]:
    """Return the columns of each table as the schema is now, which may be an older one."""
    looking = inspect(connection)
    there = set(looking.get_table_names())
    return {
        table.name: [column["name"] for column in looking.get_columns(table.name)]
        for table in TABLES
        if table.name in there
    }


async def _copy_table(
    name: str, present: list[str], reading: AsyncConnection, writing: AsyncConnection
) -> None:
    table = next(table for table in TABLES if table.name == name)
    columns = [column for column in table.columns if column.name in present]
    found = await reading.stream(select(*columns))
    async for rows in found.mappings().partitions(BATCH_ROWS):
        await writing.execute(insert(table), [dict(row) for row in rows])


async def _make_harmless(part: Path) -> None:
    """Take out the processes, and let nothing be spent on what waits, wherever it is opened.

    At an older schema there is no quarantine; there :func:`restore` sees to it.
    """
    engine = sqlite_engine(make_url(f"sqlite+aiosqlite:///{part}"))
    database = Database(engine)
    try:
        async with database.transaction() as connection:
            await connection.execute(delete(workers))
            if await connection.run_sync(_revision) == newest_revision():
                await quarantine_waiting(connection, database)
    finally:
        await database.close()


def _seal(part: Path, *, program: str, database: str) -> Manifest:
    """Write the manifest, and leave one file that is safely on the disk."""
    with contextlib.closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        manifest = Manifest(
            format=FORMAT,
            program=program,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            database=database,
            schema=revision,
            tables=_summaries(connection),
        )
        with connection:
            connection.execute(f"DROP TABLE IF EXISTS {_OURS}")
            connection.execute(f"CREATE TABLE {_OURS} (manifest TEXT NOT NULL)")
            connection.execute(
                f"INSERT INTO {_OURS} VALUES (?)",  # noqa: S608 - the name is ours
                (json.dumps(asdict(manifest)),),
            )
    verify(part)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    return manifest


def _summaries(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Count and hash the rows of every table but the manifest's, in the order of their keys."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
        " ESCAPE '\\' AND name <> ? ORDER BY name",
        (_OURS,),
    )
    return {name: _summary(connection, name) for (name,) in names.fetchall()}


def _summary(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    facts = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    order = ", ".join(f'"{column[1]}"' for column in facts)
    rows: Any = connection.execute(f'SELECT {order} FROM "{table}" ORDER BY {order}')  # noqa: S608 - names of the schema
    for row in rows:
        digest.update(json.dumps(row, default=repr).encode())
        count += 1
    return count, digest.hexdigest()


def _publish(part: Path, file: Path) -> None:
    """Give the finished file its name, unless somebody took it meanwhile."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise BackupError(f"{file} appeared meanwhile; it was left as it is.") from None
    except OSError:  # a file system without hard links
        part.rename(file)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
