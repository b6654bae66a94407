"""Posting changes of a server's settings in the channel that the server chose for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.texts import panel_answer as panel_answer_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.policy.changes import PolicyChange
    from bot.policy.levels import Policy

log = logging.getLogger(__name__)


def log_channels(before: Policy, after: Policy) -> list[int]:
    """Return where an action is posted: the log channel, and the one that it was until then."""
    found = [policy.server("log_channel_id") for policy in (after, before)]
    return [channel_id for channel_id in dict.fromkeys(found) if channel_id is not None]


async def post_action(
    client: discord.Client,
    guild: discord.Guild | None,
    channel_ids: Sequence[int],
    action: Sequence[PolicyChange],
    *,
    what: str,
) -> str | None:
    """Post what an action changed, and return what to say where it could not be posted.

    Args:
        client: The bot.
        guild: The server; nothing is posted in a channel of another one.
        channel_ids: Where.
        action: What was changed, by one person; nothing is posted when it is empty.
        what: What the action is called.
    """
    if not action:
        return None
    text = panel_answer_texts.log_message(action[0].user_id, action, what=what)
    said = None
    for channel_id in channel_ids:
        try:
            if guild is not None and guild.get_channel(channel_id) is None:
                raise OSError("there is no such channel on this server")
            await client.get_partial_messageable(channel_id).send(text, allowed_mentions=NOBODY)
        except DISCORD_ERRORS as exc:
            log.warning("channel %s: a change was not posted: %s", channel_id, exc)
            said = said or panel_answer_texts.log_not_written(channel_id)
    return said
