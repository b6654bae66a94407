"""What comes with a finished video: its sound, a size that fits, a picture, a link that lasts."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

from bot.domain.jobs import Extra
from bot.engine.ports import AnswerContent
from bot.engine.steps.sources import Sources, file_size, smaller_than
from bot.errors import (
    ArchiveError,
    MediaBusyError,
    MediaError,
    MediaNoSoundError,
    RestyleError,
)
from bot.media.probe import MOMENT
from bot.requests.clip_plan import Plan
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.media.processing import SourceFile

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")
ArgumentTs = TypeVarTuple("ArgumentTs")

OPTIONAL_PARTS_SECONDS: Final = 45.0
"""How long an answer may be held up by what it could do without."""
FIT_SECONDS: Final = 240.0
"""How long it may be held up by making it small enough to be posted at all."""
OPTIONAL_PARTS_TRIES: Final = 2
"""So often the optional parts are made; what Discord did not take by then goes out plainly."""

VIDEO_TYPE: Final = "video/mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OptionalParts:
    """A video with what was made of it."""

    video: Path
    job: Job
    picture: Path | None = None
    is_poster: bool = False
    moment: Path | None = None
    offers: frozenset[Extra] = frozenset()


class AnswerBuilder:
    """Turns a downloaded output into an answer. Whatever fails, the answer goes out without it."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._sources = Sources(
            downloader=context.downloader,
            deliverer=context.deliverer,
            scratch=context.scratch,
            clock=context.clock,
        )

    async def pack(self, job: Job, output: Path | None) -> tuple[Job, AnswerContent]:
        """Return what is to be posted, and the job with what was noted about it.

        Args:
            job: A job that is DELIVERING.
            output: The provider's file, alone in a folder of its own; ``None`` if there is only
                its link.
        """
        if output is None:
            return job, AnswerContent()
        optional_parts = _OptionalParts(video=output, job=job)
        if job.delivery_attempts < OPTIONAL_PARTS_TRIES:
            optional_parts = await self._make_optional_parts(job, output)
        video, is_smaller = await self.fit(job, optional_parts.video)
        answer = AnswerContent(
            video=video,
            picture=optional_parts.picture,
            is_poster=optional_parts.is_poster,
            moment=optional_parts.moment,
            is_smaller=is_smaller,
            offers=optional_parts.offers,
            can_shrink=video is not None,
        )
        return optional_parts.job, answer

    async def shrink(self, job: Job, answer: AnswerContent) -> AnswerContent:
        """Return ``answer`` with a video that Discord surely takes; with none if that fails."""
        if answer.video is None:
            return answer
        video, _ = await self._fit(job, answer.video, smaller_than(answer.video))
        return replace(answer, video=video, is_smaller=video is not None, can_shrink=False)

    async def fit(
        self, job: Job, video: Path, limit: int | None = None
    ) -> tuple[Path | None, bool]:
        """Return a video that Discord takes, as far as we know, and whether it had to be made.

        Args:
            job: Whose it is.
            video: The file; a smaller one is written beside it.
            limit: How many bytes it may have, if that is known better.

        Returns:
            ``None`` where it cannot be made small enough.
        """
        if limit is None:
            limit = self._context.deliverer.upload_limit_bytes(job)
        return await self._fit(job, video, limit)

    async def _fit(self, job: Job, video: Path, limit: int) -> tuple[Path | None, bool]:
        size = file_size(video)
        if size <= limit:
            return video, False
        target = video.with_name(f"fitted-{limit}.mp4")
        try:
            async with asyncio.timeout(FIT_SECONDS):
                await self._context.media.fit(video, target, max_bytes=limit)
        except (MediaError, TimeoutError) as exc:
            log.info("job %s: its %d bytes cannot be made to fit: %s", job.id, size, exc or "slow")
            return None, False
        return target, True

    # Trimmings

    async def _make_optional_parts(self, job: Job, output: Path) -> _OptionalParts:
        """Make what an answer can do without, as far as the time goes."""
        until = asyncio.get_running_loop().time() + OPTIONAL_PARTS_SECONDS
        source = await self._within(job, until, "its source", self._source, job, output)
        offers: frozenset[Extra] = frozenset()
        video, picture = output, None
        if source is not None:
            sounding, picture = await asyncio.gather(  # neither needs the other, and people wait
                self._with_sound(job, until, source, output),
                self._within(job, until, "picture", self._picture, source, output),
            )
            video, has_sound = sounding
            offers = frozenset({Extra.COMPARE, Extra.SOUND} if has_sound else {Extra.COMPARE})
        is_poster = picture is None
        if picture is None:
            picture = await self._within(job, until, "poster", self._poster, output)
            moment = picture
        else:
            moment = _if_there(picture.with_name(MOMENT))
        job = await self._within(job, until, "archive", self._archive, job, video) or job
        return _OptionalParts(
            video=video,
            job=job,
            picture=picture,
            is_poster=is_poster,
            moment=moment,
            offers=offers,
        )

    async def _within(
        self,
        job: Job,
        until: float,
        what: str,
        work: Callable[[*ArgumentTs], Awaitable[ResultT]],
        *arguments: *ArgumentTs,
    ) -> ResultT | None:
        """Return what ``work`` brings; ``None`` if it is late or fails."""
        try:
            async with asyncio.timeout_at(until):
                return await work(*arguments)
        except MediaNoSoundError:
            return None
        except (MediaBusyError, TimeoutError):
            log.info("job %s: no time for %s", job.id, what)
        except (MediaError, ArchiveError) as exc:
            log.warning("job %s: without %s: %s", job.id, what, exc)
        except RestyleError:
            raise  # the database, or the job is not ours any more
        except Exception:  # an optional part must not cost the answer
            log.exception("job %s: without %s", job.id, what)
        return None

    async def _source(self, job: Job, output: Path) -> SourceFile | None:
        return await self._sources.fetch(job, output.with_name("source"))

    async def _with_sound(
        self, job: Job, until: float, source: SourceFile, output: Path
    ) -> tuple[Path, bool]:
        """Return the video, sounding where that is wanted, and whether sound may be added to it."""
        sounding = await self._within(job, until, "sound", self._sound, job, source, output)
        if sounding is not None:
            return sounding, False
        if job.plan is not None:  # then it is known already
            return output, Plan.from_json(job.plan).has_audio
        has_sound = self._context.media.has_sound
        found = await self._within(job, until, "a look for sound", has_sound, source.path)
        return output, bool(found)

    async def _sound(self, job: Job, source: SourceFile, output: Path) -> Path | None:
        if not job.keep_sound:
            return None
        target = output.with_name("sounding.mp4")
        limit = self._context.settings.max_output_bytes
        await self._context.media.add_sound(source, output, target, max_bytes=limit)
        return target

    async def _picture(self, source: SourceFile, output: Path) -> Path:
        target = output.with_name("picture.png")
        await self._context.media.picture(source, output, target)
        return target

    async def _poster(self, output: Path) -> Path:
        target = output.with_name("poster.jpg")
        await self._context.media.poster(output, target)
        return target

    async def _archive(self, job: Job, video: Path) -> Job:
        archive = self._context.archive
        if archive is None or job.archive_url is not None:
            return job
        name = archive.name(job.id, "restyled", content_type=VIDEO_TYPE)
        link = await archive.keep(video, name=name, content_type=VIDEO_TYPE)
        return await shielded(self._context.store.update(job, archive_url=link))


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
