"""The buttons below what the bot's owner is told: the next step, from the message itself."""

from __future__ import annotations

import enum
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from discord import ui

from bot.domain.conditions import ConditionKind
from bot.errors import MediaError
from bot.media.confinement import holds
from bot.texts import alert as alert_texts
from bot.texts import quarantine as quarantine_texts
from cogs.admin.jobs_page import jobs_page
from cogs.common.grants import RIGHT
from cogs.common.items import PersistentItem
from cogs.common.pages import Page, show_beside
from cogs.owner.menu import OwnerItem
from cogs.owner.money_pages import spend_page
from cogs.owner.quarantine import quarantine_page
from cogs.owner.uncertain import uncertain_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    import discord

    from bot.app import RestyleBot
    from bot.settings import Settings


class OwnerPage(enum.StrEnum):
    """What a button shows to the owner; part of custom ids."""

    JOBS = "jobs"
    SPEND = "spend"
    UNCERTAIN = "uncertain"
    QUARANTINE = "quarantine"
    RELEASE = "release"  # all in quarantine; then the page of what is left


_PAGES: Final[Mapping[ConditionKind, tuple[OwnerPage, ...]]] = {
    ConditionKind.ENGINE: (OwnerPage.JOBS,),
    ConditionKind.CHILDREN: (OwnerPage.JOBS,),
    ConditionKind.BALANCE: (OwnerPage.SPEND,),
    ConditionKind.UNCERTAIN: (OwnerPage.UNCERTAIN,),
    ConditionKind.QUARANTINE: (OwnerPage.RELEASE, OwnerPage.QUARANTINE),
}
_AT_PROVIDER: Final = frozenset(
    {
        *(ConditionKind.KEY, ConditionKind.MODEL),
        *(ConditionKind.CREDIT, ConditionKind.BALANCE),
    }
)
_DISCORD_STATUS: Final = "https://discordstatus.com"


def steps(kind: ConditionKind, settings: Settings) -> ui.View:
    """Return the buttons below the message about a condition."""
    view = ui.View(timeout=None)
    if kind is ConditionKind.SHARDS:
        view.add_item(ui.Button(label=alert_texts.STATUS_LABEL, url=_DISCORD_STATUS))
    if kind in _AT_PROVIDER and settings.provider_page is not None:
        view.add_item(ui.Button(label=alert_texts.PROVIDER_LABEL, url=settings.provider_page))
    for page in _PAGES.get(kind, ()):
        view.add_item(ShowButton(page))
    view.add_item(CheckButton(kind))
    return view


def spend_step() -> ui.View:
    """Return the button below a message about a budget."""
    view = ui.View(timeout=None)
    view.add_item(ShowButton(OwnerPage.SPEND))
    return view


class CheckButton(PersistentItem[ui.Button[Any]], template=r"alert:check:(?P<kind>[a-z]{1,20})"):
    """Looks at a condition now; whoever tells of them says what was found."""

    fields: ClassVar = {"kind": ConditionKind}

    def __init__(self, kind: ConditionKind) -> None:
        label = alert_texts.CHECK_LABELS.get(kind, alert_texts.CHECK_LABEL)
        super().__init__(ui.Button(label=label, custom_id=f"alert:check:{kind}"))
        self.kind = kind


class ShowButton(OwnerItem[ui.Button[Any]], template=r"alert:show:(?P<page>[a-z]{1,20})"):
    """Shows one of the owner's pages beside the message, which stays."""

    fields: ClassVar = {"page": OwnerPage}

    def __init__(self, page: OwnerPage) -> None:
        super().__init__(
            ui.Button(label=alert_texts.PAGE_LABELS[page], custom_id=f"alert:show:{page}")
        )
        self.page = page

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Show it, in a private message of its own."""
        page = await self._page(interaction)
        beside = await show_beside(interaction, page)
        return page.said or beside if isinstance(page, Page) else beside

    async def _page(self, interaction: discord.Interaction[RestyleBot]) -> Page:
        bot = interaction.client
        match self.page:
            case OwnerPage.JOBS:
                return await jobs_page(bot.store, interaction.guild_id, RIGHT)
            case OwnerPage.SPEND:
                names = {guild.id: guild.name for guild in bot.guilds}
                return await spend_page(bot.store, interaction.created_at, names)
            case OwnerPage.UNCERTAIN:
                return await uncertain_page(bot.store)
            case OwnerPage.QUARANTINE:
                return await quarantine_page(bot.store)
            case OwnerPage.RELEASE:
                count = await bot.store.quarantine.release(user_id=interaction.user.id)
                return await quarantine_page(bot.store, said=quarantine_texts.released(count))


async def look_at(bot: RestyleBot, kind: ConditionKind) -> None:
    """Find out how something is that else is looked at later, or once the next clip comes."""
    if kind in _AT_PROVIDER and bot.watch is not None:
        await bot.watch.look()
    elif kind is ConditionKind.CHILDREN:
        with suppress(MediaError):  # then it still fails, and is still counted
            await holds(bot.process_pool)
    elif kind is ConditionKind.COMMANDS and bot.registration.trouble is not None:
        await bot.registration.ask_again()
    await bot.look_at_itself()
