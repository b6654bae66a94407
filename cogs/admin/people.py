"""What both ``/restyle-admin`` and ``/restyle-owner`` do: blocks and pauses, each with its words.

``GLOBAL_GUILD_ID`` stands for everywhere; who may is the commands' to ask.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.texts import admin as admin_texts

if TYPE_CHECKING:
    import discord

    from bot.storage.store import Store

log = logging.getLogger(__name__)


async def block(
    store: Store,
    interaction: discord.Interaction[Any],
    guild_id: int,
    user_id: int,
    reason: str | None,
) -> str:
    """Let somebody start nothing any more, and return what the one who blocks reads."""
    found, is_new = await store.people.block(guild_id, user_id, by=interaction.user.id, note=reason)
    if is_new:
        log.info("user %s blocked user %s", interaction.user.id, user_id)
    return admin_texts.blocked(found, interaction.client.command_mentions.of, is_new=is_new)


async def unblock(
    store: Store, interaction: discord.Interaction[Any], guild_id: int, user_id: int
) -> str:
    """Take a block back; nobody does that for themselves."""
    if user_id == interaction.user.id:
        return admin_texts.OWN_BLOCK
    found = await store.people.unblock(guild_id, user_id)
    if found is not None:
        log.info("user %s unblocked user %s", interaction.user.id, user_id)
    return admin_texts.unblocked(user_id, found)


async def blocked(store: Store, guild_id: int) -> str:
    """Return the list of those who are blocked."""
    found = await store.people.blocks(guild_id)
    return admin_texts.blocks(found, everywhere=guild_id == GLOBAL_GUILD_ID)


async def pause(
    store: Store, interaction: discord.Interaction[Any], guild_id: int, reason: str | None
) -> str:
    """Let nothing new start until somebody resumes, whatever restarts meanwhile."""
    found, is_new = await store.people.pause(guild_id, user_id=interaction.user.id, note=reason)
    if is_new:
        log.info("guild %s: paused by user %s", guild_id or "*", interaction.user.id)
    counts = await store.overview.count_open(guild_id or None)
    naming = interaction.client.command_mentions.of
    return admin_texts.paused(found, counts, naming, is_new=is_new)


async def resume(store: Store, interaction: discord.Interaction[Any], guild_id: int) -> str:
    """End a pause; servers that paused themselves stay so when that of the whole bot ends."""
    found = await store.people.resume(guild_id)
    everything = await store.people.paused(GLOBAL_GUILD_ID)
    if found is not None:
        log.info("guild %s: resumed by user %s", guild_id or "*", interaction.user.id)
    return admin_texts.resumed(guild_id, found, everything)
