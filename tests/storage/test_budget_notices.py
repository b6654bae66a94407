"""Notices of budgets that run out: once for each mark and period, whoever asks and restarts."""

import asyncio

import pytest

from bot.domain.quotas import Decider, Period, Scope, Unit
from bot.errors import CapReachedError
from tests.factories import new_job
from tests.storage.money import BOT, CHANNEL, HOLDERS, ROLE, SERVER, cap, member


def budget(holder=BOT, limit=1_000_000, period=Period.MONTH):
    return cap(holder, limit, period=period, unit=Unit.MICROS)


async def spend(store, number, micros, *caps):
    return await store.add(new_job(number, price_micros=micros), holders=HOLDERS, caps=caps)


def seen(notices):
    return [(one.use.cap.holder.scope, one.mark, one.use.used) for one in notices]


async def test_a_budget_is_told_of_once_at_80_and_once_at_100_per_cent(store):
    await spend(store, 1, 799_999, budget())
    assert await store.budget_notices.take() == []
    await spend(store, 2, 1, budget())
    [nearly] = await store.budget_notices.take()
    assert (nearly.mark, nearly.use.used, nearly.price) == (80, 800_000, None)
    assert nearly.use.cap.decided_by is Decider.MODERATORS
    await spend(store, 3, 100_000, budget())
    assert await store.budget_notices.take() == []
    await spend(store, 4, 100_000, budget())
    assert seen(await store.budget_notices.take()) == [(Scope.BOT, 100, 1_000_000)]
    with pytest.raises(CapReachedError):
        await spend(store, 5, 1, budget())
    assert await store.budget_notices.take() == []


async def test_a_budget_into_which_a_clip_does_not_fit_any_more_is_used_up(store):
    await spend(store, 1, 900_000, budget())
    await store.budget_notices.take()
    for number in (2, 3):
        with pytest.raises(CapReachedError):
            await spend(store, number, 100_001, budget())
    [used_up] = await store.budget_notices.take()
    assert (used_up.mark, used_up.use.used, used_up.price) == (100, 900_000, 100_001)


async def test_one_clip_that_costs_too_much_is_no_budget_used_up(store):
    await spend(store, 1, 100_000, budget())
    with pytest.raises(CapReachedError):
        await spend(store, 2, 950_000, budget())
    assert await store.budget_notices.take() == []


async def test_of_two_marks_at_once_the_higher_is_told(store):
    await spend(store, 1, 1_000_000, budget())
    assert seen(await store.budget_notices.take()) == [(Scope.BOT, 100, 1_000_000)]


async def test_every_shared_budget_is_told_of_and_no_members_own(store):
    caps = [budget(holder) for holder in (BOT, SERVER, CHANNEL, ROLE, member())]
    await spend(store, 1, 800_000, *caps)
    found = {scope for scope, *_ in seen(await store.budget_notices.take())}
    assert found == {Scope.BOT, Scope.SERVER, Scope.CHANNEL, Scope.ROLE}


async def test_a_number_of_clips_is_no_budget(store):
    await store.add(new_job(1), holders=HOLDERS, caps=[cap(SERVER, 1)])
    assert await store.budget_notices.take() == []


async def test_a_new_period_and_a_raised_budget_are_told_of_anew(sqlite_store, clock):
    await spend(sqlite_store, 1, 800_000, budget(period=Period.DAY))
    assert len(await sqlite_store.budget_notices.take()) == 1
    clock.advance(24 * 3600)
    await spend(sqlite_store, 2, 800_000, budget(period=Period.DAY))
    assert len(await sqlite_store.budget_notices.take()) == 1
    await spend(sqlite_store, 3, 800_000, budget(limit=2_000_000, period=Period.DAY))
    assert len(await sqlite_store.budget_notices.take()) == 1


async def test_of_two_processes_one_tells(store, store_factory):
    other = await store_factory("w2")
    await spend(store, 1, 800_000, budget())
    found = await asyncio.gather(store.budget_notices.take(), other.budget_notices.take())
    assert sorted(len(one) for one in found) == [0, 1]


async def test_what_discord_did_not_take_is_told_later(store):
    await spend(store, 1, 800_000, budget())
    [notice] = await store.budget_notices.take()
    await store.budget_notices.put_back(notice)
    assert await store.budget_notices.take() == [notice]
    assert await store.budget_notices.take() == []


async def test_what_nobody_said_to_be_told_is_owed_again_after_an_hour(sqlite_store, clock):
    store = sqlite_store
    await spend(store, 1, 800_000, budget())
    [notice] = await store.budget_notices.take()  # its process dies, or Discord refuses
    clock.advance(3600)
    assert await store.budget_notices.take() == []
    clock.advance(1)
    assert await store.budget_notices.take() == [notice]
    await store.budget_notices.told(notice)
    clock.advance(7200)
    assert await store.budget_notices.take() == []


async def test_news_of_a_day_that_is_over_are_owed_no_more(sqlite_store, clock):
    store = sqlite_store
    await spend(store, 1, 800_000, budget(period=Period.DAY))
    clock.advance(24 * 3600)
    assert await store.budget_notices.take() == []
    clock.advance(-24 * 3600)
    assert await store.budget_notices.take() == []
