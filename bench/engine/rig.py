"""The bot's own engine with a real database and a Discord that is not there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import SecretStr
from sqlalchemy import insert

from bench.engine.answerer import task_id
from bench.scale.measure import typical_job
from bot.cometapi.client import CometClient, open_http
from bot.domain.jobs import Job, JobState, Phase
from bot.engine.engine import Engine
from bot.engine.ports import Delivered, Opened
from bot.errors import DeliveryImpossibleError, MediaTooLargeError
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.media.scratch import Scratch
from bot.settings import load_settings
from bot.storage.database import open_database
from bot.storage.rows import row_from
from bot.storage.tables.job import jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.cometapi.wire import Task
    from bot.domain.jobs import Extra
    from bot.engine.ports import AnswerContent, KeptSource, Progress
    from bot.media.download import Downloader
    from bot.settings import Settings
    from bot.storage.database import Database
    from bot.storage.store import Store
    from bot.system.clock import Clock

KEY: Final = "bench.key"
VERSION: Final = "2024-11-06"
PROGRESS: Final = 0.4
"""What the answerer says of every task, so that a stored job has nothing new to show."""


def url_of(port: int) -> str:
    """Return the address of the answerer's interface."""
    return f"http://127.0.0.1:{port}/v1"


def settings_for(folder: Path, base_url: str, *, gap_seconds: float = 5.0) -> Settings:
    """Return settings that name only what is here."""
    return load_settings(
        _env_file=None,
        discord_token="bench.token",  # noqa: S106 - of nobody
        cometapi_key=KEY,
        cometapi_base_url=base_url,
        data_dir=folder,
        poll_min_seconds=gap_seconds,
        poll_max_seconds=3 * gap_seconds,
    )


async def fill(url: str, count: int, *, owner: str = "a-process-that-died") -> None:
    """Store ``count`` jobs that CometAPI works on, as a process leaves them that was killed."""
    now = datetime.now(UTC)
    running = {
        "state": JobState.RUNNING,
        "owner": owner,
        "created_at": now,
        "updated_at": now,
        "submitted_at": now,
        "phase": Phase.RUNNING,
        "progress": PROGRESS,
    }
    rows = []
    for number in range(count):
        new = typical_job(number)
        places = {"thread_id": new.record_message_id, "status_message_id": new.id + 2}
        rows.append(row_from(new) | running | places | {"task_id": task_id(number)})
    async with open_database(url) as database:
        await insert_jobs(database, rows)


async def insert_jobs(database: Database, rows: list[dict[str, Any]]) -> None:
    """Store ``rows`` of the table of jobs, a thousand in each transaction."""
    for start in range(0, len(rows), 1000):
        async with database.transaction() as connection:
            await connection.execute(insert(jobs), rows[start : start + 1000])


class CountingClient(CometClient):
    """The bot's client; it counts the answers."""

    polls = 0

    async def get_task(self, task_id: str) -> Task:
        """Look at a task once."""
        task = await super().get_task(task_id)
        self.polls += 1
        return task


@asynccontextmanager
async def open_client(port: int) -> AsyncIterator[CountingClient]:
    """Yield a client of the answerer on ``port``, with connections as the bot has them."""
    async with open_http() as http:
        yield CountingClient(http, base_url=url_of(port), api_key=SecretStr(KEY), version=VERSION)


class NoDiscord:
    """A Discord that takes everything at once and keeps nothing."""

    def upload_limit_bytes(self, job: Job) -> int:
        """Return no room, so that nothing is downloaded."""
        return 0

    async def open(self, job: Job, *, clip: Path | None = None) -> Opened:
        """Name a thread."""
        return Opened(thread_id=job.record_message_id, status_message_id=job.id + 2)

    async def show(self, job: Job, progress: Progress) -> None:
        """Show nothing."""

    async def keep_source(
        self, job: Job, *, clip: Path | None, reference: Path | None
    ) -> KeptSource:
        """Refuse: nothing is kept here.

        Raises:
            DeliveryImpossibleError: Always.
        """
        raise DeliveryImpossibleError("nothing is kept here")

    async def refresh_source(self, job: Job) -> KeptSource | None:
        """Find nothing."""

    async def deliver(self, job: Job, answer: AnswerContent | None) -> Delivered:
        """Name a message."""
        return Delivered(channel_id=job.place_id, message_id=job.id + 3)

    async def show_outcome(self, job: Job, *, is_linked: bool) -> bool:
        """Have shown it."""
        return True

    async def find_answer(self, job: Job) -> Delivered | None:
        """Find nothing."""
        return None

    async def refresh_answer(self, job: Job) -> str | None:
        """Find nothing."""

    async def find_extra(self, job: Job, extra: Extra) -> Delivered | None:
        """Find nothing."""

    async def post_extra(self, job: Job, extra: Extra, video: Path) -> Delivered:
        """Name a message."""
        return Delivered(channel_id=job.place_id, message_id=job.id + 4)

    async def withdraw(self, job: Job) -> None:
        """Take nothing back."""


class NoDownloads:
    """Downloads nothing: every file is too large."""

    async def download(self, url: str, to: Path, *, max_bytes: int, trusted: bool = False) -> None:
        """Refuse.

        Raises:
            MediaTooLargeError: Always.
        """
        raise MediaTooLargeError("nothing is downloaded here")


def running_job(number: int) -> Job:
    """Return a job that CometAPI works on, without a database."""
    now = datetime.now(UTC)
    return Job(
        **asdict(typical_job(number)),
        state=JobState.RUNNING,
        owner="bench",
        created_at=now,
        updated_at=now,
        submitted_at=now,
        task_id=task_id(number),
        phase=Phase.RUNNING,
        progress=PROGRESS,
    )


def engine_for(
    *, settings: Settings, store: Store, comet: CometClient, clock: Clock | None = None
) -> Engine:
    """Return the whole engine, not started yet."""
    return Engine(
        settings=settings,
        store=store,
        comet=comet,
        deliverer=NoDiscord(),
        downloader=cast("Downloader", NoDownloads()),
        scratch=Scratch(settings.data_dir / "scratch"),
        media=MediaProcessor(ProcessPool()),
        clock=clock,
    )
