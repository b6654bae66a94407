from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.checkup.database import STUCK, DatabaseCheck
from bot.checkup.finding import CheckSection, Severity, collected
from bot.domain.jobs import JobState
from bot.settings import Settings
from bot.storage.tables.job import jobs
from tests.factories import new_job
from tests.storage.rows import add_owned, put


def check(url, **given):
    tokens = {"discord_token": "token-of-bot", "cometapi_key": "key-of-account"}
    return DatabaseCheck(Settings(_env_file=None, database_url=url, **tokens, **given))


async def found(look):
    return [(one.level, one.text) for one in await collected(CheckSection("here"), look)]


async def test_a_database_that_is_well_is_told_by_its_kind(store, database_url):
    [(level, text), *others] = await found(check(database_url).database)
    assert level is Severity.OK
    assert text.startswith(("SQLite, ", "PostgreSQL at "))
    assert Severity.BROKEN not in {level for level, _ in others}  # a busy machine may be slow


async def test_what_waits_for_somebody_is_counted(store, database_url):
    for number in (1, 2):
        await add_owned(store, new_job(number))
    await put(store, 2, JobState.UNCERTAIN)
    lines = await found(check(database_url).jobs)
    assert lines[:2] == [
        (Severity.OK, "1 waiting or in progress"),
        (Severity.WARNING, "1 uncertain: nobody knows whether they were paid for"),
    ]


async def test_a_job_at_which_nothing_happens_is_named(store, database_url):
    await add_owned(store, new_job(7))
    async with store._database.transaction() as connection:
        now = await store._database.read_now(connection)
        old = now - STUCK - timedelta(minutes=1)
        await connection.execute(update(jobs).values(updated_at=old))
    assert (Severity.WARNING, "1 have not moved for two hours: 7") in await found(
        check(database_url).jobs
    )


@pytest.mark.parametrize("content", [None, "no database"])
async def test_a_file_that_is_no_database_is_broken_and_none_is_made(tmp_path, content):
    path = tmp_path / "restyle.db"
    if content is not None:
        path.write_text(content)
    [(level, _)] = await found(check(f"sqlite:///{path}").database)
    assert level is (Severity.OK if content is None else Severity.BROKEN)
    assert path.exists() is (content is not None)


async def test_a_check_that_breaks_says_so_and_stops_no_other():
    async def look(section):
        yield section.ok("the first")
        raise ZeroDivisionError

    [first, second] = await found(look)
    assert first == (Severity.OK, "the first")
    assert second[0] is Severity.UNKNOWN
    assert "ZeroDivisionError" in second[1]
