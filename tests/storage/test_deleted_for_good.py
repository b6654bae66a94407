"""What is left of a person's words in the files of a SQLite database that goes on being used."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from bot.domain.jobs import JobState
from bot.domain.looks import Look
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.storage.open_requests import KeptRequest
from bot.storage.store import open_store
from bot.storage.tables.review import appeals, reviews
from bot.storage.wiping import WIPED
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import put

WORD = "unmistakable"
JOBS = 60
"""So many that rows and indexes fill several pages, and are moved between them."""
LONG = f"{WORD} " * 70


def where_found(url):
    """Return the files of the database in which the word still stands."""
    path = Path(make_url(url).database)
    files = [path, *path.parent.glob(f"{path.name}-*")]
    return [one.name for one in files if WORD.encode() in one.read_bytes()]


async def leave_much_behind(store):
    """Store the word in every place where a person's words are kept."""
    for number in range(1, JOBS + 1):
        await store.add(new_job(number, prompt=f"{LONG}{number}", source_filename=f"{WORD}.mp4"))
    told = store._database.now()
    for number in range(1, JOBS + 1):
        texts = dict.fromkeys(set(WIPED) - {"role_ids", "archive_url"}, f"{WORD} {number}")
        await put(store, number, JobState.DONE, told_at=told, **texts)
    who = {"guild_id": GUILD_ID, "user_id": USER_ID}
    async with store._database.transaction() as connection:
        await connection.execute(
            insert(reviews).values(
                job_id=1,
                guild_id=GUILD_ID,
                stage=ReviewStage.SPENDING,
                standing=ReviewStatus.DENIED,
                opened_at=told,
                expires_at=told,
                note=LONG,
                prompt_before=LONG,
                reasons=f'["{WORD}"]',
            )
        )
        await connection.execute(
            insert(appeals).values(
                **who, id=7, about=LONG, words=LONG, answer=LONG, opened_at=told, told_at=told
            )
        )
    await store.looks.save(8, Look(name=WORD, words=f"{LONG}{{prompt}}"), user_id=USER_ID)
    await store.open_requests.keep(
        KeptRequest(id=9, guild_id=GUILD_ID, user_id=USER_ID, words=LONG)
    )


@pytest.fixture
async def used(sqlite_url):
    async with open_store(sqlite_url, worker_id="w1") as store:
        await leave_much_behind(store)
        assert where_found(sqlite_url)
        yield store


async def test_deleted_words_are_in_no_file_of_a_bot_that_goes_on(used, sqlite_url):
    await used.privacy.forget(USER_ID)
    assert where_found(sqlite_url) == []


async def test_what_somebody_who_reads_keeps_there_is_gone_once_they_are_done(used, sqlite_url):
    with closing(sqlite3.connect(make_url(sqlite_url).database)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM jobs").fetchone() == (JOBS,)
        await used.privacy.forget(USER_ID)
        assert where_found(sqlite_url)
    await used.retention.clear_journal()
    assert where_found(sqlite_url) == []
