"""Asking the author of a clip: in person, or in place where their direct messages are closed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import discord

from bot.domain.consents import ConsentStatus, word_on
from bot.domain.jobs import CancelReason, Hold, JobState
from bot.texts import consent as consent_texts
from bot.texts.common import mention
from cogs.common.cards import (
    GREEN,
    GREY,
    RED,
    YELLOW,
    card,
    mark,
    markdown_url,
)
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, lasting_verdict
from cogs.common.messages import NOBODY, Channel, direct_channel, find_marked, only, utc_now
from cogs.consent.buttons import consent_row
from cogs.review.cards import is_open_card

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from discord import ui

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_COLOURS: Final = {
    ConsentStatus.OPEN: YELLOW,
    ConsentStatus.ALLOWED: GREEN,
    ConsentStatus.REFUSED: RED,
}


def consent_mark(job_id: int) -> int:
    """Return the mark of a question."""
    return mark(job_id, "consent")


def question_card(job: Job, *, is_direct: bool, privacy: str, quoted: bool = True) -> ui.LayoutView:
    """Return the question; ``is_direct`` when nobody but the author reads it.

    ``privacy`` names the command that undoes "Never ask me".
    """
    lines = consent_texts.question(
        job,
        requester=mention(job.user_id),
        author=None if is_direct else mention(job.source_author_id or 0),
        clip=_clip(job),
        privacy=privacy,
        quoted=quoted,
    )
    return card(YELLOW, lines, consent_row(job.id), id_=consent_mark(job.id))


def closed_card(job: Job, word: ConsentStatus, *, is_direct: bool) -> ui.LayoutView:
    """Return what the question becomes once it is answered, or needs no answer any more."""
    lines = consent_texts.closed(
        job,
        word,
        requester=mention(job.user_id),
        clip=_clip(job),
        quoted=is_direct,  # in place the prompt stands above, and a filter may block an edit
    )
    return card(_COLOURS.get(word, GREY), lines, id_=consent_mark(job.id))


def _clip(job: Job) -> str | None:
    return markdown_url(job.source_message_url) if job.source_message_url else None


class ConsentMessages:
    """Asks authors: a ``bot.engine.ports.ApprovalPrompts``.

    A question is found again by its mark, in the direct messages or in place; nothing about it is
    stored, so that a crash between posting and storing cannot ask twice.
    """

    def __init__(
        self,
        client: RestyleBot,
        *,
        store: Store,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client
        self._store = store
        self._now = now

    async def present(self, job: Job, clip: Path | None) -> None:
        """Ask the author, or find that they were asked.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the question.
        """
        del clip
        if job.source_author_id is None:  # nothing of the kind is accepted
            log.error("job %s: nobody can be asked for consent", job.id)
            return
        if await self._store.consents.refuse_opted_out(job) is not None:
            log.info("job %s: its author has since opted out", job.id)
            return
        if await self._find(job) is not None:
            return
        async for channel in self._places(job):
            if await self._ask(job, channel):
                log.info("job %s: the author of the clip is asked", job.id)
                return
        log.warning("job %s: the author of its clip cannot be reached", job.id)

    async def settled(self, job: Job) -> None:
        """Close the question of a job that ended without the author's yes; best effort.

        The copy of the clip that was to be sent goes as well: nobody allowed it.
        """
        is_refused = job.cancel_reason is CancelReason.CONSENT_REFUSED
        if job.state is not JobState.CANCELLED or not (is_refused or job.hold is Hold.CONSENT):
            return
        await self._delete_copy(job)
        message = await self._find(job)
        if message is None or not is_open_card(message):
            return
        try:
            await message.edit(
                view=closed_card(
                    job,
                    word_on(job, self._now()),
                    is_direct=isinstance(message.channel, discord.DMChannel),
                ),
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            log.info("job %s: its question stays as it was: %s", job.id, exc)

    # Discord

    async def _places(self, job: Job) -> AsyncIterator[Channel]:
        """Yield where the author can be asked, the best place first."""
        if (direct := await direct_channel(self._client, job.source_author_id or 0)) is not None:
            yield direct
        for channel_id in dict.fromkeys((job.place_id, job.channel_id)):
            yield self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)

    async def _ask(self, job: Job, channel: Channel) -> bool:
        """Post the question; ``False`` if this place does not take it.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        is_direct = isinstance(channel, discord.DMChannel)
        for quoted in (True, False):
            privacy = self._client.command_mentions.of("restyle-privacy")
            view = question_card(job, is_direct=is_direct, privacy=privacy, quoted=quoted)
            try:
                await channel.send(
                    view=view,
                    nonce=f"{job.id}o",
                    allowed_mentions=only(job.source_author_id or 0),
                )
            except DISCORD_ERRORS as exc:
                verdict = lasting_verdict(exc)
                log.info(
                    "job %s: channel %s did not accept the question: %s", job.id, channel.id, exc
                )
                if verdict is not ErrorMeaning.BLOCKED:
                    return False
            else:
                return True
        return False

    async def _find(self, job: Job) -> discord.Message | None:
        """Return the question, wherever it was asked; ``None`` if it was not.

        Raises:
            DeliveryDelayedError: Discord is in trouble, so nobody knows.
        """
        async for channel in self._places(job):
            message = await find_marked(
                self._client, channel, consent_mark(job.id), after=job.record_message_id
            )
            if message is not None:
                return message
        return None

    async def _delete_copy(self, job: Job) -> None:
        if job.source_message_id is None:
            return
        channel_id = job.source_channel_id or job.place_id
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        try:
            await channel.get_partial_message(job.source_message_id).delete()
        except discord.NotFound:
            pass
        except DISCORD_ERRORS as exc:
            log.warning("job %s: the copy of its clip was not deleted: %s", job.id, exc)
