"""``/restyle-owner``: whoever runs the bot sees to all of it, in direct messages with the bot.

In direct messages Discord knows no permissions: it offers the command to everybody there, and the
bot does what it says for its owner alone. So no moderator's list of commands has it, and an owner
needs no permission on any server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.permissions import Action
from bot.domain.sanctions import MAX_NOTE
from bot.policy.ceilings import LIMITS
from bot.texts import owner as owner_texts
from bot.texts import permission as permission_texts
from cogs.admin import people
from cogs.admin.jobs_page import jobs_page
from cogs.common.forms import sent_form
from cogs.common.grants import RIGHT, may_here
from cogs.common.ids import UnknownControlError, read_id
from cogs.common.pages import Page, answer_command, answer_press
from cogs.owner.late import LookAgainMenu, late_page
from cogs.owner.money_pages import limits_page, spend_page
from cogs.owner.quarantine import (
    QuarantineButton,
    QuarantinedJobButton,
    QuarantineMenu,
    quarantine_page,
)
from cogs.owner.uncertain import (
    FORM_ID,
    TaskMenu,
    UncertainButton,
    UncertainMenu,
    settle,
    uncertain_page,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Note = app_commands.Range[str, 1, MAX_NOTE]
_CHOICES: Final = [
    app_commands.Choice(name=owner_texts.LIMIT_TITLES[name], value=name) for name in LIMITS
]
_OFFERED: Final = 25


@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=False, dms=True, private_channels=False)
class Owner(
    commands.GroupCog,
    group_name="restyle-owner",
    group_description="For the bot's owner: clips, people and money on all servers",
):
    """The commands; everybody but the owner reads whom they are for."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._store = bot.store

    async def _answer(
        self,
        interaction: discord.Interaction[Any],
        action: Action,
        make: Callable[[], Awaitable[str | Page]],
    ) -> None:
        """Answer with what ``make`` returns, or with who may."""
        if may_here(interaction, action):
            await answer_command(interaction, make)
        else:
            await answer_privately(interaction, permission_texts.owners_command())

    # Clips

    @app_commands.command(description="See the clips of all servers, and cancel them")
    async def jobs(self, interaction: discord.Interaction[Any]) -> None:
        """Show the clips of all servers."""
        await self._answer(
            interaction, Action.MANAGE_JOBS, lambda: jobs_page(self._store, None, RIGHT)
        )

    @app_commands.command(description="Settle clips that may or may not have been paid for")
    async def uncertain(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of uncertain clips."""
        await self._answer(
            interaction, Action.SETTLE_UNCERTAIN, lambda: uncertain_page(self._store)
        )

    @app_commands.command(description="Decide about clips that waited while the bot was away")
    async def quarantine(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of clips in quarantine."""
        await self._answer(
            interaction, Action.SETTLE_UNCERTAIN, lambda: quarantine_page(self._store)
        )

    @app_commands.command(
        name="look-again", description="Ask again about clips that ended without a video"
    )
    async def look_again(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page of clips about which the provider can be asked once more."""
        await self._answer(interaction, Action.SETTLE_UNCERTAIN, lambda: late_page(self._store))

    # People

    @app_commands.command(description="Stop somebody from starting clips anywhere")
    @app_commands.describe(member="The member to block", reason="Shown to them when they try")
    async def block(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User,
        reason: Note | None = None,
    ) -> None:
        """Block everywhere, until the owner takes it back."""
        await self._answer(
            interaction,
            Action.BLOCK,
            lambda: people.block(self._store, interaction, GLOBAL_GUILD_ID, member.id, reason),
        )

    @app_commands.command(description="Let somebody who was blocked everywhere start clips again")
    @app_commands.describe(member="The member to unblock")
    async def unblock(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """Take back a block that holds everywhere."""
        await self._answer(
            interaction,
            Action.BLOCK,
            lambda: people.unblock(self._store, interaction, GLOBAL_GUILD_ID, member.id),
        )

    @app_commands.command(description="See who is blocked everywhere")
    async def blocked(self, interaction: discord.Interaction[Any]) -> None:
        """List who is blocked everywhere; servers have lists of their own."""
        await self._answer(
            interaction, Action.BLOCK, lambda: people.blocked(self._store, GLOBAL_GUILD_ID)
        )

    # Pauses

    @app_commands.command(
        name="pause-all", description="Stop new clips on all servers; those in progress finish"
    )
    @app_commands.describe(reason="Shown to everybody who tries")
    async def pause_all(
        self, interaction: discord.Interaction[Any], reason: Note | None = None
    ) -> None:
        """Pause the whole bot, until it is resumed, whatever restarts meanwhile."""
        await self._answer(
            interaction,
            Action.PAUSE_EVERYTHING,
            lambda: people.pause(self._store, interaction, GLOBAL_GUILD_ID, reason),
        )

    @app_commands.command(name="resume-all", description="Let clips start again on all servers")
    async def resume_all(self, interaction: discord.Interaction[Any]) -> None:
        """End the pause of the whole bot; servers that paused themselves stay so."""
        await self._answer(
            interaction,
            Action.PAUSE_EVERYTHING,
            lambda: people.resume(self._store, interaction, GLOBAL_GUILD_ID),
        )

    # Money

    @app_commands.command(description="See what all servers have spent")
    async def spend(self, interaction: discord.Interaction[Any]) -> None:
        """Show today's and this month's money, server by server."""

        async def make() -> Page:
            names = {guild.id: guild.name for guild in self._bot.guilds}
            return await spend_page(self._store, interaction.created_at, names)

        await self._answer(interaction, Action.SEE_ALL_SERVERS, make)

    @app_commands.command(
        name="server-limit", description="See or set the most that one server may use"
    )
    @app_commands.describe(
        server="Which server",
        limit="Which limit; leave it out to see the current limits",
        value="A number of clips or dollars, or: unlimited, default",
    )
    @app_commands.choices(limit=_CHOICES)
    async def server_limit(
        self,
        interaction: discord.Interaction[Any],
        server: str,
        limit: str | None = None,
        value: app_commands.Range[str, 1, 20] | None = None,
    ) -> None:
        """Show or change what the owner allows one server."""

        async def make() -> str | Page:
            return await limits_page(
                self._store,
                self._bot.settings,
                self._guild(server),
                limit,
                value,
                user_id=interaction.user.id,
            )

        await self._answer(interaction, Action.SEE_ALL_SERVERS, make)

    def _guild(self, typed: str) -> discord.Guild | None:
        try:
            return self._bot.get_guild(read_id(typed))
        except UnknownControlError:
            return None

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
    bot.add_dynamic_items(TaskMenu, UncertainMenu, UncertainButton, LookAgainMenu)
    bot.add_dynamic_items(QuarantineMenu, QuarantineButton, QuarantinedJobButton)
    await bot.add_cog(Owner(bot))
