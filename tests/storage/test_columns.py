"""Words in the database that this version does not know, as of a newer one beside it."""

import pytest
from sqlalchemy import text

from bot.domain.jobs import CancelReason, Charge, FailureReason, Phase
from bot.domain.money import CostSource
from bot.domain.telling import ToldBy
from bot.storage.tables.job import jobs
from tests.factories import new_job
from tests.storage.rows import add_owned

ID = new_job().id


async def write(store, column, word="of_tomorrow"):
    """Write a word as tomorrow's version would."""
    async with store._database.transaction() as connection:
        await connection.execute(text(f"UPDATE jobs SET {column} = :word"), {"word": word})  # noqa: S608 - our names


async def test_a_word_of_a_newer_version_is_read_as_a_general_one(store):
    await add_owned(store, new_job())
    for column in ("cancel_reason", "failure", "charge", "phase", "cost_source", "told_by"):
        await write(store, column)
    job = await store.get(ID)
    assert job.cancel_reason is CancelReason.OTHER
    assert job.failure is FailureReason.PROVIDER_TROUBLE
    assert job.charge is Charge.UNKNOWN  # never that it was free
    assert job.phase is Phase.RUNNING  # never that it can be dropped unpaid
    assert job.cost_source is CostSource.ESTIMATE  # never that it is the bill
    assert job.told_by is ToldBy.THREAD


async def test_a_job_with_such_a_word_can_be_claimed_beside_others_and_keeps_it(store):
    await store.add(new_job())
    await store.add(new_job(ID + 1))
    await write(store, "cancel_reason")
    first, second = await store.claims.claim(10)
    assert (first.id, second.id) == (ID, ID + 1)
    await store.update(first, prepared_at=first.created_at)
    async with store._database.read() as connection:
        word = await connection.scalar(text("SELECT cancel_reason FROM jobs ORDER BY id LIMIT 1"))
    assert word == "of_tomorrow"


def test_a_state_is_never_guessed():
    with pytest.raises(ValueError, match="of_tomorrow"):
        jobs.c.state.type.process_result_value("of_tomorrow", None)
