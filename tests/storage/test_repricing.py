"""A job that turns out to be dearer before it is paid for, as when another model takes over."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope, Unit
from bot.errors import CapReachedError, JobLostError
from bot.settings import Settings
from bot.storage.consistency import disagreements
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import BOT, HOLDERS, ROLE_ID, cap, member, put_on_day, rows_of, set_values
from tests.storage.rows import add_owned

OLD, NEW = 750_000, 1_400_000
DOLLAR = 1_000_000


def operator(**limits):
    return Settings(
        _env_file=None,
        discord_token=SecretStr("t"),
        cometapi_key=SecretStr("k"),
        **{"bot_dollars_per_month": "unlimited"} | limits,
    )


async def add(store, number=1, price=OLD):
    return await add_owned(store, new_job(number, price_micros=price), holders=HOLDERS)


async def reprice(store, job, price=NEW, **limits):
    return await store.reprice(job, operator(**limits), model="aleph2", price_micros=price)


async def test_the_reservation_is_raised_where_it_fits_to_the_cent(store):
    job = await add(store)
    job = await reprice(store, job, bot_dollars_per_month=1.4)
    assert (job.model, job.price_micros) == ("aleph2", NEW)
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, NEW)}
    assert await disagreements(store._database) == []


@pytest.mark.parametrize(
    ("scope", "scope_id", "name"),
    [
        (Scope.SERVER, 0, "micros_per_month"),
        (Scope.SERVER, 0, "micros_per_day"),
        (Scope.SERVER, 0, "member_micros_per_day"),
        (Scope.SERVER, 0, "member_micros_per_month"),
        (Scope.CHANNEL, 3_000_000_000_000_000_000, "micros_per_day"),
        (Scope.ROLE, ROLE_ID, "micros_per_month"),
    ],
)
async def test_no_budget_is_exceeded_by_a_cent(store, scope, scope_id, name):
    await set_values(store, scope, scope_id, **{name: NEW - 10_000})
    job = await add(store)
    with pytest.raises(CapReachedError):
        await reprice(store, job)
    assert await store.get(1) == job
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, OLD)}


async def test_direct_messages_have_a_budget_of_their_own(store):
    direct = QuotaSubject(scope=Scope.SERVER, scope_id=0, guild_id=0)
    new = new_job(1, price_micros=OLD, guild_id=None)
    job = await add_owned(store, new, holders=[BOT, direct, member(guild_id=0)])
    with pytest.raises(CapReachedError):
        await reprice(store, job, dm_dollars_per_month=1.39)
    assert (await reprice(store, job, dm_dollars_per_month=1.4)).price_micros == NEW


@pytest.mark.parametrize("limits", [{"bot_dollars_per_month": 2}, {"server_dollars_per_month": 2}])
async def test_what_others_have_set_aside_counts_and_the_job_itself_does_not(store, limits):
    await add(store, 2, price=600_000)
    job = await reprice(store, await add(store), **limits)
    with pytest.raises(CapReachedError):
        await reprice(store, job, NEW + 1, **limits)


async def test_a_price_that_nobody_knows_fits_under_no_budget(store):
    job = await add(store)
    with pytest.raises(CapReachedError):
        await reprice(store, job, None, bot_dollars_per_month=100)
    assert (await reprice(store, job, None)).price_micros is None


async def test_a_job_that_becomes_no_dearer_is_asked_nothing(store):
    await set_values(store, Scope.SERVER, 0, micros_per_day=1)
    job = await reprice(store, await add(store), OLD)
    assert (await reprice(store, job, 100_000)).price_micros == 100_000


async def test_it_must_fit_into_the_day_in_which_it_counts(store):
    job = await add(store)
    await put_on_day(store, 1, "2020-01-01")
    await set_values(store, Scope.SERVER, 0, micros_per_day=2 * DOLLAR)
    await add(store, 2, price=DOLLAR)  # of today, as the job is by when it was accepted
    with pytest.raises(CapReachedError):
        await reprice(store, job)


async def test_what_a_later_day_holds_leaves_it_no_less_room(sqlite_store, clock):
    store = sqlite_store
    job = await add(store)
    await set_values(store, Scope.SERVER, 0, micros_per_day=2 * DOLLAR)
    clock.advance(24 * 3600)
    await add(store, 2, price=DOLLAR)
    assert (await reprice(store, job)).price_micros == NEW


async def test_an_exempt_members_job_is_free_of_the_servers_budgets(store):
    await set_values(
        store, Scope.SERVER, 0, micros_per_day=DOLLAR, exempt_role_ids=frozenset({ROLE_ID})
    )
    assert (await reprice(store, await add(store))).price_micros == NEW


async def test_of_two_that_become_dearer_at_once_one_gets_what_is_left(store):
    await set_values(store, Scope.SERVER, 0, micros_per_day=OLD + NEW)
    found = await asyncio.gather(
        *[reprice(store, await add(store, number)) for number in (1, 2)], return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in found) == ["CapReachedError", "Job"]


async def test_a_budget_that_runs_out_by_it_is_told(store):
    job = await add(store)
    await set_values(store, Scope.SERVER, 0, micros_per_month=NEW)
    await reprice(store, job)
    [notice] = await store.budget_notices.take()
    assert (notice.mark, notice.use.used, notice.use.cap.holder.scope_id) == (100, NEW, GUILD_ID)


async def test_a_job_in_other_hands_is_not_repriced(store):
    job = await add(store)
    await store.cancel(1, by=USER_ID)
    with pytest.raises(JobLostError):
        await reprice(store, job)
    assert await disagreements(store._database) == []


async def test_a_budget_of_a_day_that_is_over_is_no_news_of_today(sqlite_store, clock):
    store = sqlite_store
    await add(store, 2, price=900_000)
    job = await add(store, price=50_000)
    await set_values(store, Scope.SERVER, 0, micros_per_day=DOLLAR)
    clock.advance(24 * 3600)
    with pytest.raises(CapReachedError):
        await reprice(store, job)
    assert await store.budget_notices.take() == []
    # Nor does it stand in the way of what there is to tell of today.
    budget = cap(limit=DOLLAR, unit=Unit.MICROS)
    await store.add(new_job(3, price_micros=DOLLAR), holders=HOLDERS, caps=[budget])
    [notice] = await store.budget_notices.take()
    assert notice.use.used == DOLLAR
