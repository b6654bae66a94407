"""Backups of either database: what they hold, what is refused, and their way back."""

import asyncio
import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, insert, inspect
from sqlalchemy.engine import make_url

from bot.domain.jobs import JobState
from bot.errors import JobLostError, StoreTooNewError, StoreUnavailableError
from bot.policy.problems import SERVER
from bot.storage.backup import BackupError, back_up, restore, verify
from bot.storage.database import open_database
from bot.storage.engines import postgres_upgrade_engine, sqlite_engine
from bot.storage.rows import row_from
from bot.storage.store import Store, open_store
from bot.storage.tables.job import jobs
from bot.storage.transfer import TransferError
from bot.storage.upgrade import upgrade
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import HOLDERS, rows_of
from tests.storage.rows import add_owned, all_jobs


@pytest.fixture
async def filled(store):
    """A store with jobs under way, money and settings, whose worker is alive."""
    for number in range(1, 4):
        new = new_job(number, prompt="neon ☂\0 ‮night", price_micros=750_000)
        await add_owned(store, new, holders=HOLDERS)
    job = await store.move(await store.get(1), JobState.SUBMITTING)
    await store.move(job, JobState.RUNNING, task_id="task-1")
    values = {SERVER: {"public_figure_threshold": "low"}}
    await store.policies.change(GUILD_ID, values, user_id=USER_ID, operator=None)
    return store


@pytest.fixture
def file(tmp_path):
    return tmp_path / "restyle.backup"


async def test_a_backup_is_made_beside_a_running_bot_and_only_its_owner_reads_it(
    filled, database_url, file, tmp_path, backend
):
    made = await back_up(database_url, file, program="1.2.3")
    assert verify(file) == made
    assert (made.program, made.database) == ("1.2.3", backend)
    assert made.tables["jobs"][0] == 3
    assert made.tables["workers"][0] == 0  # processes are not data
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [path for path in tmp_path.iterdir() if "part" in path.name]


async def test_what_happens_during_and_after_it_is_not_in_it(filled, database_url, file):
    await back_up(database_url, file, program="1")
    await filled.add(new_job(9))
    assert verify(file).tables["jobs"][0] == 3


async def test_a_backup_of_either_kind_is_restored_into_sqlite(
    filled, database_url, file, quick_folder, clock
):
    await back_up(database_url, file, program="1")
    target = f"sqlite+aiosqlite:///{quick_folder / 'new' / 'restored.db'}"
    copies = {copy.name: copy.rows for copy in await restore(file, target)}
    assert copies["jobs"] == 3
    async with open_database(target, clock=clock) as database:
        restored = Store(database, worker_id="w9")
        for job_id in (1, 2, 3):
            assert (await restored.get(job_id)).prompt == (await filled.get(job_id)).prompt
            assert await rows_of(restored, job_id) == await rows_of(filled, job_id)
        assert (await restored.get(1)).task_id == "task-1"
        assert await restored.policies.read(GUILD_ID) == await filled.policies.read(GUILD_ID)
        await restored.lease.renew(60)
        assert [job.id for job in await restored.claims.claim(10)] == [
            1,
            2,
            3,
        ]  # their owner is gone


async def test_what_waits_in_a_restored_backup_is_spent_on_only_once_the_owner_says_so(
    filled, database_url, file, quick_folder
):
    await back_up(database_url, file, program="1")
    target = f"sqlite+aiosqlite:///{quick_folder / 'new' / 'restored.db'}"
    await restore(file, target)
    async with open_store(target, worker_id="w9") as restored:
        await restored.lease.renew(60)
        for job in await restored.claims.claim(10):
            if job.state is JobState.QUEUED:
                assert job.quarantined_at is not None
                with pytest.raises(JobLostError):
                    await restored.move(job, JobState.SUBMITTING)
        assert await restored.quarantine.count() == 2
    assert await filled.quarantine.count() == 0  # the database itself is left alone


async def test_a_bot_that_is_started_on_the_backup_itself_spends_nothing(
    filled, database_url, file
):
    await back_up(database_url, file, program="1")
    async with open_store(f"sqlite+aiosqlite:///{file}", worker_id="w9") as store:
        assert await store.quarantine.count() == 2


async def test_a_backup_of_sqlite_goes_into_postgresql(
    sqlite_store, sqlite_url, postgres_url, file, open_databases
):
    await add_owned(sqlite_store, new_job(1, prompt="☂\0"))
    await back_up(sqlite_url, file, program="1")
    await restore(file, postgres_url)
    restored = Store(await open_databases(postgres_url), worker_id="w9")
    (there,) = (await all_jobs(sqlite_store)).values()
    back = await restored.get(1)
    assert back == replace(there, quarantined_at=back.quarantined_at)


async def test_a_database_with_data_is_not_restored_over(filled, database_url, file, postgres_url):
    await back_up(database_url, file, program="1")
    async with open_database(postgres_url) as other:
        if await Store(other, worker_id="w9").get(99) is None:
            await Store(other, worker_id="w9").add(new_job(99))
    with pytest.raises(TransferError, match=r"empty|runs"):
        await restore(file, postgres_url)


async def test_a_backup_overwrites_nothing(filled, database_url, file, tmp_path):
    file.write_text("precious")
    with pytest.raises(BackupError, match="exists already"):
        await back_up(database_url, file, program="1")
    assert file.read_text() == "precious"
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BackupError, match="exists already"):
        await back_up(database_url, dangling, program="1")


async def test_of_two_backups_to_one_file_at_once_one_is_refused(filled, database_url, file):
    outcomes = await asyncio.gather(
        back_up(database_url, file, program="1"),
        back_up(database_url, file, program="2"),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["BackupError", "Manifest"]
    verify(file)


async def test_no_folder_and_no_database_are_named(sqlite_url, tmp_path, file):
    with pytest.raises(BackupError, match="no folder"):
        await back_up(sqlite_url, tmp_path / "no" / "where", program="1")
    with pytest.raises(BackupError, match="no database"):
        await back_up(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", file, program="1")
    assert not (tmp_path / "none.db").exists()
    for content in (b"", b"no database at all" * 100):
        (tmp_path / "other.db").write_bytes(content)
        with pytest.raises(BackupError):
            await back_up(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}", file, program="1")
    assert not file.exists()


async def test_a_postgresql_that_is_away_or_holds_something_else_is_named(
    postgres_url, file, tmp_path
):
    away = make_url(postgres_url).set(query={"host": str(tmp_path)})
    with pytest.raises(StoreUnavailableError):
        await back_up(away.render_as_string(hide_password=False), file, program="1")
    engine = postgres_upgrade_engine(make_url(postgres_url))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r9999'")
    with pytest.raises(StoreTooNewError):
        await back_up(postgres_url, file, program="1")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(BackupError, match="not a database of Restyle"):
        await back_up(postgres_url, file, program="1")
    await engine.dispose()
    assert not file.exists()


async def test_a_flipped_byte_and_a_cut_file_are_found(filled, database_url, file, tmp_path):
    await back_up(database_url, file, program="1")
    content = file.read_bytes()
    spoilt = tmp_path / "spoilt"
    at = content.index(b"neon")
    for damaged in (
        content[:at] + b"N" + content[at + 1 :],
        content[: len(content) // 2],
        b"",
        b"x",
    ):
        spoilt.write_bytes(damaged)
        with pytest.raises(BackupError):
            verify(spoilt)
        with pytest.raises(BackupError):
            await restore(spoilt, f"sqlite+aiosqlite:///{tmp_path / 'target.db'}")
    assert not (tmp_path / "target.db").exists()
    with pytest.raises(BackupError, match="no file"):
        verify(tmp_path / "none")
    with pytest.raises(BackupError):
        verify(tmp_path)


async def test_rows_added_to_a_backup_by_hand_are_found(filled, database_url, file):
    await back_up(database_url, file, program="1")
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("DELETE FROM jobs WHERE id = 2")
    connection.close()
    with pytest.raises(BackupError, match="jobs"):
        verify(file)


async def test_a_backup_before_an_update_is_made_at_the_old_schema_and_restored_at_the_new(
    backend, postgres_dsn, tmp_path, file, clock
):
    import asyncpg

    if backend == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
        engine = sqlite_engine(make_url(url))
    else:
        name = f"old_{os.getpid()}"
        admin = await asyncpg.connect(postgres_dsn)
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        await admin.close()
        parsed = make_url(postgres_dsn).set(drivername="postgresql+asyncpg", database=name)
        url = parsed.render_as_string(hide_password=False)
        engine = postgres_upgrade_engine(parsed)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "0001")
    made = await back_up(url, file, program="1")
    assert made.schema == "0001"
    async with engine.connect() as connection:  # nothing was migrated for it
        found = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert found.scalar_one() == "0001"
    await engine.dispose()
    await restore(file, f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", clock=clock) as database:
        assert await Store(database, worker_id="w9").get(1) is None
    if backend == "postgresql":
        admin = await asyncpg.connect(postgres_dsn)
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def test_what_waits_in_an_old_backup_is_in_quarantine_too(tmp_path, file):
    url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    engine = sqlite_engine(make_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "0004")
        there = await connection.run_sync(lambda sync: inspect(sync).get_columns("jobs"))
        names = {column["name"] for column in there}
        moment = datetime(2026, 2, 3, tzinfo=UTC)
        whole = row_from(new_job(1)) | {"created_at": moment, "updated_at": moment}
        columns = [column for column in jobs.columns if column.name in names]
        old = Table("jobs", MetaData(), *(Column(c.name, c.type) for c in columns))
        await connection.execute(
            insert(old), [{name: whole.get(name) for name in names if name in whole}]
        )
    await engine.dispose()
    await back_up(url, file, program="1")
    await restore(file, f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}", worker_id="w9") as store:
        assert [job.id for job in await store.quarantine.jobs()] == [1]


async def test_a_folder_that_takes_no_file_is_named(filled, database_url, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    if os.geteuid() == 0:
        folder = Path("/proc")  # where not even root makes files
    with pytest.raises(BackupError):
        await back_up(database_url, folder / "restyle.backup", program="1")
