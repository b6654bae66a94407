"""The Cancel button: shown while a job waits to start, and alive after any restart."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

import discord
from discord import ui

from bot.app import answer_privately
from bot.domain.jobs import CancelReason, JobState
from bot.domain.permissions import Action
from bot.texts import common as texts
from cogs.common.ids import read_id
from cogs.common.items import PersistentItem
from cogs.common.limits import store_deadline
from cogs.review.rules import may_moderate

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)


class CancelButton(
    PersistentItem[ui.Button[Any]], template=r"restyle:(?P<job_id>[0-9]{1,20}):cancel"
):
    """Cancels one job while nothing is spent; the requester and moderators may press it."""

    fields: ClassVar = {"job_id": read_id}

    def __init__(self, job_id: int) -> None:
        super().__init__(
            ui.Button(
                label="Cancel",
                style=discord.ButtonStyle.secondary,
                custom_id=f"restyle:{job_id}:cancel",
            )
        )
        self.job_id = job_id

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Cancel the job, or say why not."""
        async with store_deadline():
            said = await self._cancel(interaction)
        await answer_privately(interaction, said)

    async def _cancel(self, interaction: discord.Interaction[RestyleBot]) -> str:
        bot = interaction.client
        job = await bot.store.get(self.job_id)
        if job is None:
            return texts.CANCEL_UNKNOWN
        reason = await _may_cancel(interaction, job)
        if reason is None:
            return texts.cancel_not_yours(f"<@{job.user_id}>")
        cancelled = await bot.store.cancel(self.job_id, by=interaction.user.id, reason=reason)
        if cancelled is None:
            job = await bot.store.get(self.job_id)
            return texts.cancel_too_late(job.state if job else JobState.CANCELLED)
        log.info("job %s: cancelled by user %s", self.job_id, interaction.user.id)
        is_known = cancelled.quarantined_at is None
        return texts.CANCEL_DONE if is_known else texts.CANCEL_QUARANTINED


async def _may_cancel(
    interaction: discord.Interaction[RestyleBot], job: Job
) -> CancelReason | None:
    """Return as what the person may cancel, or ``None``."""
    if interaction.user.id == job.user_id:
        return CancelReason.REQUESTER
    if interaction.guild_id != job.guild_id:  # a moderator, but of somewhere else
        return None
    store = interaction.client.store
    allowed = await may_moderate(interaction, store, Action.CANCEL, requester_id=job.user_id)
    return CancelReason.MODERATOR if allowed else None
