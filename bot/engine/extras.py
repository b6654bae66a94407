"""What is made of an answer when somebody presses for it: a comparison, or the source's sound."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Extra, ExtraFailure
from bot.engine.steps.sources import Sources, smaller_than
from bot.errors import (
    ArchiveError,
    DeliveryError,
    DeliveryTooLargeError,
    MediaBusyError,
    MediaError,
    MediaNoSoundError,
    MediaStorageError,
    MediaUnreachableError,
)
from bot.media.turns import FairSlots, work_for

if TYPE_CHECKING:
    from pathlib import Path

    from bot.archive.archive import Archive
    from bot.domain.jobs import Job
    from bot.engine.ports import Delivered, Deliverer
    from bot.media.download import Downloader
    from bot.media.processing import MediaProcessor
    from bot.media.scratch import Scratch
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

MAKE_SECONDS: Final = 600.0
"""How long one may take, the wait for its turn included; an interaction's token lives 900 s.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""
AT_ONCE: Final = 1
"""People's new jobs come first; these are for fun."""
WAITING: Final = 8


class ExtraError(Exception):
    """An extra was not made.

    Attributes:
        why: Why not.
    """

    def __init__(self, why: ExtraFailure) -> None:
        super().__init__(why.name)
        self.why = why


class Extras:
    """Makes extras, each once: who asks again is led to what is there."""

    def __init__(
        self,
        *,
        deliverer: Deliverer,
        downloader: Downloader,
        scratch: Scratch,
        media: MediaProcessor,
        clock: Clock,
        max_output_bytes: int,
        archive: Archive | None = None,
    ) -> None:
        self._deliverer = deliverer
        self._downloader = downloader
        self._scratch = scratch
        self._media = media
        self._max_output_bytes = max_output_bytes
        self._archive = archive
        self._sources = Sources(
            downloader=downloader, deliverer=deliverer, scratch=scratch, clock=clock
        )
        self._slots = FairSlots(AT_ONCE, WAITING)
        self._under_way: dict[tuple[int, Extra], asyncio.Task[Delivered]] = {}

    def is_full(self, job: Job, extra: Extra) -> bool:
        """Tell whether this one has to be refused, because too many others wait."""
        return (job.id, extra) not in self._under_way and len(self._under_way) >= WAITING

    async def make(self, job: Job, extra: Extra) -> Delivered:
        """Return where the extra of a DONE job is, after it was made unless it is there already.

        Raises:
            ExtraError: It was not made; ``why`` says the reason.
        """
        key = (job.id, extra)
        task = self._under_way.get(key)
        if task is None:
            if self.is_full(job, extra):
                raise ExtraError(ExtraFailure.BUSY)
            task = asyncio.create_task(self._make(job, extra), name=f"extra-{job.id}-{extra}")
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # one who leaves takes it from nobody else

    async def withdraw(self, job: Job) -> None:
        """Delete an answer, what was made of it, and the file behind its lasting link.

        Raises:
            DeliveryError: Discord did not delete it.
        """
        if self._archive is not None and job.archive_url is not None:
            name = self._archive.name_of(job.archive_url)
            try:
                if name is not None:
                    await self._archive.remove(name)
            except ArchiveError as exc:
                log.warning("job %s: its file stays in the archive: %s", job.id, exc)
        await self._deliverer.withdraw(job)

    async def close(self) -> None:
        """Break off what is under way; whoever wants it presses again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, job: Job, extra: Extra) -> Delivered:
        try:
            with work_for(job.guild_id, job.user_id):
                return await self._make_in_turn(job, extra)
        except ExtraError:
            raise
        except MediaNoSoundError as exc:
            raise ExtraError(ExtraFailure.NO_SOUND) from exc
        except (MediaBusyError, MediaStorageError) as exc:
            raise ExtraError(ExtraFailure.BUSY) from exc
        except DeliveryError as exc:
            log.info("job %s: %s was not posted: %s", job.id, extra, exc)
            raise ExtraError(ExtraFailure.NO_PLACE) from exc
        except (MediaError, TimeoutError) as exc:
            log.warning("job %s: %s was not made: %s", job.id, extra, exc or "too slow")
            raise ExtraError(ExtraFailure.BROKEN) from exc
        except Exception as exc:
            log.exception("job %s: %s broke", job.id, extra)
            raise ExtraError(ExtraFailure.BROKEN) from exc

    async def _make_in_turn(self, job: Job, extra: Extra) -> Delivered:
        async with asyncio.timeout(MAKE_SECONDS), self._slots.slot():
            found = await self._deliverer.find_extra(job, extra)
            return found or await self._make_new(job, extra)

    async def _make_new(self, job: Job, extra: Extra) -> Delivered:
        limit = self._deliverer.upload_limit_bytes(job)
        with self._scratch.folder() as folder:
            output = await self._output(job, folder / "output")
            source = await self._sources.fetch(job, folder / "source")
            if source is None:
                raise ExtraError(ExtraFailure.NO_SOURCE)
            video = folder / f"{extra}.mp4"
            work = self._media.compare if extra is Extra.COMPARE else self._media.add_sound
            await work(source, output, video, max_bytes=limit)
            try:
                return await self._deliverer.post_extra(job, extra, video)
            except DeliveryTooLargeError as exc:
                log.info("job %s: %s; made smaller", job.id, exc)
            await work(source, output, video, max_bytes=smaller_than(video))
            return await self._deliverer.post_extra(job, extra, video)

    async def _output(self, job: Job, target: Path) -> Path:
        """Download the result: from the answer, whose link is fresh, or from where it came."""
        posted = await self._deliverer.refresh_answer(job)
        for url, is_trusted in ((posted, True), (job.archive_url, False), (job.output_url, False)):
            if url is None:
                continue
            try:
                await self._downloader.download(
                    url, target, max_bytes=self._max_output_bytes, trusted=is_trusted
                )
            except MediaUnreachableError as exc:
                log.info("job %s: its result was not downloaded: %s", job.id, exc)
            else:
                return target
        raise ExtraError(ExtraFailure.NO_OUTPUT)
