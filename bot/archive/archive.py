"""Keep results where their links last, for as long as the operator says."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from yarl import URL

from bot.archive.address import FolderAddress, read_archive_url
from bot.archive.backends.folder import FolderBackend
from bot.archive.names import is_name, make_name
from bot.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.archive.backends.port import ArchiveBackend
    from bot.settings import Settings
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

KEEP_SECONDS: Final = 600.0
"""An upload that takes longer is given up; the answer does not wait for ever."""
CHECK_SECONDS: Final = 20.0
SWEEP_SECONDS: Final = 6 * 60 * 60.0
"""How often the archive is looked through for what is too old."""


class Archive:
    """Files that people can open by a link for ``days``.

    Args:
        backend: Where they lie.
        public_url: What the links begin with.
        key: Makes the names unguessable. All processes have the same; with another one, files that
            are already there keep their links.
        days: How long a file is kept; 0 is for ever.
        keep_seconds: How long storing one file may take.
    """

    def __init__(
        self,
        backend: ArchiveBackend,
        *,
        public_url: str,
        key: bytes,
        days: float = 0,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self._backend = backend
        self._public_url = public_url.rstrip("/")
        self._key = key
        self._days = days
        self._keep_seconds = keep_seconds

    @property
    def lasts(self) -> timedelta | None:
        """How long a link lasts; ``None`` is for ever."""
        return timedelta(days=self._days) if self._days else None

    def name(self, job_id: int, part: str, *, content_type: str) -> str:
        """Return what one file of a job is called, always the same; ``part`` is in lower case."""
        return make_name(self._key, job_id, part, content_type)

    def name_of(self, link: str) -> str | None:
        """Return the name of the file behind one of our links; ``None`` if it is none of ours."""
        base, _, name = link.rpartition("/")
        return name if base == self._public_url and is_name(name) else None

    async def keep(self, path: Path, *, name: str, content_type: str) -> str:
        """Store the file at ``path`` and return the link that people get.

        Doing it again gives the same link and leaves one file, so a caller that does not know
        whether it had done it (a crash came between) just does it again.

        Args:
            path: The file; it must stay until this is over.
            name: As :meth:`name` gives it.
            content_type: What browsers are told that it is.

        Raises:
            ArchiveError: It is not stored; ``retryable`` says whether trying again may help.
            ValueError: ``name`` is not one of :meth:`name`.
        """
        _check_name(name)
        try:
            async with asyncio.timeout(self._keep_seconds):
                await self._backend.put(path, name, content_type)
        except TimeoutError as exc:
            raise ArchiveError(
                f"the archive took longer than {self._keep_seconds:g} s", retryable=True
            ) from exc
        return f"{self._public_url}/{name}"

    async def remove(self, name: str) -> None:
        """Remove a file, so that its link ends; nothing happens when there is none.

        Raises:
            ArchiveError: It may still be there; ``retryable`` says whether trying again may help.
            ValueError: ``name`` is not one of :meth:`name` or :meth:`name_of`.
        """
        _check_name(name)
        await self._backend.delete(name)

    async def expire(self, now: datetime) -> int:
        """Remove what is older than ``days``; return how many files that were.

        Several processes may do it at once; each counts what it asked to be removed. Files that
        bear no name of ours stay.

        Raises:
            ArchiveError: Not everything that is too old could be removed.
        """
        if self.lasts is None:
            return 0
        removed = 0
        left: list[ArchiveError] = []
        for name in filter(is_name, await self._backend.names_before(now - self.lasts)):
            try:
                await self._backend.delete(name)
            except ArchiveError as exc:
                if exc.retryable:  # the whole store is in trouble
                    raise
                left.append(exc)
            else:
                removed += 1
        if left:
            raise ArchiveError(
                f"could not remove {len(left)} of the files that are too old: {left[0]}",
                retryable=False,
            )
        return removed


def _check_name(name: str) -> None:
    if not is_name(name):
        raise ValueError("not a name of the archive's")


def _open_backend(settings: Settings) -> ArchiveBackend:
    address = read_archive_url(settings.archive_url)
    if isinstance(address, FolderAddress):
        return FolderBackend(address.path)
    from bot.archive.backends.bucket import (
        BucketBackend,  # 10 MiB of memory, for those alone who have one
    )

    return BucketBackend(
        address,
        access_key_id=settings.aws_access_key_id.get_secret_value(),
        secret_access_key=settings.aws_secret_access_key.get_secret_value(),
        session_token=settings.aws_session_token.get_secret_value(),
        proxy=settings.proxy.way_to(URL(address.endpoint or "https://s3.amazonaws.com")),
    )


@asynccontextmanager
async def open_archive(settings: Settings) -> AsyncIterator[Archive | None]:
    """Hand out the archive of these settings; ``None`` when they name none.

    A store that does not answer is reported in the log and does not hold up the start: jobs go on
    without it.

    Raises:
        ArchiveError: The folder or bucket can surely not be written to.
    """
    if not settings.archive_url:
        yield None
        return
    backend = _open_backend(settings)
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await backend.check()
    except TimeoutError:
        log.warning("The archive does not answer; until it does, results have no lasting link")
    except ArchiveError as exc:
        if not exc.retryable:
            raise
        log.warning("Until this is over, results have no lasting link: %s", exc)
    yield Archive(
        backend,
        public_url=settings.archive_public_url,
        # The one secret that all processes share anyway: nothing more to set, to store or to lose.
        key=settings.discord_token.get_secret_value().encode(),
        days=settings.archive_days,
    )


async def keep_expiring(archive: Archive, clock: Clock) -> None:
    """Remove what is too old, now and every ``SWEEP_SECONDS``; never returns."""
    never = asyncio.Event()
    while True:
        try:
            if removed := await archive.expire(clock.now()):
                log.info("%d files of the archive were too old and are removed", removed)
        except ArchiveError as exc:
            log.warning("The archive could not be tidied up: %s", exc)
        except Exception:  # a chore that ends would keep everything for ever, silently
            log.exception("Tidying up the archive broke in the program")
        await clock.wait(never, clock.monotonic() + SWEEP_SECONDS)
