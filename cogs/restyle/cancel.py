"""The Cancel button: shown while a job waits to start, and alive after any restart."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.app import answer_privately
from bot.domain.jobs import CancelReason, JobState
from bot.domain.permissions import Action
from bot.texts import common as texts
from cogs.common.items import IdButton
from cogs.common.limits import store_deadline
from cogs.common.permission_checks import is_here, may_moderate

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)


class CancelButton(IdButton, verb="cancel", label="Cancel"):
    """Cancels one job while nothing is spent; the requester and moderators may press it."""

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Cancel the job, or say why not."""
        async with store_deadline():
            said = await self._cancel(interaction)
        await answer_privately(interaction, said)

    async def _cancel(self, interaction: discord.Interaction[RestyleBot]) -> str:
        bot = interaction.client
        job = await bot.store.get(self.about_id)
        if job is None or not is_here(interaction, job):
            return texts.CANCEL_UNKNOWN
        reason = await _may_cancel(interaction, job)
        if reason is None:
            return texts.cancel_not_yours(f"<@{job.user_id}>")
        cancelled = await bot.store.cancel(self.about_id, by=interaction.user.id, reason=reason)
        if cancelled is None:
            job = await bot.store.get(self.about_id)
            return texts.cancel_too_late(job.state if job else JobState.CANCELLED)
        log.info("job %s: cancelled by user %s", self.about_id, interaction.user.id)
        is_known = cancelled.quarantined_at is None
        return texts.CANCEL_DONE if is_known else texts.CANCEL_QUARANTINED


async def _may_cancel(
    interaction: discord.Interaction[RestyleBot], job: Job
) -> CancelReason | None:
    """Return as what the person may cancel, or ``None``."""
    if interaction.user.id == job.user_id:
        return CancelReason.REQUESTER
    store = interaction.client.store
    allowed = await may_moderate(interaction, store, Action.CANCEL, requester_id=job.user_id)
    return CancelReason.MODERATOR if allowed else None
