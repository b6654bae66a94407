"""The one message in a review channel that stands for all requests without a card."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import discord

from bot.domain.reviews import OverflowNotice
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, classify
from cogs.common.messages import NOBODY
from cogs.review.cards import fold_card

if TYPE_CHECKING:
    from bot.storage.store import Store

log = logging.getLogger(__name__)


class OverflowNotices:
    """Keeps that message right; a flood of requests costs few edits, not one each."""

    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client = client
        self._store = store
        self._busy: set[int] = set()
        self._again: set[int] = set()
        self._shown: dict[int, int] = {}  # guild -> the number that its message says

    async def refresh(self, guild_id: int, channel_id: int | None) -> None:
        """Bring the message of a guild up to date, best effort.

        Args:
            guild_id: The guild.
            channel_id: The review channel; ``None`` when there is none, so only to tidy up.
        """
        if guild_id in self._busy:
            self._again.add(guild_id)  # whoever is at it looks once more
            return
        self._busy.add(guild_id)
        try:
            while True:
                self._again.discard(guild_id)
                await self._refresh(guild_id, channel_id)
                if guild_id not in self._again:
                    return
        finally:
            self._busy.discard(guild_id)

    async def _refresh(self, guild_id: int, channel_id: int | None) -> None:
        count = await self._store.reviews.slots.count_folded(guild_id)
        notice = await self._store.reviews.slots.overflow_notice(guild_id)
        if notice is not None and (count == 0 or notice.channel_id != channel_id):
            await self._remove(guild_id, notice)
            notice = None
        if count == 0 or channel_id is None:
            return
        if notice is None:
            await self._post(guild_id, channel_id, count, instead_of=None)
        elif self._shown.get(guild_id) != count and not await self._edit(guild_id, notice, count):
            await self._post(guild_id, channel_id, count, instead_of=notice)

    async def _edit(self, guild_id: int, notice: OverflowNotice, count: int) -> bool:
        """Edit the message; ``False`` when it is gone."""
        try:
            await self._message(guild_id, notice).edit(
                view=fold_card(guild_id, count), allowed_mentions=NOBODY
            )
        except discord.NotFound:
            return False
        except DISCORD_ERRORS as exc:
            log.info("guild %s: the overflow notice was not edited: %s", guild_id, exc)
            return True
        self._shown[guild_id] = count
        return True

    async def _post(
        self, guild_id: int, channel_id: int, count: int, *, instead_of: OverflowNotice | None
    ) -> None:
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        try:
            message = await channel.send(view=fold_card(guild_id, count), allowed_mentions=NOBODY)
        except DISCORD_ERRORS as exc:
            # The requests keep waiting; whoever comes next tries again.
            log.warning(
                "guild %s: %s: the overflow notice was not posted: %s",
                guild_id,
                classify(exc).name,
                exc,
            )
            return
        notice = OverflowNotice(channel_id=channel_id, message_id=message.id)
        if await self._store.reviews.slots.set_overflow_notice(
            guild_id, notice, instead_of=instead_of
        ):
            self._shown[guild_id] = count
        else:  # another process was faster; one is enough
            with contextlib.suppress(*DISCORD_ERRORS):
                await message.delete()

    async def _remove(self, guild_id: int, notice: OverflowNotice) -> None:
        await self._store.reviews.slots.drop_overflow_notice(guild_id, notice)
        self._shown.pop(guild_id, None)
        try:
            await self._message(guild_id, notice).delete()
        except DISCORD_ERRORS as exc:
            if classify(exc) is ErrorMeaning.RETRY:
                log.info("guild %s: an old overflow notice stays: %s", guild_id, exc)

    def _message(self, guild_id: int, notice: OverflowNotice) -> discord.PartialMessage:
        channel = self._client.get_partial_messageable(notice.channel_id, guild_id=guild_id)
        return channel.get_partial_message(notice.message_id)
