"""The page on which the bot's owner has the provider asked once more about a clip that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import ui

from bot.texts import quarantine as quarantine_texts
from cogs.common.cards import GREY, card
from cogs.common.pages import Page
from cogs.owner.menu import JobMenu

if TYPE_CHECKING:
    from bot.app import RestyleBot
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


class LookAgainMenu(JobMenu, custom_id="late:look", placeholder=quarantine_texts.LOOK_PLACEHOLDER):
    """Has the provider asked once more about the clip that is chosen in it."""

    async def choose(self, bot: RestyleBot, job_id: int, *, by: int) -> str | Page:
        """Note that somebody should look; the engine does."""
        job = await bot.store.late.look_again(
            job_id, user_id=by, after_seconds=bot.settings.poll_min_seconds
        )
        said = (
            quarantine_texts.LOOKING_AGAIN
            if job is not None
            else quarantine_texts.NOTHING_TO_LOOK_AT
        )
        return await late_page(bot.store, said=said)
