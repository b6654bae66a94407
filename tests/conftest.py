"""Fixtures for the whole suite: a store on SQLite and on a real PostgreSQL.

``store``          a Store (worker ``w1``, with a lease) on each database in turn
``store_factory``  ``await store_factory("w2")``: another worker on the same database
``sqlite_store``   a Store on SQLite only, where the database makes no difference
``expire_lease``   ``await expire_lease("w1")``: that worker's lease is over
``database_url``   the URL of a fresh, empty-but-migrated database, for ``open_store``
``clock``          the clock of SQLite stores: ``clock.advance(seconds)``
"""

import asyncio
import functools
import itertools
import os
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from bot.storage import engines
from bot.storage.database import open_database
from bot.storage.store import Store
from bot.storage.tables import metadata
from bot.storage.tables.process import workers
from bot.storage.turns import GroupedTurns
from cogs.common import limits
from tests.postgres import PostgresServer

# No test asserts how long something takes: the machine may be busy with something else.
settings.register_profile("restyle", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("restyle")

LEASE_SECONDS = 60.0
TEMPLATE = "restyle_test"
MEMORY = "/dev/shm"  # noqa: S108 - every folder in it has a name of its own
_numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption(
        "--sqlite-only", action="store_true", help="leave out the tests that need PostgreSQL"
    )


SLOW = ("bench", "process", "media", "wire", "sandbox")
"""The folders whose files take longest: they come first, so that no core waits for the last one."""


@pytest.hookimpl(trylast=True)  # after pytest-randomly, which shuffles the files
def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: Path(item.path).parent.name not in SLOW)
    if not config.getoption("--sqlite-only"):
        return
    kept, left_out = [], []
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        needs_postgres = parameters.get("backend") == "postgresql" or {
            "postgres_dsn",
            "own_server",
        } & set(item.fixturenames)
        (left_out if needs_postgres else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def _patient_with_the_database(monkeypatch):
    """A machine that is busy with something else makes no test see a database that is away."""
    monkeypatch.setattr(limits, "STORE_SECONDS", 60.0)
    monkeypatch.setattr(engines, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr(GroupedTurns, "wait_seconds", 60.0)


class CompiledOnce(dict):
    """Compiled statements of all databases of one kind.

    SQLAlchemy keeps them for each engine and dialect anew. Each test has an engine of its own, so
    that a third of its time went into compiling what the test before it had compiled.
    """

    def get(self, key):
        dialect, *statement = key
        return super().get((dialect.name, *statement))

    def __setitem__(self, key, compiled):
        dialect, *statement = key
        super().__setitem__((dialect.name, *statement), compiled)


@pytest.fixture(scope="session", autouse=True)
def _compiled_once():
    create = functools.partial(
        engines.create_async_engine, execution_options={"compiled_cache": CompiledOnce()}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_async_engine", create)
        yield


class Clock:
    """A clock that moves only when told to."""

    def __init__(self):
        self.now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def _migrate(url):
    async def migrate():
        async with open_database(url):
            pass

    asyncio.run(migrate())


def _admin(dsn, *statements):
    async def run():
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    return run()


def _url(dsn, database):
    url = make_url(dsn).set(drivername="postgresql+asyncpg", database=database)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_dsn():
    """The address of a server that lets us create databases: TEST_POSTGRES_DSN, or our own."""
    if dsn := os.environ.get("TEST_POSTGRES_DSN"):
        yield dsn
        return
    server = PostgresServer()
    server.create()
    try:
        yield server.dsn
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_dsn, postgres_spares):
    """The name of a migrated database to copy: that takes 20 ms, migrating far longer."""
    name = f"{TEMPLATE}_{os.getpid()}"
    asyncio.run(_admin(postgres_dsn, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    _migrate(_url(postgres_dsn, name))
    yield name
    drop = [f'DROP DATABASE "{spare}" WITH (FORCE)' for spare in [name, *postgres_spares]]
    asyncio.run(_admin(postgres_dsn, *drop))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "restyle.db"
    _migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def quick_folder(tmp_path):
    """A folder in memory, where there is such a thing: on a disk each commit waits for it."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="restyle-test-") as folder:
        yield Path(folder)


@pytest.fixture
def sqlite_url(sqlite_template, quick_folder):
    path = quick_folder / "data" / "restyle.db"
    path.parent.mkdir()
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_spares():
    """The names of databases that are as good as new."""
    return []


# From the catalogs themselves: the views of information_schema take six times as long.
SCHEMA = """
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('%s %s %s %s', relname, attname, atttypid, attnotnull) AS line
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT format('%s %s %s', relname, indkey, indpred)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s %s', conname, conkey, conbin)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT version_num FROM alembic_version
) AS lines
"""
FILLED = " UNION ALL ".join(
    f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608 - our own tables
    for name in metadata.tables
)


async def _empty(dsn, schema):
    """Empty a database; False when a test has left it other than empty tables can explain."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET lock_timeout = '1s'")
        if await connection.fetchval(SCHEMA) != schema:
            return False
        if filled := [name for [name] in await connection.fetch(FILLED)]:
            await connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
        await connection.execute("SELECT setval(seqrelid, 1, false) FROM pg_sequence")
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()
    return True


async def _schema(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(SCHEMA)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_schema(postgres_template, postgres_dsn):
    """What a database looks like that no test has altered."""
    return asyncio.run(_schema(_url(postgres_dsn, postgres_template).replace("+asyncpg", "")))


@pytest.fixture
async def postgres_url(postgres_template, postgres_dsn, postgres_spares, postgres_schema):
    if postgres_spares:
        name = postgres_spares.pop()
    else:
        name = f"{postgres_template}_{next(_numbers)}"
        await _admin(postgres_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}"')
    url = _url(postgres_dsn, name)
    yield url
    if await _empty(url.replace("+asyncpg", ""), postgres_schema):
        postgres_spares.append(name)
    else:
        await _admin(postgres_dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request):
    """Which database the test runs on; a test that asks for it runs on each."""
    return request.param


@pytest.fixture
def database_url(backend, request):
    # Asked for by name, so that a run on SQLite alone starts no server; and not async, because
    # these fixtures cannot be set up from inside a running loop.
    if backend == "sqlite":
        return request.getfixturevalue("sqlite_url")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def open_databases(clock):
    """``await open_databases(url)``: a Database, closed after the test.

    SQLite has one per file, shared by its workers, because the file belongs to one process.
    """
    opened = {}
    async with AsyncExitStack() as stack:

        async def open_one(url):
            if url not in opened or not url.startswith("sqlite"):
                opened[url] = await stack.enter_async_context(open_database(url, clock=clock))
            return opened[url]

        yield open_one


@pytest.fixture
async def store_factory(database_url, open_databases):
    """``await store_factory("w2", lease=60)``: a Store for one more worker; ``lease=None``: none.

    On PostgreSQL each has connections of its own, as processes do.
    """

    async def make(worker_id="w1", *, lease=LEASE_SECONDS, **options):
        store = Store(await open_databases(database_url), worker_id=worker_id, **options)
        if lease is not None:
            await store.lease.renew(lease)
        return store

    return make


@pytest.fixture
async def store(store_factory):
    return await store_factory("w1")


@pytest.fixture
async def sqlite_store(sqlite_url, open_databases):
    store = Store(await open_databases(sqlite_url), worker_id="w1")
    await store.lease.renew(LEASE_SECONDS)
    return store


@pytest.fixture
def expire_lease(store):
    """``await expire_lease("w1")``: as if that worker had been silent for longer than its lease."""

    async def expire(worker_id):
        async with store._database.transaction() as connection:
            now = store._database.now(timedelta(seconds=-1))
            await connection.execute(
                workers.update().where(workers.c.id == worker_id).values(expires_at=now)
            )

    return expire
