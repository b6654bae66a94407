"""Who acts, as an interaction tells, and what ``bot/domain/permissions.py`` lets them do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.domain.permissions import Action, Actor, may, who
from cogs.common.discord_errors import DISCORD_ERRORS

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.storage.store import Store


def role_ids_of(interaction: discord.Interaction[Any]) -> frozenset[int]:
    """Return the ids of the roles of who acts; none in direct messages."""
    if not isinstance(interaction.user, discord.Member):
        return frozenset()
    return frozenset(role.id for role in interaction.user.roles)


def permissions_everywhere(interaction: discord.Interaction[Any]) -> discord.Permissions:
    """Return what somebody's roles allow on the whole server; nothing in direct messages.

    The event tells what holds in its channel, where Discord can allow more: Manage Messages there
    makes nobody a moderator of the server, and Manage Permissions of a channel bears the number of
    Manage Roles.
    """
    user = interaction.user
    return user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions()


def actor_of(interaction: discord.Interaction[RestyleBot]) -> Actor:
    """Return who acts, as the event and the known roles say: nothing is asked of Discord."""
    in_guild = interaction.guild_id is not None
    allowed = interaction.permissions if in_guild else discord.Permissions.none()
    everywhere = permissions_everywhere(interaction)
    return Actor(
        user_id=interaction.user.id,
        in_guild=in_guild,
        manage_messages=allowed.manage_messages and everywhere.manage_messages,
        manage_guild=allowed.manage_guild,
        role_ids=role_ids_of(interaction),
        is_owner=interaction.user.id in interaction.client.owner_user_ids,
    )


def is_here(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Tell whether a press may be about ``job``: it comes from the job's server.

    An outcome that reached no channel came as a direct message, to its requester; the clip's author
    is asked in one. Nobody else has a message about a server's job there.
    """
    if interaction.guild_id == job.guild_id:
        return True
    concerned = {job.user_id, job.source_author_id}
    return interaction.guild_id is None and interaction.user.id in concerned


async def may_see(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Tell whether the person can see what ``job`` posted, wherever they press from.

    Whoever presses beside it does; so does its requester. From elsewhere, as from a list of jobs,
    they need to be able to read the channel or thread in which it was asked for.
    """
    if not is_here(interaction, job):
        return False
    if interaction.guild is None:  # direct messages are everybody's own
        return interaction.user.id in {job.user_id, job.source_author_id}
    places = {job.channel_id, job.thread_id, job.answer_channel_id}
    if interaction.user.id == job.user_id or interaction.channel_id in places:
        return True
    return await can_read(interaction.guild, interaction.user, job.channel_id)


async def can_read(
    guild: discord.Guild, user: discord.User | discord.Member, channel_id: int
) -> bool:
    """Tell whether a member can read a channel or thread; not if it is gone or out of our sight."""
    channel = guild.get_channel_or_thread(channel_id)
    try:
        if channel is None:  # a thread that sleeps
            channel = await guild.fetch_channel(channel_id)
        if not isinstance(user, discord.Member):
            return False
        allowed = channel.permissions_for(user)
        if not (allowed.view_channel and allowed.read_message_history):
            return False
        if not isinstance(channel, discord.Thread) or not channel.is_private():
            return True
        if not allowed.manage_threads:
            await channel.fetch_member(user.id)
    except (discord.ClientException, *DISCORD_ERRORS):
        return False
    return True


async def may_moderate(
    interaction: discord.Interaction[Any],
    store: Store,
    action: Action,
    *,
    requester_id: int | None = None,
) -> bool:
    """Tell whether the person may do ``action``; settings are read only where they matter."""
    actor = actor_of(interaction)
    whos = who(actor, requester_id=requester_id)
    if may(action, whos) or interaction.guild_id is None or not actor.role_ids:
        return may(action, whos)
    policy = await store.policies.read(interaction.guild_id)
    reviewing = policy.server("reviewer_role_ids")
    return may(action, who(actor, requester_id=requester_id, reviewer_role_ids=reviewing))
