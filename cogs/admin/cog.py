"""``/restyle-admin``: server managers see to jobs and people, the bot's owner to the whole bot.

One group, allowed in direct messages too. On a server Discord offers it to whoever has Manage
Server, or to whom an administrator handed it; there the owner's commands answer everybody else
with who may. In direct messages Discord offers it to everybody and it serves the owner alone, so
that an owner needs no permission on any server to reach what is theirs.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.guilds import GLOBAL_GUILD_ID, guild_key
from bot.domain.permissions import Action
from bot.domain.sanctions import MAX_NOTE
from bot.policy.ceilings import LIMITS
from bot.texts import admin as admin_texts
from bot.texts import owner as owner_texts
from bot.texts import permission as permission_texts
from cogs.admin.jobs_page import CancelMenu, DropButton, RefreshButton, jobs_page
from cogs.admin.late import LookAgainMenu, late_page
from cogs.admin.money_pages import limits_page, spend_page
from cogs.admin.quarantine import (
    QuarantineButton,
    QuarantinedJobButton,
    QuarantineMenu,
    quarantine_page,
    tell_owner,
)
from cogs.admin.strikes import strikes_page
from cogs.admin.uncertain import (
    FORM_ID,
    TaskMenu,
    UncertainButton,
    UncertainMenu,
    settle,
    uncertain_page,
)
from cogs.common.forms import sent_form
from cogs.common.grants import grant_of, may_here, may_use
from cogs.common.ids import read_id
from cogs.common.pages import Page, answer_command, answer_press

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Note = app_commands.Range[str, 1, MAX_NOTE]
_CHOICES: Final = [
    app_commands.Choice(name=owner_texts.LIMIT_TITLES[name], value=name) for name in LIMITS
]
_OFFERED: Final = 25


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
class Admin(
    commands.GroupCog,
    group_name="restyle-admin",
    group_description="See to clips, members and money",
):
    """The commands; every answer is for the person alone."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._store = bot.store

    async def _answer(
        self,
        interaction: discord.Interaction[Any],
        action: Action,
        make: Callable[[], Awaitable[str | Page]],
        *,
        owner_only: bool = False,
    ) -> None:
        """Answer with what ``make`` returns, or with who may."""
        allowed = may_here(interaction, action) if owner_only else may_use(interaction, action)
        if not allowed:
            await answer_privately(interaction, permission_texts.refused(action))
            return
        await answer_command(interaction, make)

    # Clips

    @app_commands.command(description="See the clips that wait and run, and cancel any that waits")
    async def jobs(self, interaction: discord.Interaction[Any]) -> None:
        """Show the server's clips; in direct messages those of all servers."""
        grant = grant_of(interaction, Action.MANAGE_JOBS)
        await self._answer(
            interaction,
            Action.MANAGE_JOBS,
            lambda: jobs_page(self._store, interaction.guild_id, grant),
        )

    # Members

    @app_commands.command(description="Let a member start no clips any more")
    @app_commands.describe(member="Whom", reason="Why; they read it when they try")
    async def block(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User,
        reason: Note | None = None,
    ) -> None:
        """Block on the server; in direct messages everywhere."""

        async def make() -> str:
            found, is_new = await self._store.people.block(
                guild_key(interaction.guild_id), member.id, by=interaction.user.id, note=reason
            )
            if is_new:
                log.info("user %s blocked user %s", interaction.user.id, member.id)
            return admin_texts.blocked(found, is_new=is_new)

        await self._answer(interaction, Action.BLOCK, make)

    @app_commands.command(description="Let a blocked member start clips again")
    @app_commands.describe(member="Whom")
    async def unblock(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """Take a block back."""

        async def make() -> str:
            found = await self._store.people.unblock(guild_key(interaction.guild_id), member.id)
            if found is not None:
                log.info("user %s unblocked user %s", interaction.user.id, member.id)
            return admin_texts.unblocked(member.id, found)

        await self._answer(interaction, Action.BLOCK, make)

    @app_commands.command(description="See who is blocked")
    async def blocked(self, interaction: discord.Interaction[Any]) -> None:
        """List who is blocked on this server; in direct messages, everywhere."""

        async def make() -> str:
            found = await self._store.people.blocks(guild_key(interaction.guild_id))
            return admin_texts.blocks(found, everywhere=interaction.guild_id is None)

        await self._answer(interaction, Action.BLOCK, make)

    @app_commands.command(description="See strikes, and lift them")
    @app_commands.describe(member="Only this member's")
    async def strikes(
        self, interaction: discord.Interaction[Any], member: discord.User | None = None
    ) -> None:
        """Show the page of strikes."""
        grant = grant_of(interaction, Action.LIFT_STRIKE)

        async def make() -> str | Page:
            if interaction.guild_id is None:
                return admin_texts.in_dms("A strike")
            user_id = member.id if member is not None else None
            return await strikes_page(self._store, interaction.guild_id, user_id, grant)

        await self._answer(interaction, Action.LIFT_STRIKE, make)

    # Pauses

    @app_commands.command(description="Let nothing new start on this server; what runs goes on")
    @app_commands.describe(reason="Why; members read it when they try")
    async def pause(
        self, interaction: discord.Interaction[Any], reason: Note | None = None
    ) -> None:
        """Let nothing new start here until somebody resumes; what runs goes on."""

        async def make() -> str:
            if interaction.guild_id is None:
                return admin_texts.in_dms("A pause")
            return await self._pause(interaction, interaction.guild_id, reason)

        await self._answer(interaction, Action.PAUSE_SERVER, make)

    @app_commands.command(description="Let clips start again on this server")
    async def resume(self, interaction: discord.Interaction[Any]) -> None:
        """End the pause of the server."""

        async def make() -> str:
            if interaction.guild_id is None:
                return admin_texts.in_dms("A pause")
            return await self._resume(interaction, interaction.guild_id)

        await self._answer(interaction, Action.PAUSE_SERVER, make)

    @app_commands.command(name="pause-all", description="For the bot's owner: pause everything")
    @app_commands.describe(reason="Why; everybody reads it who tries")
    async def pause_all(
        self, interaction: discord.Interaction[Any], reason: Note | None = None
    ) -> None:
        """Pause the whole bot, until it is resumed, whatever restarts meanwhile."""
        await self._answer(
            interaction,
            Action.PAUSE_EVERYTHING,
            lambda: self._pause(interaction, GLOBAL_GUILD_ID, reason),
            owner_only=True,
        )

    @app_commands.command(name="resume-all", description="For the bot's owner: resume everything")
    async def resume_all(self, interaction: discord.Interaction[Any]) -> None:
        """End the pause of the whole bot; servers that paused themselves stay so."""
        await self._answer(
            interaction,
            Action.PAUSE_EVERYTHING,
            lambda: self._resume(interaction, GLOBAL_GUILD_ID),
            owner_only=True,
        )

    async def _pause(
        self, interaction: discord.Interaction[Any], guild_id: int, reason: str | None
    ) -> str:
        found, is_new = await self._store.people.pause(
            guild_id, user_id=interaction.user.id, note=reason
        )
        if is_new:
            log.info("guild %s: paused by user %s", guild_id or "*", interaction.user.id)
        counts = await self._store.overview.count_open(guild_id or None)
        return admin_texts.paused(found, counts, is_new=is_new)

    async def _resume(self, interaction: discord.Interaction[Any], guild_id: int) -> str:
        found = await self._store.people.resume(guild_id)
        everything = await self._store.people.paused(GLOBAL_GUILD_ID)
        if found is not None:
            log.info("guild %s: resumed by user %s", guild_id or "*", interaction.user.id)
        return admin_texts.resumed(guild_id, found, everything)

    # The owner's

    @app_commands.command(description="For the bot's owner: settle clips of which nobody knows")
    async def uncertain(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of unclear clips."""
        await self._answer(
            interaction,
            Action.SETTLE_UNCERTAIN,
            lambda: uncertain_page(self._store),
            owner_only=True,
        )

    @app_commands.command(description="For the bot's owner: what waits for them after a pause")
    async def quarantine(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of clips in quarantine."""
        await self._answer(
            interaction,
            Action.SETTLE_UNCERTAIN,
            lambda: quarantine_page(self._store),
            owner_only=True,
        )

    @app_commands.command(
        name="look-again", description="For the bot's owner: ask about clips that ended"
    )
    async def look_again(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of clips about which the provider can be asked once more."""
        await self._answer(
            interaction,
            Action.SETTLE_UNCERTAIN,
            lambda: late_page(self._store),
            owner_only=True,
        )

    @app_commands.command(description="For the bot's owner: what all servers spent")
    async def spend(self, interaction: discord.Interaction[Any]) -> None:
        """Show today's and this month's money, server by server."""

        async def make() -> Page:
            names = {guild.id: guild.name for guild in self._bot.guilds}
            return await spend_page(self._store, interaction.created_at, names)

        await self._answer(interaction, Action.SEE_ALL_SERVERS, make, owner_only=True)

    @app_commands.command(
        name="server-limit", description="For the bot's owner: the most that one server may use"
    )
    @app_commands.describe(
        limit="Which limit; leave it out to see what holds",
        value="A number (of clips, or of dollars), unlimited, or default",
        server="Which server; this one when left out",
    )
    @app_commands.choices(limit=_CHOICES)
    async def server_limit(
        self,
        interaction: discord.Interaction[Any],
        limit: str | None = None,
        value: app_commands.Range[str, 1, 20] | None = None,
        server: str | None = None,
    ) -> None:
        """Show or change what the owner allows one server."""
        guild = interaction.guild if server is None else self._guild(server)

        async def make() -> str | Page:
            return await limits_page(
                self._store, self._bot.settings, guild, limit, value, user_id=interaction.user.id
            )

        await self._answer(interaction, Action.SEE_ALL_SERVERS, make, owner_only=True)

    def _guild(self, typed: str) -> discord.Guild | None:
        return self._bot.get_guild(int(typed)) if typed.isascii() and typed.isdigit() else None

    @server_limit.autocomplete("server")
    async def _offer_servers(
        self, interaction: discord.Interaction[Any], typed: str
    ) -> list[app_commands.Choice[str]]:
        if not may_here(interaction, Action.SEE_ALL_SERVERS):  # not even their names
            return []
        found = [guild for guild in self._bot.guilds if typed.lower() in guild.name.lower()]
        return [
            app_commands.Choice(name=guild.name[:100], value=str(guild.id))
            for guild in found[:_OFFERED]
        ]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Settle what a form says that was sent, whichever process opened it."""
        match = sent_form(interaction, FORM_ID)
        if match is not None:
            await answer_press(
                interaction,
                lambda: settle(interaction, read_id(match["job_id"]), match["verb"]),
            )


async def setup(bot: RestyleBot) -> None:
    """Add the commands, and the controls that outlive restarts."""
    bot.add_dynamic_items(
        CancelMenu, DropButton, RefreshButton, TaskMenu, UncertainMenu, UncertainButton
    )
    bot.add_dynamic_items(QuarantineMenu, QuarantineButton, QuarantinedJobButton, LookAgainMenu)
    bot.notify_owner = functools.partial(tell_owner, bot)
    await bot.add_cog(Admin(bot))
