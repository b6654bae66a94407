"""Looks at the database: does it answer, is its schema ours, does its clock agree, what waits."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.engine import make_url

from bot.domain.units import MEBIBYTE
from bot.engine.clock_watch import WARN_SECONDS, WRONG_SECONDS
from bot.errors import StoreError, StoreUnavailableError
from bot.storage.engines import POSTGRES_CONNECTIONS, sqlite_path
from bot.storage.reading import StoreOutdatedError, open_for_reading, read_vitals
from bot.storage.upgrade import newest_revision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.checkup.finding import CheckSection, Diagnosis
    from bot.settings import Settings
    from bot.storage.reading import Vitals

STUCK: Final = timedelta(hours=2)
"""A job at which nothing has happened for so long is stuck, unless it waits for somebody."""
_SLOW_SECONDS: Final = 2.0
_MOST: Final = 1000


class DatabaseCheck:
    """The database of ``DATABASE_URL``; it is only read, also beside a running bot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = make_url(settings.database_url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"

    async def database(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Open it, and say of which kind it is and how it does."""
        if self._is_sqlite:
            path = sqlite_path(self._url)
            if not path.exists():
                yield section.ok(f"SQLite: {path} does not exist yet; the first start creates it")
                return
            log_file = path.with_name(f"{path.name}-wal")  # what was written last
            size = path.stat().st_size + (log_file.stat().st_size if log_file.exists() else 0)
            free = shutil.disk_usage(path.parent).free
            kind = f"SQLite, {size / MEBIBYTE:.1f} MiB"
            if free < size:
                yield section.warning(
                    f"{kind}, but only {free / MEBIBYTE:.0f} MiB is free next to it",
                    "Make room: a backup or a schema upgrade needs as much again.",
                )
            if not os.access(path, os.W_OK):
                yield section.broken(
                    f"{path} cannot be written", "Make the user that the bot runs as its owner."
                )
        else:
            kind = f"PostgreSQL at {self._url.host}"
        began_at = time.monotonic()
        try:
            vitals = await read_vitals(self._settings.database_url)
            seconds = time.monotonic() - began_at
            yield section.ok(f"{kind}, schema {newest_revision()}, answers in {seconds:.2f} s")
            if seconds > _SLOW_SECONDS:
                yield section.warning(
                    "it is slow to answer", "Check its load, its disk and the network to it."
                )
            if not self._is_sqlite:
                for one in self._of_postgres(vitals, section):
                    yield one
        except StoreOutdatedError as exc:
            yield section.warning(str(exc), "Make a backup, then start the bot of this version.")
        except StoreUnavailableError as exc:
            yield section.broken(
                str(exc),
                "Check DATABASE_URL, that the database is running, and the network to it.",
            )
        except StoreError as exc:
            yield section.broken(str(exc), "Start the version that wrote it, or restore a backup.")

    def _of_postgres(self, vitals: Vitals, section: CheckSection) -> Iterator[Diagnosis]:
        ahead = (datetime.now(UTC) - vitals.now).total_seconds()
        said = f"this machine's clock is {ahead:+.1f} s off the database's"
        if abs(ahead) >= WRONG_SECONDS:
            yield section.broken(f"{said}: nothing is spent", "Set both by NTP.")
        elif abs(ahead) >= WARN_SECONDS:
            yield section.warning(said, "Set both by NTP.")
        else:
            yield section.ok("its clock and this machine's agree")
        size = (vitals.size_bytes or 0) / MEBIBYTE
        said = (
            f"version {vitals.version}, {size:.1f} MiB, {vitals.connections} of "
            f"{vitals.most_connections} connections in use"
        )
        free = (vitals.most_connections or 0) - (vitals.connections or 0)
        if free < POSTGRES_CONNECTIONS:
            yield section.warning(said, "Raise max_connections, or let other programs use fewer.")
        else:
            yield section.ok(said)
        yield section.unknown("it does not say how much room its disk has; check there")

    async def jobs(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Count the jobs that wait for somebody's word, and those at which nothing happens."""
        if self._is_sqlite and not sqlite_path(self._url).exists():
            yield section.ok("there are none yet")
            return
        try:
            async with open_for_reading(self._settings.database_url) as store:
                quarantined = await store.quarantine.count()
                uncertain = len(await store.uncertain.jobs(_MOST))
                open_jobs = await store.overview.open_jobs(limit=_MOST)
            now = (await read_vitals(self._settings.database_url)).now
        except StoreError as exc:
            yield section.unknown(f"they cannot be read: {exc}", "See database.")
            return
        yield section.ok(f"{len(open_jobs)} waiting or in progress")
        if uncertain:
            yield section.warning(
                f"{uncertain} uncertain: nobody knows whether they were paid for",
                "Use /restyle-owner uncertain, or python -m bot jobs list --state uncertain",
            )
        if quarantined:
            yield section.warning(
                f"{quarantined} in quarantine, after an outage or a restore",
                "Use /restyle-owner quarantine, or python -m bot jobs release --all",
            )
        stuck = [
            job
            for job in open_jobs
            if job.hold is None and job.quarantined_at is None and now - job.updated_at > STUCK
        ]
        if stuck:
            ids = ", ".join(str(job.id) for job in stuck[:5])
            yield section.warning(
                f"{len(stuck)} have not moved for two hours: {ids}",
                "Is a bot running? python -m bot jobs show JOB says where each stands.",
            )
