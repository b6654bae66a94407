"""Messages beside the outcome: the kept source of a job, and what was made of its answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import discord

from bot.domain.jobs import Extra
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.engine.ports import Delivered, KeptSource
from bot.errors import DeliveryImpossibleError, DeliveryTooLargeError
from cogs.common.cards import mark
from cogs.common.discord_errors import (
    DISCORD_ERRORS,
    ErrorMeaning,
    classify,
    delayed,
    lasting_verdict,
)
from cogs.common.media import name_of, upload
from cogs.common.messages import NOBODY, NONCE_WINDOW, find_marked
from cogs.delivery.answers import OUTPUT_FILENAME, extra_card, extra_filename, source_card

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_CLIP: Final = "source"
_REFERENCE: Final = "reference"
_NONCE_LETTERS: Final = {Extra.COMPARE: "x", Extra.SOUND: "y"}


class SourceMessages:
    """Posts them once, and finds them again by their marks."""

    def __init__(
        self,
        client: discord.Client,
        *,
        now: Callable[[], datetime],
        kept_in: Callable[[Job], Awaitable[int | None]] | None = None,
    ) -> None:
        self._client = client
        self._now = now
        self._kept_in = kept_in

    # The source

    async def keep(self, job: Job, *, clip: Path | None, reference: Path | None) -> KeptSource:
        """Post what the provider gets, or find it.

        Raises:
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
            DeliveryTooLargeError: It finds the files too large; smaller ones may pass.
            DeliveryImpossibleError: That place takes no files from us.
        """
        if self._now() - job.created_at > NONCE_WINDOW and (kept := await self.find(job)):
            return kept
        clip_name = source_name(clip) if clip is not None else None
        reference_name = f"{_REFERENCE}{reference.suffix}" if reference is not None else None
        is_prepared = clip is not None and job.plan is not None
        card = source_card(job, clip=clip_name, prepared=is_prepared, reference=reference_name)
        files = [
            upload(path, name, spoiler=job.spoiler)
            for path, name in ((clip, clip_name), (reference, reference_name))
            if path is not None and name is not None
        ]
        place_id = await self._keeping_place(job)
        if place_id is None:
            raise DeliveryImpossibleError("no review channel, and the thread is for everybody")
        channel = self._place(job, place_id)
        try:
            message = await channel.send(
                view=card,
                files=files,
                silent=True,
                nonce=f"{job.id}k",
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            raise _refused(exc) from exc
        return kept_in_message(message, job)

    async def find(self, job: Job) -> KeptSource | None:
        """Return the message that keeps the source, with fresh links; ``None`` without one.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        if job.source_message_id is not None:
            message = await self._fetch(
                job, job.source_channel_id or job.place_id, job.source_message_id
            )
        else:
            wanted = mark(job.id, "source")
            place_id = await self._keeping_place(job)
            if place_id is None:
                return None
            message = await self._search(job, place_id, wanted, since=job.record_message_id)
        return kept_in_message(message, job) if message is not None else None

    # The answer and its extras

    async def refresh_answer(self, job: Job) -> str | None:
        """Return a fresh link to the video of the answer; ``None`` without one.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        if job.answer_message_id is None:
            return None
        message = await self._fetch(job, self._answer_place(job), job.answer_message_id)
        files = _files(message) if message is not None else {}
        return next((url for name, (url, _, _) in files.items() if name == OUTPUT_FILENAME), None)

    async def find_extra(self, job: Job, extra: Extra) -> Delivered | None:
        """Look for an extra beside the answer.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        place = self._answer_place(job)
        since = job.answer_message_id or job.record_message_id
        message = await self._search(job, place, mark(job.id, extra.value), since=since)
        return Delivered(channel_id=place, message_id=message.id) if message else None

    async def post_extra(self, job: Job, extra: Extra, video: Path) -> Delivered:
        """Post an extra beside the answer.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            DeliveryTooLargeError: It finds the video too large; a smaller one may pass.
            DeliveryImpossibleError: That place does not take it.
        """
        place = self._answer_place(job)
        try:
            message = await self._place(job, place).send(
                view=extra_card(job, extra),
                file=upload(video, extra_filename(extra), spoiler=job.spoiler),
                silent=True,
                nonce=f"{job.id}{_NONCE_LETTERS[extra]}",
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            raise _refused(exc) from exc
        return Delivered(channel_id=place, message_id=message.id)

    async def withdraw(self, job: Job) -> None:
        """Delete the answer and its extras.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            DeliveryImpossibleError: It lets us delete nothing there.
        """
        place = self._answer_place(job)
        extras = [await self.find_extra(job, extra) for extra in Extra]
        ids = [found.message_id for found in extras if found is not None]
        if job.answer_message_id is not None:
            ids.append(job.answer_message_id)
        for message_id in ids:
            try:
                await self._place(job, place).get_partial_message(message_id).delete()
            except discord.NotFound:
                continue
            except DISCORD_ERRORS as exc:
                raise _refused(exc) from exc

    # Discord

    async def _keeping_place(self, job: Job) -> int | None:
        return job.place_id if self._kept_in is None else await self._kept_in(job)

    def _answer_place(self, job: Job) -> int:
        return job.answer_channel_id or job.place_id

    def _place(self, job: Job, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)

    async def _fetch(self, job: Job, channel_id: int, message_id: int) -> discord.Message | None:
        try:
            return await self._place(job, channel_id).fetch_message(message_id)
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.info("job %s: message %s cannot be read: %s", job.id, message_id, exc)
            return None

    async def _search(
        self, job: Job, channel_id: int, wanted: int, *, since: int
    ) -> discord.Message | None:
        return await find_marked(self._client, self._place(job, channel_id), wanted, after=since)


async def kept_in(store: Store, job: Job) -> int | None:
    """Return where the clip of ``job`` is kept: with its other messages, for everybody to see.

    While moderators have yet to allow the request it is for them alone: in the review channel, or
    nowhere (``None``) if the server has none.

    Raises:
        StoreError: The database does not answer.
    """
    if job.hold is None:
        return job.place_id
    review = await store.reviews.get(job.id, ReviewStage.SPENDING)
    if review is None or review.standing is not ReviewStatus.OPEN:
        return job.place_id
    channel_id: int | None = (await store.policies.read(job.guild_id)).server("review_channel_id")
    return channel_id


def _refused(error: Exception) -> Exception:
    match classify(error):
        case ErrorMeaning.RETRY:
            return delayed(error)
        case ErrorMeaning.TOO_LARGE:
            return DeliveryTooLargeError(str(error))
        case _:
            return DeliveryImpossibleError(str(error))


def source_name(clip: Path) -> str:
    """Return under which name a clip is kept."""
    return f"{_CLIP}{clip.suffix}"


def source_in(message: discord.Message) -> str | None:
    """Return the name of the clip that a message keeps; ``None`` if it keeps none."""
    return next((name for name in _files(message) if name.partition(".")[0] == _CLIP), None)


def kept_in_message(message: discord.Message, job: Job) -> KeptSource:
    """Return what a message of ours keeps, with its links as they are now."""
    files = {name.partition(".")[0]: file for name, file in _files(message).items()}
    clip, reference = files.get(_CLIP), files.get(_REFERENCE)
    size_bytes, content_type = 0, ""
    if clip is not None:
        size_bytes = clip[1] or job.sent_bytes or job.source_bytes
        content_type = clip[2] or job.sent_content_type or job.source_content_type
    return KeptSource(
        channel_id=message.channel.id,
        message_id=message.id,
        url=clip[0] if clip is not None else None,
        size_bytes=size_bytes,
        content_type=content_type,
        reference_url=reference[0] if reference is not None else None,
    )


def _files(message: discord.Message) -> dict[str, tuple[str, int, str]]:
    """Return address, size and type of each file of a message, by its name."""
    return {
        name_of(file): (file.url, file.size, file.content_type or "")
        for file in message.attachments
    }
