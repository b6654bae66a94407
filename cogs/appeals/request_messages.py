"""Carrying appeals to the review channel, and answers back to the member."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.texts import appeal as appeal_texts
from cogs.appeals.button import AnswerButton
from cogs.common.cards import BLURPLE, GREEN, bears_mark, card, mark
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, classify, delayed

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.jobs import Job
    from bot.domain.reviews import Appeal

log = logging.getLogger(__name__)

_NOBODY: Final = discord.AllowedMentions.none()
_NONCE_WINDOW: Final = timedelta(minutes=2)
"""For how long Discord surely knows a nonce again.

Source: https://docs.discord.com/developers/resources/message#create-message
"""
_SEARCHED_MESSAGES: Final = 200


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _answer_row(appeal: Appeal) -> ui.ActionRow[Any]:
    row: ui.ActionRow[Any] = ui.ActionRow(AnswerButton(appeal.id))
    return row


def appeal_card(appeal: Appeal, job: Job | None) -> ui.LayoutView:
    """Return what moderators see of an appeal."""
    thread = f"<#{job.place_id}>" if job is not None else None
    lines = appeal_texts.appeal_lines(appeal, thread=thread)
    is_over = appeal.told_at is not None
    items: list[ui.Item[Any]] = [] if is_over else [_answer_row(appeal)]
    return card(GREEN if is_over else BLURPLE, lines, *items, id_=mark(appeal.id, "appeal"))


class AppealMessages:
    """Posts appeals and answers by ids and the bot's token only.

    Args:
        client: The logged-in client.
        now: The wall clock.
    """

    def __init__(self, client: discord.Client, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._client = client
        self._now = now

    async def post(self, appeal: Appeal, job: Job | None, channel_id: int) -> int | None:
        """Post an appeal, or find it there; ``None`` when the channel does not take it.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        channel = self._client.get_partial_messageable(channel_id, guild_id=appeal.guild_id)
        try:
            if self._now() - appeal.opened_at > _NONCE_WINDOW:
                async for message in channel.history(limit=_SEARCHED_MESSAGES):
                    if message.created_at < appeal.opened_at - timedelta(minutes=5):
                        break
                    if self._is_ours(message) and bears_mark(message, mark(appeal.id, "appeal")):
                        return message.id
            sent = await channel.send(
                view=appeal_card(appeal, job), nonce=f"{appeal.id}q", allowed_mentions=_NOBODY
            )
        except DISCORD_ERRORS as exc:
            if classify(exc) is ErrorMeaning.RETRY:
                raise delayed(exc) from exc
            log.warning("appeal %s: channel %s does not take it: %s", appeal.id, channel_id, exc)
            return None
        return sent.id

    def _is_ours(self, message: discord.Message) -> bool:
        return self._client.user is not None and message.author.id == self._client.user.id

    async def tell(self, appeal: Appeal, job: Job | None) -> bool:
        """Bring the answer to the member, in the thread or else in person; ``False``: nowhere.

        Raises:
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
        """
        who = f"<@{appeal.user_id}>"
        lines = appeal_texts.appeal_answer(
            who, by=f"<@{appeal.answered_by}>", words=appeal.answer or ""
        )
        if job is not None and await self._send(appeal, job.place_id, lines):
            return True
        guild = self._client.get_guild(appeal.guild_id)
        direct = [
            *lines,
            appeal_texts.answer_direct(guild.name if guild is not None else "the server"),
        ]
        try:
            channel = await self._client.create_dm(discord.Object(appeal.user_id))
        except DISCORD_ERRORS as exc:
            if classify(exc) is ErrorMeaning.RETRY:
                raise delayed(exc) from exc
            log.info("appeal %s: no direct messages: %s", appeal.id, exc)
            return False
        return await self._send(appeal, channel.id, direct)

    async def _send(self, appeal: Appeal, channel_id: int, lines: list[str]) -> bool:
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await channel.send(
                view=card(BLURPLE, lines),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(appeal.user_id)]
                ),
            )
        except DISCORD_ERRORS as exc:
            if classify(exc) is ErrorMeaning.RETRY:
                raise delayed(exc) from exc
            log.info("appeal %s: channel %s takes no answer: %s", appeal.id, channel_id, exc)
            return False
        return True
