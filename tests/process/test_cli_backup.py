"""``python -m bot backup`` and ``restore``, as an operator calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from bot.storage.database import open_database
from bot.storage.store import Store, open_store
from tests.factories import new_job
from tests.process.calls import call

if TYPE_CHECKING:
    from pathlib import Path


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_backup_is_made_while_a_bot_runs_and_restored_elsewhere(
    database_url: str, tmp_path: Path
):
    async with open_store(database_url, worker_id="w1") as bot:
        await bot.lease.renew(60)
        await bot.add(new_job(1))
        said = await call(tmp_path, "backup", "one.backup", DATABASE_URL=database_url)
    assert "one.backup is written and checked" in said
    assert "jobs" in said
    assert (tmp_path / "one.backup").stat().st_mode & 0o777 == 0o600
    again = await call(tmp_path, "backup", "one.backup", ends_with=1, DATABASE_URL=database_url)
    assert "exists already" in again

    said = await call(tmp_path, "restore", "one.backup", DATA_DIR="elsewhere")
    assert "nothing is spent" in said
    url = f"sqlite+aiosqlite:///{tmp_path / 'elsewhere' / 'restyle.db'}"
    async with open_database(url) as database:
        assert await Store(database, worker_id="w2").get(1) is not None
    again = await call(tmp_path, "restore", "one.backup", ends_with=1, DATA_DIR="elsewhere")
    assert "take an empty database" in again


async def test_a_backup_is_checked_without_any_settings(sqlite_url: str, tmp_path: Path):
    await call(tmp_path, "backup", "one.backup", DATABASE_URL=sqlite_url)
    said = await call(tmp_path, "backup", "one.backup", "--verify", "--json")
    assert json.loads(said)["tables"]["jobs"]["rows"] == 0
    content = (tmp_path / "one.backup").read_bytes()
    (tmp_path / "one.backup").write_bytes(content[:-4096])
    said = await call(tmp_path, "backup", "one.backup", "--verify", ends_with=1)
    assert "one.backup" in said
    refused = await call(tmp_path, "restore", "one.backup", ends_with=1, DATA_DIR="elsewhere")
    assert "one.backup" in refused
    assert not (tmp_path / "elsewhere").exists()


async def test_without_a_database_nothing_is_made(tmp_path: Path):
    said = await call(tmp_path, "backup", "one.backup", ends_with=1)
    assert "There is no database data/restyle.db" in said
    assert "no file" in await call(tmp_path, "restore", "one.backup", ends_with=1)
    assert files_in(tmp_path) == []


async def test_a_postgresql_that_does_not_answer_is_said_in_one_line(
    postgres_url: str, tmp_path: Path
):
    away = make_url(postgres_url).set(query={"host": str(tmp_path)})
    url = away.render_as_string(hide_password=False)
    said = await call(tmp_path, "backup", "one.backup", ends_with=1, DATABASE_URL=url)
    assert "does not answer" in said
    assert len(said.splitlines()) == 1
