"""What the owner's pages of clips have in common: who may, and the menu that names one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import discord
from discord import ui

from bot.domain.permissions import Action
from bot.texts import owner as owner_texts
from bot.texts import permission as permission_texts
from cogs.common.grants import may_here
from cogs.common.ids import chosen_id
from cogs.common.items import NO_TEMPLATE, ItemT, PageItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from cogs.common.pages import Page


def owners_refusal(interaction: discord.Interaction[Any]) -> str | None:
    """Return what everybody but the bot's owner reads; ``None`` for the owner."""
    if may_here(interaction, Action.SETTLE_UNCERTAIN):
        return None
    return permission_texts.refused(Action.SETTLE_UNCERTAIN)


class OwnerItem(PageItem[ItemT], template=NO_TEMPLATE):
    """A control of a page that is the bot's owner's alone, asked anew at each press."""

    async def answer(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do it for the owner, and say to everybody else whose it is."""
        refused = owners_refusal(interaction)
        return refused if refused is not None else await self.act(interaction)

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do what the control says, and return the page that is left."""
        raise NotImplementedError


class JobMenu(OwnerItem[ui.Select[Any]], template=NO_TEMPLATE):
    """A menu of the clips on a page, in its order; what the choice means says ``choose``.

    A subclass is named by its custom id, which nothing is read from.
    """

    custom_id: ClassVar[str]
    placeholder: ClassVar[str]

    def __init_subclass__(cls, *, custom_id: str, placeholder: str) -> None:
        super().__init_subclass__(template=custom_id)
        cls.custom_id, cls.placeholder = custom_id, placeholder

    def __init__(self, found: Sequence[Job] = ()) -> None:
        options = [
            discord.SelectOption(label=owner_texts.job_label(number, job), value=str(job.id))
            for number, job in enumerate(found, 1)
        ]
        super().__init__(
            ui.Select(custom_id=self.custom_id, placeholder=self.placeholder, options=options)
        )

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do with the chosen clip what this menu is for."""
        return await self.choose(
            interaction.client, chosen_id(self.item.values), by=interaction.user.id
        )

    async def choose(self, bot: RestyleBot, job_id: int, *, by: int) -> str | Page:
        """Return the page after the owner, whose id is ``by``, chose a clip."""
        raise NotImplementedError
