"""The page on which the bot's owner has the provider asked once more about a clip that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.permissions import Action
from bot.texts import owner as owner_texts
from bot.texts import permission as permission_texts
from bot.texts import quarantine as quarantine_texts
from cogs.common.cards import GREY, card
from cogs.common.grants import may_here
from cogs.common.ids import chosen_id
from cogs.common.items import PageItem
from cogs.common.pages import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.storage.store import Store

_SHOWN: Final = 15


async def late_page(store: Store, *, said: str | None = None) -> Page:
    """Return the page of the clips that ended without a video though their task is known.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    found = await store.late.ended(limit=_SHOWN)
    items: list[ui.Item[Any]] = [ui.ActionRow(LookAgainMenu(found))] if found else []
    return Page(view=card(GREY, quarantine_texts.ended(found), *items), said=said)


class LookAgainMenu(PageItem[ui.Select[Any]], template=r"late:look"):
    """Has the provider asked once more about the clip that is chosen in it."""

    def __init__(self, found: Sequence[Job] = ()) -> None:
        options = [
            discord.SelectOption(label=owner_texts.uncertain_label(number, job), value=str(job.id))
            for number, job in enumerate(found, 1)
        ]
        super().__init__(
            ui.Select(
                custom_id="late:look",
                placeholder=quarantine_texts.LOOK_PLACEHOLDER,
                options=options,
            )
        )

    async def answer(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Note that somebody should look; the engine does."""
        if not may_here(interaction, Action.SETTLE_UNCERTAIN):
            return permission_texts.refused(Action.SETTLE_UNCERTAIN)
        bot = interaction.client
        job = await bot.store.late.look_again(
            chosen_id(self.item.values),
            user_id=interaction.user.id,
            after_seconds=bot.settings.poll_min_seconds,
        )
        said = (
            quarantine_texts.LOOKING_AGAIN
            if job is not None
            else quarantine_texts.NOTHING_TO_LOOK_AT
        )
        return await late_page(bot.store, said=said)
