"""Consent: whoever posted a clip decides whether another member may restyle it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.consents import ConsentStatus
from bot.domain.jobs import Hold
from bot.domain.permissions import Action, may, who
from bot.texts import consent as consent_texts
from bot.texts.common import mention
from cogs.common.approval_router import approval_router_of
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.messages import NOBODY
from cogs.common.permission_checks import actor_of, is_here
from cogs.consent.buttons import ConsentButton
from cogs.consent.request_messages import ConsentMessages, closed_card

if TYPE_CHECKING:
    import discord

    from bot.domain.consents import ConsentAnswer, ConsentChoice
    from bot.storage.store import Store

log = logging.getLogger(__name__)


class ConsentCog(commands.Cog):
    """What happens when an author answers."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def answer(self, interaction: discord.Interaction[Any], button: ConsentButton) -> None:
        """Take the answer, or tell why not."""
        job_id, say = button.job_id, button.say
        async with store_deadline():
            refused, answer = await self._take(interaction, job_id, say)
        if answer is None:
            await answer_privately(interaction, refused)
            return
        if answer.is_new or answer.others:
            log.info("job %s: its author said %s", job_id, say)
        await self._show(interaction, answer)
        if answer.is_new and answer.word is ConsentStatus.ALLOWED:
            await interaction.client.deliverer.name_thread(answer.job)
        said = consent_texts.told(
            answer.word,
            say,
            is_new=answer.is_new,
            command=interaction.client.command_mentions.of,
        )
        if said is not None:
            await answer_privately(interaction, said)

    async def _take(
        self, interaction: discord.Interaction[Any], job_id: int, say: ConsentChoice
    ) -> tuple[str, ConsentAnswer | None]:
        job = await self._store.get(job_id)
        if job is None or not is_here(interaction, job):
            return consent_texts.UNKNOWN, None
        whos = who(actor_of(interaction), requester_id=job.user_id, author_id=job.source_author_id)
        if not may(Action.ANSWER_CONSENT, whos):
            author = mention(job.source_author_id) if job.source_author_id is not None else None
            return consent_texts.not_yours(author), None
        answer = await self._store.consents.answer(job_id, user_id=interaction.user.id, say=say)
        return consent_texts.UNKNOWN, answer

    async def _show(self, interaction: discord.Interaction[Any], answer: ConsentAnswer) -> None:
        """Answer the press by bringing the question up to date."""
        try:
            await interaction.response.edit_message(
                view=closed_card(answer.job, answer.word, is_direct=interaction.guild_id is None),
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            log.warning("job %s: its question stays as it was: %s", answer.job.id, exc)


async def setup(bot: RestyleBot) -> None:
    """Let authors be asked, and listen to what they say."""
    messages = ConsentMessages(bot, store=bot.store)
    approval_router_of(bot).add(Hold.CONSENT, messages)
    cog = ConsentCog(store=bot.store)
    add_item(bot, ConsentButton, cog.answer)
    await bot.add_cog(cog)
