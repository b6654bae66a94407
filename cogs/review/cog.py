"""Reviews: moderators decide in their channel what is spent, and what is published."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.guilds import guild_key
from bot.domain.jobs import Hold
from bot.domain.permissions import Action
from bot.domain.quotas import ReviewStage
from bot.domain.reviews import MAX_WORDS, PressOutcome, Ruling
from bot.errors import StoreError
from bot.requests.validation import MAX_PROMPT_UNITS, check_prompt, clean_prompt
from bot.texts import appeal as appeal_texts
from bot.texts import review as review_texts
from bot.texts.refusal import refusal
from cogs.common.approval_router import approval_router_of
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.forms import OutlivingForm, sent_form, show_form, typed_words
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import telling_failures
from cogs.common.permission_checks import may_moderate
from cogs.review.buttons import AskAgainButton, ReviewButton, ShowNextButton
from cogs.review.cards import card_edit
from cogs.review.request_messages import ReviewMessages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import discord

    from bot.storage.store import Store

log = logging.getLogger(__name__)

_FORM_ID: Final = re.compile(
    r"restyle:(?P<job_id>[0-9]{1,20}):(?P<verb>deny|edit)-(?P<stage>spending|publishing)-form"
)


class ReviewCog(commands.Cog):
    """What happens when somebody presses a button on a card, or sends one of its forms."""

    def __init__(self, *, store: Store, messages: ReviewMessages) -> None:
        self._store = store
        self._messages = messages

    # Buttons of a card

    async def press(
        self, interaction: discord.Interaction[Any], job_id: int, stage: ReviewStage, verb: str
    ) -> None:
        """Do what a button says, or tell why not."""
        here = {"guild_id": guild_key(interaction.guild_id), "user_id": interaction.user.id}
        act = {
            "take": self._store.reviews.take,
            "release": self._store.reviews.release,
            "approve": self._store.reviews.approve,
        }.get(verb, self._store.reviews.look)
        ruling = await self._rule(interaction, lambda: act(job_id, stage, **here))
        if ruling is None:
            return
        if verb in {"deny", "edit"}:
            await self._open_form(interaction, ruling, verb)
            return
        log.info("job %s: %s by user %s (%s)", job_id, verb, interaction.user.id, stage)
        await self._show(interaction, ruling)
        if verb == "approve":
            if ruling.job is not None and stage is ReviewStage.SPENDING:
                await interaction.client.deliverer.name_thread(ruling.job)
            await self._refill(interaction)

    async def _rule(
        self, interaction: discord.Interaction[Any], ask: Callable[[], Awaitable[Ruling]]
    ) -> Ruling | None:
        """Return what was done if the person may do it; ``None`` when they were told why not."""
        async with store_deadline():
            ruling = None
            if await may_moderate(interaction, self._store, Action.REVIEW):
                ruling = await ask()
        if ruling is None:
            await answer_privately(interaction, review_texts.NOT_A_MODERATOR)
            return None
        if ruling.outcome is PressOutcome.DONE:
            return ruling
        if ruling.outcome in {PressOutcome.DECIDED, PressOutcome.HELD}:
            await self._show(interaction, ruling)  # it was pressed because it was out of date
        await answer_privately(interaction, review_texts.refused(ruling))
        return None

    async def _show(self, interaction: discord.Interaction[Any], ruling: Ruling) -> None:
        """Answer the press by bringing its card up to date."""
        message, review, job = interaction.message, ruling.review, ruling.job
        if message is None or review is None or job is None:
            await interaction.response.defer()
            return
        try:
            await interaction.response.edit_message(**card_edit(review, job, message))
        except DISCORD_ERRORS as exc:
            log.warning("job %s: its card was not brought up to date: %s", job.id, exc)

    async def _refill(self, interaction: discord.Interaction[Any]) -> None:
        if interaction.guild_id is None:
            return
        try:
            await self._messages.refill(interaction.guild_id)
        except StoreError as exc:  # the next card that is posted or closed fills them
            log.warning("guild %s: free places stay free: %s", interaction.guild_id, exc)

    # Forms

    async def _open_form(
        self, interaction: discord.Interaction[Any], ruling: Ruling, verb: str
    ) -> None:
        job, review = ruling.job, ruling.review
        if job is None or review is None:
            return
        custom_id = f"restyle:{job.id}:{verb}-{review.stage}-form"
        is_edit = verb == "edit"
        title, label = review_texts.FORMS[verb]
        form = OutlivingForm(
            custom_id=custom_id,
            title=title,
            label=label,
            hint=review_texts.form_hint(verb, job),
            max_length=max(MAX_PROMPT_UNITS, len(job.prompt)) if is_edit else MAX_WORDS,
            default=job.prompt if is_edit else None,
        )
        await show_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Deny or edit as a form says that was sent, whichever process opened it."""
        match = sent_form(interaction, _FORM_ID)
        if match is None:
            return
        words = typed_words(interaction)
        async with telling_failures(interaction):
            job_id, stage = read_id(match["job_id"]), ReviewStage(match["stage"])
            if match["verb"] == "deny":
                await self._deny(interaction, job_id, stage, words)
            else:
                await self._mend(interaction, job_id, words)

    async def _deny(
        self, interaction: discord.Interaction[Any], job_id: int, stage: ReviewStage, words: str
    ) -> None:
        ruling = await self._rule(
            interaction,
            lambda: self._store.reviews.deny(
                job_id,
                stage,
                guild_id=guild_key(interaction.guild_id),
                user_id=interaction.user.id,
                note=words.strip()[:MAX_WORDS],
            ),
        )
        if ruling is None:
            return
        log.info("job %s: deny by user %s (%s)", job_id, interaction.user.id, stage)
        await self._show(interaction, ruling)
        await self._refill(interaction)

    async def _mend(self, interaction: discord.Interaction[Any], job_id: int, words: str) -> None:
        prompt = clean_prompt(words)
        if (found := check_prompt(prompt)) is not None:
            await answer_privately(interaction, review_texts.prompt_unusable(refusal(found)))
            return
        ruling = await self._rule(
            interaction,
            lambda: self._store.reviews.mend(
                job_id,
                guild_id=guild_key(interaction.guild_id),
                user_id=interaction.user.id,
                prompt=prompt,
            ),
        )
        if ruling is None:
            return
        await self._show(interaction, ruling)
        if ruling.job is not None and ruling.former_prompt is not None:
            log.info("job %s: prompt changed by user %s", job_id, interaction.user.id)
            await self._messages.tell_mended(
                ruling.job, by=interaction.user.id, before=ruling.former_prompt
            )

    # Other buttons

    async def show_next(self, interaction: discord.Interaction[Any], guild_id: int) -> None:
        """Open one more request than the channel has places for."""
        if guild_id != interaction.guild_id:
            await answer_privately(interaction, review_texts.NOTHING_FOLDED)
            return
        async with store_deadline():
            allowed = await may_moderate(interaction, self._store, Action.REVIEW)
        if not allowed:
            await answer_privately(interaction, review_texts.NOT_A_MODERATOR)
            return
        try:
            await interaction.response.defer()  # the message itself is edited by its keeper
            opened = await self._messages.refill(guild_id, beyond=1)
        except DISCORD_ERRORS as exc:
            log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
            return
        said = review_texts.NEXT_COMES if opened else review_texts.NOTHING_FOLDED
        await answer_privately(interaction, said)

    async def ask_again(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        """Ask the moderators once more, who could not be reached."""
        async with store_deadline():
            said = await self._ask_again(interaction, job_id)
        await answer_privately(interaction, said)

    async def _ask_again(self, interaction: discord.Interaction[Any], job_id: int) -> str:
        job = await self._store.get(job_id)
        if job is None or job.guild_id is None or job.guild_id != interaction.guild_id:
            return review_texts.NOT_ASKED_AGAIN
        if not await may_moderate(
            interaction, self._store, Action.ASK_AGAIN, requester_id=job.user_id
        ):
            return review_texts.only_requester_or_staff(f"<@{job.user_id}>")
        policy = await self._store.policies.read(job.guild_id)
        if policy.server("review_channel_id") is None:
            return appeal_texts.NO_REVIEW_CHANNEL
        if not await self._store.reviews.ask_again(job_id, guild_id=job.guild_id):
            return review_texts.NOT_ASKED_AGAIN
        return review_texts.ASKED_AGAIN


async def setup(bot: RestyleBot) -> None:
    """Let moderators be asked, and listen to what they say."""
    messages = ReviewMessages(
        bot,
        store=bot.store,
        kept_source=lambda job: bot.deliverer.refresh_source(job),
    )
    approval_router_of(bot).add(Hold.REVIEW, messages)
    cog = ReviewCog(store=bot.store, messages=messages)
    add_item(bot, ReviewButton, lambda i, b: cog.press(i, b.job_id, b.stage, b.verb))
    add_item(bot, ShowNextButton, lambda i, b: cog.show_next(i, b.about_id))
    add_item(bot, AskAgainButton, lambda i, b: cog.ask_again(i, b.about_id))
    await bot.add_cog(cog)
