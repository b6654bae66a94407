"""Appeals in the store: each once, and answered once."""

import asyncio

import pytest
from sqlalchemy import update

from bot.domain.reviews import ANSWER_AGAIN, MAX_OPEN_APPEALS
from bot.storage.tables.review import appeals
from tests.factories import GUILD_ID, USER_ID

MO, SAM = 71, 72


@pytest.fixture
def appeal(store):
    async def make(number=1, user_id=USER_ID, words="please", guild_id=GUILD_ID):
        return await store.appeals.add(
            number,
            guild_id=guild_id,
            user_id=user_id,
            job_id=None,
            about="That prompt is refused.",
            words=words,
        )

    return make


def answered(store, user_id, answer="yes", guild_id=GUILD_ID):
    return store.appeals.answer(1, guild_id=guild_id, user_id=user_id, answer=answer)


async def test_the_same_thing_is_appealed_once(appeal):
    found = await asyncio.gather(*(appeal(words=f"please {number}") for number in range(6)))
    assert sum(is_new for _, is_new in found) == 1
    assert len({one.words for one, _ in found}) == 1


async def test_a_member_has_so_many_open_appeals_and_no_more(store, appeal):
    for number in range(MAX_OPEN_APPEALS):
        assert (await appeal(number + 1))[1]
    assert await appeal(9) == (None, False)
    assert (await appeal(10, user_id=USER_ID + 1))[1]
    assert (await appeal(11, guild_id=GUILD_ID + 1))[1]
    await answered(store, MO)
    assert (await appeal(9))[1]


async def test_the_first_answer_holds(store, appeal):
    await appeal()
    found = await asyncio.gather(*(answered(store, MO + number) for number in range(6)))
    [winner] = [one for one, is_mine in found if is_mine]
    assert {one.answered_by for one, _ in found} == {winner.answered_by}
    await store.appeals.told(1)
    assert (await answered(store, 99))[0].answered_by == winner.answered_by


async def test_an_answer_that_never_arrived_may_be_given_again(store, appeal):
    await appeal()
    first, _ = await answered(store, MO)
    assert not (await answered(store, SAM))[1]
    async with store._database.transaction() as connection:
        await connection.execute(
            update(appeals).values(answered_at=first.answered_at - ANSWER_AGAIN)
        )
    assert (await answered(store, SAM))[1]
    await store.appeals.told(1)
    async with store._database.transaction() as connection:
        await connection.execute(
            update(appeals).values(answered_at=first.answered_at - ANSWER_AGAIN)
        )
    assert not (await answered(store, MO))[1]


async def test_an_answer_can_be_taken_back_before_it_is_out(store, appeal):
    await appeal()
    await answered(store, MO)
    await store.appeals.unanswer(1)
    assert (await store.appeals.get(1)).answer is None
    assert (await answered(store, SAM))[1]


async def test_an_appeal_that_reached_nobody_can_be_made_again(store, appeal):
    await appeal()
    await store.appeals.withdraw(1)
    assert (await appeal())[1]
    await store.appeals.posted(1, channel_id=3, message_id=4)
    await store.appeals.withdraw(1)
    assert (await store.appeals.get(1)).message_id == 4


async def test_another_server_cannot_answer(store, appeal):
    await appeal()
    assert await answered(store, MO, guild_id=GUILD_ID + 1) == (None, False)
    assert (await store.appeals.get(1)).answered_by is None
