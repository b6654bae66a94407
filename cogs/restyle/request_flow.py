"""From what was typed to a job, by way of forms and questions; all of it outlives restarts."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import discord
from discord.ext import commands

from bot.app import RestyleBot, RestyleTree, answer_privately
from bot.cometapi.models import model_rules
from bot.errors import StoreError
from bot.policy.doors import closed_for_now
from bot.requests.validation import Refusal, Rule, clean_prompt
from bot.texts import choice as choice_texts
from bot.texts import looks as look_texts
from bot.texts import message as message_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import telling_failures
from cogs.looks.apply import with_look
from cogs.looks.book import LookBook
from cogs.restyle.earlier import Earlier, ended_job, filled_in, part_of
from cogs.restyle.forms import PartForm, RestyleForm, read_part, read_seed
from cogs.restyle.intake import Intake
from cogs.restyle.open_request import OpenRequest, find_open
from cogs.restyle.questions import part_words, tell_refusal, telling_refusals
from cogs.restyle.refusals import RefusedError
from cogs.restyle.request_buttons import (
    ChangeRequestButton,
    DropRequestButton,
    EditRequestButton,
    PartLengthButton,
    PartMenu,
    StartPartButton,
    StartRequestButton,
    part_view,
)
from cogs.restyle.requests import Request

if TYPE_CHECKING:
    from bot.domain.looks import OfferedLook
    from cogs.restyle.open_request import PartChoice
    from cogs.restyle.requests import RequestedClip

log = logging.getLogger(__name__)

_FORM_ID: Final = re.compile(
    r"restyle:(?P<request_id>[0-9]{1,20}):(?P<form>request|this|part)-form"
)
"""``this-form`` is what *Restyle this* opened before its clips were kept in the database."""


class RequestFlow(commands.Cog):
    """Takes what was typed anywhere; asks for what is missing, and for what has to be agreed."""

    def __init__(self, bot: RestyleBot, *, intake: Intake) -> None:
        self._bot = bot
        self._store = bot.store
        self._intake = intake
        for kind, press in {
            ChangeRequestButton: self._open_form,
            EditRequestButton: self._open_form,
            StartRequestButton: self._agree,
            StartPartButton: self._agree,
            DropRequestButton: self._drop,
            PartMenu: self._choose_begin,
            PartLengthButton: self._open_part_form,
        }.items():
            add_item(bot, kind, self._guarded(press))

    async def cog_unload(self) -> None:
        """Let go of the threads."""
        self._intake.aside.close()

    # In

    async def begin(self, interaction: discord.Interaction[Any], request: OpenRequest) -> None:
        """Take what was asked for: the one door between people and :class:`Intake`.

        Behind it everybody meets the same questions, of the part and of the cost, and a refusal
        comes with a way to mend it where there is one.
        """
        if not await self._is_open(interaction):
            return
        try:
            resolved = await self._resolve(interaction, request)
        except RefusedError as exc:
            await tell_refusal(interaction, self._store, exc, request)
        except StoreError as exc:
            log.warning("interaction %s: not read: %r", interaction.id, exc)
            error = RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE))
            await tell_refusal(interaction, self._store, error, None)
        else:
            await self._intake.take(interaction, resolved, request)

    async def foresee(self, interaction: discord.Interaction[Any], clip: RequestedClip) -> None:
        """Refuse what no words could change, before somebody is asked for any.

        Raises:
            RefusedError: The person, the place or the clip's author speak against it.
        """
        await self._intake.foresee(interaction, clip)

    async def ask_words(
        self, interaction: discord.Interaction[Any], request: OpenRequest, *, title: str
    ) -> None:
        """Open the form, unless whatever is typed there would be refused.

        Raises:
            RefusedError: It would, or the database does not answer.
        """
        await self.foresee(interaction, request.clip)
        try:
            await request.keep(self._store)
        except StoreError as exc:
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        await self._show_form(interaction, request, title)

    async def _resolve(
        self, interaction: discord.Interaction[Any], request: OpenRequest
    ) -> Request:
        """Return what is asked for, read from what was typed.

        Raises:
            RefusedError: Something cannot be read, or is not there any more.
            StoreError: The database does not answer.
        """
        filled = request.filled
        part, seed = read_part(filled), read_seed(filled)
        prompt = clean_prompt(filled.prompt)
        if request.job_id is None:
            found = Request(
                source=request.clip,
                prompt=prompt,
                reference=request.reference,
                ratio=filled.ratio or None,
                seed=seed,
                start=part[0],
                length=part[1],
                model=request.model,
            )
        else:
            job = await ended_job(interaction, request.job_id, or_uncertain=True)
            before = filled_in(job, user_id=interaction.user.id)
            if (filled.start, filled.length) == (before.start, before.length):
                part = part_of(job)
            if filled.prompt == before.prompt:
                prompt = job.prompt  # a look's words in it stay as they were written
            found = await Earlier(job=job, user_id=interaction.user.id).request(
                self._bot.deliverer,
                now=interaction.created_at,
                prompt=prompt,
                part=part,
                seed=seed,
                ratio=filled.ratio or None,
            )
        if not filled.look:
            return found
        async with store_deadline():
            look = await LookBook(self._store).find(
                interaction.guild_id, interaction.user.id, filled.look
            )
        if look is None:
            raise RefusedError(
                text=look_texts.unknown(interaction.client.command_mentions.of("restyle-looks")),
                is_mendable=True,
            )
        return await with_look(interaction, found, look.look)

    # Presses

    def _guarded(self, press: Any) -> Any:  # noqa: ANN401 - each kind of control has its own
        """Return ``press`` with the request that the control is about, and refusals told."""

        async def pressed(interaction: discord.Interaction[Any], item: Any) -> None:  # noqa: ANN401 - as above
            async with telling_refusals(interaction, self._store):
                request = await find_open(interaction, self._store, item.about_id)
                await press(interaction, item, request)

        return pressed

    async def _open_form(
        self, interaction: discord.Interaction[Any], item: object, request: OpenRequest
    ) -> None:
        del item
        await self._show_form(interaction, request, choice_texts.MEND_TITLE)

    async def _agree(
        self, interaction: discord.Interaction[Any], item: object, request: OpenRequest
    ) -> None:
        """Start what was shown with its cost."""
        if isinstance(item, StartPartButton) and request.choice is not None:
            request = request.with_part(request.choice)
        await self.begin(interaction, replace(request, is_agreed=True))

    async def _drop(
        self, interaction: discord.Interaction[Any], item: object, request: OpenRequest
    ) -> None:
        del item
        async with store_deadline():
            await self._store.open_requests.drop(request.id, user_id=request.user_id)
        await self._edit(interaction, choice_texts.DROPPED, view=None, attachments=[])

    async def _choose_begin(
        self, interaction: discord.Interaction[Any], item: PartMenu, request: OpenRequest
    ) -> None:
        choice = request.choice
        chosen = next(iter(item.item.values), "")
        begins = {f"{start:g}": start for start in choice.starts()} if choice is not None else {}
        if choice is None or chosen not in begins:
            raise RefusedError(Refusal(rule=Rule.MOMENT_UNREADABLE, value=chosen))
        await self._show_choice(interaction, request, replace(choice, start=begins[chosen]))

    async def _open_part_form(
        self, interaction: discord.Interaction[Any], item: object, request: OpenRequest
    ) -> None:
        del item
        choice = request.choice
        if choice is None:
            raise RefusedError(Refusal(rule=Rule.REQUEST_GONE))
        form = PartForm(
            custom_id=f"restyle:{request.id}:part-form",
            filled=request.with_part(choice).filled,
            hint=choice_texts.part_length_hint(choice.least, choice.most),
        )
        await show_form(interaction, form)

    async def _show_choice(
        self, interaction: discord.Interaction[Any], request: OpenRequest, choice: PartChoice
    ) -> None:
        """Keep another choice of the part, and show what it comes to on the same message."""
        price = self._intake.price_of(choice.model, choice.length)
        await replace(request, choice=choice, shown_micros=price).keep(self._store)
        await self._edit(interaction, part_words(choice, price), view=part_view(request.id, choice))

    async def _edit(self, interaction: discord.Interaction[Any], words: str, **how: Any) -> None:  # noqa: ANN401 - as discord.py takes it
        try:
            await interaction.response.edit_message(content=words, **how)
        except DISCORD_ERRORS as exc:
            log.warning("interaction %s: not shown: %s", interaction.id, exc)

    # Forms

    async def _show_form(
        self, interaction: discord.Interaction[Any], request: OpenRequest, title: str
    ) -> None:
        form = RestyleForm(
            custom_id=f"restyle:{request.id}:request-form",
            title=title,
            sources=request.clips,
            looks=await self._looks(interaction, request),
            model=model_rules(self._bot.models.current),
            filled=request.filled,
        )
        await show_form(interaction, form)

    async def _looks(
        self, interaction: discord.Interaction[Any], request: OpenRequest
    ) -> list[OfferedLook]:
        """Return what the form offers; the words of an earlier job have their look already."""
        if request.job_id is not None:
            return []
        try:
            async with store_deadline():
                return await LookBook(self._store).offered(
                    interaction.guild_id, interaction.user.id
                )
        except StoreError as exc:
            log.warning("interaction %s: no looks: %r", interaction.id, exc)
            return []

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Go on with what was typed into a form; it may have been opened before a restart."""
        match = sent_form(interaction, _FORM_ID)
        if match is None:
            return
        async with telling_failures(interaction), telling_refusals(interaction, self._store):
            request_id = read_id(match["request_id"])
            sent = self._part_sent if match["form"] == "part" else self._words_sent
            await sent(interaction, request_id)

    async def _words_sent(self, interaction: discord.Interaction[Any], request_id: int) -> None:
        data = form_data(interaction)
        try:
            request = await find_open(interaction, self._store, request_id)
        except RefusedError as exc:
            if exc.refusal is None or exc.refusal.rule is not Rule.REQUEST_GONE:
                raise
            words = message_texts.form_lost(data.text("prompt"))
            await answer_privately(interaction, words)
            return
        filled = request.filled.with_typed(data)
        # What was agreed to was another request.
        await self.begin(interaction, replace(request, filled=filled, choice=None, is_agreed=False))

    async def _part_sent(self, interaction: discord.Interaction[Any], request_id: int) -> None:
        request = await find_open(interaction, self._store, request_id)
        typed = request.filled.with_typed(form_data(interaction))
        choice = request.choice
        if choice is None:
            raise RefusedError(Refusal(rule=Rule.REQUEST_GONE))
        try:
            chosen = _read_choice(choice, *read_part(typed))
        except RefusedError as exc:
            await tell_refusal(interaction, self._store, exc, replace(request, filled=typed))
            return
        await self._show_choice(interaction, request, chosen)

    async def _is_open(self, interaction: discord.Interaction[Any]) -> bool:
        """Tell whether the process takes something on, and waits for it when it stops.

        Discord.py has asked the same of a command before.
        """
        tree = self._bot.tree
        is_command = interaction.type is discord.InteractionType.application_command
        if is_command or not isinstance(tree, RestyleTree):
            return True
        if await tree.interaction_check(interaction):
            return True
        if not interaction.response.is_done():
            error = RefusedError(Refusal(rule=Rule.BOT_STOPPING))
            await tell_refusal(interaction, self._store, error, None)
        return False


def _read_choice(choice: PartChoice, start: float | None, length: float | None) -> PartChoice:
    """Return the part that was typed.

    Raises:
        RefusedError: It is too short, too long, or begins too late.
    """
    wanted = choice.most if length is None else length
    if not choice.least <= wanted <= choice.most:
        raise RefusedError(
            Refusal(
                rule=Rule.LENGTH_OUT_OF_RANGE,
                value=wanted,
                limit=choice.most,
                words=(f"{choice.least:g} s", f"{choice.most:g} s"),
            )
        )
    begin = start or 0.0
    if begin > choice.total - choice.least:
        latest = int((choice.total - choice.least) * 10) / 10
        raise RefusedError(Refusal(rule=Rule.START_PAST_END, value=begin, limit=latest))
    return replace(choice, start=begin, length=min(wanted, choice.total - begin))


async def setup(bot: RestyleBot) -> None:
    """Make what all commands share that start jobs, and know the controls of open requests."""
    intake = Intake(
        models=bot.models,
        upload_limits=bot.upload_limits,
        closed_for_now=lambda: closed_for_now(bot.conditions.held),
        settings=bot.settings,
        store=bot.store,
        downloader=bot.downloader,
        scratch=bot.scratch,
        process_pool=bot.process_pool,
    )
    await bot.add_cog(RequestFlow(bot, intake=intake))
