"""``python -m bot jobs``, as an operator calls it, on both databases, whole and broken folders."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState
from bot.domain.quotas import LedgerStatus
from bot.storage.store import open_store
from tests.factories import GUILD_ID, new_job
from tests.process.calls import call
from tests.storage.money import HOLDERS, rows_of
from tests.storage.rows import add_owned, put

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.cometapi import StandIn

MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
QUEUED, QUARANTINED, UNCERTAIN, DONE, RUNNING = 11, 12, 13, 14, 15
URL = "https://example.com/restyled.mp4"


@pytest.fixture
async def filled_url(database_url: str) -> str:
    """The address of a database with a job in each state that matters here; no bot runs."""
    async with open_store(database_url, worker_id="w1") as store:
        await store.lease.renew(60)
        for number in (QUARANTINED, UNCERTAIN):
            await add_owned(store, new_job(number, price_micros=750_000), holders=HOLDERS)
        await store.quarantine.enter()
        await store.quarantine.release([UNCERTAIN], user_id=1)
        await put(store, UNCERTAIN, JobState.SUBMITTING)
        await store.move(await store.get(UNCERTAIN), JobState.UNCERTAIN)
        await store.add(new_job(QUEUED, prompt="a\x1b[31mred\nnight"))
        await put(store, DONE, JobState.DONE, told_at=MOMENT, output_url=URL)
        await put(store, RUNNING, JobState.RUNNING)
        await store.lease.release()
    return database_url


async def test_list_and_show_work_beside_a_running_bot(filled_url: str, tmp_path: Path):
    async with open_store(filled_url, worker_id="w2") as bot:
        await bot.lease.renew(60)
        said = await call(tmp_path, "jobs", "list", DATABASE_URL=filled_url)
        lines = said.splitlines()
        assert lines[0].split()[:2] == ["JOB", "STATE"]
        assert [line.split()[0] for line in lines[1:]] == ["15", "13", "12", "11"]
        assert "queued (quarantine)" in said
        assert "\x1b" not in said
        words = ("jobs", "list", "--json", "--state", "done", "--guild", str(GUILD_ID))
        (found,) = json.loads(await call(tmp_path, *words, DATABASE_URL=filled_url))
        assert (found["id"], found["state"]) == (DONE, "done")
        said = await call(tmp_path, "jobs", "show", str(UNCERTAIN), DATABASE_URL=filled_url)
        assert "reserved" in said
        assert "$0.75" in said
        assert "jobs attach" in said  # what can be done
        if filled_url.startswith("sqlite"):
            words = ("jobs", "release", "--all")
            said = await call(tmp_path, *words, ends_with=1, DATABASE_URL=filled_url)
            assert "Stop it" in said
            assert "owner's commands in Discord" in said
            assert await bot.quarantine.count() == 1


async def test_quarantined_jobs_are_released_or_settled(filled_url: str, tmp_path: Path):
    said = await call(tmp_path, "jobs", "settle", "--restored", "12", DATABASE_URL=filled_url)
    assert "its money counts as spent" in said
    words = ("jobs", "settle", "11", "--note", "asked twice")
    assert "nothing was spent" in await call(tmp_path, *words, DATABASE_URL=filled_url)
    words = ("jobs", "release", "12", "15", "99")
    said = await call(tmp_path, *words, ends_with=1, DATABASE_URL=filled_url)
    assert "Job 12: nothing was changed: it is cancelled, not in quarantine" in said
    assert "Job 15: nothing was changed: it is running" in said
    assert "Job 99: nothing was changed: there is no such job" in said
    async with open_store(filled_url, worker_id="w2") as store:
        job = await store.get(QUARANTINED)
        assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.RESTORED)
        assert {standing for standing, _ in await rows_of(store, QUARANTINED)} == {
            LedgerStatus.COMMITTED
        }
        job = await store.get(QUEUED)
        assert (job.state, job.charge, job.told_at) == (JobState.CANCELLED, Charge.NO, None)
        assert job.cancel_note == "asked twice"


async def test_everything_in_quarantine_is_released_at_once(filled_url: str, tmp_path: Path):
    said = await call(tmp_path, "jobs", "quarantine", DATABASE_URL=filled_url)
    assert said.startswith("1 job put into quarantine")
    said = await call(tmp_path, "jobs", "release", "--all", DATABASE_URL=filled_url)
    assert said.count("released") == 2
    said = await call(tmp_path, "jobs", "release", "--all", DATABASE_URL=filled_url)
    assert said == "No job is in quarantine.\n"
    said = await call(tmp_path, "jobs", "release", ends_with=2, DATABASE_URL=filled_url)
    assert "--all" in said


async def test_a_task_is_attached_only_if_the_provider_knows_it(
    filled_url: str, tmp_path: Path, standin: StandIn
):
    given = {"DATABASE_URL": filled_url, "COMETAPI_BASE_URL": standin.base_url}
    words = ("jobs", "attach", str(UNCERTAIN), "no-such-task")
    said = await call(tmp_path, *words, ends_with=1, **given)
    assert "CometAPI knows no task no-such-task" in said
    assert "--unchecked" in said
    said = await call(tmp_path, "jobs", "attach", "11", "x", ends_with=1, **given)
    assert "it is queued, not uncertain" in said
    said = await call(tmp_path, *words, "--unchecked", **given)
    assert "is task no-such-task" in said
    async with open_store(filled_url, worker_id="w2") as store:
        job = await store.get(UNCERTAIN)
        assert (job.state, job.task_id, job.told_at) == (JobState.RUNNING, "no-such-task", None)
        assert {standing for standing, _ in await rows_of(store, UNCERTAIN)} == {
            LedgerStatus.COMMITTED
        }


async def test_an_uncertain_job_is_written_off(filled_url: str, tmp_path: Path):
    said = await call(tmp_path, "jobs", "write-off", str(UNCERTAIN), DATABASE_URL=filled_url)
    assert "its money is free again" in said
    async with open_store(filled_url, worker_id="w2") as store:
        job = await store.get(UNCERTAIN)
        assert (job.cancel_reason, job.cancelled_by) == (CancelReason.WRITTEN_OFF, None)
        assert {standing for standing, _ in await rows_of(store, UNCERTAIN)} == {
            LedgerStatus.RELEASED
        }


async def test_an_answer_is_posted_once_more_where_its_result_still_is(
    sqlite_url: str, tmp_path: Path, standin: StandIn
):
    past = datetime.now(UTC) - timedelta(days=3)
    async with open_store(sqlite_url, worker_id="w1") as store:
        done = {"state": JobState.DONE, "told_at": MOMENT, "output_url": URL}
        await put(store, 1, **done)
        await put(store, 2, **done, output_expires_at=past, archive_url="https://archive.example/2")
        gone = {"answer_message_id": 77, "answer_channel_id": 66, "output_expires_at": past}
        await put(store, 3, **done, **gone)
        await put(store, 4, JobState.QUEUED)
    given = {"DATABASE_URL": sqlite_url, "COMETAPI_BASE_URL": standin.base_url}
    said = await call(tmp_path, "jobs", "redeliver", "1", "2", "3", "4", ends_with=1, **given)
    assert said.count("posted again once a bot runs") == 2
    assert f"https://discord.com/channels/{GUILD_ID}/66/77" in said
    assert "Job 4: nothing was changed: it is queued" in said
    async with open_store(sqlite_url, worker_id="w2") as store:
        assert (await store.get(1)).output_url == URL
        assert (await store.get(2)).output_url == "https://archive.example/2"
        assert (await store.get(3)).state is JobState.DONE


async def test_the_provider_is_asked_once_more_about_a_job_that_was_given_up(
    sqlite_url: str, tmp_path: Path
):
    async with open_store(sqlite_url, worker_id="w1") as store:
        ended = {"told_at": MOMENT, "failure": FailureReason.TIMED_OUT}
        await put(store, 1, JobState.FAILED, **ended, task_id="task-1")
        await put(store, 2, JobState.FAILED, **ended)
        await put(store, 3, JobState.RUNNING)
    words = ("jobs", "look-again", "1", "2", "3")
    said = await call(tmp_path, *words, ends_with=1, DATABASE_URL=sqlite_url)
    assert "Job 1: CometAPI is asked about task task-1 once a bot runs" in said
    assert "Job 2: nothing was changed: its task is not known" in said
    assert "Job 3: nothing was changed: it is running" in said
    async with open_store(sqlite_url, worker_id="w2") as store:
        assert (await store.get(1)).look_at is not None


@pytest.mark.parametrize("words", [["list"], ["release", "1"]])
async def test_no_database_is_made_by_looking_for_one(tmp_path: Path, words: list[str]):
    said = await call(tmp_path, "jobs", *words, ends_with=1)
    assert "There is no database data/restyle.db" in said
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "restyle.db").write_bytes(b"no database at all" * 100)
    said = await call(tmp_path, "jobs", *words, ends_with=1)
    assert "database" in said


@pytest.mark.parametrize(
    "words", [["list", "--state", "lost"], ["list", "--limit", "0"], ["show", "x"], []]
)
async def test_words_that_mean_nothing_are_refused(tmp_path: Path, words: list[str]):
    assert "usage: python -m bot jobs" in await call(tmp_path, "jobs", *words, ends_with=2)
