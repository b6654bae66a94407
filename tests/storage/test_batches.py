"""Many rows are made into values with others' turns in between."""

import asyncio

from sqlalchemy import text

from bot.storage.batches import AT_ONCE, in_batches

COUNT = 5 * AT_ONCE + 1
NUMBERS = text(
    "WITH RECURSIVE numbers(number) AS"
    " (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :count)"
    " SELECT number FROM numbers"
).bindparams(count=COUNT)


async def test_others_have_their_turn_every_few_rows(sqlite_store):
    turns, seen = 0, []

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def make(row):
        seen.append(turns)
        return row["number"]

    beside = asyncio.create_task(others())
    async with sqlite_store._database.transaction() as connection:
        found = await in_batches(await connection.execute(NUMBERS), make)
    beside.cancel()
    assert found == list(range(1, COUNT + 1))
    assert all(seen.count(turn) <= AT_ONCE for turn in set(seen))
