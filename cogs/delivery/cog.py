"""ThreadDeliverer: opens, shows and delivers jobs; what the engine sees of Discord."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import CancelReason, Extra, JobState
from bot.engine.extras import Extras
from bot.engine.ports import AnswerContent, Delivered, KeptSource, Opened, Progress
from bot.errors import DeliveryTooLargeError
from bot.media.processing import MediaProcessor
from bot.requests.upload_limits import UploadLimits
from bot.system.clock import SystemClock
from bot.texts.commands import plainly
from cogs.appeals.button import can_appeal
from cogs.common.cards import mark
from cogs.common.discord_errors import (
    DISCORD_ERRORS,
    ErrorMeaning,
    Refusals,
    classify,
)
from cogs.common.media import upload
from cogs.common.messages import NOBODY, NONCE_WINDOW, find_marked, may_be_posted, utc_now
from cogs.delivery.announcements import Announcements
from cogs.delivery.buttons import BUTTONS
from cogs.delivery.deletion import add_deletion
from cogs.delivery.job_cards import JobCards
from cogs.delivery.notices import Notices
from cogs.delivery.outcome_messages import OutcomeMessages
from cogs.delivery.progress_cards import (
    status_card,
)
from cogs.delivery.source_message import (
    SourceMessages,
    kept_in,
    kept_in_message,
    source_in,
    source_name,
)
from cogs.delivery.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    import discord

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.media.kept_files import KeptFiles
    from bot.texts.commands import CommandNaming

log = logging.getLogger(__name__)

EDIT_SECONDS: Final = 20.0
"""How long the last edits of a job may hold up the note that its answer is out."""

_OLD_MESSAGE_EDITS: Final = 30046
_UNKNOWN_MESSAGE: Final = 10008
_REMEMBERED: Final = 10_000


class ThreadDeliverer:
    """Implements ``bot.engine.ports.Deliverer`` by ids and the bot's token only.

    Nothing is expected of the cache: after a restart, or for a guild of another process, it is
    empty.

    Args:
        clock: A monotonic clock, in seconds.
        can_appeal: Tells whether moderators can be asked about a job that ended badly.
        kept_in: Tells in which channel a job's clip is kept, ``None`` for nowhere; by default
            where its other messages are.
        announcements: Announces answers elsewhere as well; ``None``: nothing is announced.
        upload_limits: What was learned of servers' limits; ``None``: nothing yet.
        owe: Notes, by a job's id, that its cards do not say yet what came of it, and whether its
            record leads to the outcome. ``None``: they stay as they are.
        kept: As :class:`JobCards` has it.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        can_appeal: Callable[[Job], Awaitable[bool]] | None = None,
        kept_in: Callable[[Job], Awaitable[int | None]] | None = None,
        announcements: Announcements | None = None,
        upload_limits: UploadLimits | None = None,
        owe: Callable[[int, bool], Awaitable[None]] | None = None,
        kept: KeptFiles | None = None,
        command: CommandNaming = plainly,
    ) -> None:
        self._client = client
        self._announcements = announcements
        self._now = now
        self._limits = upload_limits or UploadLimits()
        self._refusals = Refusals(clock)
        self._outcome_messages = OutcomeMessages(
            client, self._refusals, can_appeal=can_appeal, command=command
        )
        self._notices = Notices(client)
        self._source_messages = SourceMessages(client, now=now, kept_in=kept_in)
        self._threads = Threads(client)
        self._cards = JobCards(client, self._refusals, kept)
        self._owe = owe

    def upload_limit_bytes(self, job: Job) -> int:
        """Return what is thought to be the server's limit; see ``UploadLimits``."""
        return self._limits.of(job.guild_id)

    @contextmanager
    def _learning(self, job: Job) -> Iterator[None]:
        """Learn from an upload that is too large."""
        try:
            yield
        except DeliveryTooLargeError:
            self._limits.refused(job.guild_id)
            raise

    # Opening

    async def open(self, job: Job, *, clip: Path | None = None) -> Opened:
        """Make the thread and the status message, or find those made before a crash.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the thread.
        """
        thread_id = job.thread_id
        if thread_id is None and job.can_open_thread:
            thread_id = await self._threads.open(job)
            if thread_id is None:  # the record now stands for the status as well
                await self._cards.show(job, Progress(phase=None))
        if thread_id is None or job.status_message_id is not None:
            return Opened(thread_id=thread_id, status_message_id=job.status_message_id)
        opened = replace(job, thread_id=thread_id)
        message = await self._post_status(opened, clip)
        if message is None:
            return Opened(thread_id=thread_id, status_message_id=None)
        kept = kept_in_message(message, opened) if source_in(message) is not None else None
        return Opened(thread_id=thread_id, status_message_id=message.id, kept=kept)

    async def name_thread(self, job: Job) -> None:
        """Name the thread of a job that was allowed after what was asked for; best effort."""
        await self._threads.name(job)

    async def _post_status(self, job: Job, clip: Path | None) -> discord.Message | None:
        channel = self._client.get_partial_messageable(job.place_id, guild_id=job.guild_id)
        progress = Progress(phase=None)
        for is_last in (False, True):
            try:
                if self._now() - job.created_at > NONCE_WINDOW:
                    found = await find_marked(
                        self._client,
                        channel,
                        mark(job.id, "status"),
                        after=job.record_message_id,
                        must_read=True,
                    )
                    if found is not None:
                        return found
                name, files = None, []
                if clip is not None:
                    name = source_name(clip)
                    files = [upload(clip, name, spoiler=job.spoiler)]
                message = await channel.send(
                    view=status_card(job, progress, clip=name),
                    files=files,
                    silent=True,
                    nonce=f"{job.id}s",
                    allowed_mentions=NOBODY,
                )
            except DISCORD_ERRORS as exc:
                log.warning("job %s: no status message: %s", job.id, exc)
                meaning = classify(exc)
                if clip is not None and meaning is not ErrorMeaning.RETRY:
                    if meaning is ErrorMeaning.TOO_LARGE:
                        self._limits.refused(job.guild_id)
                    return await self._post_status(job, None)  # the clip goes a way of its own
                if is_last or meaning is not ErrorMeaning.RETRY:
                    return None
                # Perhaps only the answer was lost; by its nonce nothing is posted twice.
            else:
                self._cards.posted(job, message, progress)
                return message
        return None

    # Showing

    async def show(self, job: Job, progress: Progress) -> None:
        """Edit the status message and the record where they would change."""
        await self._cards.show(job, progress)

    # Delivering

    async def deliver(self, job: Job, answer: AnswerContent | None) -> Delivered:
        """Post the outcome, unless it is out already, and bring record and status up to date."""
        delivered = None
        if (
            job.cancel_reason is CancelReason.RESTORED
            and job.answer_message_id is not None
            and job.answer_channel_id is not None
        ):  # it was answered before its row came back
            delivered = Delivered(
                channel_id=job.answer_channel_id, message_id=job.answer_message_id
            )
        elif may_be_posted(job, self._now()):
            delivered = await self._outcome_messages.find(job)
        is_new = delivered is None
        if delivered is None:
            with self._learning(job):
                delivered = await self._outcome_messages.post(job, answer or AnswerContent())
        if job.cancel_reason is not CancelReason.RESTORED:  # which was told before
            await self._notices.tell(job, delivered, is_new=is_new)
        await self._show_outcome(job, delivered, answer.moment if answer is not None else None)
        # Before the job is marked as told, so that a crash until then brings it all the same.
        if self._announcements is not None and job.state is JobState.DELIVERING:
            await self._announcements.announce(job, delivered)
        return delivered

    async def _show_outcome(
        self, job: Job, delivered: Delivered | None, moment: Path | None = None
    ) -> None:
        """Have record and status say what came of a job; what they do not say is owed.

        A record that is owed goes on with the picture of the clip, as the ``moment`` of the result
        is gone by then.
        """
        try:
            async with asyncio.timeout(EDIT_SECONDS):
                is_said = await self._cards.show_outcome(job, delivered, moment=moment)
        except TimeoutError:
            log.warning("job %s: the last edits took too long", job.id)
            is_said = False
        if not is_said and self._owe is not None:
            await self._owe(job.id, delivered is not None)

    async def show_outcome(self, job: Job, *, is_linked: bool) -> bool:
        """Try once more to have record and status say what came of a job."""
        delivered = None
        if is_linked and job.answer_channel_id is not None and job.answer_message_id is not None:
            delivered = Delivered(
                channel_id=job.answer_channel_id, message_id=job.answer_message_id
            )
        async with asyncio.timeout(EDIT_SECONDS):
            return await self._cards.show_outcome(job, delivered, is_owed=True)

    async def find_answer(self, job: Job) -> Delivered | None:
        """Look for an answer to the job that was posted before its row says so."""
        return await self._outcome_messages.find(replace(job, state=JobState.DELIVERING))

    # What lies beside the outcome

    async def keep_source(
        self, job: Job, *, clip: Path | None, reference: Path | None
    ) -> KeptSource:
        """Post what the provider gets where the job's messages go, or find it there."""
        with self._learning(job):
            return await self._source_messages.keep(job, clip=clip, reference=reference)

    async def refresh_source(self, job: Job) -> KeptSource | None:
        """Read the message that keeps the source once more, which brings fresh links."""
        return await self._source_messages.find(job)

    async def refresh_answer(self, job: Job) -> str | None:
        """Return a fresh link to the video of the answer."""
        return await self._source_messages.refresh_answer(job)

    async def find_extra(self, job: Job, extra: Extra) -> Delivered | None:
        """Look for an extra that was posted before."""
        return await self._source_messages.find_extra(job, extra)

    async def post_extra(self, job: Job, extra: Extra, video: Path) -> Delivered:
        """Post an extra beside the answer."""
        with self._learning(job):
            return await self._source_messages.post_extra(job, extra, video)

    async def withdraw(self, job: Job) -> None:
        """Delete the answer, its extras and what announced it; take the way out of the record."""
        await self._source_messages.withdraw(job)
        if self._announcements is not None:
            await self._announcements.take_back(job)
        await self._show_outcome(job, None)


async def setup(bot: RestyleBot) -> None:
    """Give the bot its deliverer, and the buttons under answers, which outlive restarts."""
    bot.deliverer = ThreadDeliverer(
        bot,
        can_appeal=lambda job: can_appeal(bot.store, job),
        kept_in=lambda job: kept_in(bot.store, job),
        announcements=Announcements(bot, bot.store, now=utc_now),
        upload_limits=bot.upload_limits,
        owe=lambda job_id, is_linked: bot.store.owed_cards.owe(job_id, is_linked=is_linked),
        kept=bot.scratch.kept,
        command=bot.command_mentions.of,
    )
    bot.extras = Extras(
        deliverer=bot.deliverer,
        downloader=bot.downloader,
        scratch=bot.scratch,
        media=MediaProcessor(bot.process_pool),
        clock=SystemClock(),
        max_output_bytes=bot.settings.max_output_bytes,
        archive=bot.archive,
    )
    bot.add_dynamic_items(*BUTTONS)
    await add_deletion(bot)
