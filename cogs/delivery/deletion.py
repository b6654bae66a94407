"""Deleting an answer: asked once more, by a moderator with a reason, and told to its requester."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui
from discord.ext import commands

from bot.app import answer_privately
from bot.domain.jobs import JobState
from bot.domain.permissions import Action, may, who
from bot.domain.reviews import MAX_WORDS
from bot.errors import DeliveryDelayedError, DeliveryError, StoreError
from bot.texts import clip as clip_texts
from bot.texts import review as review_texts
from bot.texts.common import mention, moderator
from cogs.appeals.button import AppealButton, can_appeal
from cogs.common.cards import GREY, card, mark
from cogs.common.discord_errors import DISCORD_ERRORS, lasting_verdict
from cogs.common.forms import OutlivingForm, sent_form, show_form, typed_words
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.messages import NOBODY, Channel, direct_channel, find_marked, only
from cogs.common.pages import answer_command, clip_unknown
from cogs.common.permission_checks import actor_of, is_here, may_moderate
from cogs.delivery.buttons import DeleteButton, DeleteSureButton
from cogs.restyle.again_buttons import ChangeButton

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)

COUNTED_DAYS: Final = 30
"""Over how many days the server's log counts what moderators deleted."""

_FORM_ID: Final = re.compile(r"restyle:(?P<job_id>[0-9]{1,20}):delete-form")


class DeletionCog(commands.Cog):
    """What happens when somebody presses Delete, and when a moderator has said why."""

    def __init__(self, client: discord.Client, *, store: Store) -> None:
        self._client = client
        self._store = store

    # Presses

    async def ask(self, interaction: discord.Interaction[Any], button: DeleteButton) -> None:
        """Ask once more: it was paid for. A moderator is asked for the reason."""
        job, refused = await self._look(interaction, button.about_id)
        if job is None:
            await answer_privately(interaction, refused)
        elif _is_concerned(interaction, job):
            view = ui.View(timeout=None)
            view.add_item(DeleteSureButton(job.id, style=discord.ButtonStyle.danger))
            try:
                await interaction.response.send_message(
                    clip_texts.DELETE_SURE, view=view, ephemeral=True
                )
            except DISCORD_ERRORS as exc:
                log.info("job %s: a press was not answered: %s", job.id, exc)
        else:
            await self._ask_why(interaction, job)

    async def delete(self, interaction: discord.Interaction[Any], button: DeleteSureButton) -> None:
        """Delete the answer for whoever asked for it, or whose clip it was made from."""
        job, refused = await self._look(interaction, button.about_id)
        if job is None:
            await answer_privately(interaction, refused)
            return
        if not _is_concerned(interaction, job):  # a button from before reasons were asked for
            await self._ask_why(interaction, job)
            return
        try:
            await interaction.response.defer()
            said = await self._delete(interaction, job, None)
            following: ui.View | None = None
            if said == clip_texts.DELETED and interaction.user.id == job.user_id:
                following = ui.View(timeout=None).add_item(ChangeButton(job.id))
            await interaction.edit_original_response(content=said, view=following)
        except DISCORD_ERRORS as exc:
            log.info("job %s: the answer to a press was cut short: %s", job.id, exc)

    async def _ask_why(self, interaction: discord.Interaction[Any], job: Job) -> None:
        title, label = review_texts.FORMS["delete"]
        form = OutlivingForm(
            custom_id=f"restyle:{job.id}:delete-form",
            title=title,
            label=label,
            hint=review_texts.form_hint("delete", job),
            max_length=MAX_WORDS,
        )
        await show_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Delete the answer for a moderator who has said why, whichever process asked."""
        match = sent_form(interaction, _FORM_ID)
        if match is None:
            return
        note = typed_words(interaction).strip()[:MAX_WORDS]

        async def make() -> str:
            job, refused = await self._look(interaction, read_id(match["job_id"]))
            if job is None:
                return refused
            if not note:
                return clip_texts.DELETE_NEEDS_REASON
            return await self._delete(interaction, job, note)

        await answer_command(interaction, make)

    async def _look(
        self, interaction: discord.Interaction[Any], job_id: int
    ) -> tuple[Job | None, str]:
        """Return the job whose answer the person may delete, or else what they read instead."""
        async with store_deadline():
            job = await self._store.get(job_id)
            if job is None or job.state is not JobState.DONE or not is_here(interaction, job):
                return None, clip_unknown(interaction)
            asker, author = job.user_id, job.source_author_id
            whos = who(actor_of(interaction), requester_id=asker, author_id=author)
            if may(Action.DELETE_ANSWER, whos) or await may_moderate(
                interaction, self._store, Action.DELETE_ANSWER, requester_id=asker
            ):
                return job, ""
        return None, clip_texts.delete_not_yours(mention(asker))

    # Deleting

    async def _delete(
        self, interaction: discord.Interaction[RestyleBot], job: Job, note: str | None
    ) -> str:
        """Delete the answer, and tell who should know; return what the presser reads."""
        noted = await self._store.note_deleted(job.id, by=interaction.user.id, note=note)
        job = noted or await self._store.get(job.id) or job
        try:
            await interaction.client.extras.withdraw(job)
        except DeliveryError as exc:
            log.info("job %s: its answer was not deleted: %s", job.id, exc)
            if noted is not None:
                await self._store.note_kept(noted)
            return clip_texts.DELETE_REFUSED
        log.info("job %s: its answer was deleted by user %s", job.id, job.deleted_by)
        is_told = job.deleted_by == job.user_id or await self._tell(job, is_first=noted is not None)
        if not job.is_taken_down:
            return clip_texts.DELETED
        if noted is not None and job.guild_id is not None:
            await self._write_log(job, job.guild_id)
        return clip_texts.DELETED_AND_TOLD if is_told else clip_texts.DELETED_NOT_TOLD

    async def _tell(self, job: Job, *, is_first: bool) -> bool:
        """Tell the requester once, with a way to ask; ``False`` if Discord takes it nowhere."""
        wanted = mark(job.id, "deleted")
        by = job.deleted_by or 0
        name = moderator(by, job) if job.is_taken_down else mention(by)
        row: ui.ActionRow[Any] = ui.ActionRow()
        if await can_appeal(self._store, job):
            row.add_item(AppealButton(job.id, label="Ask about it"))
        view = card(
            GREY,
            clip_texts.deleted_for_requester(job, by=name),
            *([row] if row.children else []),
            id_=wanted,
        )
        since = job.answer_message_id or job.record_message_id
        try:
            async for channel in self._places(job):
                if not is_first and await find_marked(self._client, channel, wanted, after=since):
                    return True
                if await self._send(job, channel, view):
                    return True
        except DeliveryDelayedError as exc:
            log.warning("job %s: its requester was not told of the deletion: %s", job.id, exc)
        return False

    async def _places(self, job: Job) -> AsyncIterator[Channel]:
        yield self._client.get_partial_messageable(job.place_id, guild_id=job.guild_id)
        if (direct := await direct_channel(self._client, job.user_id)) is not None:
            yield direct

    async def _send(self, job: Job, channel: Channel, view: ui.LayoutView) -> bool:
        try:
            await channel.send(view=view, nonce=f"{job.id}d", allowed_mentions=only(job.user_id))
        except DISCORD_ERRORS as exc:
            lasting_verdict(exc)
            log.info(
                "job %s: channel %s did not accept the message about it: %s",
                job.id,
                channel.id,
                exc,
            )
            return False
        return True

    async def _write_log(self, job: Job, guild_id: int) -> None:
        """Count it where the server keeps its log; best effort."""
        try:
            policy = await self._store.policies.read(guild_id)
            channel_id = policy.server("log_channel_id")
            guild = self._client.get_guild(guild_id)
            if channel_id is None or (guild and guild.get_channel(channel_id) is None):
                return
            count = await self._store.count_taken_down(guild_id, days=COUNTED_DAYS)
            text = clip_texts.deleted_for_log(job, count=count, days=COUNTED_DAYS)
            channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
            await channel.send(text, nonce=f"{job.id}dl", allowed_mentions=NOBODY)
        except (StoreError, *DISCORD_ERRORS) as exc:
            log.warning("job %s: its deletion is not in the server's log: %s", job.id, exc)


def _is_concerned(interaction: discord.Interaction[Any], job: Job) -> bool:
    return interaction.user.id in {job.user_id, job.source_author_id}


async def add_deletion(bot: RestyleBot) -> None:
    """Listen to the two buttons and the form."""
    cog = DeletionCog(bot, store=bot.store)
    add_item(bot, DeleteButton, cog.ask)
    add_item(bot, DeleteSureButton, cog.delete)
    await bot.add_cog(cog)
