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
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.items import IdButton
from cogs.common.limits import store_deadline
from cogs.common.pages import clip_unknown
from cogs.common.permission_checks import actor_of, is_here
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
        is_there = job is not None and job.state is JobState.DONE and job.deleted_at is None
        if job is None or not is_there or not is_here(interaction, job):
            await answer_privately(interaction, clip_unknown(interaction))
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
            await answer_privately(interaction, clip_unknown(interaction))
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
            log.info("job %s: the answer to a press was cut short: %s", job.id, exc)


class CompareButton(_ExtraButton, verb="compare", label="Compare"):
    """Makes a video of source and result beside each other."""

    extra = Extra.COMPARE


class SoundButton(_ExtraButton, verb="sound", label="With its sound"):
    """Posts the result with the source's sound."""

    extra = Extra.SOUND


class DeleteButton(IdButton, verb="delete", label="Delete…"):
    """Asks whether the answer should really be deleted, and a moderator why."""


class DeleteSureButton(IdButton, verb="delete-sure", label="Delete it for good"):
    """Deletes the answer, and what was made of it."""


BUTTONS = (CompareButton, SoundButton)
"""What has to be registered, so that old messages' buttons work; for Delete see ``deletion.py``."""


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
