"""Who presses: what an interaction says of a person, for ``bot/domain/permissions.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.domain.permissions import Actor

if TYPE_CHECKING:
    from bot.app import RestyleBot


def role_ids_of(interaction: discord.Interaction[Any]) -> frozenset[int]:
    """Return the ids of the roles of who acts; none in direct messages."""
    if not isinstance(interaction.user, discord.Member):
        return frozenset()
    return frozenset(role.id for role in interaction.user.roles)


def actor_of(interaction: discord.Interaction[RestyleBot]) -> Actor:
    """Return who acts, as the event says: nothing is asked of Discord."""
    in_guild = interaction.guild_id is not None
    allowed = interaction.permissions if in_guild else discord.Permissions.none()
    return Actor(
        user_id=interaction.user.id,
        in_guild=in_guild,
        manage_messages=allowed.manage_messages,
        manage_guild=allowed.manage_guild,
        role_ids=role_ids_of(interaction),
        is_owner=interaction.user.id in interaction.client.owner_user_ids,
    )
