"""The commands on each database: of the first version, of somebody else, restored into, away."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage.store import open_store
from bot.storage.upgrade import newest_revision, upgrade
from tests.factories import new_job
from tests.process.calls import call_each

if TYPE_CHECKING:
    from pathlib import Path


READING = (
    ("backup", "one.backup"),
    ("jobs", "list"),
    ("migrate", "--check"),
    ("migrate-data", "--to", "sqlite:///target.db"),
)
"""The commands that need a database of ours that is there."""
LETTER = b"a letter to grandmother\n" * 100


async def empty(url: str, revision: str | None = None) -> None:
    """Take everything out of a database, and bring it to a revision of ours."""
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        os.truncate(str(engine.url.database), 0)
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
        if revision is not None:
            await connection.run_sync(upgrade, revision)
    await engine.dispose()


async def test_an_old_schema_is_told_and_then_brought_up_to_date(database_url: str, tmp_path: Path):
    await empty(database_url, "0001")
    check, jobs, migrate, again = await call_each(
        tmp_path,
        *(("migrate", "--check"), ("jobs", "list"), ("migrate",), ("migrate", "--check")),
        DATABASE_URL=database_url,
    )
    assert check[0] == 3
    assert "has schema 0001" in check[1]
    assert jobs[0] == 1
    assert "has schema 0001" in jobs[1]
    assert migrate[0] == 0
    assert "a backup (python -m bot backup" in migrate[1]
    assert again == (0, f"The database is up to date: schema {newest_revision()}.\n")


async def test_a_database_that_is_not_ours_is_named_and_left_alone(
    database_url: str, tmp_path: Path
):
    await empty(database_url)
    for status, said in await call_each(tmp_path, *READING, DATABASE_URL=database_url):
        assert status == 1, said
        assert said.endswith(" is not a database of Restyle's. Check DATABASE_URL.\n")
    assert not (tmp_path / "one.backup").exists()
    assert not (tmp_path / "target.db").exists()


async def test_a_file_that_is_no_database_ends_every_command_in_one_line(tmp_path: Path):
    path = tmp_path / "restyle.db"
    path.write_bytes(LETTER)
    found = await call_each(tmp_path, *READING, ("migrate",), DATABASE_URL=f"sqlite:///{path}")
    for status, said in found:
        assert (status, len(said.splitlines())) == (1, 1), said
    assert path.read_bytes() == LETTER


async def test_a_postgresql_that_is_away_ends_every_command_in_one_line(tmp_path: Path):
    url = "postgresql://bot:open-sesame@127.0.0.1:9/restyle"
    for status, said in await call_each(tmp_path, *READING, ("migrate",), DATABASE_URL=url):
        assert (status, len(said.splitlines())) == (1, 1), said
        assert "does not answer" in said
        assert "open-sesame" not in said


async def test_a_backup_of_sqlite_is_restored_into_postgresql_once(
    sqlite_url: str, postgres_url: str, tmp_path: Path
):
    async with open_store(sqlite_url, worker_id="w1") as store:
        await store.add(new_job(1))
    [(status, said)] = await call_each(tmp_path, ("backup", "one.backup"), DATABASE_URL=sqlite_url)
    assert status == 0, said
    (tmp_path / "torn.backup").write_bytes((tmp_path / "one.backup").read_bytes()[:-4096])
    torn, restored, jobs, again = await call_each(
        tmp_path,
        *(("restore", "torn.backup"), ("restore", "one.backup")),
        *(("jobs", "list", "--json"), ("restore", "one.backup")),
        DATABASE_URL=postgres_url,
    )
    assert torn[0] == 1
    assert "torn.backup" in torn[1]
    assert restored[0] == 0, restored[1]
    assert "nothing is spent" in restored[1]
    assert [job["id"] for job in json.loads(jobs[1])] == [1]
    assert again[0] == 1
    assert "take an empty database" in again[1]
