"""A clip travels once: what intake fetched serves until the answer's pictures are drawn."""

import pytest

from bot.domain.jobs import JobState
from bot.engine.steps.sources import ORIGINAL, SENT
from bot.errors import DeliveryDelayedError
from sandbox.cometapi import Fate, Succeed
from tests.engine.conftest import KEPT_SOURCE, LIVE_SOURCE
from tests.engine.test_prepare import planned

FETCHED = b"fetched by the intake"


async def taken_in(bench, **fields):
    """Return a job's handle, its clip kept as the intake does it."""
    bench.standin.script.task(Fate(end=Succeed()))
    handle = await bench.add_unprepared(**fields)
    keep(bench, handle.job_id, (await bench.job(handle)).user_id)
    return handle


def keep(bench, job_id, user_id):
    with bench.scratch.folder() as folder:
        (folder / "source").write_bytes(FETCHED)
        bench.scratch.kept.keep(job_id, ORIGINAL, folder / "source", user_id=user_id)


def from_discord(bench):
    return [url for url in bench.downloader.asked if url in {LIVE_SOURCE, KEPT_SOURCE}]


def drawn_from(bench):
    return [start for name, *rest in bench.media.calls if name == "picture" for start in rest]


@pytest.mark.parametrize("fields", [{}, planned()], ids=["as it is", "prepared"])
async def test_from_intake_to_answer_nothing_is_downloaded_again(lone_bench, fields):
    handle = await taken_in(lone_bench, **fields)
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    made = FETCHED if not fields else b"prepared " + FETCHED
    assert lone_bench.deliverer.kept[0][1] == made
    assert from_discord(lone_bench) == []
    assert drawn_from(lone_bench) == [0.0]  # what was prepared begins with the part
    assert lone_bench.scratch.used_bytes == 0  # told: nothing is kept any more


async def test_pictures_of_a_clip_that_went_as_it_is_begin_where_the_part_does(lone_bench):
    await lone_bench.run(await taken_in(lone_bench, part_start=3.0))
    assert drawn_from(lone_bench) == [3.0]


@pytest.mark.parametrize("lost", ["before it is prepared", "afterwards"])
async def test_what_is_lost_is_downloaded_again(lone_bench, lost):
    handle = await taken_in(lone_bench, **planned())
    lone_bench.downloader.files[KEPT_SOURCE] = b"prepared"
    if lost == "afterwards":
        await lone_bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    lone_bench.scratch.kept.clear()
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    expected = LIVE_SOURCE if lost == "before it is prepared" else KEPT_SOURCE
    assert from_discord(lone_bench) == [expected]
    assert len(drawn_from(lone_bench)) == 1


async def test_a_job_that_went_to_another_process_leaves_nothing_here(lone_bench):
    handle = await taken_in(lone_bench)
    await lone_bench.store.lease.rejoin(
        30
    )  # under another name: the job is not this worker's any more
    assert await lone_bench.step(handle) is None
    assert lone_bench.scratch.used_bytes == 0


async def test_a_clip_prepared_again_after_discords_trouble_is_not_fetched_again(lone_bench):
    lone_bench.deliverer.keep_troubles = [DeliveryDelayedError("503")]
    job = await lone_bench.run(await taken_in(lone_bench, **planned()))
    assert job.state is JobState.DONE
    assert from_discord(lone_bench) == []


async def test_what_the_intake_packed_is_not_prepared_again(lone_bench):
    handle = await taken_in(lone_bench, **planned())
    with lone_bench.scratch.folder() as folder:
        (folder / "packed.webm").write_bytes(b"packed by the intake")
        lone_bench.scratch.kept.keep(handle.job_id, SENT, folder / "packed.webm", user_id=1)
    job = await lone_bench.run(handle)
    assert job.state is JobState.DONE
    assert lone_bench.media.plans == []
    assert lone_bench.deliverer.kept[0][1] == b"packed by the intake"
    assert lone_bench.deliverer.kept_names == [["source.webm", None]]
    assert from_discord(lone_bench) == []


async def test_what_was_packed_and_became_too_large_is_prepared_again(lone_bench):
    handle = await taken_in(lone_bench, **planned())
    with lone_bench.scratch.folder() as folder:
        (folder / "packed.mp4").write_bytes(bytes(10_000_001))
        lone_bench.scratch.kept.keep(handle.job_id, SENT, folder / "packed.mp4", user_id=1)
    await lone_bench.run(handle)
    assert len(lone_bench.media.plans) == 1
