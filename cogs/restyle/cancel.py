"""The Cancel button: shown until a job has ended, and alive after any restart."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot.app import answer_privately
from bot.domain.jobs import CancelReason, JobState, Phase
from bot.domain.permissions import Action
from bot.texts import common as texts
from bot.texts import outcome as outcome_texts
from cogs.common.items import IdButton
from cogs.common.limits import store_deadline
from cogs.common.pages import clip_unknown
from cogs.common.permission_checks import is_here, may_moderate

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

_NOT_BEGUN = frozenset({None, Phase.PENDING, Phase.THROTTLED})


class CancelButton(IdButton, verb="cancel", label="Cancel"):
    """Cancels one job while nothing is spent, and asks first once it is with the provider.

    The requester and moderators may press it.
    """

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Cancel the job, ask, or say why not."""
        async with store_deadline():
            said, asked = await self._cancel(interaction)
        await answer_privately(interaction, said, view=asked)

    async def _cancel(
        self, interaction: discord.Interaction[RestyleBot]
    ) -> tuple[str, ui.View | None]:
        bot = interaction.client
        found = await _find(interaction, self.about_id)
        if isinstance(found, str):
            return found, None
        job, reason = found
        if job.state is JobState.RUNNING:
            view = ui.View(timeout=None)
            view.add_item(StopButton(job.id, style=discord.ButtonStyle.danger))
            view.add_item(KeepWaitingButton(job.id))
            has_begun = job.phase not in _NOT_BEGUN
            return outcome_texts.stop_question(job.price_micros, has_begun=has_begun), view
        cancelled = await bot.store.cancel(self.about_id, by=interaction.user.id, reason=reason)
        if cancelled is None:
            job = await bot.store.get(self.about_id) or job
            return texts.cancel_too_late(job.state, spent=job.task_id is not None), None
        log.info("job %s: cancelled by user %s", self.about_id, interaction.user.id)
        is_known = cancelled.quarantined_at is None
        return (texts.CANCEL_DONE if is_known else texts.CANCEL_QUARANTINED), None


class StopButton(IdButton, verb="stop", label="Stop"):
    """Stops waiting for a job that the provider has, after the question what that means."""

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Give the job up; its end is told in its thread."""
        async with store_deadline():
            said = await self._stop(interaction)
        await _replace_question(interaction, said)

    async def _stop(self, interaction: discord.Interaction[RestyleBot]) -> str:
        store = interaction.client.store
        found = await _find(interaction, self.about_id)
        if isinstance(found, str):
            return found
        job, reason = found
        gone = await store.late.stop_waiting(job.id, by=interaction.user.id, reason=reason)
        if gone is None:
            job = await store.get(job.id) or job
            return texts.cancel_too_late(job.state, spent=job.task_id is not None)
        log.info("job %s: user %s stopped waiting for it", job.id, interaction.user.id)
        return outcome_texts.STOPPED


class KeepWaitingButton(IdButton, verb="keep-waiting", label="Keep waiting"):
    """Takes the question back."""

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Say that the job goes on."""
        async with store_deadline():
            found = await _find(interaction, self.about_id)
        said = found if isinstance(found, str) else outcome_texts.KEPT_WAITING
        await _replace_question(interaction, said)


async def _replace_question(interaction: discord.Interaction[RestyleBot], said: str) -> None:
    """Put the answer where the question was; somebody may press a forged one elsewhere."""
    if interaction.message is None or not interaction.message.flags.ephemeral:
        await answer_privately(interaction, said)
        return
    await interaction.response.edit_message(content=said, view=None)


async def _find(
    interaction: discord.Interaction[RestyleBot], job_id: int
) -> tuple[Job, CancelReason] | str:
    """Return the job and as what the person may end it, or why they may not."""
    job = await interaction.client.store.get(job_id)
    if job is None or not is_here(interaction, job):
        return clip_unknown(interaction)
    reason = await _may_cancel(interaction, job)
    if reason is None:
        return texts.cancel_not_yours(f"<@{job.user_id}>")
    return job, reason


async def _may_cancel(
    interaction: discord.Interaction[RestyleBot], job: Job
) -> CancelReason | None:
    """Return as what the person may cancel, or ``None``."""
    if interaction.user.id == job.user_id:
        return CancelReason.REQUESTER
    store = interaction.client.store
    allowed = await may_moderate(interaction, store, Action.CANCEL, requester_id=job.user_id)
    return CancelReason.MODERATOR if allowed else None
