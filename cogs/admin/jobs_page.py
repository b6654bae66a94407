"""The page on which managers see the clips that wait and run, and cancel or give up any."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.jobs import CancelReason, JobState
from bot.domain.permissions import Action
from bot.texts import admin as admin_texts
from cogs.common.cards import GREY, RED, card
from cogs.common.grants import GRANT, Grant, GrantedItem
from cogs.common.ids import chosen_id, read_id
from cogs.common.items import NO_TEMPLATE, ItemT
from cogs.common.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)


_CANCELLABLE: Final = frozenset({JobState.HELD, JobState.QUEUED, JobState.RUNNING})


async def jobs_page(
    store: Store, guild_id: int | None, grant: Grant, *, said: str | None = None
) -> Page:
    """Return the page of a server's clips; ``None`` is all servers'."""
    found = await store.overview.open_jobs(guild_id, limit=admin_texts.SHOWN_JOBS)
    counts = await store.overview.count_open(guild_id)
    offered = [(number, job) for number, job in enumerate(found, 1) if job.state in _CANCELLABLE]
    items: list[ui.Item[Any]] = []
    if offered:
        items.append(ui.ActionRow(CancelMenu(grant, offered)))
    items.append(ui.ActionRow(RefreshButton(grant)))
    lines = admin_texts.jobs(found, counts, everywhere=guild_id is None)
    return Page(view=card(GREY, lines, *items), said=said)


class _JobsItem(GrantedItem[ItemT], template=NO_TEMPLATE):
    """A control of the page of clips."""

    action = Action.MANAGE_JOBS

    async def _page(
        self, interaction: discord.Interaction[RestyleBot], said: str | None = None
    ) -> Page:
        store = interaction.client.store
        return await jobs_page(store, interaction.guild_id, self.grant, said=said)

    async def _ended(
        self,
        interaction: discord.Interaction[RestyleBot],
        job_id: int,
        gone: Job | None,
        say: Callable[[Job], str],
    ) -> Page:
        """Return the page after an attempt to end a job; ``gone`` is the job if that worked."""
        bot = interaction.client
        if gone is not None:
            log.info("job %s: %s by manager %s", job_id, gone.state, interaction.user.id)
            return await self._page(interaction, say(gone))
        now = await bot.store.get(job_id)
        said = admin_texts.not_cancelled(now.state if now is not None else None)
        return await self._page(interaction, said)


async def _job_here(interaction: discord.Interaction[RestyleBot], job_id: int) -> Job | None:
    """Return the job, unless it is another server's."""
    job = await interaction.client.store.get(job_id)
    if job is None or interaction.guild_id not in {None, job.guild_id}:
        return None
    return job


class CancelMenu(_JobsItem[ui.Select[Any]], template=rf"jobs:{GRANT}:cancel"):
    """Cancels the clip that is chosen in it if it waits, and asks first if it is paid for."""

    fields: ClassVar = {"grant": Grant}

    def __init__(self, grant: Grant, offered: Sequence[tuple[int, Job]] = ()) -> None:
        options = [
            discord.SelectOption(label=admin_texts.job_label(number, job), value=str(job.id))
            for number, job in offered
        ]
        super().__init__(
            ui.Select(
                custom_id=f"jobs:{grant}:cancel",
                placeholder=admin_texts.CANCEL_PLACEHOLDER,
                options=options,
            )
        )
        self.grant = grant

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> Page:
        """Cancel it, and show what is left."""
        job = await _job_here(interaction, chosen_id(self.item.values))
        if job is None:
            return await self._page(interaction, admin_texts.not_cancelled(None))
        if job.state is JobState.RUNNING:
            row: ui.ActionRow[Any] = ui.ActionRow(
                DropButton(self.grant, job.id), RefreshButton(self.grant, keep=True)
            )
            return Page(view=card(RED, admin_texts.drop_question(job), row))
        gone = await interaction.client.store.cancel(
            job.id, by=interaction.user.id, reason=CancelReason.MODERATOR
        )
        return await self._ended(interaction, job.id, gone, admin_texts.cancelled)


class DropButton(
    _JobsItem[ui.Button[Any]], template=rf"jobs:{GRANT}:drop:(?P<job_id>[0-9]{{1,20}})"
):
    """Gives up a clip that the provider works on, after the question what that means."""

    fields: ClassVar = {"grant": Grant, "job_id": read_id}

    def __init__(self, grant: Grant, job_id: int) -> None:
        super().__init__(
            ui.Button(
                label=admin_texts.DROP_LABEL,
                style=discord.ButtonStyle.danger,
                custom_id=f"jobs:{grant}:drop:{job_id}",
            )
        )
        self.grant = grant
        self.job_id = job_id

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> Page:
        """Give it up, and show what is left."""
        if await _job_here(interaction, self.job_id) is None:
            return await self._page(interaction, admin_texts.not_cancelled(None))
        gone = await interaction.client.store.drop(self.job_id, by=interaction.user.id)
        return await self._ended(interaction, self.job_id, gone, admin_texts.dropped)


class RefreshButton(_JobsItem[ui.Button[Any]], template=rf"jobs:{GRANT}:refresh"):
    """Brings the page up to date, or leads back to it."""

    fields: ClassVar = {"grant": Grant}

    def __init__(self, grant: Grant, *, keep: bool = False) -> None:
        label = admin_texts.KEEP_LABEL if keep else admin_texts.REFRESH_LABEL
        super().__init__(ui.Button(label=label, custom_id=f"jobs:{grant}:refresh"))
        self.grant = grant

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> Page:
        """Show what waits and runs now."""
        return await self._page(interaction)
