"""People's own looks: kept for one person, few of them, and gone when they wish."""

import json

from bot.domain.looks import MOST_LOOKS, Look
from bot.domain.personal_data import export
from tests.factories import USER_ID

NOIR = Look(name="Our noir", words="noir. {prompt}", seed=7, ratio="1:1", model="aleph2")


async def test_a_look_is_stored_with_everything_and_for_its_owner_alone(store):
    assert await store.looks.save(1, NOIR, user_id=USER_ID)
    [found] = await store.looks.of(USER_ID)
    assert (found.key, found.look) == ("p:1", NOIR)
    assert not await store.looks.of(USER_ID + 1)
    assert not await store.looks.remove(1, user_id=USER_ID + 1)
    assert await store.looks.remove(1, user_id=USER_ID)
    assert not await store.looks.of(USER_ID)


async def test_one_of_the_same_name_or_id_takes_the_place_of_the_first(store):
    await store.looks.save(1, NOIR, user_id=USER_ID)
    await store.looks.save(2, Look(name="OUR  noir", words="darker {prompt}"), user_id=USER_ID)
    [found] = await store.looks.of(USER_ID)
    assert (found.key, found.look.words, found.look.seed) == ("p:1", "darker {prompt}", None)
    await store.looks.save(3, Look(name="Day", words="day {prompt}"), user_id=USER_ID)
    await store.looks.save(3, Look(name="our noir", words="new {prompt}"), user_id=USER_ID)
    [found] = await store.looks.of(USER_ID)
    assert found.look.words == "new {prompt}"


async def test_another_persons_id_cannot_be_taken_over(store):
    await store.looks.save(1, NOIR, user_id=USER_ID)
    other = Look(name="Mine", words="x {prompt}")
    assert await store.looks.save(2, other, user_id=USER_ID + 1)
    assert [one.look for one in await store.looks.of(USER_ID)] == [NOIR]


async def test_there_is_room_for_so_many_and_no_more(store):
    for number in range(MOST_LOOKS):
        look = Look(name=f"Look {number}", words="x {prompt}")
        assert await store.looks.save(number + 1, look, user_id=USER_ID)
    assert not await store.looks.save(99, NOIR, user_id=USER_ID)
    assert await store.looks.save(1, Look(name="Changed", words="y {prompt}"), user_id=USER_ID)
    assert len(await store.looks.of(USER_ID)) == MOST_LOOKS


async def test_looks_are_handed_out_and_deleted_with_the_rest(store):
    await store.looks.save(1, NOIR, user_id=USER_ID)
    kept = json.loads(export(await store.privacy.kept(USER_ID), max_bytes=10**6)[0])
    assert [look["name"] for look in kept["looks"]] == ["Our noir"]
    await store.privacy.forget(USER_ID)
    assert not await store.looks.of(USER_ID)
