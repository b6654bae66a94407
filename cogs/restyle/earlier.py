"""An ended job as a beginning: its clip, which is kept in its place, and what was asked for."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.cometapi.models import model_rules
from bot.domain.jobs import FINAL_STATES, JobState
from bot.engine.signed_links import is_link_dead
from bot.errors import DeliveryError
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from bot.texts.clip import clock_time
from cogs.common.cards import jump_url
from cogs.common.limits import store_deadline
from cogs.common.permission_checks import may_see
from cogs.restyle.forms import FilledIn
from cogs.restyle.refusals import RefusedError
from cogs.restyle.requests import Request, RequestedClip, RequestedPicture

if TYPE_CHECKING:
    from datetime import datetime

    import discord

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.engine.ports import Deliverer, KeptSource

log = logging.getLogger(__name__)

LINK_SECONDS: Final = 1.0
"""How long Discord may take to bring a kept message: an answer is due within 3 s."""

_SLACK_SECONDS: Final = 0.05
"""Times in a form are rounded; a part that is past the end by less than this ends there."""

Part = tuple[float | None, float | None]
"""Where a part begins and how long it is, in seconds; ``None`` is left to the intake."""


async def ended_job(
    interaction: discord.Interaction[RestyleBot], job_id: int, *, or_uncertain: bool = False
) -> Job:
    """Return the job that somebody wants to do again.

    Args:
        interaction: Through which they want it.
        job_id: The job.
        or_uncertain: Whether one of which nobody knows the end will do: only where they are told
            that both may be paid for.

    Raises:
        RefusedError: It has not ended, its words are deleted, or it belongs to another place.
        StoreError: The database does not answer.
    """
    async with store_deadline():
        job = await interaction.client.store.get(job_id)
    if job is None or not job.source_url:
        raise RefusedError(Refusal(rule=Rule.JOB_UNKNOWN))
    is_strangers = job.guild_id is None and job.user_id != interaction.user.id
    if job.guild_id != interaction.guild_id or is_strangers:
        raise RefusedError(Refusal(rule=Rule.JOB_ELSEWHERE))
    if not await may_see(interaction, job):
        raise RefusedError(Refusal(rule=Rule.JOB_UNKNOWN))
    if job.state is JobState.UNCERTAIN and not or_uncertain:
        raise RefusedError(text=message_texts.STILL_UNCERTAIN)
    if job.state not in FINAL_STATES | {JobState.UNCERTAIN}:
        raise RefusedError(text=message_texts.STILL_GOING)
    return job


def part_of(job: Job) -> Part:
    """Return the part of its clip that a job restyled, as a person would ask for it."""
    if job.plan is None:
        return None, None
    is_rest = job.part_start + job.restyled_seconds >= job.source_seconds - _SLACK_SECONDS
    return job.part_start or None, None if is_rest else job.restyled_seconds


def may_use_words(job: Job, user_id: int) -> bool:
    """Tell whether somebody may read a job's words: until it is allowed, its requester alone."""
    return job.hold is None or job.user_id == user_id


def filled_in(job: Job, *, user_id: int) -> FilledIn:
    """Return what stands in the form about ``job`` when ``user_id`` opens it."""
    start, length = part_of(job)
    return FilledIn(
        prompt=job.prompt if may_use_words(job, user_id) else "",
        start=clock_time(start) if start is not None else "",
        length=f"{length:g}" if length is not None else "",
        seed=(
            str("" if job.seed is None else job.seed) if model_rules(job.model).takes_seed else None
        ),
        ratio=job.ratio or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A job, seen by somebody who wants it done again.

    Attributes:
        job: The job.
        user_id: Who wants it.
    """

    job: Job
    user_id: int

    def clip(self) -> RequestedClip:
        """Return the clip as it was attached, for what its people say about it."""
        job = self.job
        return self._clip(
            job.source_url, job.source_filename, job.source_content_type, job.source_bytes
        )

    async def request(
        self,
        deliverer: Deliverer,
        *,
        now: datetime,
        prompt: str,
        part: Part,
        seed: int | None,
        ratio: str | None,
    ) -> Request:
        """Return the request to do it again.

        Args:
            deliverer: Brings fresh links where the old ones are over.
            now: The moment.
            prompt: Cleaned.
            part: Of the clip as it was attached to the job.
            seed: ``None`` for another one.
            ratio: The shape of the result; ``None`` for that of the clip.

        Raises:
            RefusedError: The clip is not to be had any more, or not that part of it.
        """
        job = self.job
        kept = None
        if self._needs_kept(now, part):
            kept = await self._fetch_kept(deliverer)
        source, (start, length) = self._source(kept, now, part)
        picture = job.reference_url
        if kept is not None and kept.reference_url is not None:
            picture = kept.reference_url
        if is_link_dead(picture, now):
            raise RefusedError(Refusal(rule=Rule.JOB_SOURCE_GONE))
        return Request(
            source=source,
            prompt=prompt,
            look_name=job.look_name if prompt == job.prompt else None,
            own_words=job.own_words if prompt == job.prompt else None,
            reference=picture_at(picture, is_spoiler=job.spoiler) if picture is not None else None,
            ratio=ratio,
            seed=seed,
            start=start,
            length=length,
        )

    def _needs_kept(self, now: datetime, part: Part) -> bool:
        job = self.job
        is_own = part == part_of(job) and job.sent_url is not None
        clip_url = job.sent_url if is_own else job.source_url
        return is_link_dead(clip_url, now) or is_link_dead(job.reference_url, now)

    async def _fetch_kept(self, deliverer: Deliverer) -> KeptSource | None:
        if self.job.source_message_id is None:
            return None
        try:
            async with asyncio.timeout(LINK_SECONDS):
                return await deliverer.refresh_source(self.job)
        except (DeliveryError, TimeoutError) as exc:
            log.info("job %s: did not look for its clip: %r", self.job.id, exc)
            raise RefusedError(Refusal(rule=Rule.LINK_TOO_SLOW)) from exc

    def _source(
        self, kept: KeptSource | None, now: datetime, part: Part
    ) -> tuple[RequestedClip, Part]:
        """Return the best file that is there, and where in it the part is."""
        job = self.job
        is_same_part = part == part_of(job)
        # What was made for the provider is ready; made once more it would only lose by it.
        if job.sent_url is not None and is_same_part and not is_link_dead(job.sent_url, now):
            return self._made(job.sent_url, job.sent_bytes), (None, None)
        is_there = not is_link_dead(job.source_url, now)
        if kept is not None and kept.url is not None and (is_same_part or not is_there):
            if job.plan is None:
                whole = self._clip(
                    kept.url, job.source_filename, kept.content_type, kept.size_bytes
                )
                return whole, part
            return self._made(kept.url, kept.size_bytes), self._within_made(part)
        if not is_there:
            raise RefusedError(Refusal(rule=Rule.JOB_SOURCE_GONE))
        return self.clip(), part

    def _within_made(self, part: Part) -> Part:
        """Return a part of the whole clip as one of the part that was made of it.

        Raises:
            RefusedError: It lies outside.
        """
        job = self.job
        if part == part_of(job):
            return None, None
        seconds = job.restyled_seconds
        begin = (part[0] or 0.0) - job.part_start
        end = begin + (part[1] if part[1] is not None else 0.0)
        if begin < -_SLACK_SECONDS or begin >= seconds or end > seconds + _SLACK_SECONDS:
            span = f"{clock_time(job.part_start)} to {clock_time(job.part_start + seconds)}"
            raise RefusedError(Refusal(rule=Rule.JOB_PART_GONE, value=span))
        return max(begin, 0.0) or None, part[1]

    def _made(self, url: str, size_bytes: int | None) -> RequestedClip:
        job = self.job
        name = f"{PurePosixPath(job.source_filename).stem or 'clip'}.mp4"
        return self._clip(
            url, name, job.sent_content_type or "video/mp4", size_bytes or job.source_bytes
        )

    def _clip(
        self, url: str, filename: str, content_type: str | None, size_bytes: int
    ) -> RequestedClip:
        """Return a file with whose it is: by the same rules as if taken from its message."""
        job = self.job
        author_id, message_url = job.source_author_id, job.source_message_url
        if message_url is None:
            author_id = author_id if author_id is not None else job.user_id
            if author_id == self.user_id:
                author_id = None  # attached by oneself, as before
            else:
                message_url = jump_url(job.guild_id, job.channel_id, job.record_message_id)
        return RequestedClip(
            url=url,
            filename=filename,
            content_type=content_type,
            size_bytes=size_bytes,
            is_spoiler=job.spoiler,
            author_id=author_id,
            message_url=message_url,
        )


def picture_at(url: str, *, is_spoiler: bool) -> RequestedPicture:
    """Return a style picture that an earlier job took, by its link."""
    name = PurePosixPath(urlsplit(url).path).name
    return RequestedPicture(
        url=url,
        filename=name,
        content_type=mimetypes.guess_type(name)[0],
        size_bytes=None,
        is_spoiler=is_spoiler,
    )
