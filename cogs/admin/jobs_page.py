"""The page on which managers see the clips that wait and run, and cancel or give up any."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from bot.app import RestyleBot
from bot.domain.jobs import CancelReason, JobState
from bot.domain.permissions import Action
from bot.texts import admin as admin_texts
from bot.texts import permission as permission_texts
from cogs.common.cards import GREY, RED, card
from cogs.common.grants import Grant, may_press
from cogs.common.pages import Page, answer_press

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)


_CANCELLABLE: Final = frozenset({JobState.HELD, JobState.QUEUED, JobState.RUNNING})


async def jobs_page(
    store: Store, guild_id: int | None, grant: Grant, *, said: str | None = None
) -> Page:
    """Return the page of a server's clips; ``None`` is all servers'.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    found = await store.overview.open_jobs(guild_id, limit=admin_texts.SHOWN_JOBS)
    counts = await store.overview.count_open(guild_id)
    offered = [(number, job) for number, job in enumerate(found, 1) if job.state in _CANCELLABLE]
    items: list[ui.Item[Any]] = []
    if offered:
        items.append(ui.ActionRow(CancelMenu(grant, offered)))
    items.append(ui.ActionRow(RefreshButton(grant)))
    lines = admin_texts.jobs(found, counts, everywhere=guild_id is None)
    return Page(view=card(GREY, lines, *items), said=said)


def _drop_page(job: Job, grant: Grant) -> Page:
    row: ui.ActionRow[Any] = ui.ActionRow(
        DropButton(grant, job.id), RefreshButton(grant, keep=True)
    )
    return Page(view=card(RED, admin_texts.drop_question(job), row))


async def _job_here(interaction: discord.Interaction[Any], store: Store, job_id: int) -> Job | None:
    """Return the job, unless it is another server's."""
    job = await store.get(job_id)
    if job is None or interaction.guild_id not in {None, job.guild_id}:
        return None
    return job


def _store(interaction: discord.Interaction[Any]) -> tuple[RestyleBot, Store]:
    bot = interaction.client
    assert isinstance(bot, RestyleBot)  # noqa: S101 - nobody else registers these items
    return bot, bot.store


class CancelMenu(ui.DynamicItem[ui.Select[Any]], template=r"jobs:(?P<grant>[rh]):cancel"):
    """Cancels the clip that is chosen in it if it waits, and asks first if it is paid for."""

    def __init__(self, grant: Grant, offered: Sequence[tuple[int, Job]] = ()) -> None:
        super().__init__(
            ui.Select(
                custom_id=f"jobs:{grant}:cancel",
                placeholder=admin_texts.CANCEL_PLACEHOLDER,
                options=[
                    discord.SelectOption(
                        label=admin_texts.job_label(number, job), value=str(job.id)
                    )
                    for number, job in offered
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
        job = await _job_here(interaction, store, int(self.item.values[0]))
        if job is None:
            said = admin_texts.not_cancelled(None)
        elif job.state is JobState.RUNNING:
            return _drop_page(job, self.grant)
        else:
            gone = await store.cancel(job.id, by=interaction.user.id, reason=CancelReason.MODERATOR)
            if gone is not None:
                bot.new_jobs.set()  # the engine tells the requester
                log.info("job %s: cancelled by manager %s", job.id, interaction.user.id)
                said = admin_texts.cancelled(gone)
            else:
                said = await _why_not(store, job.id)
        return await jobs_page(store, interaction.guild_id, self.grant, said=said)


async def _why_not(store: Store, job_id: int) -> str:
    now = await store.get(job_id)
    return admin_texts.not_cancelled(now.state if now is not None else None)


class DropButton(
    ui.DynamicItem[ui.Button[Any]], template=r"jobs:(?P<grant>[rh]):drop:(?P<job_id>[0-9]{1,20})"
):
    """Gives up a clip that the provider works on, after the question what that means."""

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

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(Grant(match["grant"]), int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Give it up, and show what is left."""
        await answer_press(interaction, lambda: self._drop(interaction))

    async def _drop(self, interaction: discord.Interaction[Any]) -> str | Page:
        bot, store = _store(interaction)
        if not await may_press(interaction, store, Action.MANAGE_JOBS, self.grant):
            return permission_texts.refused(Action.MANAGE_JOBS)
        said = admin_texts.not_cancelled(None)
        if await _job_here(interaction, store, self.job_id) is not None:
            gone = await store.drop(self.job_id, by=interaction.user.id)
            if gone is not None:
                bot.new_jobs.set()  # the engine tells the requester
                log.info("job %s: given up by manager %s", self.job_id, interaction.user.id)
                said = admin_texts.dropped(gone)
            else:
                said = await _why_not(store, self.job_id)
        return await jobs_page(store, interaction.guild_id, self.grant, said=said)


class RefreshButton(ui.DynamicItem[ui.Button[Any]], template=r"jobs:(?P<grant>[rh]):refresh"):
    """Brings the page up to date, or leads back to it."""

    def __init__(self, grant: Grant, *, keep: bool = False) -> None:
        label = admin_texts.KEEP_LABEL if keep else admin_texts.REFRESH_LABEL
        super().__init__(ui.Button(label=label, custom_id=f"jobs:{grant}:refresh"))
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
