"""Record and status of jobs: edited when they would change, and true in the end."""

from __future__ import annotations

import asyncio
import enum
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import discord
from cachetools import LRUCache

from bot.domain.jobs import CancelReason, JobState
from bot.engine.ports import Delivered, Progress
from bot.media.probe import MOMENT
from cogs.common.cards import jump_url, mark
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, Refusals, classify
from cogs.common.media import picture_file
from cogs.common.messages import NOBODY, find_marked
from cogs.delivery.answers import found_card
from cogs.delivery.progress_cards import (
    final_status_card,
    record_card,
    record_state,
    status_card,
    status_state,
)
from cogs.delivery.source_message import source_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence
    from pathlib import Path

    from discord import ui

    from bot.domain.jobs import Job
    from bot.media.kept_files import KeptFiles

log = logging.getLogger(__name__)

_OLD_MESSAGE_EDITS: Final = 30046
_UNKNOWN_MESSAGE: Final = 10008
_REMEMBERED: Final = 10_000
_ABOUT_PICTURES: Final = frozenset(
    {ErrorMeaning.MALFORMED, ErrorMeaning.TOO_LARGE, ErrorMeaning.NOT_PERMITTED}
)
"""What Discord may say of a picture: also that it is not there, where an earlier edit was lost."""


class _Care(enum.Enum):
    """How much depends on an edit."""

    PASSING = enum.auto()  # another follows soon
    LAST = enum.auto()  # none follows: tried twice
    OWED = enum.auto()  # it was tried before: also where Discord refused lately


class JobCards:
    """Edits the two cards of each job, by ids alone.

    Args:
        refusals: Places to keep away from; shared with whoever posts there.
        kept: Has pictures for records that could not show one when they were posted.
    """

    def __init__(
        self, client: discord.Client, refusals: Refusals, kept: KeptFiles | None = None
    ) -> None:
        self._client = client
        self._kept = kept
        self._refusals = refusals
        # These only save calls, so forgetting some does no harm.
        self._shown: LRUCache[int, Hashable] = LRUCache(_REMEMBERED)  # message id -> its state
        self._closed: LRUCache[int, int] = LRUCache(_REMEMBERED)  # message id -> why no more edits
        # By job id, what Discord did not take in its record: the words, or the picture.
        self._unquoted: LRUCache[int, bool] = LRUCache(_REMEMBERED)
        self._unpictured: LRUCache[int, bool] = LRUCache(_REMEMBERED)
        self._pictured_late: LRUCache[int, bool] = LRUCache(_REMEMBERED)
        self._clips: LRUCache[int, str | None] = LRUCache(_REMEMBERED)  # message id -> kept clip

    def posted(self, job: Job, message: discord.Message, progress: Progress) -> None:
        """Note what a new status message says and keeps."""
        self._shown[message.id] = status_state(job, progress)
        self._clips[message.id] = source_in(message)

    async def _clip_in(self, job: Job, message_id: int) -> str | None:
        """Return the name of the clip that a status message keeps, which an edit shows again.

        After a restart the message is read; where that is forbidden, the words stand alone.

        Raises:
            Exception: One of ``DISCORD_ERRORS``: Discord is in trouble.
        """
        if message_id != job.source_message_id:
            return None
        if message_id not in self._clips:
            channel = self._client.get_partial_messageable(job.place_id, guild_id=job.guild_id)
            try:
                self._clips[message_id] = source_in(await channel.fetch_message(message_id))
            except DISCORD_ERRORS as exc:
                if classify(exc) is ErrorMeaning.RETRY:
                    raise
                log.info("job %s: message %s cannot be read: %s", job.id, message_id, exc)
                return None
        return self._clips[message_id]

    async def show(self, job: Job, progress: Progress) -> None:
        """Edit the status message and the record where they would change; best effort."""
        await asyncio.gather(
            self._show_status(job, progress),
            self._show_record(job, progress),
            self._take_doubt_back(job),
        )

    async def show_outcome(
        self,
        job: Job,
        delivered: Delivered | None,
        *,
        moment: Path | None = None,
        is_owed: bool = False,
    ) -> bool:
        """Have both cards say what came of a job.

        Args:
            job: It has ended, or its answer is out.
            delivered: Where its outcome is; ``None`` where the record leads to none.
            moment: What the result shows at first, for the record; ``None`` leaves the picture
                that it has.
            is_owed: Whether this was tried before.

        Returns:
            Whether nothing is left to do: they say so now, or are gone.
        """
        care = _Care.OWED if is_owed else _Care.LAST
        if job.state is JobState.DELIVERING:
            job = replace(job, state=JobState.DONE)
        url = None  # a direct message is nobody else's business
        if delivered is not None and delivered.channel_id in {job.thread_id, job.channel_id}:
            url = jump_url(job.guild_id, delivered.channel_id, delivered.message_id)
        if job.cancel_reason is not CancelReason.RESTORED:  # what it has is told by its state
            job = replace(job, answer_message_id=None)
        for message_id in (job.record_message_id, job.status_message_id):
            self._shown.pop(message_id or 0, None)
        said = await asyncio.gather(
            self._show_record(
                job, Progress(phase=None), url, _pictures(job, delivered, moment), care
            ),
            self._show_final_status(job, care),
        )
        for message_id in (job.record_message_id, job.status_message_id):
            self._shown.pop(message_id or 0, None)
        self._unquoted.pop(job.id, None)
        self._unpictured.pop(job.id, None)
        self._pictured_late.pop(job.id, None)
        return all(said)

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
        try:
            clip = await self._clip_in(job, job.status_message_id)
        except DISCORD_ERRORS as exc:
            log.info("job %s: its status was not edited: %s", job.id, exc)
            return
        card = status_card(job, progress, clip=clip)
        if await self._edit(job, job.place_id, job.status_message_id, card):
            self._shown[job.status_message_id] = state

    async def _show_record(
        self,
        job: Job,
        progress: Progress,
        outcome_url: str | None = None,
        pictures: Sequence[Path | bytes] | None = None,
        care: _Care = _Care.PASSING,
    ) -> bool:
        """Edit the record where it would change; ``pictures`` as for :meth:`_edit`."""
        quoted = job.id not in self._unquoted
        alone = job.status_message_id is None
        state = record_state(job, progress, quoted=quoted, alone=alone)
        if outcome_url is None and self._shown.get(job.record_message_id) == state:
            return True
        pictured = job.record_picture or job.id in self._pictured_late
        pictured = pictured and job.id not in self._unpictured
        late = await self._late_picture(job) if pictures is None else None
        if late is not None:
            pictures = [late]
        if pictures is not None:
            pictured = bool(pictures)
        card = record_card(
            job,
            progress,
            quoted=quoted,
            alone=alone,
            pictured=pictured,
            outcome_url=outcome_url,
        )

        def show_less(verdict: ErrorMeaning) -> Awaitable[bool] | None:
            """Return the same with less in it; ``None`` where that would change nothing."""
            if verdict is ErrorMeaning.BLOCKED and quoted:
                self._unquoted[job.id] = True
                return self._show_record(job, progress, outcome_url, pictures, care)
            if verdict in _ABOUT_PICTURES and pictured:
                self._unpictured[job.id] = True
                return self._show_record(job, progress, outcome_url, None, care)
            return None

        is_said = await self._edit(
            job,
            job.channel_id,
            job.record_message_id,
            card,
            pictures=pictures,
            show_less=show_less,
            care=care,
        )
        if is_said:
            self._shown[job.record_message_id] = state
        if is_said and late is not None and self._kept is not None:
            self._kept.drop(job.id, MOMENT)
            self._pictured_late[job.id] = True
        return is_said

    async def _late_picture(self, job: Job) -> bytes | None:
        """Return what the record could not show when it was posted; nobody sees it before a yes."""
        if self._kept is None or job.state is JobState.HELD or job.id in self._unpictured:
            return None
        if not self._kept.size(job.id, MOMENT):
            return None
        return await asyncio.to_thread(self._kept.read, job.id, MOMENT)

    async def _show_final_status(self, job: Job, care: _Care) -> bool:
        message_id = job.status_message_id
        try:
            if message_id is None and job.thread_id is not None:
                # It may have been posted all the same when the answer to that was lost.
                message_id = await self._lost_status(job, job.thread_id)
            if message_id is None:
                return True
            card = final_status_card(job, clip=await self._clip_in(job, message_id))
        except DISCORD_ERRORS as exc:
            log.info("job %s: could not read its status message: %s", job.id, exc)
            return classify(exc) is not ErrorMeaning.RETRY
        return await self._edit(job, job.place_id, message_id, card, care=care)

    async def _lost_status(self, job: Job, thread_id: int) -> int | None:
        channel = self._client.get_partial_messageable(thread_id, guild_id=job.guild_id)
        found = await find_marked(
            self._client,
            channel,
            mark(job.id, "status"),
            after=job.record_message_id,
            must_read=True,
        )
        return found.id if found is not None else None

    async def _edit(
        self,
        job: Job,
        channel_id: int,
        message_id: int,
        card: ui.LayoutView,
        *,
        pictures: Sequence[Path | bytes] | None = None,
        show_less: Callable[[ErrorMeaning], Awaitable[bool] | None] = lambda _: None,
        care: _Care = _Care.PASSING,
    ) -> bool:
        """Edit one of our messages; tell whether nothing is left to do about it.

        Args:
            job: Whose message it is, for the log.
            channel_id: Where it lies.
            message_id: Which it is.
            card: What it becomes.
            pictures: The files that it has from then on; ``None``: those that it had.
            show_less: What is done instead where Discord refuses that, if anything.
            care: Whether it is tried again, and also where that was refused lately.
        """
        closed = self._closed.get(message_id)
        if closed == _UNKNOWN_MESSAGE:
            return True
        if care is not _Care.OWED and (closed is not None or channel_id in self._refusals):
            return False
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        files: dict[str, Any] = {}
        if pictures is not None:
            files["attachments"] = [picture_file(job, picture) for picture in pictures]
        try:
            # Edits re-evaluate mentions; discord.py sends its default only with content.
            await channel.get_partial_message(message_id).edit(
                view=card, allowed_mentions=NOBODY, **files
            )
        except DISCORD_ERRORS as exc:
            verdict = classify(exc)
            if (less := show_less(verdict)) is not None:
                return await less
            log.info("job %s: message %s was not edited: %s", job.id, message_id, exc)
            if (
                care is _Care.LAST
                and verdict is ErrorMeaning.RETRY
                and not isinstance(exc, discord.RateLimited)
            ):  # a single fault is over by now; whatever lasts is owed
                return await self._edit(
                    job, channel_id, message_id, card, pictures=pictures, show_less=show_less
                )
            code = exc.code if isinstance(exc, discord.HTTPException) else None
            if code in {_OLD_MESSAGE_EDITS, _UNKNOWN_MESSAGE}:
                self._closed[message_id] = code
            elif verdict in {ErrorMeaning.REFUSED, ErrorMeaning.NOT_PERMITTED}:
                self._refusals.remember(channel_id)
            return code == _UNKNOWN_MESSAGE
        return True


def _pictures(job: Job, delivered: Delivered | None, moment: Path | None) -> list[Path] | None:
    """Return what the record of an ended job has from then on; ``None``: the picture that it has.

    Nothing of the clip is to be seen where it came to nothing, or where the result was deleted.
    What came back with an old database was finished before, and shows that.
    """
    if job.cancel_reason is CancelReason.RESTORED:
        return None
    is_deleted = job.state is JobState.DONE and delivered is None
    if is_deleted or job.state in {JobState.FAILED, JobState.CANCELLED}:
        return []
    return None if moment is None else [moment]
