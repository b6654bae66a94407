"""How people want to be told of their clips."""

import json

from bot.domain.jobs import JobState
from bot.domain.personal_data import export
from bot.domain.telling import ToldBy
from tests.factories import USER_ID
from tests.storage.rows import put


async def test_whoever_never_chose_is_told_in_the_thread(store):
    assert await store.wishes.told_by(USER_ID) is ToldBy.THREAD


async def test_a_choice_holds_for_one_person_and_for_what_is_under_way(store):
    for number, state, user_id in (
        (1, JobState.RUNNING, USER_ID),
        (2, JobState.RUNNING, USER_ID + 1),
        (3, JobState.DONE, USER_ID),
    ):
        await put(store, number, state, user_id=user_id)
    await put(store, 3, JobState.DONE, told_at=store._database.now())
    await store.wishes.be_told_by(USER_ID, ToldBy.DIRECT)
    await store.wishes.be_told_by(USER_ID, ToldBy.SILENT)
    assert await store.wishes.told_by(USER_ID) is ToldBy.SILENT
    assert await store.wishes.told_by(USER_ID + 1) is ToldBy.THREAD
    found = [(await store.get(number)).told_by for number in (1, 2, 3)]
    assert found == [ToldBy.SILENT, ToldBy.THREAD, ToldBy.THREAD]
    await store.wishes.be_told_by(USER_ID, ToldBy.THREAD)
    assert await store.wishes.told_by(USER_ID) is ToldBy.THREAD


async def test_a_choice_is_exported_and_deleted_with_the_rest(store):
    await store.wishes.be_told_by(USER_ID, ToldBy.DIRECT)
    sheet, _ = export(await store.privacy.kept(USER_ID), max_bytes=10**6)
    assert json.loads(sheet)["told_by"] == "direct"
    await store.privacy.forget(USER_ID)
    assert await store.wishes.told_by(USER_ID) is ToldBy.THREAD
