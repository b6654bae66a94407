"""The review channel: what is posted there, found again, and brought up to date."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.domain.jobs import JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.engine.signed_links import is_link_dead
from bot.errors import DeliveryTooLargeError
from bot.requests.upload_limits import SAFE_BYTES
from bot.texts import review as review_texts
from bot.texts.common import mention, moderator
from cogs.common.cards import BLURPLE, card
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, lasting_verdict
from cogs.common.media import upload
from cogs.common.messages import NOBODY, find_marked, id_before, utc_now
from cogs.delivery.answers import OUTPUT_FILENAME
from cogs.review.cards import (
    ATTACHED,
    NO_MEDIA,
    Media,
    card_edit,
    is_open_card,
    review_card,
    review_mark,
    unreachable_card,
    unreachable_mark,
)
from cogs.review.overflow import OverflowNotices

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    import discord

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.domain.reviews import Review
    from bot.engine.ports import KeptSource
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_NONCE_ENDS: Final = {ReviewStage.SPENDING: "rs", ReviewStage.PUBLISHING: "rp"}
_SEARCHED_MESSAGES: Final = 200
"""How far back a card is looked for that may have been posted before a crash; two calls."""


def stage_of(job: Job) -> ReviewStage:
    """Return at which stage a waiting job is."""
    return ReviewStage.PUBLISHING if job.state is JobState.WITHHELD else ReviewStage.SPENDING


def _may_shrink(clip: Path | None) -> bool:
    """Tell whether a clip is so large that a smaller one would be another matter."""
    return clip is not None and clip.stat().st_size > SAFE_BYTES


class ReviewMessages:
    """Asks moderators: a ``bot.engine.ports.ApprovalPrompts``.

    Args:
        kept_source: Reads the message that keeps a job's clip, for fresh links.
    """

    def __init__(
        self,
        client: RestyleBot,
        *,
        store: Store,
        kept_source: Callable[[Job], Awaitable[KeptSource | None]],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client
        self._store = store
        self._kept_source = kept_source
        self._now = now
        self._folds = OverflowNotices(client, store)

    # Asking

    async def present(self, job: Job, clip: Path | None) -> None:
        """Post the card of a waiting job, or find it; fold it where too many are open.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the card.
            DeliveryTooLargeError: It finds the clip too large; a smaller one may pass.
        """
        if job.guild_id is None:  # there are no moderators; nothing of the kind is accepted
            return
        stage = stage_of(job)
        until = job.held_until
        if until is None:  # the job itself waits without an end
            until = self._now() + timedelta(hours=await self._store.policies.review_hours(job))
        review = await self._store.reviews.ensure(job, stage, expires_at=until)
        if review.standing is not ReviewStatus.OPEN:
            return
        if review.message_id is not None:
            if await self._is_there(review):
                return
            await self._store.reviews.slots.free_slot(job.id, stage, card=review.message_id)
        channel_id, cap = await self._channel_and_cap(job.guild_id)
        if channel_id is None:
            await self._tell_unreachable(job, channel_id=None)
            return
        placing = await self._store.reviews.slots.give(
            job.guild_id,
            channel_id=channel_id,
            cap=cap,
            wanted=(job.id, stage),
        )
        if placing.freed or not placing.placed:
            await self._folds.refresh(job.guild_id, channel_id)
        if placing.placed:
            await self._show_first(job, stage, clip, maybe_posted=not placing.is_new)

    async def _show_first(
        self, job: Job, stage: ReviewStage, clip: Path | None, *, maybe_posted: bool
    ) -> None:
        review = await self._store.reviews.get(job.id, stage)
        if review is None or review.channel_id is None:
            return
        channel = self._channel(review.channel_id, review.guild_id)
        message = None
        if maybe_posted:
            wanted = review_mark(job.id, stage)
            message = await self._find(channel, wanted, since=review.opened_at)
        message = message or await self._post(review, job, channel, clip)
        if message is None:
            await self._store.reviews.slots.free_slot(job.id, stage, card=None)
            await self._tell_unreachable(job, channel_id=review.channel_id)
            return
        await self._store.reviews.slots.posted(job.id, stage, message_id=message.id)
        log.info("job %s: moderators are asked (%s)", job.id, stage)

    async def _is_there(self, review: Review) -> bool:
        """Tell whether a card that was posted can still be seen."""
        message = self._message(review)
        if message is None:
            return False
        try:
            await message.fetch()
        except DISCORD_ERRORS as exc:
            # Whoever may post but not read history sees as much as before.
            return lasting_verdict(exc) is ErrorMeaning.NOT_PERMITTED
        return True

    def _message(self, review: Review) -> discord.PartialMessage | None:
        if review.channel_id is None or review.message_id is None:
            return None
        channel = self._channel(review.channel_id, review.guild_id)
        return channel.get_partial_message(review.message_id)

    def _channel(self, channel_id: int, guild_id: int | None) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id, guild_id=guild_id)

    async def _find(
        self, channel: discord.PartialMessageable, wanted: int, *, since: datetime
    ) -> discord.Message | None:
        return await find_marked(
            self._client,
            channel,
            wanted,
            after=id_before(since),
            limit=_SEARCHED_MESSAGES,
            newest_first=True,
        )

    async def _post(
        self, review: Review, job: Job, channel: discord.PartialMessageable, clip: Path | None
    ) -> discord.Message | None:
        """Post the card in the fullest form that passes; ``None`` if the channel takes none.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            DeliveryTooLargeError: A smaller clip may pass.
        """
        media = await self._media(review, job, clip)
        quoted = True
        while True:
            details: dict[str, Any] = {}
            if media.is_attached and clip is not None:
                details["file"] = upload(clip, OUTPUT_FILENAME, spoiler=True)
            try:
                return await channel.send(
                    view=review_card(review, job, media, quoted=quoted),
                    nonce=f"{job.id}{_NONCE_ENDS[review.stage]}",
                    allowed_mentions=NOBODY,
                    **details,
                )
            except DISCORD_ERRORS as exc:
                log.info("job %s: its card was not posted: %s", job.id, exc)
                verdict = lasting_verdict(exc)
                if verdict is ErrorMeaning.REFUSED:
                    return None
                if verdict is ErrorMeaning.TOO_LARGE and media.is_attached and _may_shrink(clip):
                    raise DeliveryTooLargeError(f"too large for {channel.id}") from exc
                if media is not NO_MEDIA and verdict is not ErrorMeaning.BLOCKED:
                    media = NO_MEDIA
                elif quoted and verdict is ErrorMeaning.BLOCKED:
                    quoted = False
                else:
                    return None

    async def _media(self, review: Review, job: Job, clip: Path | None) -> Media:
        if review.stage is ReviewStage.PUBLISHING:
            return ATTACHED if clip is not None else NO_MEDIA
        kept = await self._kept_source(job)
        url = kept.url if kept is not None and kept.url is not None else _stripped_url(job)
        reference = None if job.convert_reference else job.reference_url
        if kept is not None:
            reference = kept.reference_url
        if url is None or is_link_dead(url, self._now()):
            return NO_MEDIA
        return Media((url, reference) if reference else (url,))

    async def _tell_unreachable(self, job: Job, *, channel_id: int | None) -> None:
        """Say in the thread that nobody can be asked, and what a manager can do; once.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        log.warning("job %s: no moderator can be asked (channel %s)", job.id, channel_id)
        channel = self._channel(job.place_id, job.guild_id)
        if await self._find(channel, unreachable_mark(job), since=job.created_at):
            return
        where = f"<#{channel_id}>" if channel_id is not None else None
        settings = self._client.command_mentions.of("restyle-settings")
        try:
            await channel.send(
                view=unreachable_card(job, channel=where, settings=settings),
                nonce=f"{job.id}{_NONCE_ENDS[stage_of(job)]}u",
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.warning("job %s: that cannot be said either: %s", job.id, exc)

    # Afterwards

    async def settled(self, job: Job) -> None:
        """Close the cards of a job that waits for nobody any more, and fill the free places."""
        if job.guild_id is None:
            return
        reviews = await self._store.reviews.settle(job)
        closed = [review for review in reviews if review.standing is not ReviewStatus.OPEN]
        for review in closed:
            await self.close_card(review, job)
        if closed:
            await self.refill(job.guild_id)

    async def close_card(self, review: Review, job: Job) -> None:
        """Take the buttons off a decided card, unless that was done; best effort."""
        partial = self._message(review)
        if partial is None:
            return
        try:
            message = await partial.fetch()
            if not is_open_card(message):
                return
            await partial.edit(**card_edit(review, job, message))
        except DISCORD_ERRORS as exc:
            log.info("job %s: its card stays as it was: %s", job.id, exc)

    async def refill(self, guild_id: int, *, beyond: int = 0) -> int:
        """Give free places to requests that wait for one; return how many got one."""
        channel_id, cap = await self._channel_and_cap(guild_id)
        opened = 0
        if channel_id is not None:
            placing = await self._store.reviews.slots.give(
                guild_id, channel_id=channel_id, cap=cap, beyond=beyond
            )
            opened = len(placing.freed)
        await self._folds.refresh(guild_id, channel_id)
        return opened

    async def _channel_and_cap(self, guild_id: int) -> tuple[int | None, int | None]:
        """Return where moderators are asked, and how many open requests have a card there."""
        policy = await self._store.policies.read(guild_id)
        return policy.server("review_channel_id"), policy.server("review_open_cap")

    async def tell_mended(self, job: Job, *, by: int, before: str) -> None:
        """Tell in the thread that a moderator changed the prompt; best effort."""
        lines = review_texts.mended(
            mention(job.user_id), by=moderator(by, job), before=before, after=job.prompt
        )
        try:
            await self._channel(job.place_id, job.guild_id).send(
                view=card(BLURPLE, lines), allowed_mentions=NOBODY
            )
        except DISCORD_ERRORS as exc:
            log.warning("job %s: the new wording was not told: %s", job.id, exc)


def _stripped_url(job: Job) -> str | None:
    """Return where the clip lies that is sent: the original may tell more than its pictures."""
    return job.source_url if job.plan is None else job.sent_url
