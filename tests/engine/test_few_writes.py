"""How often a job is written, and what becomes of what is written later than it is known."""

from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import event

from bot.domain.jobs import JobState
from bot.domain.quotas import Scope
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.ports import KeptSource, Opened
from bot.engine.steps.sources import ORIGINAL
from tests.engine.conftest import KEPT_SOURCE, LIVE_SOURCE, STATUS_ID, THREAD_ID
from tests.storage.money import holders, set_values
from tests.storage.rows import put


@contextmanager
def changes_of(store):
    """The statements that change a job meanwhile."""
    engine, found = store._database._engine.sync_engine, []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE jobs"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def keep_clip(bench, handle, folder):
    """Have the clip at hand, as the intake leaves it."""
    path = folder / "clip"
    path.write_bytes(b"d" * 1000)
    bench.scratch.kept.keep(handle.job_id, ORIGINAL, path, user_id=1)


def kept_in_status():
    return KeptSource(
        channel_id=THREAD_ID,
        message_id=STATUS_ID,
        url=KEPT_SOURCE,
        size_bytes=1000,
        content_type="video/mp4",
        reference_url=None,
    )


async def test_a_job_is_written_five_times_from_its_thread_to_its_end(bench):
    handle = await bench.add_unprepared()
    with changes_of(bench.store) as changes:
        job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert job.source_message_id is not None
    assert len(changes) == 5  # thread, submitting with the kept clip, running, delivering, done


async def test_a_clip_at_hand_is_kept_in_the_status_message_and_not_posted_again(bench, tmp_path):
    handle = await bench.add_unprepared()
    keep_clip(bench, handle, tmp_path)
    bench.deliverer.opens = Opened(
        thread_id=THREAD_ID, status_message_id=STATUS_ID, kept=kept_in_status()
    )
    with changes_of(bench.store) as changes:
        job = await bench.run(handle)
    assert job.state is JobState.DONE
    assert (job.source_channel_id, job.source_message_id) == (THREAD_ID, STATUS_ID)
    assert bench.deliverer.clips == [("clip.mp4", b"d" * 1000)]
    assert bench.deliverer.kept == []
    assert len(changes) == 5


async def test_a_clip_too_large_for_discord_is_not_given_to_the_status_message(
    lone_bench, tmp_path
):
    handle = await lone_bench.add_unprepared()
    keep_clip(lone_bench, handle, tmp_path)
    lone_bench.deliverer.limit = 999
    await lone_bench.step_once(handle)
    assert lone_bench.deliverer.clips == [None]


async def test_before_anybody_allowed_it_the_status_message_keeps_no_clip(lone_bench, tmp_path):
    handle = await lone_bench.add_unprepared(hold="review")
    keep_clip(lone_bench, handle, tmp_path)
    await lone_bench.step_once(handle)
    assert lone_bench.deliverer.clips == [None]


async def test_after_a_crash_before_it_is_sent_a_job_is_prepared_again(lone_bench):
    handle = await lone_bench.add_unprepared()
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    left = await lone_bench.store.get(handle.job_id)
    assert (left.state, left.prepared_at) == (JobState.QUEUED, None)
    job = await lone_bench.run(JobHandle(left))
    assert job.state is JobState.DONE
    assert job.source_message_id == lone_bench.deliverer.refreshed.message_id
    assert len(lone_bench.standin.creates) == 1


async def test_a_job_that_has_to_wait_is_written_as_prepared(lone_bench):
    await set_values(lone_bench.store, Scope.SERVER, 0, running=1)
    first = await lone_bench.add(id=1, holders=holders())
    await lone_bench.run(first, until=lambda handle: handle.state is JobState.RUNNING)
    second = await lone_bench.add_unprepared(id=2, holders=holders())
    for _ in range(3):
        await lone_bench.step_once(second)
    waiting = await lone_bench.store.get(2)
    assert waiting.state is JobState.QUEUED
    assert waiting.prepared_at is not None
    assert waiting.source_message_id is not None
    assert not second.unsaved


async def test_a_job_cancelled_before_its_clip_is_noted_just_ends(lone_bench):
    handle = await lone_bench.add_unprepared()
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    await lone_bench.store.cancel(handle.job_id, by=1)
    assert await lone_bench.step_once(handle) is None  # in other hands: owner is NULL
    [job] = await lone_bench.store.claims.claim(10)
    job = await lone_bench.run(JobHandle(job))
    assert job.state is JobState.CANCELLED
    assert lone_bench.standin.creates == []


async def test_a_job_cancelled_while_only_memory_knows_where_its_clip_is_says_so(lone_bench):
    handle = await lone_bench.add_unprepared()
    while handle.step_kind is not StepKind.SUBMIT:
        await lone_bench.step_once(handle)
    await lone_bench.store.cancel(handle.job_id, by=1)
    await lone_bench.store.claims.claim(10)  # before its next step, which is that of the same job
    await lone_bench.run(handle)
    job = await lone_bench.store.get(handle.job_id)
    assert job.state is JobState.CANCELLED
    assert job.is_settled
    assert job.source_message_id == lone_bench.deliverer.refreshed.message_id


def meanwhile(bench, method, change):
    """Let ``change`` happen, and a claim bring the job back, while Discord is at something."""
    do = getattr(bench.deliverer, method)

    async def do_and_change(*args, **named):
        done = await do(*args, **named)
        await change()
        await bench.store.claims.claim(10)
        return done

    setattr(bench.deliverer, method, do_and_change)


async def test_a_job_cancelled_while_its_thread_is_made_ends_in_that_thread(lone_bench, tmp_path):
    handle = await lone_bench.add_unprepared()
    keep_clip(lone_bench, handle, tmp_path)
    lone_bench.deliverer.opens = Opened(
        thread_id=THREAD_ID, status_message_id=STATUS_ID, kept=kept_in_status()
    )
    meanwhile(lone_bench, "open", lambda: lone_bench.store.cancel(handle.job_id, by=1))
    assert await lone_bench.step_once(handle) is None  # the claim has it taken once more
    await lone_bench.run(handle)
    job = await lone_bench.store.get(handle.job_id)
    assert (job.state, job.thread_id) == (JobState.CANCELLED, THREAD_ID)
    assert (job.status_message_id, job.source_message_id) == (STATUS_ID, STATUS_ID)
    assert [told.thread_id for told, _ in lone_bench.deliverer.delivered] == [THREAD_ID]


async def test_a_job_allowed_while_its_thread_is_made_is_prepared_all_the_same(lone_bench):
    handle = await lone_bench.add_unprepared(hold="review")
    allow = partial(put, lone_bench.store, handle.job_id, JobState.QUEUED, hold=None)
    meanwhile(lone_bench, "open", allow)
    assert await lone_bench.step_once(handle) is None
    job = await lone_bench.run(handle)
    assert (job.state, job.thread_id) == (JobState.DONE, THREAD_ID)
    assert len(lone_bench.deliverer.kept) == 1


@pytest.mark.parametrize("hold", [None, "review"])
async def test_a_job_cancelled_while_its_clip_is_posted_says_where_that_is(lone_bench, hold):
    handle = await lone_bench.add_unprepared(hold=hold)
    await lone_bench.step_once(handle)
    meanwhile(lone_bench, "keep_source", lambda: lone_bench.store.cancel(handle.job_id, by=1))
    await lone_bench.step_once(handle)
    await lone_bench.run(handle)
    job = await lone_bench.store.get(handle.job_id)
    assert job.state is JobState.CANCELLED
    assert job.source_message_id == lone_bench.deliverer.refreshed.message_id


OPENED = {"thread_id": THREAD_ID, "status_message_id": STATUS_ID}
KEPT = {"source_channel_id": THREAD_ID, "source_message_id": STATUS_ID + 1}


@pytest.mark.parametrize(
    ("left", "moments", "is_kept_anew"),
    [
        ({}, (), True),
        (OPENED, (), True),
        (OPENED | KEPT, ("prepared_at",), False),
        (OPENED | KEPT, ("prepared_at", "admitted_at"), False),
    ],
    ids=["new", "opened", "prepared", "admitted"],
)
async def test_what_waits_as_the_release_before_wrote_it_goes_on_where_it_was(
    lone_bench, left, moments, is_kept_anew
):
    written = left | dict.fromkeys(moments, lone_bench.clock.now())
    await put(
        lone_bench.store, 1, JobState.QUEUED, owner="yesterday", source_url=LIVE_SOURCE, **written
    )
    [job] = await lone_bench.store.claims.claim(10)
    job = await lone_bench.run(JobHandle(job))
    assert job.state is JobState.DONE
    assert len(lone_bench.standin.creates) == 1
    assert len(lone_bench.deliverer.opened) == (not left)
    assert len(lone_bench.deliverer.kept) == is_kept_anew
    assert {name: getattr(job, name) for name in left} == left
