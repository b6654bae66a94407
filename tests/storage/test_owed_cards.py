"""Cards that do not say yet what came of their job: kept until it is said, tried by one process."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot.domain.jobs import JobState
from bot.storage.owed_cards import FIRST_PAUSE, LONGEST_PAUSE, OWED_FOR
from bot.storage.tables.job import owed_cards
from tests.factories import new_job
from tests.storage.rows import put

ID = new_job().id
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


async def age(store, by):
    """Let time pass for what is owed, on a database whose clock is its own."""
    columns = owed_cards.c
    async with store._database.transaction() as connection:
        rows = (await connection.execute(select(owed_cards))).mappings().all()
        for row in rows:
            await connection.execute(
                update(owed_cards)
                .where(columns.job_id == row["job_id"])
                .values(since=row["since"] - by, due_at=row["due_at"] - by)
            )


async def count(store):
    async with store._database.transaction() as connection:
        return (await connection.execute(select(func.count()).select_from(owed_cards))).scalar_one()


async def owing(store, state=JobState.DONE, *, is_linked=True):
    job = await put(store, ID, state, told_at=MOMENT)
    await store.owed_cards.owe(job.id, is_linked=is_linked)
    return job


@pytest.mark.parametrize("is_linked", [True, False])
async def test_what_is_owed_comes_after_a_pause_to_one_process(store, store_factory, is_linked):
    other = await store_factory("w2")
    await owing(store, is_linked=is_linked)
    assert await store.owed_cards.due() == []
    await age(store, FIRST_PAUSE)
    [owed] = await other.owed_cards.due()
    assert (owed.job.id, owed.is_linked) == (ID, is_linked)
    assert await store.owed_cards.due() == []
    await age(store, 2 * FIRST_PAUSE)
    assert await store.owed_cards.due()  # the other one may have died since


async def test_the_pauses_grow_up_to_an_hour(store):
    await owing(store)
    for passed in (timedelta(minutes=10), timedelta(hours=20)):
        await age(store, passed)
        assert await store.owed_cards.due()
        await age(store, min(passed, LONGEST_PAUSE) - timedelta(minutes=1))
        assert await store.owed_cards.due() == []
        await age(store, timedelta(minutes=2))
        assert await store.owed_cards.due()


async def test_what_was_said_is_forgotten_but_not_a_newer_debt(store):
    await owing(store)
    await age(store, FIRST_PAUSE)
    [owed] = await store.owed_cards.due()
    await store.owed_cards.owe(ID, is_linked=False)
    await store.owed_cards.said(owed)
    assert await count(store) == 1
    await age(store, FIRST_PAUSE)
    [owed] = await store.owed_cards.due()
    await store.owed_cards.said(owed)
    assert await count(store) == 0


async def test_nothing_is_owed_for_ever(store):
    await owing(store)
    await age(store, OWED_FOR + timedelta(minutes=1))
    assert await store.owed_cards.due() == []
    assert await count(store) == 0


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.DELIVERING])
async def test_a_job_that_goes_on_brings_its_cards_up_to_date_itself(store, state):
    await owing(store, state)
    await age(store, FIRST_PAUSE)
    assert await store.owed_cards.due() == []
    await put(store, ID, JobState.DONE, told_at=MOMENT)
    assert await store.owed_cards.due()
