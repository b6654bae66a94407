"""Migrations, indexes, and who may open a database."""

import asyncio
import multiprocessing
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, event, func, insert, inspect, literal, select, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.domain.jobs import JobState
from bot.errors import StoreInUseError, StoreTooNewError, StoreUnavailableError
from bot.storage.lockfile import exclusive
from bot.storage.rows import row_from
from bot.storage.store import open_store
from bot.storage.tables import metadata
from bot.storage.tables.job import jobs
from bot.storage.upgrade import alembic_config, upgrade
from tests.factories import new_job
from tests.storage.rows import put

FIRST_REVISION = "0001"
MOMENTS = ("created_at", "updated_at", "submitted_at", "finished_at", "told_at")


@pytest.fixture
async def engine(database_url):
    """A connection past the store, on the database that it is going to open."""
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


async def empty(engine):
    async with engine.begin() as connection:
        tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
        for table in tables:
            await connection.execute(text(f'DROP TABLE "{table}"'))


async def test_migrations_and_tables_say_the_same(engine):
    def compare(connection):
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []


async def test_migrations_and_tables_have_the_same_constraints(engine):
    """What ``compare_metadata`` leaves out: checks, and the conditions of indexes."""

    def described(connection):
        inspector = inspect(connection)
        indexes = {
            index["name"]: {k: str(v) for k, v in index.get("dialect_options", {}).items()}
            for table in metadata.tables
            for index in inspector.get_indexes(table)
        }
        checks = {
            (table, check["name"]): check["sqltext"]
            for table in metadata.tables
            for check in inspector.get_check_constraints(table)
        }
        return indexes, checks

    async with engine.begin() as connection:
        migrated = await connection.run_sync(described)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(described) == migrated
    written = [
        constraint
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    ]
    assert len(migrated[1]) == len(written) > 0


async def test_an_empty_database_gets_the_whole_schema(engine, database_url):
    await empty(engine)
    async with open_store(database_url, worker_id="w1") as store:
        await store.add(new_job())


async def test_an_upgrade_from_the_first_version_keeps_every_row(engine, database_url):
    await empty(engine)
    known = {
        "id": 1_300_000_000_000_000_001,
        "channel_id": 3,
        "record_message_id": 4,
        "user_id": 5,
        "can_open_thread": True,
        "source_url": "https://cdn.discordapp.com/a",
        "source_filename": "a.mp4",
        "source_content_type": "video/mp4",
        "source_bytes": 6,
        "source_seconds": 7.5,
        "source_width": 8,
        "source_height": 9,
        "model": "gen4_aleph",
        "prompt": "a prompt",
        "public_figure_threshold": "auto",
        "state": "queued",
        "submit_attempts": 0,
        "delivery_attempts": 0,
        "clip_bucket": 2,
    }
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, FIRST_REVISION)
        await connection.execute(
            text(
                f"INSERT INTO jobs ({', '.join(known)}, created_at, updated_at) VALUES "  # noqa: S608 - our names
                f"({', '.join(f':{name}' for name in known)}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
            ),
            known,
        )
        await connection.execute(
            text(
                "INSERT INTO guild_settings (guild_id, public_figure_threshold, "
                "allowed_channel_ids) VALUES (2, 'low', '[3]')"
            )
        )
    async with open_store(database_url, worker_id="w1") as store:
        await store.lease.renew(60)
        (job,) = await store.claims.claim(10)
        assert (job.id, job.prompt, job.source_seconds) == (known["id"], "a prompt", 7.5)
        assert (job.role_ids, job.is_age_restricted, job.look) == (None, None, None)
        assert (await store.policies.read(2)).server("allowed_channel_ids") == {3}


async def test_processes_that_start_together_upgrade_once(postgres_url):
    engine = create_async_engine(postgres_url)
    await empty(engine)
    await engine.dispose()

    async def start(worker_id):
        async with open_store(postgres_url, worker_id=worker_id) as store:
            await store.lease.renew(60)
            return await store.claims.claim(10)

    assert await asyncio.gather(*(start(f"w{n}") for n in range(3))) == [[], [], []]


async def test_opening_again_changes_nothing(database_url):
    for worker_id in ("w1", "w2"):
        async with open_store(database_url, worker_id=worker_id) as store:
            await put(store, 1, JobState.QUEUED)


async def test_a_failing_upgrade_leaves_the_database_as_it_was(engine):
    await empty(engine)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE workers (id TEXT)"))  # stands in the way

    async def attempt():
        async with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(upgrade)

    with pytest.raises(Exception, match="workers"):
        await attempt()
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == ["workers"]


async def test_a_database_of_a_newer_version_is_refused(engine, database_url):
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNewError, match=r"9999.*newer|newer.*9999"):
        async with open_store(database_url, worker_id="w1"):
            pass
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_there_is_one_newest_version():
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == 1
    assert scripts.get_base() == FIRST_REVISION


async def test_settled_rows_cost_a_pass_nothing(store):
    """Every statement of a pass is answered from the index that leaves settled rows out."""
    settled = row_from(new_job(0)) | {
        "state": JobState.DONE,
        "task_id": "t",
        "output_url": "u",
        **dict.fromkeys(MOMENTS, store._database.now()),
    }
    del settled["id"]
    async with store._database.transaction() as connection:
        numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 5000))
        values = [
            (value if hasattr(value, "self_group") else literal(value, jobs.c[name].type)).label(
                name
            )
            for name, value in settled.items()
        ]
        await connection.execute(
            insert(jobs).from_select(["id", *settled], select(numbers.c.n, *values))
        )
        assert await connection.scalar(select(func.count()).select_from(jobs)) == 5000
        await connection.execute(text("ANALYZE"))
    await put(store, 6000, JobState.QUEUED, owner=None)

    statements = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_):
        if "FROM jobs" in statement and not statement.startswith("EXPLAIN"):
            statements.append((statement, parameters))

    assert len(await store.claims.claim(10)) == 1
    await store.overview.count_open(1)
    await store.overview.open_jobs(1)
    await store.past.recent_durations("gen4_aleph", 1)
    event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) >= 5
    explain = "EXPLAIN QUERY PLAN" if store._database.dialect == "sqlite" else "EXPLAIN"
    async with store._database.transaction() as connection:
        for statement, parameters in statements:
            plan = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
            steps = "\n".join(str(row) for row in plan)
            assert "ix_jobs_" in steps, f"{statement}\n{steps}"


# SQLite's file


async def test_the_folder_of_the_database_is_made(tmp_path):
    path = tmp_path / "a" / "b" / "restyle.db"
    async with open_store(f"sqlite+aiosqlite:///{path}", worker_id="w1") as store:
        await store.add(new_job())
    assert path.stat().st_size > 0


async def test_a_commit_on_sqlite_survives_a_power_cut(sqlite_store):
    async with sqlite_store._database.transaction() as connection:
        found = {
            name: await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}  # 2 is FULL


async def test_a_database_in_use_is_refused_with_what_to_do(sqlite_url):
    async with open_store(sqlite_url, worker_id="w1") as store:
        with pytest.raises(StoreInUseError) as caught:
            async with open_store(sqlite_url, worker_id="w2"):
                pass
        await store.add(new_job())  # and the first goes on undisturbed
    message = str(caught.value)
    assert f"{make_url(sqlite_url).database}.lock" in message
    assert "Stop it" in message
    async with open_store(sqlite_url, worker_id="w2") as store:
        assert await store.get(new_job().id) is not None


def _hold(path, held, done):
    with exclusive(path):
        held.set()
        done.wait(30)


def test_the_lock_goes_with_the_process_that_held_it(tmp_path):
    path = tmp_path / "restyle.db"
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(path, held, done))
    holder.start()
    assert held.wait(30)
    with pytest.raises(StoreInUseError, match=f"process {holder.pid}"), exclusive(path):
        pass
    holder.kill()
    holder.join()
    holder.close()
    with exclusive(path):
        pass


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailableError, match="file"):
        async with open_store(
            f"sqlite+aiosqlite:///{tmp_path / 'file' / 'restyle.db'}", worker_id="w1"
        ):
            pass


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "restyle.db"
    path.write_text("these are not the bytes of a database " * 100)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        async with open_store(f"sqlite+aiosqlite:///{path}", worker_id="w1"):
            pass


@pytest.mark.parametrize("place", [".", ""])
async def test_a_folder_is_no_database(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnavailableError, match="is a folder"):
        async with open_store(f"sqlite+aiosqlite:///{place or tmp_path}", worker_id="w1"):
            pass


@pytest.mark.parametrize("name", ["", "/:memory:", "/file:x?mode=memory&uri=true"])
async def test_a_database_that_dies_with_the_process_is_refused(name):
    with pytest.raises(StoreUnavailableError, match="needs a file"):
        async with open_store(f"sqlite+aiosqlite://{name}", worker_id="w1"):
            pass


async def test_the_file_can_be_backed_up_while_in_use(sqlite_store, sqlite_url, tmp_path):
    await sqlite_store.add(new_job())
    source = sqlite3.connect(make_url(sqlite_url).database)
    target = sqlite3.connect(tmp_path / "copy.db")
    source.backup(target)
    assert target.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    source.close()
    target.close()


async def test_a_migration_does_not_wait_for_a_table_as_long_as_it_likes(postgres_url):
    engine = create_async_engine(postgres_url)
    await empty(engine)
    said = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_connection, _cursor, words, *_):
        said.append(words)

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        assert await connection.scalar(text("SHOW lock_timeout")) == "30s"
    (limited,) = (n for n, words in enumerate(said) if "lock_timeout = " in words)
    # Whose turn it is may take as long as another process needs for its migration.
    assert "advisory" in "".join(said[:limited])
    assert not [words for words in said[:limited] if "TABLE" in words]
    await engine.dispose()
