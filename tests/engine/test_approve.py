"""Jobs that wait for somebody's word, before the spending and before the publishing."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.domain.jobs import CancelReason, Charge, Hold, JobState
from bot.domain.quotas import Scope
from bot.engine.job_handle import JobHandle
from bot.engine.ports import Progress
from bot.engine.steps.deliver import MAX_WAITING_OUTPUTS
from bot.errors import DeliveryDelayedError, DeliveryTooLargeError
from bot.policy.problems import SERVER
from bot.storage.tables.setting import setting_values
from sandbox.cometapi import Fate, OutputFault, Succeed
from tests.factories import GUILD_ID


class RecordingGatekeeper:
    """Whoever asks people. ``troubles`` are raised, one per call of ``present``."""

    def __init__(self):
        self.presented = []
        self.settled_jobs = []
        self.troubles = []

    async def present(self, job, clip):
        self.presented.append((job, clip.read_bytes() if clip is not None else None))
        if self.troubles:
            raise self.troubles.pop(0)

    async def settled(self, job):
        self.settled_jobs.append(job)


@pytest.fixture
def approval_prompts():
    return RecordingGatekeeper()


@pytest.fixture
def gated(bench, approval_prompts):
    object.__setattr__(bench.context, "approval_prompts", approval_prompts)
    return bench


@pytest.fixture
def lone_gated(lone_bench, approval_prompts):
    object.__setattr__(lone_bench.context, "approval_prompts", approval_prompts)
    return lone_bench


async def held(bench, hold=Hold.REVIEW, hours=24, **fields):
    until = bench.clock.now() + timedelta(hours=hours)
    return await bench.add_unprepared(hold=hold, held_until=until, **fields)


async def until_asked(bench, handle, approval_prompts):
    """Take steps until people were asked; return how long the job would sleep."""
    for _ in range(20):
        delay = await bench.step(handle)
        if approval_prompts.presented:
            return delay
        bench.clock.advance(delay)
    raise AssertionError("nobody was asked")


async def decide(bench, handle, state, **changes):
    """Do what the press of a decider does, whoever owns the job, and claim it anew."""
    job = await bench.job(handle)
    bench.store.claims.forget()
    await bench.store.move(job, state, **changes)
    bench.store.claims.forget()
    await give_up(bench, handle)
    await bench.store.lease.renew(30)
    [claimed] = await bench.store.claims.claim(10)
    return claimed


async def give_up(bench, handle):
    from bot.storage.tables.job import jobs

    async with bench.store._database.transaction() as connection:
        await connection.execute(jobs.update().where(jobs.c.id == handle.job_id).values(owner=None))


async def test_a_held_job_is_opened_kept_and_shown_and_then_it_sleeps(gated, approval_prompts):
    handle = await held(gated)
    delay = await until_asked(gated, handle, approval_prompts)
    [(job, clip)] = approval_prompts.presented
    assert (job.state, clip) == (JobState.HELD, None)
    assert job.thread_id is not None
    assert job.source_message_id is not None
    assert job.prepared_at is not None
    assert delay == pytest.approx(24 * 3600, abs=5)
    assert gated.standin.creates == []


@pytest.mark.parametrize(
    ("hold", "reason"),
    [(Hold.REVIEW, CancelReason.REVIEW_EXPIRED), (Hold.CONSENT, CancelReason.CONSENT_EXPIRED)],
)
async def test_without_an_answer_the_job_ends_unpaid_and_the_request_is_settled(
    gated, approval_prompts, hold, reason
):
    handle = await held(gated, hold)
    gated.clock.advance(await until_asked(gated, handle, approval_prompts))
    job = await gated.run(handle)
    assert (job.state, job.cancel_reason, job.charge) == (JobState.CANCELLED, reason, Charge.NO)
    assert gated.deliverer.told == [job.id]
    assert [one.state for one in approval_prompts.settled_jobs] == [JobState.CANCELLED]
    assert gated.standin.creates == []
    assert len(approval_prompts.presented) == 1


async def test_nobody_is_asked_about_a_job_whose_time_is_over(lone_gated, approval_prompts):
    handle = await held(lone_gated, hours=0.001)
    lone_gated.clock.advance(10)
    job = await lone_gated.run(handle)
    assert job.state is JobState.CANCELLED
    assert approval_prompts.presented == []


async def test_an_approved_job_goes_on_to_the_provider(gated, approval_prompts):
    handle = await held(gated)
    await until_asked(gated, handle, approval_prompts)
    await decide(gated, handle, JobState.QUEUED, hold=None, held_until=None)
    job = await gated.run(handle)
    assert job.state is JobState.DONE
    assert [one.state for one in approval_prompts.settled_jobs] == [JobState.QUEUED]
    assert len(gated.deliverer.kept) == 1  # the clip was prepared while it waited
    assert len(gated.standin.creates) == 1


async def test_after_a_restart_the_request_is_brought_before_people_again(gated, approval_prompts):
    handle = await held(gated)
    await until_asked(gated, handle, approval_prompts)
    await gated.step(JobHandle(await gated.job(handle)))
    assert len(approval_prompts.presented) == 2


async def test_while_it_waits_a_job_asks_nobody_twice(lone_gated, approval_prompts):
    handle = await held(lone_gated)
    await until_asked(lone_gated, handle, approval_prompts)
    assert await lone_gated.step(handle) > 80_000
    assert len(approval_prompts.presented) == 1


async def test_after_the_authors_word_the_moderators_are_asked(lone_gated, approval_prompts):
    handle = await held(lone_gated, Hold.CONSENT)
    await until_asked(lone_gated, handle, approval_prompts)
    job = await lone_gated.job(handle)
    await lone_gated.store.update(job, hold=Hold.REVIEW)
    await lone_gated.step(handle)
    assert [one.hold for one, _ in approval_prompts.presented] == [Hold.CONSENT, Hold.REVIEW]


@pytest.mark.parametrize("error", [DeliveryDelayedError("503"), RuntimeError("surprise")])
async def test_trouble_with_asking_is_tried_again(lone_gated, approval_prompts, error):
    approval_prompts.troubles = [error] * 3
    handle = await held(lone_gated)
    delay = await until_asked(lone_gated, handle, approval_prompts)
    for _ in range(3):
        assert delay < 60
        lone_gated.clock.advance(delay)
        delay = await lone_gated.step(handle)
    assert delay > 80_000


async def test_discords_wish_to_be_left_alone_is_honoured_in_asking(lone_gated, approval_prompts):
    approval_prompts.troubles = [DeliveryDelayedError("429", retry_after_seconds=500)]
    assert await until_asked(lone_gated, await held(lone_gated), approval_prompts) >= 500


async def test_without_anybody_to_ask_a_held_job_still_ends(lone_bench):
    handle = await held(lone_bench)
    job = await lone_bench.run(handle)
    assert job.cancel_reason is CancelReason.REVIEW_EXPIRED


async def test_a_card_that_cannot_be_brought_up_to_date_stops_nothing(lone_gated, approval_prompts):
    async def settled(job):
        raise RuntimeError("surprise")

    approval_prompts.settled = settled
    job = await lone_gated.run(await held(lone_gated))
    assert job.state is JobState.CANCELLED
    assert job.is_settled


# Before the publishing


async def withheld(bench, approval_prompts, *, id=1, **fate):
    bench.standin.script.task(Fate(end=Succeed(), **fate))
    handle = await bench.add(id=id, review_output=True)
    await bench.run(handle, until=lambda handle: handle.state is JobState.WITHHELD)
    return handle


async def test_a_result_under_review_is_shown_to_the_moderator_alone(gated, approval_prompts):
    handle = await withheld(gated, approval_prompts)
    delay = await gated.step(handle)
    [(job, clip)] = approval_prompts.presented
    assert job.state is JobState.WITHHELD
    assert clip[4:8] == b"ftyp"
    assert gated.deliverer.told == []
    assert delay == pytest.approx(24 * 3600, abs=60)
    assert gated.scratch.used_bytes == 0
    await gated.show_all()
    assert gated.deliverer.shown[-1][1] == Progress(phase=None)


async def test_review_hours_are_the_servers(gated, approval_prompts):
    await gated.store.policies.change(
        GUILD_ID, {SERVER: {"review_hours": 3}}, user_id=1, operator=None
    )
    handle = await withheld(gated, approval_prompts)
    assert await gated.step(handle) == pytest.approx(3 * 3600, abs=60)


async def test_a_review_whose_hours_cannot_be_read_lasts_a_day(gated, approval_prompts):
    async with gated.store._database.transaction() as connection:
        await connection.execute(
            insert(setting_values).values(
                guild_id=GUILD_ID,
                scope=Scope.SERVER,
                scope_id=0,
                name="review_hours",
                value='"soon"',
            )
        )
    handle = await withheld(gated, approval_prompts)
    assert await gated.step(handle) == pytest.approx(24 * 3600, abs=60)


async def test_an_approved_result_is_delivered_also_when_its_link_has_died(gated, approval_prompts):
    handle = await withheld(gated, approval_prompts)
    await gated.step(handle)
    gated.standin.script.output(OutputFault.EXPIRED)
    await decide(gated, handle, JobState.DELIVERING)
    job = await gated.run(handle)
    assert job.state is JobState.DONE
    assert gated.deliverer.delivered[-1][1][4:8] == b"ftyp"
    assert len(approval_prompts.settled_jobs) == 1


async def test_a_result_that_nobody_looked_at_in_time_is_told_and_was_paid_for(
    gated, approval_prompts
):
    handle = await withheld(gated, approval_prompts)
    job = await gated.run(handle)
    assert (job.state, job.cancel_reason, job.charge) == (
        JobState.CANCELLED,
        CancelReason.REVIEW_EXPIRED,
        Charge.YES,
    )
    assert gated.deliverer.told == [job.id]
    assert len(approval_prompts.settled_jobs) == 1


async def test_a_result_that_cannot_be_downloaded_comes_before_the_moderators_all_the_same(
    lone_gated, approval_prompts
):
    handle = await withheld(lone_gated, approval_prompts)
    lone_gated.standin.script.output(*[OutputFault.GONE] * 9)
    await until_asked(lone_gated, handle, approval_prompts)
    assert approval_prompts.presented[0][1] is None


async def test_the_result_is_downloaded_once_however_long_the_review_takes(
    lone_gated, approval_prompts
):
    handle = await withheld(lone_gated, approval_prompts)
    for _ in range(3):
        await lone_gated.step(handle)
    assert len(lone_gated.standin.downloads) == 1


REFUSED = DeliveryDelayedError("503")


async def test_a_paid_clip_is_on_the_card_however_often_discord_refuses_it(gated, approval_prompts):
    approval_prompts.troubles = [REFUSED] * 3
    handle = await withheld(gated, approval_prompts)
    pauses = [await gated.step(handle) for _ in range(4)]
    assert all(1 <= pause < 60 for pause in pauses[:3])
    assert pauses[3] == pytest.approx(24 * 3600, abs=60)
    assert [clip[4:8] for _, clip in approval_prompts.presented] == [b"ftyp"] * 4
    assert len(gated.standin.downloads) == 1
    assert gated.scratch.used_bytes == 0


async def test_a_clip_too_large_for_the_card_is_made_smaller_for_it(lone_gated, approval_prompts):
    approval_prompts.troubles = [DeliveryTooLargeError("413")]
    handle = await withheld(lone_gated, approval_prompts)
    await lone_gated.step(handle)
    first, second = (len(clip) for _, clip in approval_prompts.presented)
    assert second == int(first * 0.75)
    assert handle.presents == 0


async def test_a_clip_beyond_the_limit_comes_to_the_card_smaller(lone_gated, approval_prompts):
    lone_gated.deliverer.limit = 100
    handle = await withheld(lone_gated, approval_prompts)
    await lone_gated.step(handle)
    [(_, clip)] = approval_prompts.presented
    assert len(clip) == 100


async def test_trouble_with_the_download_is_no_trouble_with_the_card(lone_gated, approval_prompts):
    approval_prompts.troubles = [REFUSED] * 2
    handle = await withheld(lone_gated, approval_prompts, output=OutputFault.ERROR)
    delay = await until_asked(lone_gated, handle, approval_prompts)
    assert delay < 2  # the first refusal of the card, after two downloads that failed


async def test_a_clip_that_waits_for_discord_goes_when_nobody_needs_it(
    lone_gated, approval_prompts
):
    approval_prompts.troubles = [REFUSED] * 99
    handle = await withheld(lone_gated, approval_prompts)
    await lone_gated.step(handle)
    assert lone_gated.scratch.used_bytes > 0
    lone_gated.clock.advance(25 * 3600)
    job = await lone_gated.run(handle)
    assert job.state is JobState.CANCELLED
    assert lone_gated.scratch.used_bytes == 0


async def test_a_clip_that_waits_for_discord_goes_when_the_process_stops(
    lone_gated, approval_prompts
):
    approval_prompts.troubles = [REFUSED] * 99
    await lone_gated.step(await withheld(lone_gated, approval_prompts))
    await lone_gated.close()
    assert lone_gated.scratch.used_bytes == 0


async def test_only_a_few_clips_wait_for_discord_and_the_others_come_again(
    lone_gated, approval_prompts
):
    approval_prompts.troubles = [REFUSED] * (MAX_WAITING_OUTPUTS + 1)
    handles, kept = [], []
    for id in range(MAX_WAITING_OUTPUTS + 1):
        handles.append(await withheld(lone_gated, approval_prompts, id=10 + id))
        await lone_gated.step(handles[-1])
        kept.append(lone_gated.scratch.used_bytes)
    assert 0 < kept[0] < kept[-2] == kept[-1]  # the last one found no room
    for handle in handles:
        await lone_gated.step(handle)
    assert all(clip is not None for _, clip in approval_prompts.presented)
    assert len(lone_gated.standin.downloads) == len(handles) + 1
    assert lone_gated.scratch.used_bytes == 0


async def test_who_asks_again_gets_the_clip_that_could_not_be_downloaded(
    lone_gated, approval_prompts
):
    handle = await withheld(lone_gated, approval_prompts)
    lone_gated.standin.script.output(*[OutputFault.ERROR] * 3)
    await until_asked(lone_gated, handle, approval_prompts)
    handle.asks_anew = True
    await lone_gated.step(handle)
    assert [clip is not None for _, clip in approval_prompts.presented] == [False, True]


async def test_a_link_that_died_before_the_review_may_die_again_during_it(gated, approval_prompts):
    handle = await withheld(gated, approval_prompts)
    gated.standin.script.output(OutputFault.EXPIRED)
    await until_asked(gated, handle, approval_prompts)
    assert approval_prompts.presented[0][1] is not None
    gated.standin.script.output(OutputFault.EXPIRED)
    await decide(gated, handle, JobState.DELIVERING)
    begin = gated.clock.monotonic()
    job = await gated.run(handle)
    assert job.state is JobState.DONE
    assert gated.deliverer.delivered[-1][1] is not None
    assert gated.clock.monotonic() == begin  # with a fresh link, so at once
