"""The chore that deletes: what it looks at, and what it does when the archive is stuck."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.archive.archive import Archive
from bot.archive.backends.folder import FolderBackend
from bot.domain.jobs import JobState
from bot.engine.housekeeping import Housekeeping
from bot.errors import ArchiveError
from bot.settings import Settings
from tests.engine.clocks import FakeClock
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import put

URL = "https://videos.example"


@pytest.fixture
def fake_clock(clock):
    return FakeClock(clock())


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "archive").mkdir()
    return Archive(FolderBackend(tmp_path / "archive"), public_url=URL, key=b"key")


@pytest.fixture
def tidy(sqlite_store, archive, fake_clock):
    """``await tidy(GUILD_GONE_DAYS=1)``: one pass with these settings."""

    async def run(archive=archive, **settings):
        housekeeping = Housekeeping(
            store=sqlite_store,
            archive=archive,
            settings=Settings(_env_file=None, discord_token="t", cometapi_key="k", **settings),
            clock=fake_clock,
        )
        task = asyncio.create_task(housekeeping.tidy())
        while not task.done():
            await asyncio.sleep(0.001)
            if fake_clock.next_at is not None:
                fake_clock.advance(0.2)
        await task

    return run


async def over(store, clock, archive, tmp_path, number, *, days):
    """Store a job that was over ``days`` ago, with a file in the archive; return the file."""
    video = tmp_path / "video.mp4"
    video.write_bytes(b"video")
    name = archive.name(number, "result", content_type="video/mp4")
    url = await archive.keep(video, name=name, content_type="video/mp4")
    await store.add(new_job(number))
    then = clock.now() - timedelta(days=days)
    await put(store, number, JobState.DONE, told_at=then, archive_url=url)
    return tmp_path / "archive" / name


@pytest.mark.parametrize(
    ("setting", "left"), [({}, ""), ({"retention_days": "words=0"}, new_job().prompt)]
)
async def test_old_words_go_unless_the_operator_keeps_them(
    sqlite_store, fake_clock, archive, tmp_path, tidy, setting, left
):
    await over(sqlite_store, fake_clock, archive, tmp_path, 1, days=91)
    await tidy(**setting)
    assert (await sqlite_store.get(1)).prompt == left


async def test_old_words_leave_the_files_of_the_database_too(
    sqlite_store, sqlite_url, fake_clock, archive, tmp_path, tidy
):
    await over(sqlite_store, fake_clock, archive, tmp_path, 1, days=91)
    await put(sqlite_store, 1, JobState.DONE, prompt="unmistakable")
    await tidy()
    path = Path(make_url(sqlite_url).database)
    files = [path, *path.parent.glob(f"{path.name}-*")]
    assert not any(b"unmistakable" in file.read_bytes() for file in files)


async def test_a_server_is_cleaned_after_its_days_with_its_files(
    sqlite_store, fake_clock, clock, archive, tmp_path, tidy
):
    file = await over(sqlite_store, fake_clock, archive, tmp_path, 1, days=1)
    await sqlite_store.retention.guild_left(GUILD_ID)
    fake_clock.advance(29 * 86400)
    await tidy()
    assert file.exists()
    fake_clock.advance(2 * 86400)
    await tidy()
    assert not file.exists()
    assert (await sqlite_store.get(1)).prompt == ""


async def test_a_file_that_the_archive_held_on_to_is_removed_later(
    sqlite_store, fake_clock, archive, tmp_path, tidy, monkeypatch
):
    file = await over(sqlite_store, fake_clock, archive, tmp_path, 1, days=1)
    await sqlite_store.privacy.forget(USER_ID)

    class Stuck(FolderBackend):
        async def delete(self, name):
            raise ArchiveError("no answer", retryable=True)

    stuck = Archive(Stuck(tmp_path / "archive"), public_url=URL, key=b"key")
    await tidy(archive=stuck)
    await tidy(archive=None)
    assert file.exists()
    assert await sqlite_store.privacy.files_left(USER_ID) == 1
    await tidy()
    assert not file.exists()
    assert await sqlite_store.privacy.files_left(USER_ID) == 0


async def test_what_was_under_way_when_its_deletion_was_asked_for_follows(
    sqlite_store, clock, tidy
):
    await sqlite_store.add(new_job(1))
    await sqlite_store.privacy.forget(USER_ID)
    await tidy()
    assert (await sqlite_store.get(1)).prompt != ""
    await put(sqlite_store, 1, JobState.DONE, told_at=clock())
    await tidy()
    assert (await sqlite_store.get(1)).prompt == ""
