"""What authors answer, and the opt-out; one winner each."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.consents import ConsentChoice, ConsentStatus
from bot.domain.jobs import CancelReason, Charge, Hold, JobState
from bot.domain.quotas import LedgerStatus, QuotaSubject, Scope
from bot.policy.problems import SERVER
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import rows_of
from tests.storage.rows import put

BOB, CAROL = 81, 82
HOLDER = QuotaSubject(scope=Scope.MEMBER, scope_id=USER_ID, guild_id=GUILD_ID)
DAY = timedelta(hours=24)


@pytest.fixture
def ask(store):
    """``await ask(1)``: a job that waits for Bob's word."""

    async def make(number=1, *, review_reasons=(), wait=DAY, **fields):
        fields = {"source_author_id": BOB, "hold": Hold.CONSENT, "price_micros": 750_000} | fields
        job = await store.add(
            new_job(number, **fields), holders=[HOLDER], review_reasons=review_reasons
        )
        # Databases have clocks of their own.
        return await put(store, number, JobState.HELD, held_until=job.created_at + wait)

    return make


async def test_allowed_it_is_anybodys_and_goes_to_its_turn(store, ask):
    job = await ask()
    answer = await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.ALLOW)
    assert (answer.is_new, answer.word) == (True, ConsentStatus.ALLOWED)
    now = await store.get(job.id)
    assert (now.state, now.hold, now.held_until, now.owner) == (JobState.QUEUED, None, None, None)
    assert await rows_of(store, job.id) == {(LedgerStatus.RESERVED, 750_000)}


async def test_allowed_it_goes_to_the_moderators_where_they_must_look_with_all_their_time(
    store, ask
):
    await store.policies.change(GUILD_ID, {SERVER: {"review_hours": 5}}, user_id=1, operator=None)
    job = await ask(review_reasons=["mode"])
    answer = await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.ALLOW)
    now = answer.job
    assert (answer.word, now.state, now.hold) == (ConsentStatus.ALLOWED, JobState.HELD, Hold.REVIEW)
    assert now.held_until - now.updated_at == pytest.approx(
        timedelta(hours=5), abs=timedelta(seconds=5)
    )
    # Whatever comes then is the moderators' to say.
    again = await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.NO)
    assert (again.is_new, again.word) == (False, ConsentStatus.ALLOWED)
    assert (await store.get(job.id)).hold is Hold.REVIEW


async def test_refused_it_ends_and_gives_back_what_was_set_aside(store, ask):
    job = await ask()
    answer = await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.NO)
    now = answer.job
    assert (answer.is_new, answer.word, now.state) == (
        True,
        ConsentStatus.REFUSED,
        JobState.CANCELLED,
    )
    assert (now.cancel_reason, now.charge, now.owner) == (
        CancelReason.CONSENT_REFUSED,
        Charge.NO,
        None,
    )
    assert await rows_of(store, job.id) == {(LedgerStatus.RELEASED, 750_000)}
    assert await store.consents.opted_out_since(BOB) is None


@pytest.mark.parametrize("second", [ConsentChoice.ALLOW, ConsentChoice.NO])
async def test_the_first_of_two_answers_holds(store, ask, second):
    job = await ask()
    await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.NO)
    again = await store.consents.answer(job.id, user_id=BOB, say=second)
    assert (again.is_new, again.word) == (False, ConsentStatus.REFUSED)


async def test_of_two_answers_at_the_same_instant_one_wins(store, store_factory, ask):
    other = await store_factory("w2")
    job = await ask()
    found = await asyncio.gather(
        store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.ALLOW),
        other.consents.answer(job.id, user_id=BOB, say=ConsentChoice.NO),
    )
    assert sorted(answer.is_new for answer in found) == [False, True]
    assert found[0].word is found[1].word


async def test_nobody_elses_answer_counts(store, ask):
    job = await ask()
    for stranger in (CAROL, USER_ID):
        assert (
            await store.consents.answer(job.id, user_id=stranger, say=ConsentChoice.NEVER) is None
        )
    assert await store.consents.answer(77, user_id=BOB, say=ConsentChoice.ALLOW) is None
    assert (await store.get(job.id)).state is JobState.HELD
    assert await store.consents.opted_out_since(CAROL) is None


async def test_an_answer_after_the_time_or_after_a_cancellation_changes_nothing(store, ask):
    late = await ask(1, wait=timedelta(seconds=-1))
    answer = await store.consents.answer(late.id, user_id=BOB, say=ConsentChoice.ALLOW)
    assert (answer.is_new, answer.word) == (False, ConsentStatus.EXPIRED)
    assert (await store.get(late.id)).state is JobState.HELD  # the engine tells that it is over
    gone = await ask(2)
    await store.cancel(gone.id, by=USER_ID)
    answer = await store.consents.answer(gone.id, user_id=BOB, say=ConsentChoice.ALLOW)
    assert (answer.is_new, answer.word) == (False, ConsentStatus.WITHDRAWN)
    assert (await store.get(gone.id)).state is JobState.CANCELLED


async def test_never_refuses_all_that_waits_and_touches_nothing_that_runs(store, ask):
    first, second = await ask(1), await ask(2)
    others = await ask(3, source_author_id=CAROL)
    running = await put(store, 4, JobState.RUNNING, source_author_id=BOB)
    allowed = await ask(5)
    await store.consents.answer(allowed.id, user_id=BOB, say=ConsentChoice.ALLOW)
    answer = await store.consents.answer(first.id, user_id=BOB, say=ConsentChoice.NEVER)
    assert (answer.is_new, answer.word) == (True, ConsentStatus.REFUSED)
    assert [job.id for job in answer.others] == [second.id]
    states = [(await store.get(job.id)).state for job in (first, second, others, running, allowed)]
    assert states == [
        JobState.CANCELLED,
        JobState.CANCELLED,
        JobState.HELD,
        JobState.RUNNING,
        JobState.QUEUED,
    ]
    assert await rows_of(store, second.id) == {(LedgerStatus.RELEASED, 750_000)}


async def test_an_opt_out_holds_until_it_is_taken_back(store, ask):
    await ask()
    [refused] = await store.consents.opt_out(BOB)
    since = await store.consents.opted_out_since(BOB)
    assert refused.cancel_reason is CancelReason.CONSENT_REFUSED
    assert since is not None
    assert await store.consents.opt_out(BOB) == []
    assert await store.consents.opted_out_since(BOB) == since
    assert await store.consents.opt_in(BOB)
    assert not await store.consents.opt_in(BOB)
    assert await store.consents.opted_out_since(BOB) is None


@pytest.mark.parametrize("way", ["page", "question"])
async def test_an_opt_out_wakes_the_engine_for_what_it_refused(store, ask, way):
    job = await ask()
    store.new_jobs.clear()
    if way == "page":
        await store.consents.opt_out(BOB)
    else:
        await store.consents.answer(job.id, user_id=BOB, say=ConsentChoice.NEVER)
    assert store.new_jobs.is_set()
    assert (await store.get(job.id)).owner is None
    store.new_jobs.clear()
    await store.consents.opt_out(BOB)  # there is nothing left to tell
    assert not store.new_jobs.is_set()


async def test_two_opt_outs_at_the_same_instant_are_one(store, store_factory):
    other = await store_factory("w2")
    await asyncio.gather(store.consents.opt_out(BOB), other.consents.opt_out(BOB))
    assert await store.consents.opted_out_since(BOB) is not None


async def test_a_request_that_slipped_in_beside_an_opt_out_is_refused_all_the_same(store, ask):
    await store.consents.opt_out(BOB)
    job, other = await ask(1), await ask(2, source_author_id=CAROL)
    assert await store.consents.refuse_opted_out(other) is None
    refused = await store.consents.refuse_opted_out(job)
    assert refused.cancel_reason is CancelReason.CONSENT_REFUSED
    assert await store.consents.refuse_opted_out(job) is None


async def test_the_rules_learn_who_opted_out_and_how_much_an_author_is_asked(store, ask):
    await ask(1)
    await ask(2)
    await store.consents.answer((await ask(3)).id, user_id=BOB, say=ConsentChoice.ALLOW)
    await store.consents.opt_out(CAROL)
    origin = (await store.circumstances.read(0, USER_ID, (BOB, [CAROL, USER_ID]))).origin
    assert (origin.author_id, set(origin.opted_out_ids), origin.open_questions) == (
        BOB,
        {CAROL},
        2,
    )
    nobody = (await store.circumstances.read(0, USER_ID, (None, []))).origin
    assert (nobody.author_id, set(nobody.opted_out_ids), nobody.open_questions) == (None, set(), 0)
