"""Report…, in the menu of a result: a member tells the moderators about somebody's clip."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.reviews import MAX_OPEN_APPEALS, MAX_WORDS
from bot.errors import DeliveryDelayedError
from bot.texts import appeal as appeal_texts
from cogs.appeals.button import ReportButton
from cogs.appeals.request_messages import AppealMessages
from cogs.common.forms import OutlivingForm, sent_form, show_form, typed_words
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import answer_command, clip_unknown
from cogs.delivery.more import finished_job

if TYPE_CHECKING:
    import discord

    from bot.storage.store import Store

log = logging.getLogger(__name__)

_FORM_ID: Final = re.compile(r"restyle:(?P<job_id>[0-9]{1,20}):report-form")


class Reports(commands.Cog):
    """Carries reports to the review channel, where questions to moderators go as well.

    A report is stored as such a question, under its form's id; its answer comes in person.
    """

    def __init__(self, *, store: Store, messages: AppealMessages) -> None:
        self._store = store
        self._messages = messages

    async def report(self, interaction: discord.Interaction[Any], button: ReportButton) -> None:
        """Open the form, or say why not."""
        async with store_deadline():
            job = await finished_job(interaction, button.about_id)
            refused = (
                clip_unknown(interaction)
                if job is None or job.guild_id is None
                else await self._objection(job.guild_id, interaction.user.id)
            )
        if refused is not None:
            await answer_privately(interaction, refused)
            return
        title, label, hint = appeal_texts.FORMS["report"]
        form = OutlivingForm(
            custom_id=f"restyle:{button.about_id}:report-form",
            title=title,
            label=label,
            hint=hint,
            max_length=MAX_WORDS,
        )
        await show_form(interaction, form)

    async def _objection(self, guild_id: int, user_id: int) -> str | None:
        """Return why nothing can be reported, or ``None``."""
        if await self._channel_of(guild_id) is None:
            return appeal_texts.NO_REVIEW_CHANNEL
        if await self._store.appeals.open_count(guild_id, user_id) >= MAX_OPEN_APPEALS:
            return appeal_texts.too_many_appeals(MAX_OPEN_APPEALS)
        return None

    async def _channel_of(self, guild_id: int) -> int | None:
        policy = await self._store.policies.read(guild_id)
        channel_id: int | None = policy.server("review_channel_id")
        return channel_id

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Carry what was typed, whichever process opened the form."""
        match = sent_form(interaction, _FORM_ID)
        if match is None:
            return
        words = typed_words(interaction).strip()[:MAX_WORDS]

        async def make() -> str:
            return await self._carry(interaction, read_id(match["job_id"]), words)

        await answer_command(interaction, make)

    async def _carry(self, interaction: discord.Interaction[Any], job_id: int, words: str) -> str:
        """Store the report and post it; return what the member reads."""
        job = await finished_job(interaction, job_id)
        if job is None or job.guild_id is None or not words:
            return clip_unknown(interaction)
        channel_id = await self._channel_of(job.guild_id)
        if channel_id is None:
            return appeal_texts.NO_REVIEW_CHANNEL
        report, _ = await self._store.appeals.add(
            interaction.id,
            guild_id=job.guild_id,
            user_id=interaction.user.id,
            job_id=job.id,
            about="",
            words=words,
        )
        if report is None:
            return appeal_texts.too_many_appeals(MAX_OPEN_APPEALS)
        message_id = None
        try:
            message_id = await self._messages.post(report, job, channel_id)
        except DeliveryDelayedError as exc:
            log.warning("job %s: a report of it was not posted: %s", job.id, exc)
        if message_id is None:
            await self._store.appeals.withdraw(report.id)
            return appeal_texts.APPEAL_NOT_SENT
        await self._store.appeals.posted(report.id, channel_id=channel_id, message_id=message_id)
        log.info("job %s: reported by user %s", job.id, interaction.user.id)
        return appeal_texts.REPORT_SENT


async def setup(bot: RestyleBot) -> None:
    """Let members report results."""
    cog = Reports(store=bot.store, messages=AppealMessages(bot))
    add_item(bot, ReportButton, cog.report)
    await bot.add_cog(cog)
