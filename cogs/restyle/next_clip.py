"""Use as source: a result becomes the next clip, by the rules of any clip out of a message."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Final, cast

import discord
from discord.ext import commands

from bot.cometapi.models import model_rules
from bot.domain.jobs import JobState
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.pages import telling_failures
from cogs.restyle.again_buttons import UseButton
from cogs.restyle.cog import Restyle
from cogs.restyle.earlier import ended_job
from cogs.restyle.forms import FilledIn, RestyleForm
from cogs.restyle.message_source import sources_of
from cogs.restyle.open_request import OpenRequest
from cogs.restyle.questions import telling_refusals
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from cogs.restyle.request_flow import RequestFlow
    from cogs.restyle.requests import RequestedClip

log = logging.getLogger(__name__)

_FORM_ID: Final = re.compile(r"restyle:(?P<job_id>[0-9]{1,20}):use-form")
_FETCH_SECONDS: Final = 1.0
"""How long Discord may take to bring the message with the clip: an answer is due within 3 s, and
the database needs some of them."""


class NextClips(commands.Cog):
    """What the button does, and what was typed into its form; the job has all else."""

    def __init__(self, bot: RestyleBot, *, flow: RequestFlow) -> None:
        self._bot = bot
        self._flow = flow

    async def use(self, interaction: discord.Interaction[Any], button: UseButton) -> None:
        """Open the form, unless whatever is typed there would be refused."""
        async with telling_refusals(interaction, self._bot.store):
            await self._open(interaction, button.about_id)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Start what a form asks for; it may have been opened before a restart."""
        match = sent_form(interaction, _FORM_ID)
        if match is not None:
            async with (
                telling_failures(interaction),
                telling_refusals(interaction, self._bot.store),
            ):
                await self._start(interaction, read_id(match["job_id"]))

    async def _open(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        job = await ended_job(interaction, job_id)
        await self._flow.foresee(interaction, await self._result(interaction, job))
        form = RestyleForm(
            custom_id=f"restyle:{job.id}:use-form",
            title=message_texts.USE_TITLE,
            model=model_rules(self._bot.models.current),
            filled=FilledIn(),
        )
        await show_form(interaction, form)

    async def _start(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        job = await ended_job(interaction, job_id)
        filled = FilledIn().with_typed(form_data(interaction))
        clip = await self._result(interaction, job)
        await self._flow.begin(interaction, OpenRequest.of(interaction, [clip], filled=filled))

    async def _result(self, interaction: discord.Interaction[Any], job: Job) -> RequestedClip:
        """Return the result of a job with whose it is, as if its message had been chosen.

        Raises:
            RefusedError: It is not to be had as a file, or Discord does not bring it in time.
        """
        if job.state is not JobState.DONE or job.answer_message_id is None:
            raise self._gone()
        channel_id = job.answer_channel_id or job.place_id
        place = self._bot.get_partial_messageable(channel_id, guild_id=job.guild_id)
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                message = await place.fetch_message(job.answer_message_id)
        except discord.NotFound as exc:
            raise self._gone() from exc
        except (TimeoutError, *DISCORD_ERRORS) as exc:
            log.info("job %s: did not look for its result: %r", job.id, exc)
            raise RefusedError(Refusal(rule=Rule.LINK_TOO_SLOW)) from exc
        if not message.attachments:
            raise self._gone()
        return (await sources_of(interaction, message, store=self._bot.store))[0]

    def _gone(self) -> RefusedError:
        return RefusedError(
            text=message_texts.result_gone(self._bot.command_mentions.of("restyle"))
        )


async def setup(bot: RestyleBot) -> None:
    """Let a result be the next clip."""
    flow = cast("Restyle", bot.get_cog(Restyle.__name__)).flow  # loaded before
    clips = NextClips(bot, flow=flow)
    await bot.add_cog(clips)
    add_item(bot, UseButton, clips.use)
