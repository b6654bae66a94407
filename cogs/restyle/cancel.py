"""The Cancel button: shown while a job waits to start, and alive after any restart."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from bot.app import RestyleBot, answer_privately
from bot.domain.jobs import CancelReason, JobState
from bot.domain.permissions import Action
from bot.errors import StoreError
from bot.texts import common as texts
from cogs.review.rules import may_moderate

if TYPE_CHECKING:
    import re

    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

STORE_SECONDS: Final = 1.0
"""How long the database may take before an answer is due; Discord waits for 3 s."""


class CancelButton(
    ui.DynamicItem[ui.Button[Any]], template=r"restyle:(?P<job_id>[0-9]{1,20}):cancel"
):
    """Cancels one job while nothing is spent; the requester and moderators may press it."""

    def __init__(self, job_id: int) -> None:
        super().__init__(
            ui.Button(
                label="Cancel",
                style=discord.ButtonStyle.secondary,
                custom_id=f"restyle:{job_id}:cancel",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button of a message posted earlier, perhaps by another process."""
        del interaction, item
        return cls(int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel the job, or say why not."""
        bot = interaction.client
        assert isinstance(bot, RestyleBot)  # noqa: S101 - nobody else registers this button
        await answer_privately(interaction, await self._press(interaction, bot))

    async def _press(self, interaction: discord.Interaction[Any], bot: RestyleBot) -> str:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                job = await bot.store.get(self.job_id)
                if job is None:
                    return texts.cancel_unknown()
                reason = await _may_cancel(interaction, bot, job)
                if reason is None:
                    return texts.cancel_not_yours(f"<@{job.user_id}>")
                cancelled = await bot.store.cancel(
                    self.job_id, by=interaction.user.id, reason=reason
                )
                if cancelled is None:
                    job = await bot.store.get(self.job_id)
                    return texts.cancel_too_late(job.state if job else JobState.CANCELLED)
        except (TimeoutError, StoreError) as exc:
            log.warning("job %s: the database did not take a cancellation: %r", self.job_id, exc)
            return texts.cancel_store_unavailable()
        bot.new_jobs.set()  # the engine tells the outcome in the thread
        log.info("job %s: cancelled by user %s", self.job_id, interaction.user.id)
        return texts.cancel_done()


async def _may_cancel(
    interaction: discord.Interaction[Any], bot: RestyleBot, job: Job
) -> CancelReason | None:
    """Return as what the person may cancel, or ``None``."""
    if interaction.user.id == job.user_id:
        return CancelReason.REQUESTER
    if interaction.guild_id != job.guild_id:  # a moderator, but of somewhere else
        return None
    allowed = await may_moderate(interaction, bot.store, Action.CANCEL, requester_id=job.user_id)
    return CancelReason.MODERATOR if allowed else None
