"""``/restyle-admin``: server managers see to clips and people.

Discord offers it to whoever has Manage Server, or to whom an administrator handed it, and no
second check contradicts that. What is the bot owner's stands in ``cogs/owner``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.guilds import guild_key
from bot.domain.permissions import Action
from bot.domain.sanctions import MAX_NOTE
from cogs.admin import people
from cogs.admin.jobs_page import CancelMenu, DropButton, RefreshButton, jobs_page
from cogs.admin.strikes import strikes_page
from cogs.common.grants import grant_of
from cogs.common.pages import Page, answer_command

if TYPE_CHECKING:
    from bot.app import RestyleBot

Note = app_commands.Range[str, 1, MAX_NOTE]


@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
@app_commands.allowed_installs(guilds=True, users=False)
class Admin(
    commands.GroupCog,
    group_name="restyle-admin",
    group_description="Manage this server's clips and members",
):
    """The commands; every answer is for the person alone."""

    def __init__(self, bot: RestyleBot) -> None:
        self._store = bot.store

    # Clips

    @app_commands.command(description="See clips waiting and in progress, and cancel them")
    async def jobs(self, interaction: discord.Interaction[Any]) -> None:
        """Show the server's clips."""

        async def make() -> Page:
            grant = await grant_of(interaction, Action.MANAGE_JOBS)
            return await jobs_page(self._store, guild_key(interaction.guild_id), grant)

        await answer_command(interaction, make)

    # Members

    @app_commands.command(description="Stop a member from starting clips")
    @app_commands.describe(member="The member to block", reason="Shown to them when they try")
    async def block(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User,
        reason: Note | None = None,
    ) -> None:
        """Block on this server, until somebody takes it back."""
        place = guild_key(interaction.guild_id)
        await answer_command(
            interaction,
            lambda: people.block(self._store, interaction, place, member.id, reason),
        )

    @app_commands.command(description="Let a blocked member start clips again")
    @app_commands.describe(member="The member to unblock")
    async def unblock(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """Take a block back."""
        place = guild_key(interaction.guild_id)
        await answer_command(
            interaction, lambda: people.unblock(self._store, interaction, place, member.id)
        )

    @app_commands.command(description="See who is blocked")
    async def blocked(self, interaction: discord.Interaction[Any]) -> None:
        """List who is blocked on this server."""
        place = guild_key(interaction.guild_id)
        await answer_command(interaction, lambda: people.blocked(self._store, place))

    @app_commands.command(description="See strikes and lift them")
    @app_commands.describe(member="Show only this member's strikes")
    async def strikes(
        self, interaction: discord.Interaction[Any], member: discord.User | None = None
    ) -> None:
        """Show the page of strikes."""

        async def make() -> Page:
            grant = await grant_of(interaction, Action.LIFT_STRIKE)
            user_id = member.id if member is not None else None
            place = guild_key(interaction.guild_id)
            return await strikes_page(interaction.client, place, user_id, grant)

        await answer_command(interaction, make)

    # Pauses

    @app_commands.command(description="Stop new clips on this server; those in progress finish")
    @app_commands.describe(reason="Shown to members when they try")
    async def pause(
        self, interaction: discord.Interaction[Any], reason: Note | None = None
    ) -> None:
        """Let nothing new start here until somebody resumes; what runs goes on."""
        place = guild_key(interaction.guild_id)
        await answer_command(
            interaction, lambda: people.pause(self._store, interaction, place, reason)
        )

    @app_commands.command(description="Let clips start again on this server")
    async def resume(self, interaction: discord.Interaction[Any]) -> None:
        """End the pause of the server."""
        place = guild_key(interaction.guild_id)
        await answer_command(interaction, lambda: people.resume(self._store, interaction, place))


async def setup(bot: RestyleBot) -> None:
    """Add the commands, and the controls that outlive restarts."""
    bot.add_dynamic_items(CancelMenu, DropButton, RefreshButton)
    await bot.add_cog(Admin(bot))
