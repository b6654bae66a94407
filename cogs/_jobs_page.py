"""The page on which managers see the clips that wait and run, and cancel those that wait."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot import admin_texts, permission_texts
from bot.app import RestyleBot
from bot.jobs import CancelReason, JobState
from bot.permissions import Action
from cogs._cards import GREY, card
from cogs._grants import Grant, may_press
from cogs._pages import Page, answer_press

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from bot.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)


async def jobs_page(
    store: Store, guild_id: int | None, grant: Grant, *, said: str | None = None
) -> Page:
    """Return the page of a server's clips; ``None`` is all servers'.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    found = await store.overview.open_jobs(guild_id, limit=admin_texts.SHOWN_JOBS)
    counts = await store.overview.count_open(guild_id)
    waiting = [
        (number, job)
        for number, job in enumerate(found, 1)
        if job.state in {JobState.HELD, JobState.QUEUED}
    ]
    items: list[ui.Item[Any]] = []
    if waiting:
        items.append(ui.ActionRow(CancelMenu(grant, waiting)))
    items.append(ui.ActionRow(RefreshButton(grant)))
    lines = admin_texts.jobs(found, counts, everywhere=guild_id is None)
    return Page(view=card(GREY, lines, *items), said=said)


def _store(interaction: discord.Interaction[Any]) -> tuple[RestyleBot, Store]:
    bot = interaction.client
    assert isinstance(bot, RestyleBot)  # noqa: S101 - nobody else registers these items
    return bot, bot.store


class CancelMenu(ui.DynamicItem[ui.Select[Any]], template=r"jobs:(?P<grant>[rh]):cancel"):
    """Cancels the clip that is chosen in it, if it still waits."""

    def __init__(self, grant: Grant, waiting: Sequence[tuple[int, Job]] = ()) -> None:
        super().__init__(
            ui.Select(
                custom_id=f"jobs:{grant}:cancel",
                placeholder=admin_texts.CANCEL_PLACEHOLDER,
                options=[
                    discord.SelectOption(
                        label=admin_texts.job_label(number, job), value=str(job.id)
                    )
                    for number, job in waiting
                ],
            )
        )
        self.grant = grant

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the menu of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(Grant(match["grant"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel it, and show what is left."""
        await answer_press(interaction, lambda: self._cancel(interaction))

    async def _cancel(self, interaction: discord.Interaction[Any]) -> str | Page:
        bot, store = _store(interaction)
        if not await may_press(interaction, store, Action.MANAGE_JOBS, self.grant):
            return permission_texts.refused(Action.MANAGE_JOBS)
        job = await store.get(int(self.item.values[0]))
        if job is None or (
            interaction.guild_id is not None and job.guild_id != interaction.guild_id
        ):
            said = admin_texts.not_cancelled(None)
        else:
            gone = await store.cancel(job.id, by=interaction.user.id, reason=CancelReason.MODERATOR)
            if gone is not None:
                bot.new_jobs.set()  # the engine tells the requester
                log.info("job %s: cancelled by manager %s", job.id, interaction.user.id)
                said = admin_texts.cancelled(gone)
            else:
                now = await store.get(job.id)
                said = admin_texts.not_cancelled(now.state if now is not None else None)
        return await jobs_page(store, interaction.guild_id, self.grant, said=said)


class RefreshButton(ui.DynamicItem[ui.Button[Any]], template=r"jobs:(?P<grant>[rh]):refresh"):
    """Brings the page up to date."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(
            ui.Button(label=admin_texts.REFRESH_LABEL, custom_id=f"jobs:{grant}:refresh")
        )
        self.grant = grant

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(Grant(match["grant"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show what waits and runs now."""
        await answer_press(interaction, lambda: self._refresh(interaction))

    async def _refresh(self, interaction: discord.Interaction[Any]) -> str | Page:
        _, store = _store(interaction)
        if not await may_press(interaction, store, Action.MANAGE_JOBS, self.grant):
            return permission_texts.refused(Action.MANAGE_JOBS)
        return await jobs_page(store, interaction.guild_id, self.grant)
