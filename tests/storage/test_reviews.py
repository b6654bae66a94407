"""Reviews in the store: one decision each, and places in the review channel."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.jobs import CancelReason, Charge, Hold, JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.reviews import LOCK, OverflowNotice, PressOutcome
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import put

SPENDING, PUBLISHING = ReviewStage.SPENDING, ReviewStage.PUBLISHING
MO, SAM = 71, 72
CHANNEL = 901


@pytest.fixture
def ask(store, clock):
    """``await ask(1)``: a job under review, and the review of it."""

    async def make(number=1, stage=SPENDING, reasons=("mode",), **fields):
        until = clock() + timedelta(hours=24)
        hold = Hold.REVIEW if stage is SPENDING else None
        new = new_job(number, hold=hold, held_until=until, **fields)
        job = await store.add(new, review_reasons=reasons if hold else ())
        if stage is PUBLISHING:
            job = await put(store, number, JobState.WITHHELD, output_url="https://o.example/1")
        return job, await store.reviews.ensure(job, stage, expires_at=until)

    return make


def here(user_id):
    return {"guild_id": GUILD_ID, "user_id": user_id}


async def grow_old(store, job_id, by):
    """Let the lock on a job be older than it is; databases have clocks of their own."""
    review = await store.reviews.get(job_id, SPENDING)
    await store.reviews.slots._card(job_id, SPENDING, taken_at=review.taken_at - by)


async def test_a_review_is_opened_once_and_keeps_why(store, ask, clock):
    job, review = await ask(reasons=("mode", "rule"))
    assert review.standing is ReviewStatus.OPEN
    assert review.reasons == ("mode", "rule")
    later = clock() + timedelta(days=3)
    again = await store.reviews.ensure(job, SPENDING, expires_at=later)
    assert (again.reasons, again.opened_at) == (review.reasons, review.opened_at)
    assert again.expires_at == later
    assert await store.reviews.get(job.id, PUBLISHING) is None


async def test_an_approved_request_is_anybodys_and_goes_on(store, ask):
    [job, _] = await ask()
    await store.claims.claim(10)
    ruling = await store.reviews.approve(job.id, SPENDING, **here(MO))
    assert ruling.outcome is PressOutcome.DONE
    assert (ruling.job.state, ruling.job.owner) == (JobState.QUEUED, None)
    assert (ruling.job.hold, ruling.job.held_until) == (None, None)
    assert (ruling.review.standing, ruling.review.decided_by) == (ReviewStatus.APPROVED, MO)
    assert ruling.review.decided_at is not None
    assert [found.id for found in await store.claims.claim(10)] == [job.id]


async def test_a_denied_request_ends_and_cost_nothing(store, ask):
    [job, _] = await ask()
    ruling = await store.reviews.deny(job.id, SPENDING, **here(MO), note="not here")
    denied = ruling.job
    assert (denied.state, denied.cancel_reason) == (JobState.CANCELLED, CancelReason.DENIED)
    assert (denied.cancelled_by, denied.cancel_note) == (MO, "not here")
    assert denied.charge is Charge.NO
    assert denied.finished_at is not None
    assert ruling.review.note == "not here"


async def test_a_result_is_delivered_or_kept_back(store, ask):
    for number in (1, 2):
        await ask(number, PUBLISHING)
    shown = await store.reviews.approve(1, PUBLISHING, **here(MO))
    assert (shown.job.state, shown.job.owner) == (JobState.DELIVERING, None)
    kept = await store.reviews.deny(2, PUBLISHING, **here(MO), note="no")
    assert (kept.job.state, kept.job.cancel_reason) == (JobState.CANCELLED, CancelReason.WITHHELD)
    assert kept.job.charge is Charge.YES


async def test_nobody_decides_about_their_own_request(store, ask):
    await ask()
    for press in (store.reviews.take, store.reviews.approve, store.reviews.look):
        ruling = await press(1, SPENDING, **here(USER_ID))
        assert ruling.outcome is PressOutcome.OWN
    assert (await store.reviews.mend(1, **here(USER_ID), prompt="x")).outcome is PressOutcome.OWN
    assert (await store.get(1)).state is JobState.HELD


async def test_another_servers_moderators_find_nothing(store, ask):
    await ask()
    ruling = await store.reviews.approve(1, SPENDING, guild_id=GUILD_ID + 1, user_id=MO)
    assert (ruling.outcome, ruling.job) == (PressOutcome.UNKNOWN, None)
    unknown = await store.reviews.approve(1, PUBLISHING, **here(MO))
    assert unknown.outcome is PressOutcome.UNKNOWN


async def test_what_one_moderator_took_is_closed_to_the_others(store, ask):
    await ask()
    taken = await store.reviews.take(1, SPENDING, **here(MO))
    assert taken.review.holder(taken.now) == MO
    for press in (store.reviews.take, store.reviews.approve, store.reviews.look):
        ruling = await press(1, SPENDING, **here(SAM))
        assert (ruling.outcome, ruling.review.holder(ruling.now)) == (PressOutcome.HELD, MO)
    assert (await store.reviews.release(1, SPENDING, **here(SAM))).outcome is PressOutcome.HELD
    assert (await store.reviews.release(1, SPENDING, **here(MO))).outcome is PressOutcome.DONE
    assert (await store.reviews.release(1, SPENDING, **here(MO))).outcome is PressOutcome.NOT_HELD
    assert (await store.reviews.approve(1, SPENDING, **here(SAM))).outcome is PressOutcome.DONE


async def test_a_lock_of_long_ago_may_be_taken_over(store, ask):
    await ask()
    await store.reviews.take(1, SPENDING, **here(MO))
    await grow_old(store, 1, LOCK - timedelta(seconds=30))
    assert (await store.reviews.take(1, SPENDING, **here(SAM))).outcome is PressOutcome.HELD
    await grow_old(store, 1, timedelta(seconds=30))
    taken = await store.reviews.take(1, SPENDING, **here(SAM))
    assert (taken.outcome, taken.review.taken_by) == (PressOutcome.DONE, SAM)
    assert (await store.reviews.approve(1, SPENDING, **here(MO))).outcome is PressOutcome.HELD


async def test_of_many_presses_at_one_instant_one_wins_and_the_others_know_who(
    store, store_factory, ask
):
    await ask()
    other = await store_factory("w2")  # on PostgreSQL a process of its own
    rulings = await asyncio.gather(
        *(
            (store if number % 2 else other).reviews.approve(1, SPENDING, **here(MO + number))
            for number in range(8)
        ),
        *(
            (store if number % 2 else other).reviews.deny(1, SPENDING, **here(90 + number), note="")
            for number in range(8)
        ),
    )
    [won] = [ruling for ruling in rulings if ruling.outcome is PressOutcome.DONE]
    lost = [ruling for ruling in rulings if ruling is not won]
    assert {ruling.outcome for ruling in lost} == {PressOutcome.DECIDED}
    assert {ruling.review.decided_by for ruling in lost} == {won.review.decided_by}
    assert (await store.get(1)).state is won.job.state


async def test_a_job_that_was_cancelled_meanwhile_cannot_be_approved(store, ask):
    [job, _] = await ask()
    await put(store, job.id, JobState.CANCELLED, cancel_reason=CancelReason.REQUESTER)
    ruling = await store.reviews.approve(1, SPENDING, **here(MO))
    assert ruling.outcome is PressOutcome.DECIDED
    assert (await store.get(1)).state is JobState.CANCELLED
    assert ruling.review.standing is ReviewStatus.OPEN


async def test_a_request_that_was_decided_is_not_decided_again_though_it_waits(store, ask):
    [job, _] = await ask()
    await store.reviews.deny(job.id, SPENDING, **here(MO), note="no")
    await put(store, job.id, JobState.HELD, hold=Hold.REVIEW)
    ruling = await store.reviews.approve(job.id, SPENDING, **here(SAM))
    assert ruling.outcome is PressOutcome.DECIDED
    assert (await store.get(job.id)).state is JobState.HELD


async def test_a_job_that_still_waits_for_the_author_cannot_be_approved(store, clock):
    until = clock() + timedelta(hours=1)
    job = await store.add(new_job(1, hold=Hold.CONSENT, held_until=until))
    await store.reviews.ensure(job, SPENDING, expires_at=until)
    assert (await store.reviews.approve(1, SPENDING, **here(MO))).outcome is PressOutcome.DECIDED
    assert (await store.get(1)).hold is Hold.CONSENT


async def test_a_mended_prompt_keeps_the_first_words_and_is_read_anew(store, ask):
    await ask(prompt="a gory night")
    await store.claims.claim(10)
    mended = await store.reviews.mend(1, **here(MO), prompt="a dark night")
    assert (mended.job.prompt, mended.job.state, mended.job.owner) == (
        "a dark night",
        JobState.HELD,
        None,
    )
    again = await store.reviews.mend(1, **here(MO), prompt="a calm night")
    assert (again.review.prompt_before, again.review.mended_by) == ("a gory night", MO)
    back = await store.reviews.mend(1, **here(MO), prompt="a gory night")
    assert (back.review.prompt_before, back.review.mended_by) == (None, None)


async def test_an_end_without_a_decision_closes_the_review(store, ask):
    for number, reason in ((1, CancelReason.REVIEW_EXPIRED), (2, CancelReason.REQUESTER)):
        await ask(number)
        job = await put(store, number, JobState.CANCELLED, cancel_reason=reason)
        await store.reviews.settle(job)
    assert (await store.reviews.get(1, SPENDING)).standing is ReviewStatus.EXPIRED
    assert (await store.reviews.get(2, SPENDING)).standing is ReviewStatus.WITHDRAWN


async def test_settling_leaves_open_and_decided_reviews_alone(store, ask):
    [job, open_] = await ask(1)
    assert await store.reviews.settle(job) == [open_]
    await ask(2)
    approved = await store.reviews.approve(2, SPENDING, **here(MO))
    assert await store.reviews.settle(approved.job) == [approved.review]


# Places


async def placed(store, number, cap=2, stage=SPENDING, **options):
    return await store.reviews.slots.give(
        GUILD_ID, channel_id=CHANNEL, cap=cap, wanted=(number, stage), **options
    )


async def test_beyond_the_cap_requests_wait_and_follow_in_order(store, ask, clock):
    for number in (1, 2, 3, 4):
        await ask(number)
        clock.advance(1)
        assert (await placed(store, number)).placed is (number <= 2)
    assert await store.reviews.slots.count_folded(GUILD_ID) == 2
    await store.claims.claim(10)
    await store.reviews.approve(1, SPENDING, **here(MO))
    given = await store.reviews.slots.give(GUILD_ID, channel_id=CHANNEL, cap=2)
    assert given.freed == (3,)
    assert (await store.get(3)).owner is None
    assert (await store.get(4)).owner == "w1"
    assert await store.reviews.slots.count_folded(GUILD_ID) == 1
    shown = await store.reviews.get(3, SPENDING)
    assert (shown.channel_id, shown.folded_at) == (CHANNEL, None)


async def test_a_new_request_does_not_overtake_those_that_wait(store, ask, clock):
    for number in (1, 2, 3):
        await ask(number)
        clock.advance(1)
    for number in (1, 2):
        await placed(store, number, cap=1)
    await store.reviews.deny(1, SPENDING, **here(MO), note="")
    late = await placed(store, 3, cap=1)
    assert (late.placed, late.freed) == (False, (2,))


async def test_show_next_opens_one_beyond_the_cap(store, ask):
    for number in (1, 2, 3):
        await ask(number)
        await placed(store, number, cap=1)
    given = await store.reviews.slots.give(GUILD_ID, channel_id=CHANNEL, cap=1, beyond=1)
    assert given.freed == (2,)
    assert (await store.reviews.slots.give(GUILD_ID, channel_id=CHANNEL, cap=1)).freed == ()


@pytest.mark.parametrize(("cap", "shown"), [(None, 3), (0, 0)])
async def test_no_cap_and_a_cap_of_zero_are_two_things(store, ask, cap, shown):
    found = []
    for number in (1, 2, 3):
        await ask(number)
        found.append((await placed(store, number, cap=cap)).placed)
    assert sum(found) == shown


async def test_a_place_is_kept_until_it_is_given_back(store, ask):
    await ask()
    assert (await placed(store, 1)).is_new
    again = await placed(store, 1)
    assert (again.placed, again.is_new) == (True, False)
    await store.reviews.slots.posted(1, SPENDING, message_id=5)
    assert (await store.reviews.get(1, SPENDING)).message_id == 5
    await store.reviews.slots.free_slot(1, SPENDING, card=5)
    assert (await placed(store, 1)).is_new


async def test_a_card_that_another_process_posted_meanwhile_keeps_the_place(store, ask):
    """One found the card gone, or could not post it; the other has posted it anew since."""
    await ask()
    await placed(store, 1)
    await store.reviews.slots.posted(1, SPENDING, message_id=6)
    for seen in (5, None):
        await store.reviews.slots.free_slot(1, SPENDING, card=seen)
        review = await store.reviews.get(1, SPENDING)
        assert (review.channel_id, review.message_id) == (CHANNEL, 6)


async def test_a_place_that_is_free_goes_to_nobody_who_left_the_line(store, ask):
    for number in (1, 2, 3):
        await ask(number)
        await placed(store, number, cap=1)
    await store.cancel(2)
    await store.reviews.approve(1, SPENDING, **here(7))
    given = await store.reviews.slots.give(GUILD_ID, channel_id=CHANNEL, cap=1)
    assert given.freed == (3,)
    assert (await store.reviews.get(2, SPENDING)).channel_id is None


async def test_the_last_place_is_given_once(store, store_factory, ask):
    for number in range(1, 13):
        await ask(number)
    other = await store_factory("w2")
    given = await asyncio.gather(
        *(placed(store if number % 2 else other, number, cap=3) for number in range(1, 13))
    )
    cards = [await store.reviews.get(number, SPENDING) for number in range(1, 13)]
    assert sum(card.channel_id is not None for card in cards) == 3
    assert sum(one.placed for one in given) + sum(len(one.freed) for one in given) == 3


async def test_a_job_that_has_gone_on_keeps_its_owner(store, ask):
    """Its card got a place in the instant in which it was decided elsewhere."""
    await ask(1)
    await placed(store, 1, cap=0)
    await put(store, 1, JobState.SUBMITTING, hold=None)
    given = await store.reviews.slots.give(GUILD_ID, channel_id=CHANNEL, cap=5)
    assert given.freed == ()
    assert (await store.get(1)).owner == "w1"


async def test_guilds_do_not_share_places(store, ask):
    await ask(1)
    await placed(store, 1, cap=1)
    [job, _] = await ask(2, guild_id=GUILD_ID + 1)
    elsewhere = await store.reviews.slots.give(
        job.guild_id, channel_id=CHANNEL + 1, cap=1, wanted=(2, SPENDING)
    )
    assert elsewhere.placed


async def test_there_is_one_fold_for_a_server(store):
    first, second = (
        OverflowNotice(channel_id=1, message_id=10),
        OverflowNotice(channel_id=1, message_id=11),
    )
    assert await store.reviews.slots.overflow_notice(GUILD_ID) is None
    assert await store.reviews.slots.set_overflow_notice(GUILD_ID, first, instead_of=None)
    assert not await store.reviews.slots.set_overflow_notice(GUILD_ID, second, instead_of=None)
    assert await store.reviews.slots.overflow_notice(GUILD_ID) == first
    assert await store.reviews.slots.set_overflow_notice(GUILD_ID, second, instead_of=first)
    await store.reviews.slots.drop_overflow_notice(GUILD_ID, first)  # an older one: not this
    assert await store.reviews.slots.overflow_notice(GUILD_ID) == second
    await store.reviews.slots.drop_overflow_notice(GUILD_ID, second)
    assert await store.reviews.slots.overflow_notice(GUILD_ID) is None
