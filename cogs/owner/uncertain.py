"""The page on which the bot's owner settles uncertain clips: name the task, or write off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import discord
from discord import ui

from bot.app import answer_privately
from bot.cometapi.wire import is_task_id
from bot.domain.jobs import JobState
from bot.domain.reviews import MAX_WORDS
from bot.errors import TaskTakenError
from bot.texts import owner as owner_texts
from cogs.common.cards import YELLOW, card
from cogs.common.forms import OutlivingForm, show_form, typed_words
from cogs.common.ids import read_id
from cogs.common.items import PersistentItem
from cogs.common.pages import Page, answer_press
from cogs.owner.menu import JobMenu, OwnerItem, owners_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.app import RestyleBot
    from bot.cometapi.console import ListedTask
    from bot.domain.jobs import Job
    from bot.storage.store import Store

FORM_ID: Final = re.compile(r"restyle:(?P<job_id>[0-9]{1,20}):(?P<verb>attach|write-off)-form")
_VALUE_CHARACTERS: Final = 100
"""Of an option of a menu."""
_SHOWN: Final = 15


async def uncertain_page(store: Store, *, said: str | None = None) -> Page:
    """Return the page of all uncertain clips."""
    found = await store.uncertain.jobs(limit=_SHOWN)
    items: list[ui.Item[Any]] = [ui.ActionRow(UncertainMenu(found))] if found else []
    return Page(view=card(YELLOW, owner_texts.uncertain(found), *items), said=said)


async def _one_page(bot: RestyleBot, job: Job) -> Page:
    guild = bot.get_guild(job.guild_id) if job.guild_id is not None else None
    place = owner_texts.guild_name(job.guild_id, guild.name if guild is not None else None)
    buttons: ui.ActionRow[Any] = ui.ActionRow(
        UncertainButton(job.id, "attach"),
        UncertainButton(job.id, "write-off"),
        UncertainButton(job.id, "back"),
    )
    found = await bot.settling.candidates(job) if bot.settling is not None else []
    items: list[ui.Item[Any]] = [ui.ActionRow(TaskMenu(job.id, found))] if found else []
    return Page(view=card(YELLOW, owner_texts.uncertain_one(job, place), *items, buttons))


class UncertainMenu(
    JobMenu, custom_id="uncertain:choose", placeholder=owner_texts.CHOOSE_PLACEHOLDER
):
    """Opens one of the uncertain clips."""

    async def choose(self, bot: RestyleBot, job_id: int, *, by: int) -> str | Page:
        """Show what was chosen."""
        job = await bot.store.get(job_id)
        if job is None or job.state is not JobState.UNCERTAIN:
            return await uncertain_page(bot.store, said=owner_texts.NO_LONGER_UNCERTAIN)
        return await _one_page(bot, job)


class TaskMenu(OwnerItem[ui.Select[Any]], template=r"uncertain:(?P<job_id>[0-9]{1,20}):task"):
    """Names one of the tasks that an uncertain clip may have become."""

    fields: ClassVar = {"job_id": read_id}

    def __init__(self, job_id: int, found: Sequence[ListedTask] = ()) -> None:
        options = [
            discord.SelectOption(
                label=owner_texts.task_label(task.submitted_at, task.model),
                description=task.task_id[:100],
                value=task.task_id,
            )
            for task in found[:_SHOWN]
            if len(task.task_id) <= _VALUE_CHARACTERS
        ]
        super().__init__(
            ui.Select(
                custom_id=f"uncertain:{job_id}:task",
                placeholder=owner_texts.TASK_PLACEHOLDER,
                options=options,
            )
        )
        self.job_id = job_id

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Attach the chosen task."""
        chosen = self.item.values
        return await _attach(interaction, self.job_id, chosen[0] if chosen else "")


class UncertainButton(
    PersistentItem[ui.Button[Any]],
    template=r"restyle:(?P<job_id>[0-9]{1,20}):uncertain-(?P<verb>attach|write-off|back)",
):
    """Opens the form in which a clip is settled, or goes back to the list."""

    fields: ClassVar = {"job_id": read_id, "verb": str}

    def __init__(self, job_id: int, verb: str) -> None:
        super().__init__(
            ui.Button(
                label=owner_texts.BUTTONS[verb], custom_id=f"restyle:{job_id}:uncertain-{verb}"
            )
        )
        self.job_id = job_id
        self.verb = verb

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Open the form or the list."""
        if (refused := owners_refusal(interaction)) is not None:
            await answer_privately(interaction, refused)
        elif self.verb == "back":
            await answer_press(interaction, lambda: uncertain_page(interaction.client.store))
        else:
            await show_form(interaction, settling_form(self.job_id, self.verb))


def settling_form(job_id: int, verb: str) -> OutlivingForm:
    """Return the form in which a clip is settled; ``settle`` reads it."""
    title, label, hint = owner_texts.FORMS[verb]
    return OutlivingForm(
        custom_id=f"restyle:{job_id}:{verb}-form",
        title=title,
        label=label,
        hint=hint,
        max_length=200 if verb == "attach" else MAX_WORDS,
    )


async def settle(
    interaction: discord.Interaction[RestyleBot], job_id: int, verb: str
) -> str | Page:
    """Do what a form says that was sent, and show what is still uncertain."""
    if (refused := owners_refusal(interaction)) is not None:
        return refused
    bot, words = interaction.client, typed_words(interaction).strip()
    if verb == "attach":
        return await _attach(interaction, job_id, words)
    job = await bot.store.uncertain.write_off(
        job_id, user_id=interaction.user.id, note=words[:MAX_WORDS] or None
    )
    return await _settled(bot, job, owner_texts.written_off)


async def _attach(
    interaction: discord.Interaction[RestyleBot], job_id: int, task_id: str
) -> str | Page:
    """Attach a task that the provider says it has."""
    bot = interaction.client
    if not is_task_id(task_id):
        return owner_texts.TASK_ID_UNUSABLE
    exists = await bot.settling.exists(task_id) if bot.settling is not None else True
    if exists is None:
        return owner_texts.TASK_UNKNOWN_NOW
    if not exists:
        return owner_texts.TASK_MISSING
    try:
        job = await bot.store.uncertain.attach(job_id, task_id=task_id, user_id=interaction.user.id)
    except TaskTakenError:
        return owner_texts.TASK_TAKEN
    return await _settled(bot, job, owner_texts.attached)


async def _settled(bot: RestyleBot, job: Job | None, say: Callable[[Job], str]) -> Page:
    said = say(job) if job is not None else owner_texts.NO_LONGER_UNCERTAIN
    return await uncertain_page(bot.store, said=said)
