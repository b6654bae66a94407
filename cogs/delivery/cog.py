"""ThreadDeliverer: opens, shows and delivers jobs; what the engine sees of Discord."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import discord
from cachetools import LRUCache

from bot.domain.jobs import CancelReason, Extra, JobState
from bot.engine.extras import Extras
from bot.engine.ports import AnswerContent, Delivered, KeptSource, Opened, Progress
from bot.errors import DeliveryTooLargeError
from bot.media.processing import MediaProcessor
from bot.requests.upload_limits import UploadLimits
from bot.system.clock import SystemClock
from cogs.appeals.button import can_appeal
from cogs.common.cards import jump_url, mark
from cogs.common.discord_errors import (
    DISCORD_ERRORS,
    ErrorMeaning,
    Refusals,
    classify,
)
from cogs.common.messages import NOBODY, NONCE_WINDOW, find_marked, may_be_posted, utc_now
from cogs.delivery.announcements import Announcements
from cogs.delivery.answers import found_card
from cogs.delivery.buttons import BUTTONS
from cogs.delivery.deletion import add_deletion
from cogs.delivery.outcome_messages import OutcomeMessages
from cogs.delivery.progress_cards import (
    final_status_card,
    record_card,
    record_state,
    status_card,
    status_state,
)
from cogs.delivery.source_message import SourceMessages, kept_in
from cogs.delivery.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator
    from datetime import datetime
    from pathlib import Path

    from discord import ui

    from bot.app import RestyleBot
    from bot.domain.jobs import Job

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
    ) -> None:
        self._client = client
        self._announcements = announcements
        self._now = now
        self._limits = upload_limits or UploadLimits()
        self._refusals = Refusals(clock)
        self._outcome_messages = OutcomeMessages(client, self._refusals, can_appeal=can_appeal)
        self._source_messages = SourceMessages(client, now=now, kept_in=kept_in)
        self._threads = Threads(client)
        # These only save calls, so forgetting some does no harm.
        self._shown: LRUCache[int, Hashable] = LRUCache(_REMEMBERED)  # message id -> its Look
        self._closed: LRUCache[int, int] = LRUCache(_REMEMBERED)  # message id -> why no more edits
        self._unquoted: LRUCache[int, bool] = LRUCache(_REMEMBERED)  # job id -> AutoMod blocked it

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

    async def open(self, job: Job) -> Opened:
        """Make the thread and the status message, or find those made before a crash.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the thread.
        """
        thread_id = job.thread_id
        if thread_id is None and job.can_open_thread:
            thread_id = await self._threads.open(job)
            if thread_id is None:  # the record now stands for the status as well
                await self._show_record(job, Progress(phase=None))
        if thread_id is None or job.status_message_id is not None:
            return Opened(thread_id=thread_id, status_message_id=job.status_message_id)
        opened = replace(job, thread_id=thread_id)
        return Opened(thread_id=thread_id, status_message_id=await self._post_status(opened))

    async def name_thread(self, job: Job) -> None:
        """Name the thread of a job that was allowed after what was asked for; best effort."""
        await self._threads.name(job)

    async def _post_status(self, job: Job) -> int | None:
        channel = self._client.get_partial_messageable(job.place_id, guild_id=job.guild_id)
        progress = Progress(phase=None)
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
                    return found.id
            message = await channel.send(
                view=status_card(job, progress), silent=True, nonce=f"{job.id}s"
            )
        except DISCORD_ERRORS as exc:
            log.warning("job %s: no status message: %s", job.id, exc)
            return None
        self._shown[message.id] = status_state(job, progress)
        return message.id

    # Showing

    async def show(self, job: Job, progress: Progress) -> None:
        """Edit the status message and the record where they would change."""
        await asyncio.gather(
            self._show_status(job, progress),
            self._show_record(job, progress),
            self._take_doubt_back(job),
        )

    async def _take_doubt_back(self, job: Job) -> None:
        """Have the message that said that nobody knows say that the job goes on."""
        message_id, channel_id = job.answer_message_id, job.answer_channel_id
        if job.state is not JobState.RUNNING or message_id is None or channel_id is None:
            return
        if message_id in self._shown:
            return
        if await self._edit(job, channel_id, message_id, found_card(job)):
            self._shown[message_id] = JobState.RUNNING

    async def _show_status(self, job: Job, progress: Progress) -> None:
        if job.status_message_id is None:
            return
        state = status_state(job, progress)
        if self._shown.get(job.status_message_id) == state:
            return
        if await self._edit(job, job.place_id, job.status_message_id, status_card(job, progress)):
            self._shown[job.status_message_id] = state

    async def _show_record(
        self, job: Job, progress: Progress, *, outcome_url: str | None = None
    ) -> None:
        quoted = self._unquoted.get(job.id) is None
        alone = job.status_message_id is None
        state = record_state(job, progress, quoted=quoted, alone=alone)
        if outcome_url is None and self._shown.get(job.record_message_id) == state:
            return
        if await self._edit(
            job,
            job.channel_id,
            job.record_message_id,
            record_card(job, progress, quoted=quoted, alone=alone, outcome_url=outcome_url),
            otherwise=record_card(
                job, progress, quoted=False, alone=alone, outcome_url=outcome_url
            ),
        ):
            self._shown[job.record_message_id] = state

    async def _edit(
        self,
        job: Job,
        channel_id: int,
        message_id: int,
        card: ui.LayoutView,
        *,
        otherwise: ui.LayoutView | None = None,
    ) -> bool:
        """Edit one of our messages, best effort; tell whether it was done.

        Args:
            job: Whose message it is, for the log.
            channel_id: Where it lies.
            message_id: Which it is.
            card: What it becomes.
            otherwise: Without the prompt, for a server whose AutoMod blocks the words of it.
        """
        if channel_id in self._refusals or self._closed.get(message_id) is not None:
            return False
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        try:
            # Edits re-evaluate mentions; discord.py sends its default only with content.
            await channel.get_partial_message(message_id).edit(view=card, allowed_mentions=NOBODY)
        except DISCORD_ERRORS as exc:
            verdict = classify(exc)
            if verdict is ErrorMeaning.BLOCKED and otherwise is not None:
                self._unquoted[job.id] = True
                return await self._edit(job, channel_id, message_id, otherwise)
            code = exc.code if isinstance(exc, discord.HTTPException) else None
            if code in {_OLD_MESSAGE_EDITS, _UNKNOWN_MESSAGE}:
                self._closed[message_id] = code
            elif verdict in {ErrorMeaning.REFUSED, ErrorMeaning.NOT_PERMITTED}:
                self._refusals.remember(channel_id)
            log.info("job %s: message %s was not edited: %s", job.id, message_id, exc)
            return False
        return True

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
        if delivered is None:
            with self._learning(job):
                delivered = await self._outcome_messages.post(job, answer or AnswerContent())
        try:
            async with asyncio.timeout(EDIT_SECONDS):
                await self._finish(job, delivered)
        except TimeoutError:
            log.warning("job %s: the last edits took too long; left as they are", job.id)
        # Before the job is marked as told, so that a crash until then brings it all the same.
        if self._announcements is not None and job.state is JobState.DELIVERING:
            await self._announcements.announce(job, delivered)
        return delivered

    async def _finish(self, job: Job, delivered: Delivered) -> None:
        if job.state is JobState.DELIVERING:
            job = replace(job, state=JobState.DONE)
        url = None  # a direct message is nobody else's business
        if delivered.channel_id in {job.thread_id, job.channel_id}:
            url = jump_url(job.guild_id, delivered.channel_id, delivered.message_id)
        edits = [self._show_record(job, Progress(phase=None), outcome_url=url)]
        if job.status_message_id is not None:
            edits.append(self._show_final_status(job, job.status_message_id))
        await asyncio.gather(*edits)
        self._shown.pop(job.record_message_id, None)
        self._unquoted.pop(job.id, None)

    async def _show_final_status(self, job: Job, message_id: int) -> None:
        await self._edit(job, job.place_id, message_id, final_status_card(job))
        self._shown.pop(message_id, None)

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
        self._shown.pop(job.record_message_id, None)
        edits = [self._show_record(job, Progress(phase=None))]
        if job.status_message_id is not None:
            edits.append(self._show_final_status(job, job.status_message_id))
        await asyncio.gather(*edits)


async def setup(bot: RestyleBot) -> None:
    """Give the bot its deliverer, and the buttons under answers, which outlive restarts."""
    bot.deliverer = ThreadDeliverer(
        bot,
        can_appeal=lambda job: can_appeal(bot.store, job),
        kept_in=lambda job: kept_in(bot.store, job),
        announcements=Announcements(bot, bot.store, now=utc_now),
        upload_limits=bot.upload_limits,
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
