"""The place where a command was used: is it allowed, and what may the bot do there?"""

from __future__ import annotations

from typing import Any, Final

import discord

from bot.requests.validation import Refusal, Rule

_THREAD_PARENTS: Final = frozenset({discord.ChannelType.text, discord.ChannelType.news})
_THREADS: Final = frozenset(
    {
        discord.ChannelType.public_thread,
        discord.ChannelType.private_thread,
        discord.ChannelType.news_thread,
    }
)


def channel_of(interaction: discord.Interaction[Any]) -> int:
    """Return the id of the channel in which the command was used."""
    if interaction.channel_id is None:  # Discord always tells it for commands
        raise RuntimeError("an interaction without a channel")
    return interaction.channel_id


def can_open_thread(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether a thread may be made from the response, as far as the event says."""
    if interaction.guild_id is None or interaction.channel is None:
        return False
    may = interaction.app_permissions
    return interaction.channel.type in _THREAD_PARENTS and (
        may.administrator or (may.create_public_threads and may.send_messages_in_threads)
    )


def channels_of(interaction: discord.Interaction[Any]) -> tuple[int, ...]:
    """Return the channel in which the command was used and, for a thread, then its parent."""
    channel_id = channel_of(interaction)
    parent_id = getattr(interaction.channel, "parent_id", None)
    return (channel_id, parent_id) if parent_id else (channel_id,)


def is_age_restricted(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the place is for adults only; a thread is what its parent is."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return bool(getattr(channel, "nsfw", False))


def check_place(interaction: discord.Interaction[Any]) -> Refusal | None:
    """Check the channel: can the answer be posted there later?"""
    if interaction.guild_id is None:
        return None
    may = interaction.app_permissions
    in_thread = interaction.channel is not None and interaction.channel.type in _THREADS
    needed = {
        "View Channel": may.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": (
            may.send_messages_in_threads if in_thread else may.send_messages
        ),
        "Attach Files": may.attach_files,
    }
    missing = tuple(name for name, granted in needed.items() if not granted)
    if missing and not may.administrator:
        return Refusal(rule=Rule.PERMISSION_MISSING, words=missing)
    return None
