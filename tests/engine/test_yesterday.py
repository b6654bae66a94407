"""A database that the release before this one wrote: it is upgraded, and every job goes on."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.domain.jobs import Charge, JobState
from bot.domain.quotas import LedgerStatus
from bot.storage.consistency import disagreements
from bot.storage.store import Store
from bot.storage.upgrade import upgrade
from tests.engine.conftest import LEASE_SECONDS, LIVE_SOURCE
from tests.engine.test_engine import Process, pass_time
from tests.factories import CHANNEL_ID, GUILD_ID, USER_ID
from tests.storage.money import rows_of

YESTERDAY = "0003"
"""The revision of the release before this one."""
PRICE = 750_000
NOW = "CURRENT_TIMESTAMP"
OUTPUT = "https://cdn.discordapp.com/attachments/1/2/output.mp4"
PLAN = (
    '{"way": "as_is", "start_seconds": 0.0, "seconds": 5.0, "width": 1280, "height": 720, "fps": '
    'null, "max_bytes": 16777216, "tone_map": false, "has_audio": true, "reasons": ["too_long"]}'
)
WAITING = {"prepared_at": NOW, "price_micros": PRICE, "plan": PLAN}
SENT = WAITING | {"submitted_by": "yesterday", "submit_started_at": NOW}
TAKEN = SENT | {"submitted_at": NOW, "output_url": OUTPUT, "output_expires_at": NOW}
ROWS = {
    "held": WAITING | {"hold": "review", "held_until": "2100-01-01 00:00:00"},
    "queued": WAITING,
    "submitting": SENT,
    "running": SENT | {"submitted_at": NOW, "phase": "running", "progress": 0.5},
    "withheld": TAKEN | {"task_id": "t-withheld", "held_until": "2100-01-01 00:00:00"},
    "delivering": TAKEN | {"task_id": "t-delivering", "cost_credits": 60.0, "charge": "yes"},
    "uncertain": SENT | {"charge": "unknown"},
    "done": TAKEN | {"task_id": "t-done", "cost_credits": 75.0, "charge": "yes", "told_at": NOW},
    "failed": SENT
    | {"task_id": "t-failed", "failure": "timed_out", "charge": "unknown", "told_at": NOW},
    "cancelled": WAITING | {"cancel_reason": "moderator", "charge": "no", "told_at": NOW},
}
"""What each state's row holds beside what every row does."""
IDS = {state: number for number, state in enumerate(ROWS, 1)}
STANDINGS = {
    "held": "reserved",
    "queued": "reserved",
    "submitting": "reserved",
    "uncertain": "reserved",
    "cancelled": "released",
}
ENDS = {
    "held": JobState.HELD,
    "queued": JobState.DONE,
    "submitting": JobState.UNCERTAIN,
    "running": JobState.DONE,
    "withheld": JobState.WITHHELD,
    "delivering": JobState.DONE,
    "uncertain": JobState.UNCERTAIN,
    "done": JobState.DONE,
    "failed": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
}


def known(state):
    return {
        "id": IDS[state],
        "guild_id": GUILD_ID,
        "channel_id": CHANNEL_ID,
        "record_message_id": 4,
        "user_id": USER_ID,
        "can_open_thread": True,
        "source_url": LIVE_SOURCE,
        "source_filename": "a.mp4",
        "source_content_type": "video/mp4",
        "source_bytes": 1000,
        "source_seconds": 5.0,
        "source_width": 1280,
        "source_height": 720,
        "model": "gen4_aleph",
        "prompt": "a prompt",
        "public_figure_threshold": "auto",
        "state": state,
        "submit_attempts": 0,
        "delivery_attempts": 0,
        "clip_bucket": 1,
        "created_at": NOW,
        "updated_at": NOW,
        **ROWS[state],
    }


async def insert(connection, table, row):
    """Write a row as yesterday's release would have; a moment may be the database's own."""
    values = {name: f":{name}" if value != NOW else NOW for name, value in row.items()}
    if held_until := row.get("held_until"):
        values["held_until"] = f"TIMESTAMP '{held_until}'"
        if connection.dialect.name == "sqlite":
            values["held_until"] = f"'{held_until}'"
    await connection.execute(
        text(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - our names
        ),
        {name: value for name, value in row.items() if values[name] == f":{name}"},
    )


@pytest.fixture
async def yesterdays(database_url, bench_task):
    """The address of a database of yesterday's release, with a job in every state."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        for table in await connection.run_sync(lambda c: inspect(c).get_table_names()):
            await connection.execute(text(f'DROP TABLE "{table}"'))
        await connection.run_sync(upgrade, YESTERDAY)
        for state in ROWS:
            row = known(state)
            if state == "running":
                row["task_id"] = bench_task
            await insert(connection, "jobs", row)
            for scope, scope_id, guild_id in (
                ("bot", 0, 0),
                ("server", GUILD_ID, GUILD_ID),
                ("member", USER_ID, GUILD_ID),
            ):
                money = {"job_id": IDS[state], "scope": scope, "scope_id": scope_id}
                money |= {"guild_id": guild_id, "day": "2026-01-01", "jobs": 1, "micros": PRICE}
                money["standing"] = STANDINGS.get(state, "committed")
                if state in {"done", "delivering"}:
                    money["micros"] = int(row["cost_credits"] * 10_000)
                await insert(connection, "ledger", money)
    await engine.dispose()
    return database_url


@pytest.fixture
async def bench_task(standin, http):
    """The id of a task that the provider works on for yesterday's release."""
    body = {"model": "gen4_aleph", "videoUri": LIVE_SOURCE, "promptText": "a prompt"}
    headers = {"Authorization": "Bearer sk-test", "X-Runway-Version": "2024-11-06"}
    url = f"{standin.base_url}/video_to_video"
    async with http.post(url, json=body, headers=headers) as response:
        return (await response.json())["id"]


async def test_todays_engine_goes_on_with_what_yesterdays_release_left(
    yesterdays, open_databases, clock, make_bench
):
    store = Store(await open_databases(yesterdays), worker_id="w1", monotonic=clock.monotonic)
    await store.lease.renew(LEASE_SECONDS)
    assert await disagreements(store._database) == []
    bench = make_bench(store)
    paid_before = len(bench.standin.creates)

    async def is_over():
        found = [await store.get(number) for number in IDS.values()]
        waits = {JobState.HELD, JobState.WITHHELD}
        return all(job.is_settled or job.state in waits for job in found)

    async with Process(bench, store):
        await pass_time(clock, is_over)
    found = {state: await store.get(number) for state, number in IDS.items()}
    assert {state: job.state for state, job in found.items()} == ENDS
    assert len(bench.standin.creates) == paid_before + 1  # the one that was queued
    assert await disagreements(store._database) == []
    assert found["submitting"].charge is Charge.UNKNOWN
    assert found["delivering"].bill_micros == 600_000
    assert await rows_of(store, IDS["delivering"]) == {(LedgerStatus.COMMITTED, 600_000)}
    told = {IDS[state] for state in ("queued", "submitting", "running", "delivering", "uncertain")}
    assert set(bench.deliverer.told) == told
