"""The buttons under an answer and in its menu, alive after any restart: Compare, sound, Delete."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

import discord
from discord import ui

from bot.app import answer_privately
from bot.domain.jobs import Extra, ExtraFailure, JobState
from bot.domain.permissions import Action, may, who
from bot.engine.extras import ExtraError
from bot.errors import DeliveryError
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.items import IdButton
from cogs.common.limits import store_deadline
from cogs.common.permission_checks import actor_of, is_here, may_moderate
from cogs.delivery.more_buttons import MoreButton
from cogs.restyle.again_buttons import AgainButton, ChangeButton, UseButton

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

_ACTIONS = {Extra.COMPARE: Action.COMPARE, Extra.SOUND: Action.ADD_SOUND}


class _JobButton(IdButton):
    """A button under the answer of one job."""

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Load the job within the time that Discord gives, then do what the button says."""
        async with store_deadline():
            job = await interaction.client.store.get(self.about_id)
        if job is None or job.state is not JobState.DONE or not is_here(interaction, job):
            await answer_privately(interaction, clip_texts.EXTRA_UNKNOWN)
        else:
            await self.act(interaction, job)

    async def act(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Do what the button says about ``job``, which is done."""
        raise NotImplementedError


class _ExtraButton(_JobButton):
    """Makes something of source and result; everybody may, it is made once."""

    extra: ClassVar[Extra]

    async def act(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Have the extra made, unless it is there, and say where it is."""
        bot = interaction.client
        concerned = {job.user_id, job.source_author_id}
        if interaction.guild_id is None and interaction.user.id not in concerned:
            await answer_privately(interaction, clip_texts.EXTRA_UNKNOWN)
            return
        whos = who(actor_of(interaction), requester_id=job.user_id)
        if not may(_ACTIONS[self.extra], whos):
            await answer_privately(interaction, texts.NOT_ALLOWED)
            return
        if bot.extras.is_full(job, self.extra):
            await answer_privately(interaction, clip_texts.EXTRA_MISSING[ExtraFailure.BUSY])
            return
        await answer_privately(interaction, clip_texts.EXTRA_UNDER_WAY)
        view: ui.View | None = None
        try:
            made = await bot.extras.make(job, self.extra)
        except ExtraError as exc:
            text = clip_texts.EXTRA_MISSING[exc.why]
        else:
            is_there = made.channel_id in {job.thread_id, job.channel_id}
            place = bot.get_partial_messageable(
                made.channel_id, guild_id=job.guild_id if is_there else None
            )
            url = place.get_partial_message(made.message_id).jump_url
            text, view = (
                clip_texts.EXTRA_READY,
                ui.View().add_item(ui.Button(label="Watch", url=url)),
            )
        try:
            await interaction.edit_original_response(content=text, view=view)
        except DISCORD_ERRORS as exc:  # the extra is posted; the person sees it there
            log.info("job %s: a press was not answered to its end: %s", job.id, exc)


class CompareButton(_ExtraButton, verb="compare", label="Compare"):
    """Makes a video of source and result beside each other."""

    extra = Extra.COMPARE


class SoundButton(_ExtraButton, verb="sound", label="With its sound"):
    """Posts the result with the source's sound."""

    extra = Extra.SOUND


class _DeletingButton(_JobButton):
    """A button towards deleting the answer."""

    async def act(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Go on if this person may delete the answer."""
        whos = who(actor_of(interaction), requester_id=job.user_id, author_id=job.source_author_id)
        async with store_deadline():
            is_allowed = may(Action.DELETE_ANSWER, whos) or await may_moderate(
                interaction,
                interaction.client.store,
                Action.DELETE_ANSWER,
                requester_id=job.user_id,
            )
        if is_allowed:
            await self.delete(interaction, job)
        else:
            await answer_privately(interaction, clip_texts.delete_not_yours(f"<@{job.user_id}>"))

    async def delete(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Take the next step."""
        raise NotImplementedError


class DeleteButton(_DeletingButton, verb="delete", label="Delete…"):
    """Asks whether the answer should really be deleted; it was paid for."""

    async def delete(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Ask once more."""
        view = ui.View(timeout=None)
        view.add_item(DeleteSureButton(job.id, style=discord.ButtonStyle.danger))
        try:
            await interaction.response.send_message(
                clip_texts.DELETE_SURE, view=view, ephemeral=True
            )
        except DISCORD_ERRORS as exc:
            log.info("job %s: a press was not answered: %s", job.id, exc)


class DeleteSureButton(_DeletingButton, verb="delete-sure", label="Delete it for good"):
    """Deletes the answer, and what was made of it."""

    async def delete(self, interaction: discord.Interaction[RestyleBot], job: Job) -> None:
        """Delete the answer and its extras from thread, channel or direct messages."""
        try:
            await interaction.response.defer()
            await interaction.client.extras.withdraw(job)
        except DeliveryError as exc:
            log.info("job %s: its answer was not deleted: %s", job.id, exc)
            text = clip_texts.DELETE_REFUSED
        except DISCORD_ERRORS as exc:
            log.info("job %s: a press was not acknowledged: %s", job.id, exc)
            return
        else:
            log.info("job %s: its answer was deleted by user %s", job.id, interaction.user.id)
            text = clip_texts.DELETED
        try:
            await interaction.edit_original_response(content=text, view=None)
        except DISCORD_ERRORS as exc:
            log.info("job %s: a press was not answered to its end: %s", job.id, exc)


BUTTONS = (CompareButton, SoundButton, DeleteButton, DeleteSureButton)
"""What has to be registered, so that old messages' buttons work."""


def answer_buttons(
    job_id: int, offers: Collection[Extra], *, starts: bool = True
) -> ui.ActionRow[Any]:
    """Return the row under an answer; ``starts`` is whether it can lead to the next job there."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    if starts:
        row.add_item(AgainButton(job_id)).add_item(ChangeButton(job_id)).add_item(UseButton(job_id))
    if Extra.COMPARE in offers:
        row.add_item(CompareButton(job_id))
    return row.add_item(MoreButton(job_id))
