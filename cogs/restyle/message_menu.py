"""*Restyle this*, in the menu on messages: another member's clip, or one's own of earlier."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, cast

import discord
from cachetools import FIFOCache
from discord import app_commands
from discord.ext import commands

from bot.app import RestyleBot, RestyleTree, answer_privately
from bot.cometapi.models import model_rules
from bot.requests import validation as rules
from bot.requests.text_safety import harmless
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from bot.texts.refusal import refusal
from cogs.appeals.button import refusal_view
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.ids import read_id
from cogs.common.pages import telling_failures
from cogs.restyle.cog import Restyle
from cogs.restyle.forms import RestyleForm, read_part
from cogs.restyle.message_source import sources_of
from cogs.restyle.refusals import RefusedError, refuse_now
from cogs.restyle.requests import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.storage.store import Store
    from cogs.common.forms import FormData
    from cogs.restyle.intake import Intake
    from cogs.restyle.requests import RequestedClip

log = logging.getLogger(__name__)

NAME: Final = "Restyle this"
_REMEMBERED: Final = 1_000
"""Open forms; the oldest are forgotten first."""
_FORM_ID: Final = re.compile(r"restyle:(?P<form_id>[0-9]{1,20}):this-form")


class MessageMenu(commands.Cog):
    """The menu, and what was typed into its form.

    Discord brings the files of a message along with the menu, and to a bot without the right to
    read messages at no other time. So which clips a form is about is known to this process alone.
    """

    def __init__(self, *, intake: Intake, store: Store, ratios: Sequence[str]) -> None:
        self._intake = intake
        self._store = store
        self._ratios = ratios
        self._open: FIFOCache[int, Sequence[RequestedClip]] = FIFOCache(_REMEMBERED)

    async def restyle_this(
        self, interaction: discord.Interaction[Any], message: discord.Message
    ) -> None:
        """Ask what to make of a clip, unless nothing may be made of it."""
        try:
            sources = await sources_of(interaction, message, store=self._store)
            await self._intake.foresee(interaction, sources[0])
        except RefusedError as exc:
            view = await refusal_view(interaction, self._store, exc.decided_by)
            await refuse_now(interaction, exc, view=view)
            return
        self._open[interaction.id] = sources
        form = RestyleForm(
            custom_id=f"restyle:{interaction.id}:this-form",
            title=message_texts.MENU_TITLE,
            sources=sources,
            ratios=self._ratios,
        )
        await show_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Start what a form asks for, or say that its clip was forgotten in a restart."""
        match = sent_form(interaction, _FORM_ID)
        if match is not None:
            async with telling_failures(interaction):
                await self._sent(interaction, read_id(match["form_id"]))

    async def _sent(self, interaction: discord.Interaction[Any], form_id: int) -> None:
        tree = interaction.client.tree
        # As for a command: the process waits for it when it stops, and takes none after that.
        if isinstance(tree, RestyleTree) and not await tree.interaction_check(interaction):
            await answer_privately(interaction, refusal(Refusal(rule=Rule.BOT_STOPPING)))
            return
        fields = form_data(interaction)
        sources = self._open.get(form_id)
        if sources is None:
            await answer_privately(
                interaction, message_texts.form_lost(harmless(fields.text("prompt")))
            )
            return
        try:
            request = _request(sources, fields)
        except RefusedError as exc:
            await refuse_now(interaction, exc)
            return
        await self._intake.take(interaction, request)


def _request(sources: Sequence[RequestedClip], fields: FormData) -> Request:
    """Return what was asked for.

    Raises:
        RefusedError: A time is none, or past what /restyle takes.
    """
    number = read_id(fields.text("file") or "1")
    start, length = read_part(fields)
    return Request(
        source=sources[min(max(number, 1), len(sources)) - 1],
        prompt=rules.clean_prompt(fields.text("prompt")),
        ratio=fields.text("ratio") or None,
        start=start,
        length=length,
    )


async def setup(bot: RestyleBot) -> None:
    """Add the menu; on servers only, for in direct messages there are no others' clips."""
    intake = cast("Restyle", bot.get_cog(Restyle.__name__)).intake  # loaded before
    menu = MessageMenu(
        intake=intake,
        store=bot.store,
        ratios=model_rules(bot.models.current).offered_ratios,
    )
    await bot.add_cog(menu)
    bot.tree.add_command(
        app_commands.ContextMenu(
            name=NAME,
            callback=menu.restyle_this,
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
    )
