"""Telling a requester by direct message where their outcome is, for those who want it so."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.domain.telling import ToldBy
from bot.errors import DeliveryDelayedError
from bot.texts import telling as telling_texts
from bot.texts.common import mention
from cogs.common.cards import STATE_COLOURS, card, jump_url, mark
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import Channel, direct_channel, find_marked, only
from cogs.delivery.outcome_messages import nonce

if TYPE_CHECKING:
    import discord
    from discord import ui

    from bot.domain.jobs import Job
    from bot.engine.ports import Delivered

log = logging.getLogger(__name__)

NOTICE_SECONDS: Final = 10.0
"""How long a notice may hold up the note that the outcome is out."""

_KIND: Final = "notice"


class Notices:
    """Sends each once, beside an outcome that is out already and pinged nobody.

    Where no direct message arrives, the requester is pinged beside the outcome after all.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def tell(self, job: Job, delivered: Delivered, *, is_new: bool) -> None:
        """Tell the requester, if they want it by direct message; best effort.

        Args:
            job: Whose outcome it is.
            delivered: Where that is.
            is_new: Whether it was posted just now. What an earlier attempt had posted it may have
                told as well, so that is looked for.
        """
        places = {job.thread_id, job.channel_id}
        if job.told_by is not ToldBy.DIRECT or delivered.channel_id not in places:
            return  # it went to their direct messages itself
        if job.guild_id is None:
            return
        try:
            async with asyncio.timeout(NOTICE_SECONDS):
                if not await self._write(job, delivered, is_new=is_new):
                    await self._ping(job, delivered, is_new=is_new)
        except (TimeoutError, *DISCORD_ERRORS) as exc:
            log.warning("job %s: its requester was not told: %r", job.id, exc)
        except Exception:  # the outcome is out; nothing here may make it look otherwise
            log.exception("job %s: telling its requester broke in the program", job.id)

    async def _write(self, job: Job, delivered: Delivered, *, is_new: bool) -> bool:
        url = jump_url(job.guild_id, delivered.channel_id, delivered.message_id)
        try:
            channel = await direct_channel(self._client, job.user_id)
            if channel is None:
                return False
            await self._post(job, channel, telling_texts.direct(job.state, url), is_new=is_new)
        except (DeliveryDelayedError, *DISCORD_ERRORS) as exc:
            log.info("job %s: its requester gets no direct message: %s", job.id, exc)
            return False
        return True

    async def _ping(self, job: Job, delivered: Delivered, *, is_new: bool) -> None:
        channel = self._client.get_partial_messageable(delivered.channel_id, guild_id=job.guild_id)
        words = telling_texts.here_instead(mention(job.user_id))
        await self._post(job, channel, words, is_new=is_new)

    async def _post(self, job: Job, channel: Channel, words: str, *, is_new: bool) -> None:
        wanted = mark(job.id, f"{_KIND} {nonce(job)}")
        if not is_new and await find_marked(
            self._client, channel, wanted, after=job.record_message_id, newest_first=True
        ):
            return
        view: ui.LayoutView = card(STATE_COLOURS[job.state], [words], id_=wanted)
        await channel.send(view=view, nonce=f"{nonce(job)}t", allowed_mentions=only(job.user_id))
