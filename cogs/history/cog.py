"""``/restyle-jobs``: everybody's own clips, and for moderators the server's."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.jobs import Extra, JobState
from bot.domain.permissions import Action
from bot.requests.text_safety import cut_units, one_line
from bot.texts import history as history_texts
from bot.texts import permission as permission_texts
from cogs.common.cards import BLURPLE, STATE_COLOURS, jump_url
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.forms import OutlivingForm, sent_form, show_form, typed_words
from cogs.common.ids import chosen_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.media import name_of
from cogs.common.pages import Page, answer_command, answer_press
from cogs.common.permission_checks import can_read, may_moderate
from cogs.delivery.answers import PICTURE_FILENAME, POSTER_FILENAME
from cogs.delivery.buttons import answer_buttons
from cogs.delivery.more import fresh_links
from cogs.history.items import (
    FORM_ID,
    ListButton,
    ListedJobMenu,
    ListPlace,
    SearchButton,
    StateMenu,
)
from cogs.restyle.again_buttons import button_after
from cogs.restyle.cancel import CancelButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

ON_A_PAGE: Final = 5
_READ_AT_ONCE: Final = 50
"""Jobs that are looked through for those that a moderator can see."""
_PICTURES_SECONDS: Final = 3.0
"""How long Discord may take to bring the pictures of a page; then it goes without them."""
_MOST_OF_LINK: Final = 512
"""Characters of a link button's address, as in ``cogs/delivery/more.py``."""
_FORM: Final = re.compile(FORM_ID)
_NOT_YET: Final = frozenset({JobState.HELD, JobState.QUEUED})


class HistoryCog(commands.Cog):
    """The command, its pages, and the form for words."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._store = bot.store

    @app_commands.command(name="restyle-jobs", description=history_texts.COMMAND)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_jobs(self, interaction: discord.Interaction[Any]) -> None:
        """Show the person's own clips here; from there moderators reach the server's."""
        await answer_command(interaction, lambda: self._list(interaction, ListPlace()))

    async def turn(self, interaction: discord.Interaction[Any], button: ListButton) -> None:
        """Show another page, or another list."""
        await answer_press(interaction, lambda: self._list(interaction, button.place))

    async def narrow(self, interaction: discord.Interaction[Any], menu: StateMenu) -> None:
        """Show only what has the chosen state."""
        group = menu.item.values[0] if menu.item.values else ""
        place = menu.place
        if group in history_texts.GROUPS:
            place = place.at(group=type(place.group)(group))
        await answer_press(interaction, lambda: self._list(interaction, place))

    async def open(self, interaction: discord.Interaction[Any], menu: ListedJobMenu) -> None:
        """Show the chosen job."""
        await answer_press(interaction, lambda: self._one(interaction, menu))

    async def search(self, interaction: discord.Interaction[Any], button: SearchButton) -> None:
        """Ask for the words to look for."""
        async with store_deadline():
            refused = await self._refusal(interaction, button.place)
        if refused is not None:
            await answer_privately(interaction, refused)
            return
        form = OutlivingForm(
            custom_id=f"history:form:{button.place.at()}",
            title=history_texts.SEARCH_TITLE,
            label=history_texts.SEARCH_FIELD,
            hint=history_texts.SEARCH_HINT,
            max_length=history_texts.MAX_SEARCH,
            default=button.place.words or None,
        )
        await show_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Show what has the words that were typed, whichever process opened the form."""
        match = sent_form(interaction, _FORM)
        if match is None:
            return
        # As prompts are cleaned; Discord counts an emoji in a custom id as two.
        words = cut_units(one_line(typed_words(interaction)), history_texts.MAX_SEARCH)
        place = ListPlace.of(match).at(words=words)
        await answer_press(interaction, lambda: self._list(interaction, place))

    # Who sees what

    async def _refusal(self, interaction: discord.Interaction[Any], place: ListPlace) -> str | None:
        """Return why the person may not see a list, or ``None``."""
        if place.whose == "own" or await self._is_moderator(interaction):
            return None
        return permission_texts.refused(Action.SEE_SERVER_JOBS)

    async def _is_moderator(self, interaction: discord.Interaction[Any]) -> bool:
        if interaction.guild_id is None:
            return False
        return await may_moderate(interaction, self._store, Action.SEE_SERVER_JOBS)

    async def _read(
        self, interaction: discord.Interaction[Any], place: ListPlace
    ) -> tuple[list[Job], int | None]:
        """Return a page of jobs that the person can see, and where the next one begins."""
        user = interaction.user
        found = await self._store.job_list.page(
            interaction.guild_id,
            user_id=user.id if place.whose == "own" else None,
            group=place.group,
            words=place.words,
            offset=place.offset,
            limit=_READ_AT_ONCE,
        )
        seen: dict[int, bool] = {}
        shown: list[Job] = []
        for number, job in enumerate(found, 1):
            if not await self._sees(interaction, job, seen):
                continue
            shown.append(job)
            if len(shown) == ON_A_PAGE:
                is_end = number == len(found) < _READ_AT_ONCE
                return shown, None if is_end else place.offset + number
        is_end = len(found) < _READ_AT_ONCE
        return shown, None if is_end else place.offset + len(found)

    @staticmethod
    async def _sees(interaction: discord.Interaction[Any], job: Job, seen: dict[int, bool]) -> bool:
        """Tell whether a job's channel is the person's to read; their own jobs always are."""
        if interaction.guild is None or job.user_id == interaction.user.id:
            return job.user_id == interaction.user.id
        if job.channel_id not in seen:
            seen[job.channel_id] = await can_read(
                interaction.guild, interaction.user, job.channel_id
            )
        return seen[job.channel_id]

    # Pages

    async def _list(self, interaction: discord.Interaction[Any], place: ListPlace) -> str | Page:
        refused = await self._refusal(interaction, place)
        if refused is not None:
            return refused
        found, following = await self._read(interaction, place)
        pictures = await self._pictures(found)
        is_server = place.whose == "all"
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=BLURPLE)
        heading = history_texts.heading(
            place.whose,
            place.group,
            place.words,
            is_empty=not found,
            is_first=place.offset == 0,
            command=self._bot.command_mentions.of,
        )
        box.add_item(ui.TextDisplay(heading))
        offered = [(job, _shows_words(job, interaction.user.id)) for job in found]
        for job, shows_words in offered:
            words = history_texts.in_list(job, names_requester=is_server, shows_words=shows_words)
            box.add_item(_with_picture(words, job, pictures.get(job.id)))
        if offered:
            box.add_item(ui.ActionRow(ListedJobMenu(place, offered)))
        box.add_item(ui.ActionRow(StateMenu(place)))
        row: ui.ActionRow[Any] = ui.ActionRow(SearchButton(place))
        if place.words:
            row.add_item(ListButton(place.at(words=""), history_texts.EVERYTHING_LABEL))
        if place.offset:
            row.add_item(ListButton(place.at(), history_texts.NEWEST_LABEL))
        if following is not None:
            row.add_item(ListButton(place.at(offset=following), history_texts.OLDER_LABEL))
        if await self._is_moderator(interaction):
            other = "own" if is_server else "all"
            row.add_item(ListButton(place.at(whose=other), history_texts.WHOSE[other]))
        box.add_item(row)
        return Page(view=ui.LayoutView(timeout=None).add_item(box))

    async def _one(self, interaction: discord.Interaction[Any], menu: ListedJobMenu) -> str | Page:
        refused = await self._refusal(interaction, menu.place)
        if refused is not None:
            return refused
        job = await self._store.get(chosen_id(menu.item.values))
        is_own = job is not None and job.user_id == interaction.user.id
        if (
            job is None
            or job.guild_id != interaction.guild_id
            or not (is_own or menu.place.whose == "all")
            or not await self._sees(interaction, job, {})
        ):
            return history_texts.NOT_THERE
        return await self._card(interaction, job, menu.place)

    async def _card(
        self, interaction: discord.Interaction[Any], job: Job, place: ListPlace
    ) -> Page:
        """Return everything about a job, with buttons that work from here."""
        is_there = job.state is JobState.DONE and job.deleted_at is None
        pictures: dict[int, str] = {}
        links: dict[str, str] = {}
        if is_there:
            pictures, links = await asyncio.gather(
                self._pictures([job]), fresh_links(self._bot, job)
            )
        lines = history_texts.whole(
            job,
            names_requester=job.user_id != interaction.user.id,
            shows_words=_shows_words(job, interaction.user.id),
            command=self._bot.command_mentions.of,
        )
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=STATE_COLOURS[job.state])
        box.add_item(_with_picture("\n".join(lines), job, pictures.get(job.id)))
        if is_there:
            box.add_item(answer_buttons(job.id, {Extra.COMPARE}))
        row: ui.ActionRow[Any] = ui.ActionRow()
        if job.state in _NOT_YET and job.quarantined_at is None:
            row.add_item(CancelButton(job.id))
        following = button_after(job)
        if following is not None:
            row.add_item(following)
        row.add_item(ui.Button(label=history_texts.GO_LABEL, url=_where(job)))
        for label, url in links.items():
            if len(url) <= _MOST_OF_LINK:
                row.add_item(ui.Button(label=label, url=url))
        box.add_item(row)
        box.add_item(ui.ActionRow(ListButton(place, history_texts.BACK_LABEL)))
        return Page(view=ui.LayoutView(timeout=None).add_item(box))

    async def _pictures(self, found: Sequence[Job]) -> dict[int, str]:
        """Return links to the pictures that came with answers, as far as Discord has them now."""
        done = [
            job
            for job in found
            if job.state is JobState.DONE
            and job.deleted_at is None
            and job.answer_message_id is not None
        ]
        try:
            async with asyncio.timeout(_PICTURES_SECONDS):
                links = await asyncio.gather(*(self._picture(job) for job in done))
        except TimeoutError:
            return {}
        return {job.id: link for job, link in zip(done, links, strict=True) if link is not None}

    async def _picture(self, job: Job) -> str | None:
        place = self._bot.get_partial_messageable(
            job.answer_channel_id or job.place_id, guild_id=job.guild_id
        )
        try:
            message = await place.fetch_message(job.answer_message_id or 0)
        except DISCORD_ERRORS as exc:
            log.info("job %s: its picture cannot be shown: %s", job.id, exc)
            return None
        named = {name_of(file): file.url for file in message.attachments}
        return named.get(PICTURE_FILENAME) or named.get(POSTER_FILENAME)


def _shows_words(job: Job, user_id: int) -> bool:
    """Tell whether the person may read a job's prompt: before it is allowed, only its own do."""
    return job.hold is None or job.user_id == user_id


def _with_picture(words: str, job: Job, url: str | None) -> ui.Item[Any]:
    text: ui.TextDisplay[Any] = ui.TextDisplay(words)
    if url is None:
        return text
    picture: ui.Thumbnail[Any] = ui.Thumbnail(
        url, description=history_texts.picture_description(), spoiler=job.spoiler
    )
    return ui.Section(text, accessory=picture)


def _where(job: Job) -> str:
    """Return the link to a job's latest message."""
    if job.answer_message_id is not None and job.deleted_at is None:
        channel_id = job.answer_channel_id or job.place_id
        return jump_url(job.guild_id, channel_id, job.answer_message_id)
    return jump_url(job.guild_id, job.channel_id, job.record_message_id)


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the controls that outlive restarts."""
    cog = HistoryCog(bot)
    add_item(bot, ListButton, cog.turn)
    add_item(bot, StateMenu, cog.narrow)
    add_item(bot, ListedJobMenu, cog.open)
    add_item(bot, SearchButton, cog.search)
    await bot.add_cog(cog)
