"""What stands behind More: a menu for the person who pressed, on a clip of any age."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.jobs import JobState
from bot.engine.signed_links import is_link_dead
from bot.errors import DeliveryError
from bot.requests.clip_plan import Plan
from bot.texts import more as more_texts
from cogs.appeals.button import ReportButton, has_review_channel
from cogs.common.cards import GREEN, card
from cogs.common.items import IdButton, add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import Page, answer_command, clip_unknown
from cogs.common.permission_checks import may_see
from cogs.delivery.buttons import DeleteButton, SoundButton
from cogs.delivery.more_buttons import DetailsButton, DownloadButton, MoreButton
from cogs.looks.items import SaveLookButton

if TYPE_CHECKING:
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

LINK_SECONDS: Final = 5.0
"""How long Discord may take to bring the message with the clip; the press is acknowledged."""
_MOST_OF_LINK: Final = 512
"""Characters of a link button's address.

Source: https://docs.discord.com/developers/components/reference#button
"""


class MoreMenu(commands.Cog):
    """Answers More and what is chosen in it; nothing is remembered, the job has it all."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    async def more(self, interaction: discord.Interaction[Any], button: IdButton) -> None:
        """Show what else there is."""
        async with store_deadline():
            job = await finished_job(interaction, button.about_id)
            can_report = (
                job is not None
                and job.guild_id is not None
                and await has_review_channel(self._bot.store, job.guild_id)
            )
        if job is None:
            await answer_privately(interaction, clip_unknown(interaction))
            return
        view = ui.View(timeout=None)
        if _may_have_sound(job):
            view.add_item(SoundButton(job.id))
        view.add_item(SaveLookButton(job.id))
        view.add_item(DetailsButton(job.id)).add_item(DownloadButton(job.id))
        if can_report:
            view.add_item(ReportButton(job.id))
        view.add_item(DeleteButton(job.id))
        await answer_privately(interaction, more_texts.menu(job), view=view)

    async def details(self, interaction: discord.Interaction[Any], button: IdButton) -> None:
        """Show the whole prompt and the facts."""
        async with store_deadline():
            job = await finished_job(interaction, button.about_id)
        words = clip_unknown(interaction) if job is None else more_texts.details(job)
        await answer_privately(interaction, words)

    async def download(self, interaction: discord.Interaction[Any], button: IdButton) -> None:
        """Bring links that work now."""
        await answer_command(interaction, lambda: self._links(interaction, button.about_id))

    async def _links(self, interaction: discord.Interaction[Any], job_id: int) -> str | Page:
        job = await finished_job(interaction, job_id)
        if job is None:
            return clip_unknown(interaction)
        links = await fresh_links(self._bot, job)
        if not links:
            return more_texts.NO_LINK
        row: ui.ActionRow[Any] = ui.ActionRow()
        lines = [more_texts.links_title(job)]
        for label, url in links.items():
            if len(url) <= _MOST_OF_LINK:
                row.add_item(ui.Button(label=label, url=url))
            else:
                lines.append(more_texts.link_line(label, url))
        return Page(view=card(GREEN, lines, *([row] if row.children else [])))


async def finished_job(interaction: discord.Interaction[RestyleBot], job_id: int) -> Job | None:
    """Return a job with a posted result, if the person may see it where they are; else ``None``.

    Raises:
        StoreError: The database does not answer.
    """
    job = await interaction.client.store.get(job_id)
    if job is None or job.state is not JobState.DONE or job.deleted_at is not None:
        return None
    return job if await may_see(interaction, job) else None


async def fresh_links(bot: RestyleBot, job: Job) -> dict[str, str]:
    """Return the links to a result that work now, by what people call them."""
    links: dict[str, str] = {}
    try:
        async with asyncio.timeout(LINK_SECONDS):
            posted = await bot.deliverer.refresh_answer(job)
    except (DeliveryError, TimeoutError) as exc:
        log.info("job %s: did not look for its answer: %r", job.id, exc)
        posted = None
    if posted is not None:
        links[more_texts.FROM_DISCORD] = posted
    full = job.archive_url or job.output_url
    is_over = job.output_expires_at is not None and job.output_expires_at <= discord.utils.utcnow()
    if full is not None and (
        job.archive_url is not None or not (is_over or is_link_dead(full, discord.utils.utcnow()))
    ):
        links[more_texts.FULL_QUALITY] = full
    return links


def _may_have_sound(job: Job) -> bool:
    """Tell whether the clip's sound could be laid over the result; it shows when it is tried."""
    if job.keep_sound:
        return False
    return job.plan is None or Plan.from_json(job.plan).has_audio


async def setup(bot: RestyleBot) -> None:
    """Let More and its menu work, under answers of any age."""
    menu = MoreMenu(bot)
    await bot.add_cog(menu)
    add_item(bot, MoreButton, menu.more)
    add_item(bot, DetailsButton, menu.details)
    add_item(bot, DownloadButton, menu.download)
