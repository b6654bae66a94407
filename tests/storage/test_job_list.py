"""Lists of jobs: in progress first, newest first, by state and by words."""

from bot.domain.jobs import Hold, JobState
from bot.storage.job_list import StateGroup
from tests.factories import GUILD_ID, USER_ID
from tests.storage.rows import put

OTHER = USER_ID + 1


async def numbers(store, **wanted):
    return [job.id for job in await store.job_list.page(GUILD_ID, **wanted)]


async def test_what_is_in_progress_comes_first_and_each_newest_first(store):
    for number, state in enumerate(
        (JobState.RUNNING, JobState.DONE, JobState.FAILED, JobState.QUEUED, JobState.CANCELLED), 1
    ):
        await put(store, number, state)
    assert await numbers(store) == [4, 1, 5, 3, 2]
    assert await numbers(store, offset=1, limit=2) == [1, 5]
    assert await numbers(store, group=StateGroup.OPEN) == [4, 1]
    assert await numbers(store, group=StateGroup.FAILED) == [3]
    assert await numbers(store, group=StateGroup.CANCELLED) == [5]


async def test_a_servers_list_goes_on_from_what_is_open_into_the_past(store, clock):
    for number, told_at in ((1, clock()), (2, clock()), (3, clock()), (4, None), (5, None)):
        state = JobState.DONE if told_at else JobState.RUNNING
        await put(store, number, state, told_at=told_at)
    whole = [5, 4, 3, 2, 1]
    for offset in range(6):
        for limit in (1, 2, 9):
            page = await numbers(store, offset=offset, limit=limit)
            assert page == whole[offset : offset + limit]
            assert page == await numbers(store, user_id=USER_ID, offset=offset, limit=limit)


async def test_one_sees_ones_own_here_and_a_servers_list_has_no_other_servers(store):
    await put(store, 1, JobState.DONE, user_id=USER_ID)
    await put(store, 2, JobState.DONE, user_id=OTHER)
    await put(store, 3, JobState.DONE, guild_id=GUILD_ID + 1)
    await put(store, 4, JobState.DONE, guild_id=None)
    assert await numbers(store) == [2, 1]
    assert await numbers(store, user_id=OTHER) == [2]
    assert [job.id for job in await store.job_list.page(None, user_id=USER_ID)] == [4]


async def test_words_are_found_in_any_case_and_as_they_stand(store):
    for number, prompt in enumerate(("A RAINY night", "100% Éclair", "100 Éclairs"), 1):
        await put(store, number, JobState.DONE, prompt=prompt)
    assert await numbers(store, words="rainy Night") == [1]
    assert await numbers(store, words="100%") == [2]
    assert await numbers(store, words="Éclair") == [3, 2]
    assert not await numbers(store, words="100_")


async def test_words_that_nobody_has_allowed_are_found_by_their_requester_alone(store):
    await put(store, 1, JobState.HELD, prompt="secret", hold=Hold.REVIEW, user_id=USER_ID)
    assert not await numbers(store, words="secret")
    assert await numbers(store, words="secret", user_id=USER_ID) == [1]
