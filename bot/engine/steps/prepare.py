"""Prepare: what the provider gets is made, and kept where it stays reachable, before any spending.

The clip (as attached, or the part of it that was prepared) and the style image are posted in the
job's thread first. An upload to a slash command vanishes after a while; what was really used is
there for as long as the thread, and its link can be made fresh at any time. All of it happens
before the paid request, so that a crash at any moment costs nothing but the work: it is done again,
and what was posted is found by its mark.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Charge, Delay, FailureReason, JobState
from bot.domain.source_faults import detail_of
from bot.engine.context import UNFIRM_SECONDS
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.ports import Progress
from bot.engine.signed_links import GONE, is_link_dead
from bot.engine.steps.sources import ORIGINAL, SENT, fetch_original, file_size, smaller_than
from bot.errors import (
    DeliveryDelayedError,
    DeliveryError,
    DeliveryTooLargeError,
    MediaBusyError,
    MediaError,
    MediaStorageError,
    MediaUnfitError,
    MediaUnreachableError,
    MediaUnreadableError,
)
from bot.media.probe import MOMENT
from bot.requests.clip_plan import Mode, Plan
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from contextlib import ExitStack

    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.ports import KeptSource

log = logging.getLogger(__name__)

MAX_TRIES: Final = 3
"""How often a step is tried that the job can do without, or that breaks for no visible reason."""
MAX_AGE_SECONDS: Final = 3600.0
"""So long a clip is tried to be downloaded that neither comes nor is surely gone."""
BUSY_SECONDS: Final = 3.0
LONGEST_PAUSE_SECONDS: Final = 120.0
COPY_SECONDS: Final = 120.0
"""How long keeping a clip that goes as it is may hold the job up; then it goes without."""
KEPT_SECONDS: Final = 10.0
"""From this age on a job may have been prepared before by a process that died."""

_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,5}")
_IMAGE_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}


class PrepareStep:
    """Makes a job's clip ready for the provider."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store

    async def prepare(self, handle: JobHandle, job: Job) -> float:
        """Try once; return seconds until the next step."""
        if self._context.closing.is_set():
            return UNFIRM_SECONDS
        handle.prepares += 1
        began_at = self._context.clock.monotonic()
        is_needed = must_be_made(job)
        kept = None
        try:
            async with asyncio.timeout(None if is_needed else COPY_SECONDS):
                kept = await self._find(handle, job) or await self._make(handle, job)
        except MediaUnreachableError as exc:
            return await self._unreachable(handle, job, exc)
        except (MediaBusyError, MediaStorageError) as exc:
            if is_needed or handle.prepares < MAX_TRIES:
                return self._crowded(handle, job, exc)
            log.warning("job %s: continues without a copy of its clip: %s", job.id, exc)
        except (MediaUnfitError, MediaUnreadableError) as exc:
            return await self._fail(handle, job, FailureReason.SOURCE_UNFIT, exc)
        except MediaError as exc:  # too large all of a sudden, led elsewhere, our own process broke
            handle.breaks += 1
            if handle.breaks < MAX_TRIES:
                return backoff_seconds(handle.breaks, base=BUSY_SECONDS)
            return await self._fail(handle, job, FailureReason.SOURCE_UNFIT, exc)
        except DeliveryDelayedError as exc:
            return self._not_kept(handle, job, exc)
        except TimeoutError:
            log.warning("job %s: continues without a copy of its clip: too slow", job.id)
        seconds = self._context.clock.monotonic() - began_at
        log.info("job %s: ready for the provider after %.1f s", job.id, seconds)
        return await self._done(handle, job, kept)

    async def _done(self, handle: JobHandle, job: Job, kept: KeptSource | None) -> float:
        handle.unsaved = changes = self.columns(job, kept)
        if job.state is JobState.QUEUED:  # the change that follows at once writes them
            job = handle.whole(job)
            handle.is_prepared = True
        else:  # whoever is asked first is shown the message that keeps it
            job = await shielded(self._store.update(job, **changes))
            handle.sync(job)
        if job.sent_url is not None:  # it stands for the original from now on
            self._context.scratch.kept.drop(job.id, ORIGINAL)
        handle.prepares = handle.breaks = handle.keeps = 0
        if handle.is_delay_told:
            handle.is_delay_told = False
            self._context.announcer.announce(job.id, Progress(phase=None))
        return 0.0

    def columns(self, job: Job, kept: KeptSource | None) -> dict[str, object]:
        """Return what the row of a prepared job says of it; ``kept`` is where its clip lies."""
        changes: dict[str, object] = {"prepared_at": self._context.clock.now()}
        if job.hold is None and self._context.scratch.kept.size(job.id, MOMENT):
            changes["record_picture"] = True  # whoever edits the record next brings it
        if kept is None:
            return changes
        changes |= {
            "source_channel_id": kept.channel_id,
            "source_message_id": kept.message_id,
            "reference_url": kept.reference_url or job.reference_url,
        }
        if planned(job) is not None and kept.url is not None:
            changes |= {
                "sent_url": kept.url,
                "sent_bytes": kept.size_bytes,
                "sent_content_type": kept.content_type,
            }
        return changes

    def at_hand(self, job: Job, stack: ExitStack) -> Path | None:
        """Return what the provider gets, for as long as ``stack`` lives, if nothing is to be made.

        The intake had it in its hands a moment ago. ``None``: preparing takes its time, or somebody
        has to agree first.
        """
        if job.state is not JobState.QUEUED or job.reference_url is not None or job.prepared_at:
            return None
        plan, kept = planned(job), self._context.scratch.kept
        name = ORIGINAL if plan is None else SENT
        limit = self._context.deliverer.upload_limit_bytes(job)
        if plan is not None:
            limit = min(limit, plan.max_bytes)
        if not 0 < kept.size(job.id, name) <= limit:
            return None
        folder = stack.enter_context(self._context.scratch.folder())
        suffix = _suffix(job) if plan is None else kept.suffix(job.id, SENT) or ".mp4"
        clip = folder / f"clip{suffix}"
        return clip if kept.lend(job.id, name, clip) else None

    # Making

    async def _find(self, handle: JobHandle, job: Job) -> KeptSource | None:
        """Return what a process that died may have posted for this job."""
        is_young = self._context.age_seconds(job.created_at) < KEPT_SECONDS
        if planned(job) is None or is_young or handle.prepares > 1:
            return None  # keeping it looks as well, which is early enough where it is cheap to make
        try:
            kept = await self._context.deliverer.refresh_source(job)
        except DeliveryError as exc:
            log.info("job %s: did not look for a kept clip: %s", job.id, exc)
            return None
        return kept if kept is not None and kept.url is not None else None

    async def _make(self, handle: JobHandle, job: Job) -> KeptSource | None:
        """Return the message that keeps what was made, or ``None`` to go on without one."""
        if handle.without_place or (job.thread_id is None and not must_be_made(job)):
            return None
        if planned(job) is not None:
            self._tell(handle, job, Delay.PREPARING)
        with self._context.scratch.folder() as folder:
            reference = await self._kept_reference(job, folder)
            if planned(job) is None:
                clip = await self._copy(handle, job, folder)
            else:
                clip = await self.clip(job, folder)
            if clip is None and reference is None:
                return None
            try:
                return await self._keep(job, clip, reference, folder)
            except DeliveryDelayedError:
                raise
            except DeliveryError as exc:
                log.info("job %s: its place accepts no files: %s", job.id, exc)
                return None

    async def _keep(
        self, job: Job, clip: Path | None, reference: Path | None, folder: Path
    ) -> KeptSource:
        """Post what the provider gets; smaller where Discord finds it too large."""
        keep = self._context.deliverer.keep_source
        try:
            return await keep(job, clip=clip, reference=reference)
        except DeliveryTooLargeError as exc:
            if clip is None:
                raise
            log.info("job %s: %s; made smaller", job.id, exc)
        smaller = clip.with_name("smaller.mp4")
        try:
            await self._context.media.fit(clip, smaller, max_bytes=smaller_than(clip))
        except MediaError as exc:
            raise DeliveryTooLargeError(f"nor can it be made smaller: {exc}") from exc
        self._context.scratch.kept.keep(job.id, SENT, smaller, user_id=job.user_id)
        try:
            return await keep(job, clip=smaller, reference=reference)
        except DeliveryTooLargeError:  # then it is the picture
            if reference is None or job.convert_reference:
                raise
        return await keep(job, clip=smaller, reference=None)

    async def _kept_reference(self, job: Job, folder: Path) -> Path | None:
        if job.reference_url is None:
            return None
        try:
            return await self.reference(job, job.reference_url, folder)
        except MediaUnreachableError as exc:
            if job.convert_reference or exc.status in GONE:
                raise
            log.info("job %s: continues without a copy of its reference image: %s", job.id, exc)
        return None

    async def _copy(self, handle: JobHandle, job: Job, folder: Path) -> Path | None:
        """Return a copy of a clip that goes as it is; it goes without where that is hard."""
        try:
            return await self._smaller(job, await self._download(job, folder), folder)
        except MediaUnreachableError as exc:
            if exc.status in GONE or handle.prepares < MAX_TRIES:
                raise
            log.warning("job %s: continues without a copy of its clip: %s", job.id, exc)
        except MediaError as exc:
            log.warning("job %s: continues without a copy of its clip: %s", job.id, exc)
        return None

    async def _smaller(self, job: Job, source: Path, folder: Path) -> Path:
        """Return a copy that Discord takes: the whole clip, its part, or with fewer bits."""
        limit = self._context.deliverer.upload_limit_bytes(job)
        if file_size(source) <= limit:
            return source
        part = folder / "part.mp4"
        try:
            part = await self._context.media.prepare(source, part, _cut(job, limit))
        except (MediaUnfitError, MediaUnreadableError):
            await self._context.media.fit(source, part, max_bytes=limit)
        return part

    async def clip(self, job: Job, folder: Path, *, max_bytes: int | None = None) -> Path | None:
        """Return the prepared clip in ``folder``; ``None`` if it goes as it is.

        With ``max_bytes``, it gets no more than these, whatever was planned.

        Raises:
            MediaError: It could not be had or made.
        """
        plan = planned(job)
        if plan is None:
            return None
        if max_bytes is not None:
            plan = replace(plan, max_bytes=min(plan.max_bytes, max_bytes))
        kept, target = self._context.scratch.kept, folder / "source.mp4"
        if (
            max_bytes is None and kept.size(job.id, SENT) <= plan.max_bytes
        ):  # by the intake, perhaps
            ready = target.with_suffix(kept.suffix(job.id, SENT) or ".mp4")
            if kept.lend(job.id, SENT, ready):
                return ready
        made = await self._context.media.prepare(await self._download(job, folder), target, plan)
        # The answer's pictures are drawn from it.
        kept.keep(job.id, SENT, made, user_id=job.user_id)
        picture = made.with_name(MOMENT)
        if not job.record_picture and picture.is_file():
            kept.keep(job.id, MOMENT, picture, user_id=job.user_id)
        return made

    async def reference(self, job: Job, url: str, folder: Path) -> Path:
        """Return the style image in ``folder``, upright and named by what it is.

        Raises:
            MediaError: It could not be had or converted.
        """
        place = folder / "style"
        place.mkdir()
        limit = self._context.settings.max_video_bytes
        downloaded = await self._context.downloader.download(
            url, place / "image", max_bytes=limit, trusted=True
        )
        if job.convert_reference:
            return await self._context.media.convert_reference(downloaded.path, place)
        suffix = _IMAGE_SUFFIXES.get(downloaded.content_type, "")
        return downloaded.path.rename(place / f"reference{suffix}")

    async def _download(self, job: Job, folder: Path) -> Path:
        return await fetch_original(
            job,
            folder / f"original{_suffix(job)}",
            scratch=self._context.scratch,
            downloader=self._context.downloader,
        )

    # Trouble

    async def _unreachable(
        self, handle: JobHandle, job: Job, error: MediaUnreachableError
    ) -> float:
        now = self._context.clock.now()
        is_dead = is_link_dead(job.source_url, now) or is_link_dead(job.reference_url, now)
        if is_dead or error.status in GONE:
            return await self._fail(handle, job, FailureReason.SOURCE_GONE, error)
        if (
            self._context.age_seconds(job.created_at) > MAX_AGE_SECONDS
            and handle.prepares > MAX_TRIES
        ):
            return await self._fail(handle, job, FailureReason.SOURCE_UNREACHABLE, error)
        log.warning("job %s: its clip cannot be downloaded yet: %s", job.id, error)
        return backoff_seconds(handle.prepares, cap=LONGEST_PAUSE_SECONDS)

    def _not_kept(self, handle: JobHandle, job: Job, error: DeliveryDelayedError) -> float:
        log.warning("job %s: its clip is not kept yet: %s", job.id, error)
        handle.keeps += 1
        handle.without_place = handle.keeps >= MAX_TRIES
        return backoff_seconds(
            handle.keeps, base=BUSY_SECONDS, cap=30.0, at_least=error.retry_after_seconds
        )

    def _crowded(self, handle: JobHandle, job: Job, error: MediaError) -> float:
        log.info("job %s: not prepared yet: %s", job.id, error)
        self._tell(handle, job, Delay.CROWDED)
        return backoff_seconds(handle.prepares, base=BUSY_SECONDS, cap=LONGEST_PAUSE_SECONDS)

    async def _fail(
        self, handle: JobHandle, job: Job, reason: FailureReason, error: MediaError
    ) -> float:
        detail = detail_of(error) if reason is FailureReason.SOURCE_UNFIT else str(error)
        return await self._context.fail(handle, job, reason, Charge.NO, detail=detail)

    def _tell(self, handle: JobHandle, job: Job, delay: Delay) -> None:
        """Have people told soon what their job waits for."""
        handle.is_delay_told = True
        self._context.announcer.announce(job.id, Progress(phase=None, delay=delay))


def must_be_made(job: Job) -> bool:
    """Tell whether the provider cannot get the files as they were attached."""
    return planned(job) is not None or job.convert_reference


def planned(job: Job) -> Plan | None:
    """Return what is to be done to the clip; ``None`` if it goes as it was attached."""
    plan = Plan.from_json(job.plan) if job.plan is not None else None
    return None if plan is None or plan.mode is Mode.AS_IS else plan


def _suffix(job: Job) -> str:
    """Return the suffix of the clip as it was attached: Discord serves by it."""
    suffix = Path(job.source_filename).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _cut(job: Job, max_bytes: int) -> Plan:
    """Return the plan for the restyled part alone, not encoded anew."""
    return Plan(
        mode=Mode.COPY,
        start_seconds=job.part_start,
        seconds=job.restyled_seconds,
        width=job.source_width,
        height=job.source_height,
        fps=None,
        max_bytes=max_bytes,
        tone_map=False,
        has_audio=True,
        reasons=(),
    )
