"""Again, Change… and Try again…: from an ended job to the next one, by the rules of a first one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from discord.ext import commands

from bot.cometapi.models import model_rules
from bot.domain.jobs import JobState
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.ids import chosen_id, read_id
from cogs.common.items import add_item
from cogs.common.pages import telling_failures
from cogs.restyle.again_buttons import (
    AgainButton,
    AnotherClipButton,
    ChangeButton,
    NextPartButton,
    TryAgainButton,
    next_part,
)
from cogs.restyle.cog import Restyle
from cogs.restyle.earlier import Earlier, ended_job, filled_in, may_use_words
from cogs.restyle.forms import CLIP_FIELD, RestyleForm, as_typed
from cogs.restyle.open_request import OpenRequest
from cogs.restyle.questions import telling_refusals
from cogs.restyle.refusals import RefusedError
from cogs.restyle.requests import RequestedClip

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import discord

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from cogs.restyle.forms import FilledIn
    from cogs.restyle.request_flow import RequestFlow

_FORM_ID: Final = re.compile(r"restyle:(?P<job_id>[0-9]{1,20}):(?P<form>change|clip)-form")


class EarlierJobs(commands.Cog):
    """What the three buttons do, and what was typed into their form.

    Nothing is remembered: the custom id of button and form has the job, and the job has the rest.
    """

    def __init__(self, bot: RestyleBot, *, flow: RequestFlow) -> None:
        self._bot = bot
        self._flow = flow

    async def again(self, interaction: discord.Interaction[Any], button: AgainButton) -> None:
        """Start the same once more, with another seed."""
        async with self._telling(interaction):
            job = await ended_job(interaction, button.about_id)
            filled = self._same(interaction, job)
            await self._begin(interaction, job, replace(filled, seed=_emptied(filled.seed)))

    async def next_part(
        self, interaction: discord.Interaction[Any], button: NextPartButton
    ) -> None:
        """Start the same with what follows in the clip: with its seed, so that they go together."""
        async with self._telling(interaction):
            job = await ended_job(interaction, button.about_id)
            filled, part = self._same(interaction, job), next_part(job)
            if part is None:
                raise RefusedError(text=message_texts.NO_NEXT_PART)
            start, length = (as_typed(seconds) for seconds in part)
            await self._begin(interaction, job, replace(filled, start=start, length=length))

    async def change(
        self, interaction: discord.Interaction[Any], button: ChangeButton | TryAgainButton
    ) -> None:
        """Open the form, unless whatever is typed there would be refused."""
        async with self._telling(interaction):
            await self._open(interaction, button)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Start what a form asks for; it may have been opened before a restart."""
        match = sent_form(interaction, _FORM_ID)
        if match is not None:
            async with telling_failures(interaction), self._telling(interaction):
                start = self._sent if match["form"] == "change" else self._sent_clip
                await start(interaction, read_id(match["job_id"]))

    def _telling(self, interaction: discord.Interaction[Any]) -> AbstractAsyncContextManager[None]:
        return telling_refusals(interaction, self._bot.store)

    async def _open(
        self, interaction: discord.Interaction[Any], button: ChangeButton | TryAgainButton
    ) -> None:
        job = await ended_job(interaction, button.about_id, or_uncertain=True)
        user_id = interaction.user.id
        await self._flow.foresee(interaction, Earlier(job=job, user_id=user_id).clip())
        is_change = isinstance(button, ChangeButton)
        form = RestyleForm(
            custom_id=f"restyle:{job.id}:change-form",
            model=model_rules(self._bot.models.current),
            title=message_texts.CHANGE_TITLE if is_change else message_texts.TRY_AGAIN_TITLE,
            filled=filled_in(job, user_id=user_id),
            note=message_texts.MAY_COST_TWICE if job.state is JobState.UNCERTAIN else None,
        )
        await show_form(interaction, form)

    async def another_clip(
        self, interaction: discord.Interaction[Any], button: AnotherClipButton
    ) -> None:
        """Open the form that asks for the clip as well, unless nothing may start here."""
        async with self._telling(interaction):
            await self._open_for_clip(interaction, button.about_id)

    async def _open_for_clip(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        job = await ended_job(interaction, job_id)
        await self._flow.foresee(interaction, RequestedClip.told({}))
        form = RestyleForm(
            custom_id=f"restyle:{job.id}:clip-form",
            model=model_rules(self._bot.models.current),
            title=message_texts.ANOTHER_CLIP_TITLE,
            filled=_without_part(filled_in(job, user_id=interaction.user.id)),
            asks_clip=True,
        )
        await show_form(interaction, form)

    async def _sent_clip(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        """Start what a form asks for that brought its own clip."""
        job = await ended_job(interaction, job_id)
        data = form_data(interaction)
        file_id = str(chosen_id([data.text(CLIP_FIELD)]))
        clip = RequestedClip.told(data.about("attachments", file_id))
        before = _without_part(filled_in(job, user_id=interaction.user.id))
        request = OpenRequest.of(interaction, [clip], filled=before.with_typed(data))
        await self._flow.begin(interaction, request)

    async def _sent(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        """Start what a form asks for; of what is uncertain it said that both may be paid for."""
        job = await ended_job(interaction, job_id, or_uncertain=True)
        before = filled_in(job, user_id=interaction.user.id)
        await self._begin(interaction, job, before.with_typed(form_data(interaction)))

    def _same(self, interaction: discord.Interaction[Any], job: Job) -> FilledIn:
        """Return what was asked for, to be asked for again without being typed.

        Raises:
            RefusedError: It is not the person's to repeat.
        """
        if not may_use_words(job, interaction.user.id):
            raise RefusedError(Refusal(rule=Rule.JOB_UNKNOWN))
        return filled_in(job, user_id=interaction.user.id)

    async def _begin(
        self, interaction: discord.Interaction[Any], job: Job, filled: FilledIn
    ) -> None:
        request = OpenRequest.of(interaction, filled=filled, job_id=job.id)
        await self._flow.begin(interaction, request)


def _without_part(filled: FilledIn) -> FilledIn:
    """Return what stands in the form for another clip: the part was one of the first."""
    return replace(filled, start="", length="")


def _emptied(seed: str | None) -> str | None:
    """Return the field of a seed for another one; a model that takes none is asked for none."""
    return None if seed is None else ""


async def setup(bot: RestyleBot) -> None:
    """Let the buttons under ended jobs start the next one."""
    flow = cast("Restyle", bot.get_cog(Restyle.__name__)).flow  # loaded before
    jobs = EarlierJobs(bot, flow=flow)
    await bot.add_cog(jobs)
    add_item(bot, AgainButton, jobs.again)
    add_item(bot, NextPartButton, jobs.next_part)
    add_item(bot, ChangeButton, jobs.change)
    add_item(bot, TryAgainButton, jobs.change)
    add_item(bot, AnotherClipButton, jobs.another_clip)
