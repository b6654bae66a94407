"""Posting a job's outcome: the first place that takes it, in the fullest form that passes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.domain.jobs import JobState
from bot.domain.telling import ToldBy
from bot.engine.ports import AnswerContent, Delivered
from bot.errors import DeliveryImpossibleError, DeliveryTooLargeError
from bot.texts.commands import plainly
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, Refusals, lasting_verdict
from cogs.common.media import name_of, upload
from cogs.common.messages import NOBODY, Channel, direct_channel, find_marked, only
from cogs.delivery.answers import (
    OUTPUT_FILENAME,
    PICTURE_FILENAME,
    POSTER_FILENAME,
    answer_card,
    answer_mark,
    outcome_card,
    picture_filename,
    plain_outcome,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.domain.jobs import Job
    from bot.texts.commands import CommandNaming

log = logging.getLogger(__name__)

_NONCE_LETTERS: Final = {
    JobState.DELIVERING: "a",
    JobState.DONE: "a",
    JobState.FAILED: "f",
    JobState.CANCELLED: "c",
    JobState.UNCERTAIN: "u",
}

_SEARCHED_MESSAGES: Final = 300
"""How far back an outcome is looked for in a busy channel; three calls."""


def nonce(job: Job) -> str:
    """Return the nonce of the job's outcome: the same for every attempt, at most 25 characters.

    An uncertain job may still get an answer, which is another message.
    """
    return f"{job.id}{_NONCE_LETTERS[job.state]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """How full a message is."""

    attached: bool
    linked: bool = True
    quoted: bool = False
    """Whether the prompt stands in it: in an answer that is not below the record that has it."""
    replying: bool = False
    plain: bool = False
    """Text only, without components."""
    woken: bool = False
    """Whether the thread was re-opened for it."""

    def lesser(self, verdict: ErrorMeaning) -> AnswerForm | None:
        """Return what to try next in the same place, or ``None`` when nothing is left there."""
        match verdict:
            case ErrorMeaning.TOO_LARGE if self.attached:
                return replace(self, attached=False)
            case ErrorMeaning.BLOCKED if self.quoted:
                return replace(self, quoted=False)
            case ErrorMeaning.BLOCKED if self.attached and self.linked:
                return replace(self, linked=False)
            case ErrorMeaning.NO_REPLY if self.replying:
                return replace(self, replying=False)
            case ErrorMeaning.ARCHIVED if not self.woken:
                return replace(self, woken=True)
            case ErrorMeaning.NOT_PERMITTED if self.attached:
                return replace(self, attached=False)
            case ErrorMeaning.MALFORMED if self.replying:
                return replace(self, replying=False)
            case ErrorMeaning.MALFORMED if not self.plain:
                return replace(self, plain=True, attached=False)
            case _:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Destination:
    key: int
    """What its refusals are remembered by: the channel, or the user for direct messages."""
    channel: Channel
    reply_to: int | None = None
    is_direct: bool = False


class OutcomeMessages:
    """Posts outcomes by the order thread, channel, direct message.

    Args:
        refusals: Places to keep away from; shared with whoever edits there.
        can_appeal: Tells whether moderators can be asked about a job that ended badly.
        command: Names the commands that people can use next.
    """

    def __init__(
        self,
        client: discord.Client,
        refusals: Refusals,
        *,
        can_appeal: Callable[[Job], Awaitable[bool]] | None = None,
        command: CommandNaming = plainly,
    ) -> None:
        self._client = client
        self._refusals = refusals
        self._can_appeal = can_appeal
        self._command = command

    async def post(self, job: Job, answer: AnswerContent) -> Delivered:
        """Post the outcome of ``job`` in the first place that takes it.

        Raises:
            DeliveryTooLargeError: The video is too large, and ``answer.can_shrink``.
            DeliveryDelayedError: Discord is in trouble; a later attempt goes on.
            DeliveryImpossibleError: Every place refuses for good.
        """
        skipped = [key for key in self._keys(job) if key in self._refusals]
        # Remembered refusals order the attempts; only fresh ones may lose a paid video.
        for keys in (set(self._keys(job)) - set(skipped), set(skipped)):
            async for place in self._places(job, keys):
                delivered = await self._try(job, place, answer)
                if delivered is not None:
                    return delivered
        raise DeliveryImpossibleError(f"job {job.id}: every place refuses")

    def _keys(self, job: Job) -> list[int]:
        keys = [job.channel_id]
        if job.thread_id is not None:
            keys.insert(0, job.thread_id)
        if job.guild_id is not None:
            keys.append(job.user_id)
        return keys

    async def _places(self, job: Job, keys: set[int]) -> AsyncIterator[_Destination]:
        for key in self._keys(job):
            if key not in keys:
                continue
            if key == job.user_id:
                channel = await self._direct_channel(job)
                if channel is not None:
                    yield _Destination(key=key, channel=channel, is_direct=True)
                continue
            yield _Destination(
                key=key,
                channel=self._client.get_partial_messageable(key, guild_id=job.guild_id),
                reply_to=job.record_message_id if key == job.channel_id else None,
            )

    async def _direct_channel(self, job: Job) -> discord.DMChannel | None:
        channel = await direct_channel(self._client, job.user_id)
        if channel is None:
            self._refusals.remember(job.user_id)
        return channel

    async def _try(self, job: Job, place: _Destination, answer: AnswerContent) -> Delivered | None:
        """Post in one place, in ever lesser forms; ``None`` when the place takes none."""
        form: AnswerForm | None = AnswerForm(
            attached=answer.video is not None or answer.picture is not None,
            # A thread begins with the record and bears the prompt as its name; anywhere else the
            # answer stands alone among other messages.
            quoted=job.state in {JobState.DELIVERING, JobState.DONE} and place.key != job.thread_id,
            replying=place.reply_to is not None,
        )
        while form is not None:
            try:
                message = await self._send(job, place, form, answer)
            except DISCORD_ERRORS as exc:
                verdict = lasting_verdict(exc)
                log.info(
                    "job %s: channel %s did not accept %s: %s", job.id, place.channel.id, form, exc
                )
                if verdict is ErrorMeaning.TOO_LARGE and form.attached and answer.can_shrink:
                    raise DeliveryTooLargeError(f"too large for {place.channel.id}") from exc
                form = form.lesser(verdict)
                if verdict is ErrorMeaning.ARCHIVED and form is not None:
                    await self._wake(place)
                elif verdict in {ErrorMeaning.REFUSED, ErrorMeaning.NOT_PERMITTED} and form is None:
                    self._refusals.remember(place.key)
            else:
                self._refusals.forget(place.key)
                return _delivered(message.channel.id, message)
        return None

    async def _wake(self, place: _Destination) -> None:
        try:
            await self._client.http.edit_channel(place.channel.id, archived=False)
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.info("thread %s cannot be reopened: %s", place.channel.id, exc)

    async def _send(
        self, job: Job, place: _Destination, form: AnswerForm, answer: AnswerContent
    ) -> discord.Message:
        details: dict[str, Any] = {
            "nonce": nonce(job),
            "allowed_mentions": only(job.user_id),
        }
        if not place.is_direct and job.told_by is not ToldBy.THREAD:
            details |= {"allowed_mentions": NOBODY, "silent": True}
        if form.replying and place.reply_to is not None:
            details["reference"] = discord.MessageReference(
                message_id=place.reply_to,
                channel_id=place.channel.id,
                fail_if_not_exists=False,  # a deleted record is no reason to lose the answer
            )
        if form.plain:
            return await place.channel.send(plain_outcome(job, self._command), **details)
        if job.state not in {JobState.DELIVERING, JobState.DONE}:
            can_appeal = self._can_appeal is not None and await self._can_appeal(job)
            card = outcome_card(
                job, self._command, elsewhere=place.is_direct, can_appeal=can_appeal
            )
            return await place.channel.send(view=card, **details)
        if form.attached:
            details["files"] = [
                upload(path, name, spoiler=job.spoiler)
                for path, name in (
                    (answer.video, OUTPUT_FILENAME),
                    (answer.picture, picture_filename(answer)),
                )
                if path is not None
            ]
        card = answer_card(
            job,
            answer,
            attached=form.attached,
            linked=form.linked,
            quoted=form.quoted,
            elsewhere=place.is_direct,
        )
        return await place.channel.send(view=card, **details)

    async def find(self, job: Job) -> Delivered | None:
        """Look for the outcome that an earlier attempt may have posted.

        Direct messages are read only where a place in the server cannot be: that is when the
        earlier attempt will have gone there.

        Raises:
            DeliveryDelayedError: Discord is in trouble, so nobody knows; later.
        """
        refused = False
        for key in self._keys(job):
            if key == job.user_id:
                if not refused:
                    break
                direct = await self._direct_channel(job)
                if direct is None:
                    break
                channel: Channel = direct
            else:
                channel = self._client.get_partial_messageable(key, guild_id=job.guild_id)
            try:
                message = await find_marked(
                    self._client,
                    channel,
                    answer_mark(job),
                    after=job.record_message_id,
                    limit=_SEARCHED_MESSAGES,
                    newest_first=True,
                    must_read=True,
                )
            except DISCORD_ERRORS as exc:
                lasting_verdict(exc)
                refused = True
                continue
            if message is not None:
                log.info("job %s: its outcome was posted before", job.id)
                return _delivered(channel.id, message)
        return None


def _delivered(channel_id: int, message: discord.Message) -> Delivered:
    named = {name_of(file): file.url for file in message.attachments}
    return Delivered(
        channel_id=channel_id,
        message_id=message.id,
        picture_url=named.get(PICTURE_FILENAME) or named.get(POSTER_FILENAME),
    )
