"""Alembic's commands in a shell, with the repository's alembic.ini."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage.store import open_store
from bot.storage.upgrade import newest_revision
from tests.factories import new_job

ROOT = Path(__file__).parents[2]
SECONDS = 60
OPEN_DATABASE = """
import asyncio, sys
from bot.storage.database import open_database

async def main():
    async with open_database(sys.argv[1]):
        pass

asyncio.run(main())
"""


def python(*arguments, folder, url):
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, *arguments],
        cwd=folder,
        env=kept | {"DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def alembic(*arguments, folder, url, config=ROOT / "alembic.ini"):
    return python("-m", "alembic", "-c", str(config), *arguments, folder=folder, url=url)


async def test_a_shell_makes_the_whole_schema_in_an_empty_database(database_url, tmp_path):
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        for table in await connection.run_sync(lambda c: inspect(c).get_table_names()):
            await connection.execute(text(f'DROP TABLE "{table}"'))
    await engine.dispose()
    done = alembic("upgrade", "head", folder=tmp_path, url=database_url)
    assert done.returncode == 0, done.stderr
    async with open_store(database_url, worker_id="w1") as store:
        await store.add(new_job())


async def test_a_shell_is_kept_from_the_database_that_the_bot_has_open(sqlite_url, tmp_path):
    async with open_store(sqlite_url, worker_id="w1"):
        refused = alembic("upgrade", "head", folder=tmp_path, url=sqlite_url)
    assert refused.returncode != 0
    assert "Another process uses the database" in refused.stderr


def test_the_history_needs_no_token_and_no_database(tmp_path):
    told = alembic("history", folder=tmp_path, url="")
    assert told.returncode == 0, told.stderr
    assert "<base> -> 0001" in told.stdout


@pytest.fixture
def checkout(tmp_path):
    """A copy of the program that a test may change."""
    for name in ("bot", "alembic.ini", "pyproject.toml"):
        source, copy = ROOT / name, tmp_path / "checkout" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return tmp_path / "checkout"


def test_a_new_column_becomes_a_numbered_migration_that_the_program_applies(checkout):
    versions = checkout / "bot/storage/migrations/versions"
    before = set(versions.glob("r*.py"))
    newest = max(int(path.name[1:5]) for path in before)
    tables = checkout / "bot/storage/tables/job.py"
    column = '\njobs.append_column(Column("mood_at", Moment))\n'
    tables.write_text(tables.read_text(encoding="utf-8") + column, encoding="utf-8")

    def run(*arguments):
        config, url = checkout / "alembic.ini", "sqlite:///scratch/empty.db"
        done = alembic(*arguments, folder=checkout, url=url, config=config)
        assert done.returncode == 0, done.stderr

    run("upgrade", "head")
    run("revision", "--autogenerate", "-m", "keep_the_mood")
    (made,) = set(versions.glob("r*.py")) - before
    assert made.name == f"r{newest + 1:04}_keep_the_mood.py"
    source = made.read_text(encoding="utf-8")
    assert source.startswith('"""Keep the mood.\n')
    assert f'revision = "{newest + 1:04}"\ndown_revision = "{newest_revision()}"\n' in source
    assert 'sa.Column("mood_at", sa.DateTime(timezone=True), nullable=True)' in source

    url = f"sqlite+aiosqlite:///{checkout / 'restyle.db'}"
    opened = python("-c", OPEN_DATABASE, url, folder=checkout, url="")
    assert opened.returncode == 0, opened.stderr
    with sqlite3.connect(checkout / "restyle.db") as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    connection.close()
    assert "mood_at" in names
