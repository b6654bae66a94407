"""Where a job's source clip can be had: prepared, as it was attached, or from the kept message."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.engine.signed_links import is_link_dead
from bot.errors import DeliveryError, MediaError
from bot.media.processing import SourceFile
from bot.requests.upload_limits import SAFE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.engine.ports import Deliverer
    from bot.media.download import Downloader
    from bot.media.scratch import Scratch
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

_SHRINK: Final = 0.75


def file_size(path: Path) -> int:
    """Return how many bytes a temporary file has: a look at the directory, which takes no time."""
    return path.stat().st_size


def smaller_than(path: Path) -> int:
    """Return how many bytes a file may have that Discord takes, though it refused this one."""
    return min(SAFE_BYTES, int(file_size(path) * _SHRINK))


ORIGINAL: Final = "original"
"""The name under which a clip is kept as it was attached (see ``Scratch.kept``)."""
SENT: Final = "sent"
"""Likewise, a clip as it was prepared."""


async def fetch_original(
    job: Job, target: Path, *, scratch: Scratch, downloader: Downloader
) -> Path:
    """Have the clip at ``target`` as it was attached: what was kept of it, or a download.

    It is not to be changed.

    Raises:
        MediaError: It is not to be had.
    """
    if not scratch.kept.lend(job.id, ORIGINAL, target):
        await downloader.download(job.source_url, target, max_bytes=job.source_bytes, trusted=True)
        scratch.kept.keep(job.id, ORIGINAL, target, user_id=job.user_id)
    return target


class Sources:
    """Fetches source clips once more, for whatever is made of them after the job."""

    def __init__(
        self, *, downloader: Downloader, deliverer: Deliverer, scratch: Scratch, clock: Clock
    ) -> None:
        self._downloader = downloader
        self._deliverer = deliverer
        self._scratch = scratch
        self._clock = clock

    async def fetch(self, job: Job, target: Path) -> SourceFile | None:
        """Have the source of ``job`` at ``target``; ``None`` if it is not to be had now.

        It is not to be changed.
        """
        if self._scratch.kept.lend(job.id, SENT, target):
            return SourceFile(path=target, start_seconds=0.0)
        if job.sent_url is None and self._scratch.kept.lend(job.id, ORIGINAL, target):
            return SourceFile(path=target, start_seconds=job.part_start)
        if job.sent_url is not None:
            url, size_bytes, start = job.sent_url, job.sent_bytes or job.source_bytes, 0.0
        else:
            url, size_bytes, start = job.source_url, job.source_bytes, job.part_start
        is_dead = is_link_dead(url, self._clock.now())
        if not is_dead and await self._download(job, url, target, size_bytes):
            return SourceFile(path=target, start_seconds=start)
        if job.source_message_id is None:
            return None
        try:
            kept = await self._deliverer.refresh_source(job)
        except DeliveryError as exc:
            log.info("job %s: its kept source was not found: %s", job.id, exc)
            return None
        if kept is None or kept.url is None:
            return None
        if not await self._download(job, kept.url, target, kept.size_bytes):
            return None
        return SourceFile(path=target, start_seconds=0.0)

    async def _download(self, job: Job, url: str, target: Path, max_bytes: int) -> bool:
        try:
            await self._downloader.download(url, target, max_bytes=max_bytes, trusted=True)
        except MediaError as exc:
            log.info("job %s: its source was not downloaded: %s", job.id, exc)
            return False
        return True
