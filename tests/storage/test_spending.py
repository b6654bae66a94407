"""What servers, their members and the bot's owner are told of what was spent."""

from datetime import timedelta

from bot.domain.jobs import Charge, FailureReason, JobState
from bot.domain.quotas import day_of
from bot.domain.usage import GuildSpend, SpendSum
from tests.factories import CHANNEL_ID, GUILD_ID, USER_ID
from tests.storage.money import (
    BOT,
    holders,
    member,
)
from tests.storage.priced_jobs import (
    COMMITTED,
    ID,
    PRICE,
    RELEASED,
    RESERVED,
    add,
    moment_of,
    running,
)


async def test_the_jobs_of_a_server_are_told_with_their_money(store):
    await add(store, source_seconds=9.0, part_seconds=4.0)
    job = await running(store, ID + 1, user_id=8, on=holders(8))
    await store.move(job, JobState.FAILED, failure=FailureReason.SAFETY_OUTPUT, charge=Charge.YES)
    await add(store, ID + 2, guild_id=77, on=holders(8, 77))
    now = await moment_of(store)
    rows = await store.ledger.spend(GUILD_ID, now - timedelta(days=30), now + timedelta(days=1))
    assert [row.job_id for row in rows] == [ID, ID + 1]
    first, second = rows
    assert (first.user_id, first.micros, first.standing, first.state) == (
        *(USER_ID, PRICE, RESERVED, JobState.QUEUED),
    )
    assert (first.channel_id, first.restyled_seconds) == (CHANNEL_ID, 4.0)
    assert first.created_at == (await store.get(ID)).created_at
    assert (second.standing, second.failure) == (COMMITTED, FailureReason.SAFETY_OUTPUT)
    assert second.restyled_seconds == 5.04


async def test_spending_is_told_between_two_moments(sqlite_store, clock):
    start = clock.now
    for number in range(4):
        await add(sqlite_store, ID + number)
        clock.advance(3600)
    since, until = start + timedelta(hours=1), start + timedelta(hours=3)
    rows = await sqlite_store.ledger.spend(GUILD_ID, since, until)
    assert [row.job_id - ID for row in rows] == [1, 2]
    assert sum(one.jobs for one in await sqlite_store.ledger.sums(GUILD_ID, since, until)) == 2
    assert [one.jobs for one in await sqlite_store.ledger.by_guild(since, until)] == [2]


async def test_sums_are_by_member_day_and_outcome(store):
    for number in range(2):
        job = await running(store, ID + number)
        await store.move(job, JobState.DELIVERING, output_url="u", cost_micros=800_000)
    await add(store, ID + 2, user_id=8, on=holders(8))
    await store.cancel(ID + 2)
    now = await moment_of(store)
    around = now - timedelta(days=1), now + timedelta(days=1)
    mine = SpendSum(
        user_id=USER_ID,
        day=day_of((await store.get(ID)).created_at),
        state=JobState.DELIVERING,
        failure=None,
        standing=COMMITTED,
        jobs=2,
        micros=1_600_000,
    )
    sums = await store.ledger.sums(GUILD_ID, *around)
    assert mine in sums
    assert [(one.user_id, one.standing, one.jobs) for one in sums if one != mine] == [
        (8, RELEASED, 1)
    ]
    assert sums.count(mine) == 1
    assert await store.ledger.sums(77, *around) == []


async def test_the_owner_sees_what_each_server_used(store):
    await running(store, ID)
    await add(store, ID + 1)
    await running(store, ID + 2, guild_id=77, on=holders(8, 77), price_micros=9 * PRICE)
    await add(store, ID + 3, guild_id=None, on=(BOT, member(8, 0)), price_micros=1)
    await add(store, ID + 4, guild_id=88, on=holders(8, 88))
    await store.cancel(ID + 4)
    now = await moment_of(store)
    assert await store.ledger.by_guild(now - timedelta(days=1), now + timedelta(days=1)) == [
        GuildSpend(guild_id=77, jobs=1, committed=9 * PRICE, reserved=0),
        GuildSpend(guild_id=GUILD_ID, jobs=2, committed=PRICE, reserved=PRICE),
        GuildSpend(guild_id=None, jobs=1, committed=0, reserved=1),
    ]
