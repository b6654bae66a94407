"""Appeals: a member asks the moderators about a denial, a failure or a refusal, once each."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.guilds import guild_key
from bot.domain.permissions import Action
from bot.domain.reviews import MAX_OPEN_APPEALS, MAX_WORDS
from bot.errors import DeliveryDelayedError
from bot.texts import appeal as appeal_texts
from bot.texts.common import THE_MODERATORS
from cogs.appeals.button import AnswerButton, AppealButton
from cogs.appeals.request_messages import AppealMessages, appeal_card
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.forms import OutlivingForm, sent_form, show_form, typed_words
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.messages import NOBODY
from cogs.common.pages import answer_command
from cogs.common.permission_checks import is_here, may_moderate
from cogs.review.cards import words_on

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import discord

    from bot.domain.jobs import Job
    from bot.domain.reviews import Appeal
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_FORM_ID: Final = re.compile(r"restyle:(?P<appeal_id>[0-9]{1,20}):(?P<verb>appeal|answer)-form")


class AppealCog(commands.Cog):
    """What happens when somebody asks, and when a moderator answers."""

    def __init__(self, *, store: Store, messages: AppealMessages) -> None:
        self._store = store
        self._messages = messages

    # The member

    async def ask(self, interaction: discord.Interaction[Any], button: AppealButton) -> None:
        """Open the member's form, or say why not."""
        objection = self._objection(interaction, button.about_id)
        await self._offer(interaction, objection, button.about_id, "appeal")

    async def _objection(self, interaction: discord.Interaction[Any], appeal_id: int) -> str | None:
        """Return why the person cannot ask (any more), or ``None``."""
        job = await self._store.get(appeal_id)
        if job is not None and not is_here(interaction, job):
            return appeal_texts.APPEAL_UNKNOWN
        known = await self._store.appeals.get(appeal_id)
        for asker in (job, known):
            if asker is not None and asker.user_id != interaction.user.id:
                return appeal_texts.not_your_appeal(f"<@{asker.user_id}>")
        if known is not None and known.message_id is not None:
            return appeal_texts.already_asked(known, by=await self._answerer(known))
        guild_id = _guild_of(interaction, job)
        if guild_id is None or await self._channel_of(guild_id) is None:
            return appeal_texts.NO_REVIEW_CHANNEL
        if known is None and (
            await self._store.appeals.open_count(guild_id, interaction.user.id) >= MAX_OPEN_APPEALS
        ):
            return appeal_texts.too_many_appeals(MAX_OPEN_APPEALS)
        return None

    async def _offer(
        self,
        interaction: discord.Interaction[Any],
        objection: Awaitable[str | None],
        appeal_id: int,
        verb: str,
    ) -> None:
        """Open a form, or say what speaks against it."""
        async with store_deadline():
            refused = await objection
        if refused is not None:
            await answer_privately(interaction, refused)
            return
        title, label, hint = appeal_texts.FORMS[verb]
        form = OutlivingForm(
            custom_id=f"restyle:{appeal_id}:{verb}-form",
            title=title,
            label=label,
            hint=hint,
            max_length=MAX_WORDS,
        )
        await show_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Carry what was typed into one of the two forms, whichever process opened it."""
        match = sent_form(interaction, _FORM_ID)
        if match is None:
            return
        words = typed_words(interaction).strip()[:MAX_WORDS]
        carry = self._carry if match["verb"] == "appeal" else self._carry_back

        async def make() -> str:
            return await carry(interaction, read_id(match["appeal_id"]), words)

        await answer_command(interaction, make)  # several calls follow; Discord waits for the first

    async def _carry(
        self, interaction: discord.Interaction[Any], appeal_id: int, words: str
    ) -> str:
        """Store the appeal and post it; return what the member reads.

        One that was stored and never posted, because the process died, is posted now.
        """
        if (refused := await self._objection(interaction, appeal_id)) is not None:
            return refused
        job = await self._store.get(appeal_id)
        guild_id = _guild_of(interaction, job)
        if guild_id is None:
            return appeal_texts.NO_REVIEW_CHANNEL
        appeal, _ = await self._store.appeals.add(
            appeal_id,
            guild_id=guild_id,
            user_id=interaction.user.id,
            job_id=job.id if job is not None else None,
            about=words_on(interaction.message) or appeal_texts.ABOUT_UNKNOWN,
            words=words,
        )
        if appeal is None:
            return appeal_texts.too_many_appeals(MAX_OPEN_APPEALS)
        channel_id = await self._channel_of(guild_id)
        message_id = None
        try:
            if channel_id is not None:
                message_id = await self._messages.post(appeal, job, channel_id)
        except DeliveryDelayedError as exc:
            log.warning("appeal %s: not posted: %s", appeal_id, exc)
            return appeal_texts.APPEAL_NOT_SENT
        if message_id is None or channel_id is None:
            await self._store.appeals.withdraw(appeal_id)
            return appeal_texts.NO_REVIEW_CHANNEL
        await self._store.appeals.posted(appeal_id, channel_id=channel_id, message_id=message_id)
        log.info("appeal %s: by user %s", appeal_id, interaction.user.id)
        return appeal_texts.APPEAL_SENT

    async def _channel_of(self, guild_id: int) -> int | None:
        channel_id: int | None = (await self._store.policies.read(guild_id)).server(
            "review_channel_id"
        )
        return channel_id

    async def _answerer(self, appeal: Appeal) -> str:
        """Return who answered as members read it: by name, where the server names moderators."""
        policy = await self._store.policies.read(appeal.guild_id)
        is_named = appeal.answered_by is not None and policy.server("name_moderators")
        return f"<@{appeal.answered_by}>" if is_named else THE_MODERATORS

    # The moderators

    async def answer(self, interaction: discord.Interaction[Any], button: AnswerButton) -> None:
        """Open the moderator's form, or say why not."""
        objection = self._no_answer(interaction, button.about_id)
        await self._offer(interaction, objection, button.about_id, "answer")

    async def _no_answer(self, interaction: discord.Interaction[Any], appeal_id: int) -> str | None:
        """Return why the person cannot answer, or ``None``."""
        appeal = await self._store.appeals.get(appeal_id)
        if appeal is None or appeal.guild_id != interaction.guild_id:
            return appeal_texts.APPEAL_UNKNOWN
        if appeal.user_id == interaction.user.id:
            return appeal_texts.OWN_APPEAL
        if not await may_moderate(interaction, self._store, Action.ANSWER_APPEAL):
            return appeal_texts.MAY_NOT_ANSWER
        if appeal.is_answered(interaction.created_at):
            return appeal_texts.answered_first(appeal)
        return None

    async def _carry_back(
        self, interaction: discord.Interaction[Any], appeal_id: int, words: str
    ) -> str:
        """Store the answer and bring it to the member; return what the moderator reads."""
        if (refused := await self._no_answer(interaction, appeal_id)) is not None:
            return refused
        appeal, is_mine = await self._store.appeals.answer(
            appeal_id,
            guild_id=guild_key(interaction.guild_id),
            user_id=interaction.user.id,
            answer=words,
        )
        if appeal is None:
            return appeal_texts.APPEAL_UNKNOWN
        if not is_mine:
            return appeal_texts.answered_first(appeal)
        job = await self._store.get(appeal.job_id) if appeal.job_id is not None else None
        try:
            reached = await self._messages.tell(appeal, job, by=await self._answerer(appeal))
        except DeliveryDelayedError as exc:
            log.warning("appeal %s: the answer was not posted: %s", appeal_id, exc)
            await self._store.appeals.unanswer(appeal_id)
            return appeal_texts.ANSWER_DELAYED
        await self._store.appeals.told(appeal_id)
        log.info("appeal %s: answered by user %s", appeal_id, interaction.user.id)
        await self._close_card(interaction, appeal_id, job)
        if reached:
            return appeal_texts.ANSWER_SENT
        return appeal_texts.answer_undeliverable(f"<@{appeal.user_id}>")

    async def _close_card(
        self, interaction: discord.Interaction[Any], appeal_id: int, job: Job | None
    ) -> None:
        appeal: Appeal | None = await self._store.appeals.get(appeal_id)
        if appeal is None or interaction.message is None:
            return
        try:
            await interaction.message.edit(view=appeal_card(appeal, job), allowed_mentions=NOBODY)
        except DISCORD_ERRORS as exc:
            log.info("appeal %s: its card stays as it was: %s", appeal_id, exc)


def _guild_of(interaction: discord.Interaction[Any], job: Job | None) -> int | None:
    """Return whose moderators are asked; an outcome may have come as a direct message."""
    return job.guild_id if job is not None else interaction.guild_id


async def setup(bot: RestyleBot) -> None:
    """Let members ask, and moderators answer."""
    cog = AppealCog(store=bot.store, messages=AppealMessages(bot))
    add_item(bot, AppealButton, cog.ask)
    add_item(bot, AnswerButton, cog.answer)
    await bot.add_cog(cog)
