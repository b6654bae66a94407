"""Carrying appeals to the review channel, and answers back to the member."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.texts import appeal as appeal_texts
from cogs.appeals.button import AnswerButton
from cogs.common.cards import BLURPLE, GREEN, card, jump_url, mark
from cogs.common.discord_errors import DISCORD_ERRORS, lasting_verdict
from cogs.common.messages import (
    NOBODY,
    NONCE_WINDOW,
    direct_channel,
    find_marked,
    id_before,
    only,
    utc_now,
)
from cogs.delivery.buttons import DeleteButton

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.domain.reviews import Appeal

log = logging.getLogger(__name__)


def appeal_card(appeal: Appeal, job: Job | None) -> ui.LayoutView:
    """Return what moderators see of an appeal."""
    thread = f"<#{job.place_id}>" if job is not None else None
    prompt = job.prompt if job is not None else None
    lines = appeal_texts.appeal_lines(appeal, thread=thread, prompt=prompt)
    is_over = appeal.told_at is not None
    items: list[ui.Item[Any]] = [] if is_over else [ui.ActionRow(AnswerButton(appeal.id))]
    if appeal.is_report and job is not None and job.answer_message_id is not None:
        url = jump_url(job.guild_id, job.answer_channel_id or job.place_id, job.answer_message_id)
        row: ui.ActionRow[Any] = ui.ActionRow(ui.Button(label="Watch", url=url))
        items.insert(0, row.add_item(DeleteButton(job.id)))
    return card(GREEN if is_over else BLURPLE, lines, *items, id_=appeal_mark(appeal))


def appeal_mark(appeal: Appeal) -> int:
    """Return the mark by which an appeal's message is found again."""
    return mark(appeal.id, "appeal")


class AppealMessages:
    """Posts appeals and answers by ids and the bot's token only."""

    def __init__(self, client: discord.Client, *, now: Callable[[], datetime] = utc_now) -> None:
        self._client = client
        self._now = now

    async def post(self, appeal: Appeal, job: Job | None, channel_id: int) -> int | None:
        """Post an appeal, or find it there; ``None`` when the channel does not take it.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        channel = self._client.get_partial_messageable(channel_id, guild_id=appeal.guild_id)
        message = None
        if self._now() - appeal.opened_at > NONCE_WINDOW:
            after = id_before(appeal.opened_at)
            message = await find_marked(
                self._client, channel, appeal_mark(appeal), after=after, limit=200
            )
        try:
            message = message or await channel.send(
                view=appeal_card(appeal, job), nonce=f"{appeal.id}q", allowed_mentions=NOBODY
            )
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.warning("appeal %s: channel %s did not accept it: %s", appeal.id, channel_id, exc)
            return None
        return message.id

    async def tell(self, appeal: Appeal, job: Job | None, *, by: str) -> bool:
        """Bring the answer to the member, in the thread or else in person; ``False``: nowhere.

        Args:
            appeal: The appeal, answered.
            job: What it is about.
            by: Who answered, as the member reads it.

        Raises:
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
        """
        who = f"<@{appeal.user_id}>"
        lines = appeal_texts.appeal_answer(who, by=by, words=appeal.answer or "")
        if appeal.is_report:
            job = None  # who reported a clip is nobody's business in its thread
        if job is not None and await self._send(appeal, job.place_id, lines):
            return True
        guild = self._client.get_guild(appeal.guild_id)
        direct = [
            *lines,
            appeal_texts.answer_direct(guild.name if guild is not None else "the server"),
        ]
        channel = await direct_channel(self._client, appeal.user_id)
        return channel is not None and await self._send(appeal, channel.id, direct)

    async def _send(self, appeal: Appeal, channel_id: int, lines: list[str]) -> bool:
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await channel.send(view=card(BLURPLE, lines), allowed_mentions=only(appeal.user_id))
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.info(
                "appeal %s: channel %s did not accept the answer: %s", appeal.id, channel_id, exc
            )
            return False
        return True
