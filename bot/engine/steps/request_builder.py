"""What the paid request says: which links, or the files themselves where there can be no links."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.models import MAX_DATA_URI_BYTES
from bot.cometapi.wire import CreateRequest
from bot.engine.signed_links import is_link_dead
from bot.engine.steps.prepare import must_be_made
from bot.engine.steps.sources import ORIGINAL, SENT
from bot.errors import MediaUnfitError
from bot.requests.validation import with_look

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext
    from bot.engine.job_handle import JobHandle
    from bot.engine.steps.prepare import PrepareStep


_VIDEO_TYPES: Final = {".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}
"""Of what ``MediaProcessor.prepare`` writes."""


def sent_size(job: Job) -> int:
    """Return how large the file is that the provider gets, in bytes."""
    return job.source_bytes if job.sent_bytes is None else job.sent_bytes


class Requests:
    """Builds paid requests out of prepared jobs."""

    def __init__(self, context: EngineContext, prepare_step: PrepareStep) -> None:
        self._context = context
        self._prepare_step = prepare_step

    def is_at_hand(self, handle: JobHandle, job: Job) -> bool:
        """Tell whether the request is links that live: nothing has to be fetched or made for it."""
        return not (
            self._has_dead_link(job)
            or handle.wants_data_uri
            or (must_be_made(job) and job.source_message_id is None)
        )

    async def refresh(self, job: Job) -> Job | None:
        """Return ``job`` with links that live on; ``None`` if there are none any more.

        Links of Discord live for a day. The kept message brings fresh ones, which also stand in
        for the original attachment, whose own link nobody can renew.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            JobLostError: The job is not ours in that state any more.
            StoreUnavailableError: The database does not answer.
        """
        if not self._has_dead_link(job):
            return job
        if job.source_message_id is None:
            return None
        kept = await self._context.deliverer.refresh_source(job)
        if kept is None:
            return None
        changes: dict[str, Any] = {}
        if kept.url is not None:
            changes = {
                "sent_url": kept.url,
                "sent_bytes": kept.size_bytes,
                "sent_content_type": kept.content_type,
            }
        if kept.reference_url is not None:
            changes["reference_url"] = kept.reference_url
        job = await self._context.store.update(job, **changes)
        return None if self._has_dead_link(job) else job

    def _has_dead_link(self, job: Job) -> bool:
        now = self._context.clock.now()
        return is_link_dead(job.sent_url or job.source_url, now) or is_link_dead(
            job.reference_url, now
        )

    async def build(self, handle: JobHandle, job: Job) -> CreateRequest:
        """Return what to send.

        Raises:
            MediaError: The files have to travel inside it, and could not be had or made.
        """
        video_uri, reference_uri = job.sent_url or job.source_url, job.reference_url
        if must_be_made(job) and job.source_message_id is None:
            video_uri, reference_uri = await self._pack(handle, job)
        elif handle.wants_data_uri:
            video_uri = await self._data_uri(job)
        return CreateRequest(
            model=job.model,
            video_uri=video_uri,
            prompt=with_look(job.prompt, job.look),
            seed=job.seed,
            reference_uri=reference_uri,
            ratio=job.ratio,
            public_figure_threshold=job.public_figure_threshold,
        )

    async def _data_uri(self, job: Job) -> str:
        content_type = job.sent_content_type or job.source_content_type
        name = ORIGINAL if job.sent_url is None else SENT
        with self._context.scratch.folder() as folder:
            clip = folder / "source"
            if not self._context.scratch.kept.lend(job.id, name, clip):
                await self._context.downloader.download(
                    job.sent_url or job.source_url, clip, max_bytes=MAX_DATA_URI_BYTES, trusted=True
                )
            return await _encode(clip, content_type)

    async def _pack(self, handle: JobHandle, job: Job) -> tuple[str, str | None]:
        """Make the files once more that no message could keep, and put them in."""
        video_uri, reference_uri = job.source_url, job.reference_url
        with self._context.scratch.folder() as folder:
            clip = await self._prepare_step.clip(job, folder, max_bytes=MAX_DATA_URI_BYTES)
            if clip is not None:
                video_uri = await _encode(clip, _VIDEO_TYPES[clip.suffix])
            elif handle.wants_data_uri:
                video_uri = await self._data_uri(job)
            if job.convert_reference and reference_uri is not None:
                image = await self._prepare_step.reference(job, reference_uri, folder)
                kind = "png" if image.suffix == ".png" else "jpeg"
                reference_uri = await _encode(image, f"image/{kind}")
        return video_uri, reference_uri


async def _encode(path: Path, content_type: str) -> str:
    return await asyncio.to_thread(_encode_now, path, content_type)


def _encode_now(path: Path, content_type: str) -> str:
    if path.stat().st_size > MAX_DATA_URI_BYTES:
        raise MediaUnfitError(f"{path.name} is too large to travel inside the request")
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{content_type.partition(';')[0].strip() or 'video/mp4'};base64,{encoded}"
