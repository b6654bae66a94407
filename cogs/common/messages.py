"""Posting messages by ids and the bot's token alone, and finding those posted before a crash.

A process may die between posting a message and storing its id. For a few minutes Discord knows
the nonce again and posts nothing twice; after that the message is found by its mark.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import discord

from cogs.common.cards import bears_mark
from cogs.common.discord_errors import DISCORD_ERRORS, lasting_verdict

if TYPE_CHECKING:
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

NOBODY: Final = discord.AllowedMentions.none()

NONCE_WINDOW: Final = timedelta(minutes=2)
"""For how long Discord surely knows a nonce again; it says "a few minutes".

Source: https://docs.discord.com/developers/resources/message#create-message
"""

_CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
"""By how much the database's clock may be ahead of Discord's."""

Channel = discord.PartialMessageable | discord.DMChannel


def utc_now() -> datetime:
    """Return the moment it is, aware, in UTC; tests have clocks of their own."""
    return datetime.now(UTC)


def only(user_id: int) -> discord.AllowedMentions:
    """Return what lets a message ping this user and nobody else, not even whom it replies to."""
    return discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=[discord.Object(user_id)]
    )


def is_ours(client: discord.Client, message: discord.Message) -> bool:
    """Tell whether the bot itself wrote ``message``; nothing is its own before it has logged in."""
    return client.user is not None and message.author.id == client.user.id


def may_be_posted(job: Job, now: datetime) -> bool:
    """Tell whether an attempt to post the outcome may have succeeded that no nonce protects now."""
    since = job.finished_at or job.updated_at
    return job.delivery_attempts > 0 or now - since > NONCE_WINDOW


def id_before(moment: datetime) -> int:
    """Return an id that is older than any message posted at ``moment`` by our clock or later."""
    return discord.utils.time_snowflake(moment - _CLOCK_DIFFERENCE)


async def find_marked(
    client: discord.Client,
    channel: Channel,
    mark: int,
    *,
    after: int,
    limit: int = 100,
    newest_first: bool = False,
    must_read: bool = False,
) -> discord.Message | None:
    """Return the message of ours that bears ``mark``, or ``None``.

    Args:
        client: The logged-in client.
        channel: Where to look.
        mark: See :func:`cogs.common.cards.mark`.
        after: The id of a message that is surely older.
        limit: How many messages are read; each hundred is one call.
        newest_first: Whether it is more likely near the end than near ``after``.
        must_read: Whether a channel that the bot may not read is an error; else it has no such
            message.

    Raises:
        DeliveryDelayedError: Discord is in trouble, so nobody knows.
        Exception: With ``must_read`` instead one of ``DISCORD_ERRORS``, whatever it means.
    """
    history = (
        channel.history(limit=limit)
        if newest_first
        else channel.history(limit=limit, after=discord.Object(after), oldest_first=True)
    )
    try:
        async for message in history:
            if message.id <= after:
                return None
            if is_ours(client, message) and bears_mark(message, mark):
                return message
    except DISCORD_ERRORS as exc:
        if must_read:
            raise
        lasting_verdict(exc)
        log.info("channel %s cannot be read: %s", channel.id, exc)
    return None


async def direct_channel(client: discord.Client, user_id: int) -> discord.DMChannel | None:
    """Return the channel of direct messages with a user; ``None`` if Discord opens none.

    Raises:
        DeliveryDelayedError: Discord is in trouble.
    """
    try:
        return await client.create_dm(discord.Object(user_id))
    except DISCORD_ERRORS as exc:
        lasting_verdict(exc)
        log.info("user %s: no direct messages: %s", user_id, exc)
        return None
