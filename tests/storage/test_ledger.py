"""The ledger: who gets the last slot, what a cap counts, and what becomes of reserved money."""

import asyncio
import contextlib
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState, Phase
from bot.domain.quotas import LedgerStatus, Period, ReviewStage, Scope, Unit, day_of
from bot.errors import CapReachedError, JobExistsError, StoreUnavailableError
from bot.storage.tables.money import ledger
from bot.storage.tables.people import strikes
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import (
    BOT,
    CHANNEL,
    HOLDERS,
    SERVER,
    cap,
    holders,
    member,
    put_on_day,
    rows_of,
)
from tests.storage.priced_jobs import (
    COMMITTED,
    ID,
    MOMENT,
    PRICE,
    RELEASED,
    RESERVED,
    add,
    moment_of,
    running,
    submitting,
)
from tests.storage.rows import all_jobs


async def use_of(store, one):
    (use,) = await store.ledger.uses([one])
    return use.used


# The last slot


@pytest.mark.parametrize(
    ("holder", "unit"),
    [(SERVER, Unit.JOBS), (member(), Unit.MICROS), (BOT, Unit.JOBS)],
    ids=["server", "member", "bot"],
)
async def test_hundreds_of_requests_at_once_never_overshoot_a_cap(
    store, store_factory, holder, unit
):
    """On PostgreSQL from three stores, each with connections of its own, as processes have.

    One cap at a time: under another one that all share, requests would take turns anyway.
    """
    stores = [store, await store_factory("w2"), await store_factory("w3")]
    each = 1 if unit is Unit.JOBS else PRICE
    one = cap(holder, 7 * each + each // 2, unit=unit)
    outcomes = await asyncio.gather(
        *(add(stores[number % 3], ID + number, caps=[one]) for number in range(200)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, CapReachedError)]
    assert (len(outcomes) - len(refused), len(refused)) == (7, 193)
    assert len(await all_jobs(store)) == 7
    assert await use_of(store, one) == 7 * each
    assert {refusal.use.used for refusal in refused} == {7 * each}


async def test_caps_of_many_kinds_at_once_lock_nobody_out(store, store_factory):
    stores = [store, await store_factory("w2")]
    guilds = [11, 12, 13]
    outcomes = await asyncio.gather(
        *(
            add(
                stores[number % 2],
                ID + number,
                on=holders(number % 5, guilds[number % 3]),
                guild_id=guilds[number % 3],
                caps=[
                    cap(holders(0, guilds[number % 3])[1], 10),
                    cap(BOT, 20, period=Period.MONTH),
                    cap(member(number % 5, guilds[number % 3]), 2),
                ][:: 1 if number % 2 else -1],
            )
            for number in range(120)
        ),
        return_exceptions=True,
    )
    assert {type(one).__name__ for one in outcomes} == {"Job", "CapReachedError"}
    assert len(await all_jobs(store)) == 20


# What a cap counts


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("period", [Period.DAY, Period.MONTH])
@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: str(holder.scope))
async def test_every_holder_has_a_cap_of_its_own(store, holder, period, unit):
    one = cap(holder, 2 if unit is Unit.JOBS else 2 * PRICE, period=period, unit=unit)
    elsewhere = [
        held for held in HOLDERS if held.scope is not holder.scope and held.scope != Scope.BOT
    ]
    for number in range(2):
        await add(store, ID + number, caps=[one])
    with pytest.raises(CapReachedError) as caught:
        await add(store, ID + 2, caps=[one])
    assert caught.value.use.cap == one
    assert (caught.value.use.left, caught.value.price) == (0, PRICE)
    await add(store, ID + 3, on=elsewhere, caps=[cap(held, 3) for held in elsewhere])


async def test_zero_is_nothing_and_no_cap_is_any_number(store):
    zeros = [
        cap(SERVER, 0, period=period, unit=unit) for period, unit in itertools.product(Period, Unit)
    ]
    for zero in zeros:
        with pytest.raises(CapReachedError) as caught:
            await add(store, caps=[zero], price_micros=0)
        assert caught.value.use.cap == zero
    assert await all_jobs(store) == {}
    for number in range(3):
        await add(store, ID + number)


async def test_a_cap_on_what_runs_at_once_makes_jobs_wait_and_refuses_none(store):
    for number in range(3):
        await add(store, ID + number, caps=[cap(SERVER, 1, period=Period.NOW)])
    assert len(await all_jobs(store)) == 3


async def test_a_job_of_which_nobody_knows_the_price_fits_under_no_cap_on_money(store):
    with pytest.raises(CapReachedError) as caught:
        await add(store, price_micros=None, caps=[cap(SERVER, 10**9, unit=Unit.MICROS)])
    assert caught.value.price is None
    await add(store, price_micros=None, caps=[cap(SERVER, 1)])
    assert await rows_of(store, ID) == {(LedgerStatus.RESERVED, 0)}


async def test_of_several_caps_reached_the_one_is_told_that_lasts_longest(store):
    caps = [cap(SERVER, 1), cap(SERVER, 1, period=Period.MONTH)]
    await add(store, caps=caps)
    with pytest.raises(CapReachedError) as caught:
        await add(store, ID + 1, caps=caps)
    assert caught.value.use.cap.period is Period.MONTH


async def test_the_same_interaction_again_is_known_even_when_its_cap_is_reached(store):
    await add(store, caps=[cap(SERVER, 1)])
    with pytest.raises(JobExistsError):
        await add(store, caps=[cap(SERVER, 1)])
    assert await use_of(store, cap(SERVER)) == 1


async def test_what_is_left_can_be_asked_for(store):
    caps = [
        cap(member(), 3),
        cap(SERVER, 10 * PRICE, unit=Unit.MICROS, period=Period.MONTH),
        cap(CHANNEL, 5, period=Period.NOW),
        cap(member(99), 3),
    ]
    await add(store)
    await add(store, ID + 1, on=[member()])
    uses = await store.ledger.uses(caps)
    assert [use.cap for use in uses] == caps
    assert [(use.used, use.left) for use in uses] == [(2, 1), (PRICE, 9 * PRICE), (0, 5), (0, 3)]
    assert await store.ledger.uses([]) == ()


# Borders of days and months


async def test_yesterday_counts_for_the_month_and_last_month_for_nothing(store):
    await add(store, ID)
    await add(store, ID + 1)
    now = await moment_of(store)
    first = now.replace(day=1)
    await put_on_day(store, ID, day_of(first))
    await put_on_day(store, ID + 1, day_of(first - timedelta(days=1)))
    await add(store, ID + 2)
    by_day, by_month = cap(SERVER, 9), cap(SERVER, 9, period=Period.MONTH)
    assert await use_of(store, by_month) == 2
    assert await use_of(store, by_day) == (2 if now.day == 1 else 1)


async def test_a_slot_is_free_again_at_midnight_in_utc_and_not_before(sqlite_store, clock):
    by_day, by_month = cap(SERVER, 1), cap(SERVER, 2, period=Period.MONTH)
    clock.now = datetime(2026, 1, 30, 23, 59, 59, 999_999, tzinfo=UTC)
    await add(sqlite_store, caps=[by_day, by_month])
    with pytest.raises(CapReachedError):
        await add(sqlite_store, ID + 1, caps=[by_day, by_month])
    clock.now += timedelta(microseconds=1)
    await add(sqlite_store, ID + 1, caps=[by_day, by_month])
    clock.now += timedelta(days=1) - timedelta(microseconds=1)
    with pytest.raises(CapReachedError):  # 31 January
        await add(sqlite_store, ID + 2, caps=[by_day, by_month])
    clock.now += timedelta(microseconds=1)
    await add(sqlite_store, ID + 2, caps=[by_day, by_month])


async def test_a_job_counts_for_the_day_on_which_it_was_asked_for(sqlite_store, clock):
    job = await add(sqlite_store)
    clock.advance(86_400)
    job = await sqlite_store.move(job, JobState.SUBMITTING)
    await sqlite_store.move(job, JobState.RUNNING, task_id="t", cost_micros=800_000)
    assert await use_of(sqlite_store, cap(SERVER)) == 0
    assert await use_of(sqlite_store, cap(SERVER, period=Period.MONTH, unit=Unit.MICROS)) == 800_000


# What becomes of the money


async def test_money_is_reserved_with_the_job_and_committed_when_the_provider_takes_it(store):
    job = await add(store)
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}
    job = await store.move(job, JobState.SUBMITTING)
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}
    job = await store.move(job, JobState.QUEUED, submit_attempts=1)
    job = await store.move(job, JobState.SUBMITTING)
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}
    job = await store.move(job, JobState.RUNNING, task_id="t")
    assert await rows_of(store, ID) == {(COMMITTED, PRICE)}
    job = await store.move(job, JobState.DELIVERING, output_url="u")
    await store.move(job, JobState.DONE, told_at=MOMENT)
    assert await rows_of(store, ID) == {(COMMITTED, PRICE)}


@pytest.mark.parametrize(
    ("charge", "standing"),
    [
        (Charge.NO, RELEASED),
        (Charge.YES, COMMITTED),
        (Charge.UNKNOWN, COMMITTED),
        (None, COMMITTED),
    ],
)
async def test_money_is_kept_unless_the_failure_surely_cost_nothing(store, charge, standing):
    job = await running(store)
    await store.move(job, JobState.FAILED, failure=FailureReason.BAD_OUTPUT, charge=charge)
    assert await rows_of(store, ID) == {(standing, PRICE)}
    used = 0 if standing is RELEASED else 1
    assert await use_of(store, cap(SERVER)) == used
    assert await use_of(store, cap(BOT, unit=Unit.MICROS)) == used * PRICE


async def test_a_refusal_before_the_provider_frees_the_slot_for_the_next(store):
    job = await add(store, caps=[cap(SERVER, 1)])
    await store.move(job, JobState.FAILED, failure=FailureReason.SOURCE_GONE)
    await add(store, ID + 1, caps=[cap(SERVER, 1)])


async def test_cancelling_before_anything_is_sent_gives_the_money_back(store):
    await add(store)
    await store.cancel(ID)
    assert await rows_of(store, ID) == {(RELEASED, PRICE)}


async def test_a_result_that_is_withheld_is_paid_all_the_same(store):
    job = await store.move(await running(store), JobState.WITHHELD, held_until=MOMENT)
    await store.move(job, JobState.CANCELLED, cancel_reason=CancelReason.REVIEW_EXPIRED)
    assert await rows_of(store, ID) == {(COMMITTED, PRICE)}


async def test_the_real_cost_replaces_the_expected_one(store):
    job = await running(store)
    await store.move(job, JobState.DELIVERING, output_url="u", cost_micros=1_400_000)
    assert await rows_of(store, ID) == {(COMMITTED, 1_400_000)}
    assert await use_of(store, cap(member(), unit=Unit.MICROS)) == 1_400_000


async def test_a_real_cost_may_overshoot_and_then_nothing_is_left(store):
    budget = cap(SERVER, PRICE, unit=Unit.MICROS)
    job = await running(store, caps=[budget])
    await store.move(job, JobState.DELIVERING, output_url="u", cost_micros=1_400_000)
    (use,) = await store.ledger.uses([budget])
    assert (use.used, use.left) == (1_400_000, 0)
    with pytest.raises(CapReachedError):
        await add(store, ID + 1, caps=[budget], price_micros=0 + 1)


async def test_an_uncertain_job_stays_reserved_until_a_late_answer(store):
    job = await store.move(await submitting(store), JobState.UNCERTAIN, charge=Charge.UNKNOWN)
    await store.update(job, told_at=MOMENT)
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}
    assert await use_of(store, cap(SERVER)) == 1
    await store.lift_uncertain(ID, task_id="late")
    assert await rows_of(store, ID) == {(COMMITTED, PRICE)}


async def test_a_takeover_from_the_dead_keeps_the_money_reserved(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    await submitting(store)
    await expire_lease("w1")
    (job,) = await other.claims.claim(10)
    assert job.state is JobState.UNCERTAIN
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}


async def test_a_move_that_is_not_ours_any_more_moves_no_money(store):
    job = await running(store)
    await store.move(job, JobState.DELIVERING, output_url="u")
    with contextlib.suppress(Exception):
        await store.move(job, JobState.FAILED, charge=Charge.NO)
    assert await rows_of(store, ID) == {(COMMITTED, PRICE)}


# All or nothing


class BreakingError(Exception):
    pass


async def breaking(store, statement, doing):
    """Do something while every statement that begins so fails, as in a crash between two."""
    engine = store._database._engine.sync_engine

    def fail(_connection, _cursor, words, *_):
        if words.startswith(statement):
            raise BreakingError

    event.listen(engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(BreakingError):
            await doing
    finally:
        event.remove(engine, "before_cursor_execute", fail)


async def test_a_crash_between_job_and_ledger_leaves_neither(store):
    await breaking(store, "INSERT INTO ledger", add(store))
    assert await all_jobs(store) == {}
    async with store._database.transaction() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM ledger")) == 0


async def test_a_crash_between_state_and_ledger_leaves_both_as_they_were(store):
    job = await submitting(store)
    await breaking(store, "UPDATE ledger", store.move(job, JobState.RUNNING, task_id="t"))
    assert await store.get(ID) == job
    assert await rows_of(store, ID) == {(RESERVED, PRICE)}


async def test_without_a_database_nothing_is_reserved_and_nothing_stored(sqlite_store):
    async with sqlite_store._database._engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailableError):
        await add(sqlite_store, caps=[cap()])


async def test_a_poll_writes_nothing_and_a_progress_no_money(store):
    job = await running(store)
    statements = []
    engine = store._database._engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, words, *_):
        statements.append(words)

    await store.update(job, phase=Phase.RUNNING, progress=0.5)
    event.remove(engine, "before_cursor_execute", note)
    assert not [words for words in statements if "ledger" in words or "strikes" in words]


# Reviews and holds


async def test_reasons_for_a_review_open_it_with_the_job(store):
    until = MOMENT + timedelta(hours=24)
    await store.add(
        new_job(hold=Hold.REVIEW, held_until=until), holders=HOLDERS, review_reasons=["mode"]
    )
    review = await store.reviews.get(ID, ReviewStage.SPENDING)
    assert (review.reasons, review.guild_id, review.expires_at) == (("mode",), GUILD_ID, until)
    assert (await store.get(ID)).state is JobState.HELD
    await store.add(new_job(ID + 1), holders=HOLDERS)
    assert await store.reviews.get(ID + 1, ReviewStage.SPENDING) is None


async def test_a_denied_request_gives_its_money_back(store):
    await store.add(
        new_job(hold=Hold.REVIEW, held_until=MOMENT, price_micros=PRICE),
        holders=HOLDERS,
        review_reasons=["mode"],
    )
    await store.reviews.deny(ID, ReviewStage.SPENDING, guild_id=GUILD_ID, user_id=1, note="no")
    assert (await store.get(ID)).state is JobState.CANCELLED
    assert await rows_of(store, ID) == {(RELEASED, PRICE)}


# Strikes


async def all_strikes(store):
    async with store._database.transaction() as connection:
        return [row._asdict() for row in await connection.execute(select(strikes))]


async def test_a_safety_failure_on_a_server_is_a_strike(store):
    job = await running(store)
    await store.move(job, JobState.FAILED, failure=FailureReason.SAFETY_PROMPT, charge=Charge.YES)
    (strike,) = await all_strikes(store)
    assert (strike["job_id"], strike["guild_id"], strike["user_id"]) == (ID, GUILD_ID, USER_ID)
    assert (strike["failure"], strike["lifted_at"]) == (FailureReason.SAFETY_PROMPT, None)
    job = await store.get(ID)
    await store.update(job, told_at=MOMENT)
    assert len(await all_strikes(store)) == 1


async def test_other_failures_and_direct_messages_bring_no_strike(store):
    job = await running(store)
    await store.move(job, JobState.FAILED, failure=FailureReason.BAD_OUTPUT, charge=Charge.NO)
    job = await running(store, ID + 1, guild_id=None, on=holders(USER_ID, 0))
    await store.move(job, JobState.FAILED, failure=FailureReason.SAFETY_OUTPUT, charge=Charge.YES)
    assert await all_strikes(store) == []


async def test_a_result_that_waits_for_moderators_is_paid_for(store):
    job = await running(store)
    await store.move(job, JobState.WITHHELD, output_url="u", cost_micros=800_000)
    assert await rows_of(store, ID) == {(COMMITTED, 800_000)}


async def test_a_job_counts_once_for_each_whom_it_counts_for(store):
    await add(store, on=[SERVER, SERVER, member()])
    (use,) = await store.ledger.uses([cap(SERVER, 5)])
    assert use.used == 1


async def test_a_cap_is_summed_from_the_index_alone(store):
    async with store._database.transaction() as connection:
        rows = [
            {
                "job_id": number,
                "scope": Scope.SERVER,
                "scope_id": number % 50,
                "guild_id": number % 50,
                "day": f"2026-01-{number % 28 + 1:02}",
                "jobs": 1,
                "micros": 1,
                "standing": LedgerStatus.COMMITTED,
            }
            for number in range(3000)
        ]
        await connection.execute(ledger.insert(), rows)
        await connection.execute(text("ANALYZE"))
    statements = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection, _cursor, words, parameters, *_):
        if "sum(" in words:
            statements.append((words, parameters))

    await store.ledger.uses([cap(SERVER), cap(BOT, period=Period.MONTH)])
    event.remove(Engine, "before_cursor_execute", note)
    assert statements
    explain = "EXPLAIN QUERY PLAN" if store._database.dialect == "sqlite" else "EXPLAIN"
    async with store._database.transaction() as connection:
        for words, parameters in statements:
            plan = await connection.exec_driver_sql(f"{explain} {words}", parameters)
            steps = "\n".join(str(row) for row in plan)
            assert steps.count("ix_ledger_spent") >= 2, steps
