"""Who may press what on a page: by the table, or because the command itself was handed to them.

An administrator can hand a command to any role, and no second check contradicts that. A page that
such a command opened is seen by that person alone and says so in the custom ids of its controls;
they let through whoever sees them. All others are checked at each press.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar

from bot.domain.permissions import Action, may, who
from bot.texts import permission as permission_texts
from cogs.common.items import NO_TEMPLATE, ItemT, PageItem
from cogs.common.permission_checks import actor_of, may_moderate

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.storage.store import Store
    from cogs.common.pages import Page


class Grant(enum.StrEnum):
    """By what a page was opened; part of custom ids."""

    RIGHT = "r"  # by what the person is
    HANDED = "h"  # by an administrator's word


def grant_of(interaction: discord.Interaction[Any], action: Action) -> Grant:
    """Return by what the person opens a page with a command that Discord guards."""
    return Grant.RIGHT if may_here(interaction, action) else Grant.HANDED


def may_here(interaction: discord.Interaction[Any], action: Action) -> bool:
    """Tell whether the person may, by their permissions or as the bot's owner."""
    return may(action, who(actor_of(interaction)))


def may_use(interaction: discord.Interaction[Any], action: Action) -> bool:
    """Tell whether a command does what it says: on a server Discord has decided that already."""
    return interaction.guild_id is not None or may_here(interaction, action)


async def may_press(
    interaction: discord.Interaction[Any], store: Store, action: Action, grant: Grant
) -> bool:
    """Tell whether the person may press a control of a page."""
    if grant is Grant.HANDED and interaction.guild_id is not None:
        return True
    return await may_moderate(interaction, store, action)


class GrantedItem(PageItem[ItemT], template=NO_TEMPLATE):
    """A control of a page that a command opened; its custom id says by what."""

    action: ClassVar[Action]
    grant: Grant

    async def answer(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do it for whoever may, and say to everybody else who may."""
        if not await may_press(interaction, interaction.client.store, self.action, self.grant):
            return permission_texts.refused(self.action)
        return await self.act(interaction)

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do what the control says, and return the page that is left."""
        raise NotImplementedError
