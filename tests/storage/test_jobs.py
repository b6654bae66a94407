"""Jobs in the store: what is kept, which changes are allowed, and to whom."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs import (
    TRANSITIONS,
    CancelReason,
    Charge,
    FailureReason,
    JobState,
    NewJob,
    Phase,
    clip_bucket,
)
from bot.domain.money import CostSource
from bot.errors import JobExistsError, JobLostError
from tests.factories import new_job
from tests.storage.rows import all_jobs, put

ID = new_job().id
TASKLESS = {JobState.QUEUED, JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}
MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


async def claimed(store, job_id=ID, **fields):
    await store.add(new_job(job_id, **fields))
    return (await store.claims.claim(1))[0]


async def test_a_new_job_is_kept_whole(store):
    new = new_job()
    job = await store.add(new)
    assert job == await store.get(ID)
    for field in dataclasses.fields(NewJob):
        assert getattr(job, field.name) == getattr(new, field.name), field.name
    assert job.state is JobState.QUEUED
    assert job.owner is None
    assert (job.submit_attempts, job.delivery_attempts) == (0, 0)


async def test_optional_fields_may_be_missing(store):
    job = await store.add(new_job(guild_id=None, reference_url=None, seed=None, ratio=None))
    assert (job.guild_id, job.reference_url, job.seed, job.ratio) == (None, None, None, None)


async def test_an_unknown_job_is_none(store):
    assert await store.get(1) is None


async def test_the_same_interaction_makes_one_job(store):
    await store.add(new_job(prompt="first"))
    with pytest.raises(JobExistsError):
        await store.add(new_job(prompt="second"))
    assert (await store.get(ID)).prompt == "first"


async def test_the_same_interaction_at_the_same_moment_makes_one_job(store):
    outcomes = await asyncio.gather(
        *(store.add(new_job()) for _ in range(4)), return_exceptions=True
    )
    assert (
        sorted(type(outcome).__name__ for outcome in outcomes) == ["Job"] + ["JobExistsError"] * 3
    )


async def test_every_field_comes_back_as_it_was_set(store):
    job = await claimed(store)
    changes = {
        "source_url": "https://cdn.discordapp.com/fresh",
        "reference_url": "https://cdn.discordapp.com/reference",
        "thread_id": 2**63 - 1,
        "status_message_id": 11,
        "answer_message_id": 12,
        "answer_channel_id": 13,
        "submit_attempts": 2,
        "submit_started_at": MOMENT,
        "submitted_at": MOMENT + timedelta(microseconds=1),
        "task_id": "17f20503-6c24-4c16-946b-35dbbce2af2f",
        "phase": Phase.THROTTLED,
        "progress": 0.1 + 0.2,
        "output_url": "https://example.com/output.mp4",
        "output_expires_at": MOMENT + timedelta(days=2),
        "finished_at": MOMENT + timedelta(minutes=2),
        "failure": FailureReason.SAFETY_OUTPUT,
        "failure_detail": "SAFETY.OUTPUT.VIDEO",
        "charge": Charge.UNKNOWN,
        "request_id": "20260205132859798638387SIHCnxzJ",
        "cost_micros": 755_000,
        "cost_source": CostSource.QUOTA,
        "cost_credits": 75.5,
        "delivery_attempts": 3,
        "told_at": MOMENT + timedelta(minutes=3),
    }
    await store.update(job, **changes)
    kept = await store.get(ID)
    assert {name: getattr(kept, name) for name in changes} == changes
    assert isinstance(kept.phase, Phase)
    assert kept.told_at.tzinfo is UTC


async def test_moments_of_other_zones_are_kept_as_the_same_moment(store):
    job = await claimed(store)
    local = datetime(2026, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    job = await store.update(job, told_at=local)
    assert job.told_at == local
    assert job.told_at.utcoffset() == timedelta()


async def test_a_moment_without_a_zone_is_refused(store):
    job = await claimed(store)
    with pytest.raises(Exception, match="time zone"):
        await store.update(job, told_at=MOMENT.replace(tzinfo=None))
    assert (await store.get(ID)).told_at is None


@pytest.mark.parametrize("words", ["a\0b", "\ud83d", "\udc00x", "x" * 100_000])
async def test_no_words_of_a_provider_stop_a_write(store, words):
    job = await claimed(store)
    job = await store.move(job, JobState.SUBMITTING)
    job = await store.move(job, JobState.RUNNING, task_id="t", failure_detail=words)
    assert job.state is JobState.RUNNING
    assert len(job.failure_detail) == len(words)


async def test_a_prompt_of_any_script_comes_back_unchanged(store):
    prompt = "فيديو 日本語 👩‍👩‍👧‍👦 \u202e \t\r\n ' \" \\ % :x $1 ?" + "🎬" * 500
    assert (await store.add(new_job(prompt=prompt))).prompt == prompt


async def test_the_moves_are_those_of_the_table_and_no_others(store):
    for start in JobState:
        for to in JobState:
            job = await put(store, ID, start)
            if to in TRANSITIONS[start]:
                moved = await store.move(job, to, **({"task_id": "t"} if to == "running" else {}))
                assert (moved.state, (await store.get(ID)).state) == (to, to)
            else:
                with pytest.raises(ValueError, match="cannot become"):
                    await store.move(job, to)
                assert (await store.get(ID)) == job


async def test_another_worker_can_neither_move_nor_change_a_job(store, store_factory):
    other = await store_factory("w2")
    for state in JobState:
        job = await put(store, ID, state)
        stolen = dataclasses.replace(job, owner="w2")
        for theirs in (job, stolen):
            for to in TRANSITIONS[state]:
                with pytest.raises(JobLostError):
                    await other.move(theirs, to, task_id="t")
            with pytest.raises(JobLostError):
                await other.update(theirs, progress=0.5)
        assert await store.get(ID) == job


async def test_an_unclaimed_job_cannot_be_moved(store):
    job = await store.add(new_job())
    with pytest.raises(JobLostError):
        await store.move(job, JobState.SUBMITTING)


async def test_a_move_from_a_state_the_job_has_left_is_refused(store):
    queued = await claimed(store)
    await store.move(queued, JobState.SUBMITTING)
    for stale in (store.move(queued, JobState.SUBMITTING), store.update(queued, progress=0.5)):
        with pytest.raises(JobLostError):
            await stale
    assert (await store.get(ID)).state is JobState.SUBMITTING


async def test_of_two_moves_at_once_one_succeeds(store):
    job = await claimed(store)
    outcomes = await asyncio.gather(
        *(store.move(job, JobState.SUBMITTING) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, JobLostError) for outcome in outcomes) == 4


async def test_names_that_nobody_may_set_are_refused(store):
    job = await claimed(store)
    for name in ("state", "owner", "id", "created_at", "submitted_by", "user_id", "nonsense"):
        with pytest.raises(TypeError, match=name):
            await store.update(job, **{name: "x"})
        with pytest.raises(TypeError, match=name):
            await store.move(job, JobState.SUBMITTING, **{"task_id": "t", name: "x"})
    assert await store.get(ID) == job


async def test_a_paid_task_is_never_stored_without_its_id(store):
    job = await store.move(await claimed(store), JobState.SUBMITTING)
    for changes in ({}, {"task_id": ""}, {"task_id": None}):
        with pytest.raises(ValueError, match="task_id"):
            await store.move(job, JobState.RUNNING, **changes)


async def test_the_steps_of_a_job_leave_their_moments(store, clock):
    job = await claimed(store)
    clock.advance(1)
    job = await store.move(job, JobState.SUBMITTING)
    assert job.submitted_by == store.lease.worker_id
    assert job.submit_started_at == job.updated_at >= job.created_at
    clock.advance(1)
    job = await store.move(job, JobState.RUNNING, task_id="t")
    assert job.submitted_at == job.updated_at > job.submit_started_at
    clock.advance(1)
    finished_at = job.submitted_at + timedelta(seconds=90)
    job = await store.move(job, JobState.DELIVERING, output_url="u", finished_at=finished_at)
    assert job.finished_at == finished_at
    job = await store.move(job, JobState.FAILED)
    assert job.finished_at == finished_at


async def test_a_refused_submission_forgets_who_submitted(store):
    job = await store.move(await claimed(store), JobState.SUBMITTING)
    job = await store.move(job, JobState.QUEUED, submit_attempts=1)
    assert (job.submitted_by, job.submit_started_at, job.submit_attempts) == (None, None, 1)


async def test_a_job_that_fails_before_it_is_submitted_costs_nothing(store):
    job = await store.move(await claimed(store), JobState.FAILED)
    assert job.charge is Charge.NO
    assert job.finished_at == job.updated_at


async def test_an_update_that_changes_nothing_else_keeps_the_rest(store):
    job = await claimed(store)
    changed = await store.update(job, progress=0.25)
    assert changed == dataclasses.replace(job, progress=0.25, updated_at=changed.updated_at)


# Cancelling


async def test_a_queued_job_is_cancelled_by_anyone_and_told_by_the_next_claim(store, store_factory):
    other = await store_factory("w2")
    job = await claimed(store)
    cancelled = await other.cancel(ID)
    assert (cancelled.state, cancelled.charge) == (JobState.CANCELLED, Charge.NO)
    assert cancelled.finished_at is not None
    with pytest.raises(JobLostError):
        await store.move(job, JobState.SUBMITTING)
    (to_tell,) = await other.claims.claim(10)
    assert (to_tell.id, to_tell.state, to_tell.owner) == (ID, JobState.CANCELLED, "w2")
    await other.update(to_tell, told_at=MOMENT)
    assert (await other.get(ID)).is_settled


async def test_only_a_job_that_waits_can_be_cancelled(store):
    for state in set(JobState) - {JobState.QUEUED, JobState.HELD}:
        job = await put(store, ID, state)
        assert await store.cancel(ID) is None
        assert await store.get(ID) == job


async def test_cancelling_an_unknown_job_does_nothing(store):
    assert await store.cancel(1) is None


async def test_a_job_is_either_cancelled_or_submitted_never_both(store, store_factory):
    other = await store_factory("w2")
    for number in range(20):
        job = await put(store, ID + number, JobState.QUEUED)
        submitted, cancelled = await asyncio.gather(
            store.move(job, JobState.SUBMITTING), other.cancel(job.id), return_exceptions=True
        )
        state = (await store.get(job.id)).state
        assert isinstance(submitted, JobLostError) == (state is JobState.CANCELLED)
        assert (cancelled is None) == (state is JobState.SUBMITTING)


async def test_a_running_job_that_is_given_up_is_told_and_its_outcome_is_nobodys(
    store, store_factory
):
    other = await store_factory("w2")
    job = await put(store, ID, JobState.RUNNING, owner=store.lease.worker_id)
    dropped = await other.drop(ID, by=7)
    assert (dropped.state, dropped.charge) == (JobState.CANCELLED, Charge.UNKNOWN)
    assert (dropped.cancel_reason, dropped.cancelled_by) == (CancelReason.MODERATOR, 7)
    with pytest.raises(JobLostError):
        await store.move(job, JobState.DELIVERING)
    (to_tell,) = await other.claims.claim(10)
    assert (to_tell.id, to_tell.state) == (ID, JobState.CANCELLED)


async def test_only_a_running_job_can_be_given_up(store):
    for state in set(JobState) - {JobState.RUNNING}:
        job = await put(store, ID, state)
        assert await store.drop(ID, by=7) is None
        assert await store.get(ID) == job


# A late answer


async def test_a_late_answer_lifts_an_uncertain_job(store):
    job = await store.move(await claimed(store), JobState.SUBMITTING)
    job = await store.move(job, JobState.UNCERTAIN)
    await store.update(job, told_at=MOMENT)
    lifted = await store.lift_uncertain(ID, task_id="late")
    assert (lifted.state, lifted.task_id, lifted.owner) == (JobState.RUNNING, "late", "w1")
    assert lifted.told_at is None
    assert lifted.submitted_at is not None
    assert not lifted.is_settled


async def test_a_late_answer_recorded_twice_is_recorded(store):
    await put(store, ID, JobState.UNCERTAIN)
    lifted = await store.lift_uncertain(ID, task_id="late")
    assert await store.lift_uncertain(ID, task_id="late") == lifted
    assert await store.lift_uncertain(ID, task_id="another") is None


async def test_only_who_sent_the_request_can_bring_a_late_answer(store, store_factory):
    other = await store_factory("w2")
    job = await put(store, ID, JobState.UNCERTAIN, owner="w2", submitted_by="w1")
    assert await other.lift_uncertain(ID, task_id="late") is None
    assert await store.get(ID) == job
    assert (await store.lift_uncertain(ID, task_id="late")).owner == "w1"


async def test_the_sender_under_a_new_name_still_brings_its_late_answer(
    store, store_factory, expire_lease
):
    other = await store_factory("w2")
    await store.move(await claimed(store), JobState.SUBMITTING)
    await expire_lease("w1")
    assert [job.state for job in await other.claims.claim(10)] == [JobState.UNCERTAIN]
    new_id = await store.lease.rejoin(60)
    lifted = await store.lift_uncertain(ID, task_id="late")
    assert (lifted.owner, lifted.submitted_by) == (new_id, "w1")


async def test_nothing_but_an_uncertain_job_is_lifted(store):
    for state in set(JobState) - {JobState.UNCERTAIN}:
        job = await put(store, ID, state, task_id=None if state in TASKLESS else "known")
        assert await store.lift_uncertain(ID, task_id="late") is None
        assert await store.get(ID) == job


async def test_an_uncertain_job_whose_task_is_known_is_not_lifted_to_another(store):
    await put(store, ID, JobState.UNCERTAIN, task_id="known")
    assert await store.lift_uncertain(ID, task_id="late") is None


# The engine is woken


async def test_a_job_that_becomes_free_wakes_the_engine_once_it_can_be_claimed(store):
    await put(store, ID, JobState.QUEUED)
    seen = []

    async def engine():
        await store.new_jobs.wait()
        seen.extend(job.id for job in await store.claims.claim(10))

    waiting = asyncio.ensure_future(engine())
    await store.cancel(ID)
    await asyncio.wait_for(waiting, 10)
    assert seen == [ID]


async def test_a_change_that_frees_no_job_wakes_nobody(store):
    job = await put(store, ID, JobState.QUEUED)
    await store.update(job, prompt="another")
    assert await store.cancel(ID + 1) is None
    await store.get(ID)
    assert not store.new_jobs.is_set()


async def test_a_new_job_waits_for_its_record_before_the_engine_is_woken(store):
    await store.add(new_job(ID))
    assert not store.new_jobs.is_set()


# Durations


async def finished(store, job_id, seconds, *, end=MOMENT, **values):
    return await put(
        store,
        job_id,
        JobState.DONE,
        **{
            "submitted_at": end - timedelta(seconds=seconds),
            "finished_at": end,
            "output_url": "https://example.com/o.mp4",
        }
        | values,
    )


async def test_recent_durations_are_the_latest_of_the_same_model_and_length(store):
    for number in range(6):
        await finished(store, ID + number, 90 + number, end=MOMENT + timedelta(hours=number))
    await finished(store, ID + 10, 1, model="aleph2")
    await finished(store, ID + 11, 1, clip_bucket=2)
    bucket = clip_bucket(new_job().source_seconds)
    assert await store.past.recent_durations("gen4_aleph", bucket, 4) == [95, 94, 93, 92]
    assert await store.past.recent_durations("aleph2", bucket) == [1]
    assert await store.past.recent_durations("unknown", bucket) == []


async def test_tasks_without_a_video_or_without_an_end_have_no_duration(store):
    await finished(store, ID, 90, output_url=None)
    await finished(store, ID + 1, 90, finished_at=None)
    await finished(store, ID + 2, 90, submitted_at=None)
    assert await store.past.recent_durations("gen4_aleph", 1) == []


async def test_a_stored_job_is_found_under_the_bucket_of_its_length(store):
    job = await claimed(store, source_seconds=12.0)
    await finished(store, job.id, 33)
    assert await store.past.recent_durations("gen4_aleph", clip_bucket(12.0)) == [33]


@given(st.floats(0, 10_000))
def test_longer_clips_never_have_a_smaller_bucket(seconds):
    assert 1 <= clip_bucket(seconds) <= clip_bucket(seconds + 0.1) <= 12


def test_clips_of_five_and_a_bit_seconds_are_of_five():
    assert [clip_bucket(s) for s in (0, 4.9, 5, 5.04, 5.5, 5.6, 10.01, 59, 600)] == [
        *(1, 1, 1, 1, 1, 2, 2, 12, 12)
    ]


# Settled or not


@pytest.mark.parametrize("told", [None, MOMENT])
async def test_sql_and_python_agree_on_what_is_settled(store, told):
    for number, state in enumerate(JobState):
        await put(store, ID + number, state, owner=None, told_at=told)
    unsettled = {job.id for job in (await all_jobs(store)).values() if not job.is_settled}
    assert {job.id for job in await store.claims.claim(100)} == unsettled
