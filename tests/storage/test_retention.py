"""What becomes too old, and what servers leave behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.domain.jobs import FailureReason, JobState
from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope
from bot.storage import retention
from bot.storage.open_requests import KeptRequest
from bot.storage.tables.people import strikes
from bot.storage.tables.setting import setting_changes
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import rows_of
from tests.storage.rows import put

SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=GUILD_ID, guild_id=GUILD_ID)
OTHER_GUILD = GUILD_ID + 1
DAY = timedelta(days=1)
URL = "https://archive.example/1"


@pytest.fixture
async def now(store):
    async with store._database.transaction() as connection:
        return await store._database.read_now(connection)


@pytest.fixture
def over(store, now):
    """``await over(1, days=100)``: a job that was over so many days ago."""

    async def make(number, days=0, state=JobState.DONE, **fields):
        await store.add(new_job(number, price_micros=750_000, **fields), holders=[SERVER])
        return await put(
            store,
            number,
            state,
            told_at=now - days * DAY,
            output_url="https://o.example/1",
            archive_url=URL,
            role_ids=frozenset({7}),
        )

    return make


async def test_old_words_go_and_what_they_cost_stays(store, over, now):
    await over(1, days=91)
    await over(2, days=89)
    assert await store.retention.words(now - 90 * DAY) == 1
    assert await store.retention.words(now - 90 * DAY) == 0
    old, young = await store.get(1), await store.get(2)
    assert (old.prompt, old.source_url, old.output_url, old.role_ids) == ("", "", None, None)
    assert young.prompt != ""
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, 750_000)}


async def test_what_was_not_started_goes_after_a_day(store, now):
    kept = KeptRequest(id=7, guild_id=GUILD_ID, user_id=USER_ID, words="{}")
    await store.open_requests.keep(kept)
    assert await store.retention.open_requests(now - DAY) == 0
    assert await store.open_requests.get(7, user_id=USER_ID) == kept
    assert await store.retention.open_requests(now + DAY) == 1
    assert await store.open_requests.get(7, user_id=USER_ID) is None


async def test_an_open_request_is_its_makers_alone_and_the_latest_words_hold(store):
    kept = KeptRequest(id=7, guild_id=GUILD_ID, user_id=USER_ID, words="{}")
    await store.open_requests.keep(kept)
    await store.open_requests.keep(replace(kept, words="[]"))
    assert await store.open_requests.get(7, user_id=USER_ID + 1) is None
    await store.open_requests.drop(7, user_id=USER_ID + 1)
    assert (await store.open_requests.get(7, user_id=USER_ID)).words == "[]"
    await store.open_requests.drop(7, user_id=USER_ID)
    assert await store.open_requests.get(7, user_id=USER_ID) is None


async def test_a_lasting_link_lives_as_long_as_its_file(store, over, now):
    await over(1, days=91)
    await store.retention.words(now - 90 * DAY)
    assert (await store.get(1)).archive_url == URL
    assert await store.privacy.files_to_remove() == []
    assert await store.retention.archive_links(now - 90 * DAY) == 1
    assert (await store.get(1)).archive_url is None


@pytest.mark.parametrize("state", [JobState.UNCERTAIN, JobState.RUNNING, JobState.DELIVERING])
async def test_what_is_not_over_keeps_its_words_however_old(store, over, now, state):
    await over(1, days=900, state=state)
    assert await store.retention.words(now - 90 * DAY) == 0


async def test_a_batch_is_small(store, over, now, monkeypatch):
    monkeypatch.setattr(retention, "BATCH_ROWS", 2)
    for number in range(1, 6):
        await over(number, days=91)
    assert [await store.retention.words(now) for _ in range(4)] == [2, 2, 1, 0]


async def test_old_questions_strikes_and_changes_go(store, now):
    await store.appeals.add(
        1, guild_id=GUILD_ID, user_id=USER_ID, job_id=None, about="a", words="b"
    )
    who = {"guild_id": GUILD_ID, "user_id": USER_ID}
    async with store._database.transaction() as connection:
        failure = FailureReason.SAFETY_PROMPT
        await connection.execute(
            insert(strikes).values(job_id=1, struck_at=now, failure=failure, **who)
        )
        await connection.execute(
            insert(setting_changes).values(changed_at=now, name="spoiler", **who)
        )
    for batch in ("questions", "strikes", "changes"):
        assert await getattr(store.retention, batch)(now - DAY) == 0, batch
        assert await getattr(store.retention, batch)(now + DAY) == 1, batch
    assert await store.appeals.get(1) is None


# Servers


async def test_a_server_that_is_gone_is_cleaned_to_its_sums(store, over, now):
    await over(1)
    await over(2, guild_id=OTHER_GUILD)
    await store.people.block(GUILD_ID, USER_ID, by=1)
    await store.people.block(OTHER_GUILD, USER_ID, by=1)
    await store.retention.guild_left(GUILD_ID)
    assert await store.retention.guilds_gone(now - DAY) == []
    assert await store.retention.guilds_gone(now + DAY) == [GUILD_ID]
    while await store.retention.clean_guild(GUILD_ID):
        pass
    assert (await store.get(1)).prompt == ""
    assert await store.people.blocks(GUILD_ID) == []
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, 750_000)}
    assert await store.privacy.files_to_remove() == [URL]
    assert (await store.get(2)).prompt != ""
    assert len(await store.people.blocks(OTHER_GUILD)) == 1
    assert await store.retention.guilds_gone(now + DAY) == []


async def test_a_server_is_not_cleaned_while_a_job_of_it_is_under_way(store, over, now):
    await over(1, state=JobState.UNCERTAIN)
    await store.people.block(GUILD_ID, USER_ID, by=1)
    await store.retention.guild_left(GUILD_ID)
    assert await store.retention.clean_guild(GUILD_ID) == 0
    assert len(await store.people.blocks(GUILD_ID)) == 1
    assert await store.retention.guilds_gone(now + DAY) == [GUILD_ID]


async def test_a_server_that_is_back_keeps_everything(store, now):
    await store.retention.guild_left(GUILD_ID)
    await store.retention.guild_left(GUILD_ID)
    await store.retention.guilds_back([GUILD_ID, OTHER_GUILD])
    assert await store.retention.guilds_gone(now + DAY) == []
