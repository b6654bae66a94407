"""What the bot's owner does after a pause: release what waits, or say it was finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from discord import ui

from bot.texts import quarantine as quarantine_texts
from cogs.common.cards import YELLOW, card
from cogs.common.ids import read_id
from cogs.common.pages import Page
from cogs.owner.menu import JobMenu, OwnerItem

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.storage.store import Store

_SHOWN: Final = 15


async def quarantine_page(store: Store, *, said: str | None = None) -> Page:
    """Return the page of all clips in quarantine.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    found = await store.quarantine.jobs(limit=_SHOWN)
    count = await store.quarantine.count()
    items: list[ui.Item[Any]] = []
    if found:
        items.append(ui.ActionRow(QuarantineMenu(found)))
        items.append(ui.ActionRow(QuarantineButton("release-all")))
    return Page(view=card(YELLOW, quarantine_texts.page(found, count), *items), said=said)


class QuarantineMenu(
    JobMenu, custom_id="quarantine:choose", placeholder=quarantine_texts.PLACEHOLDER
):
    """Opens one of the clips in quarantine."""

    async def choose(self, bot: RestyleBot, job_id: int, *, by: int) -> str | Page:
        """Show what was chosen, with its thread, and what can be done."""
        job = await bot.store.get(job_id)
        if job is None or job.quarantined_at is None:
            return await quarantine_page(bot.store, said=quarantine_texts.NO_LONGER)
        buttons: ui.ActionRow[Any] = ui.ActionRow(
            *(QuarantinedJobButton(job.id, verb) for verb in ("release", "restored", "end")),
            QuarantineButton("look", label=quarantine_texts.BACK),
        )
        return Page(view=card(YELLOW, quarantine_texts.one(job), buttons))


class QuarantineButton(
    OwnerItem[ui.Button[Any]], template=r"quarantine:(?P<verb>release-all|look)"
):
    """Releases all clips in quarantine, or shows their list."""

    fields: ClassVar = {"verb": str}

    def __init__(self, verb: str, *, label: str | None = None) -> None:
        super().__init__(
            ui.Button(label=label or quarantine_texts.BUTTONS[verb], custom_id=f"quarantine:{verb}")
        )
        self.verb = verb

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do it, and show what is left."""
        store = interaction.client.store
        said = None
        if self.verb == "release-all":
            said = quarantine_texts.released(
                await store.quarantine.release(user_id=interaction.user.id)
            )
        return await quarantine_page(store, said=said)


class QuarantinedJobButton(
    OwnerItem[ui.Button[Any]],
    template=r"restyle:(?P<job_id>[0-9]{1,20}):quarantine-(?P<verb>release|restored|end)",
):
    """Releases one clip, or ends it as finished before, or as never sent."""

    fields: ClassVar = {"job_id": read_id, "verb": str}

    def __init__(self, job_id: int, verb: str) -> None:
        super().__init__(
            ui.Button(
                label=quarantine_texts.BUTTONS[verb],
                custom_id=f"restyle:{job_id}:quarantine-{verb}",
            )
        )
        self.job_id = job_id
        self.verb = verb

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do it, and show what is left."""
        store, user_id = interaction.client.store, interaction.user.id
        if self.verb == "release":
            is_done = await store.quarantine.release([self.job_id], user_id=user_id) > 0
        else:
            is_done = (
                await store.quarantine.settle(
                    self.job_id, user_id=user_id, restored=self.verb == "restored"
                )
                is not None
            )
        said = quarantine_texts.DONE[self.verb]
        return await quarantine_page(store, said=said if is_done else quarantine_texts.NO_LONGER)
