"""``/restyle-privacy``: what is kept of a person, their opt-out, and their data in their hands."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.jobs import JobState
from bot.domain.permissions import Action, may, who
from bot.domain.personal_data import export
from bot.engine.housekeeping import remove_files
from bot.errors import DeliveryError
from bot.texts import consent as consent_texts
from bot.texts import permission as permission_texts
from bot.texts import privacy as privacy_texts
from cogs.common.aside import Aside
from cogs.common.cards import BLURPLE, YELLOW, card
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.items import add_item
from cogs.common.pages import Page, answer_command, answer_press
from cogs.common.permission_checks import actor_of
from cogs.privacy.button import PrivacyButton

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

SHEET: Final = "restyle-data.json"
REMOVED_AT_ONCE: Final = 10
"""Others' jobs that one press removes: each is a few calls to Discord; a token has 15 minutes."""


class PrivacyCog(commands.Cog):
    """The command, and what its buttons do."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._store = bot.store
        self._archive = bot.archive
        self._aside = Aside()

    async def cog_unload(self) -> None:
        """Let go of the threads."""
        self._aside.close()

    @app_commands.command(
        name="restyle-privacy",
        description="See or delete your data, and stop others restyling your clips",
    )
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_privacy(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page."""
        await answer_command(interaction, lambda: self._page(interaction))

    async def press(self, interaction: discord.Interaction[Any], button: PrivacyButton) -> None:
        """Do what a button says, for the one who pressed it."""
        await answer_press(interaction, lambda: self._act(interaction, button.what))

    async def _act(self, interaction: discord.Interaction[Any], what: str) -> str | Page:
        if not may(Action.MANAGE_OWN_DATA, who(actor_of(interaction))):
            return permission_texts.refused(Action.MANAGE_OWN_DATA)
        user_id = interaction.user.id
        match what:
            case "opt-out":
                refused = await self._store.consents.opt_out(user_id)
                log.info("user %s: opted out; %d requests refused", user_id, len(refused))
                said = consent_texts.opted_out(self._bot.command_mentions.of)
                return await self._page(interaction, said=said)
            case "opt-in":
                await self._store.consents.opt_in(user_id)
                log.info("user %s: undid the opt-out", user_id)
                return await self._page(interaction, said=privacy_texts.OPTED_IN)
            case "export":
                return await self._export(interaction)
            case "delete":
                row = ui.ActionRow[Any](PrivacyButton("delete-sure"), PrivacyButton("back"))
                return Page(view=card(YELLOW, privacy_texts.sure(), row))
            case "delete-sure":
                return await self._page(interaction, said=await self._delete(user_id))
            case "remove":
                _, count = await self._store.privacy.made_of(user_id, limit=1)
                row = ui.ActionRow[Any](PrivacyButton("remove-sure"), PrivacyButton("back"))
                return Page(view=card(YELLOW, privacy_texts.remove_sure(count), row))
            case "remove-sure":
                return await self._page(interaction, said=await self._remove(user_id))
            case _:
                return await self._page(interaction)

    async def _page(
        self, interaction: discord.Interaction[Any], *, said: str | None = None
    ) -> Page:
        user_id = interaction.user.id
        since = await self._store.consents.opted_out_since(user_id)
        _, made = await self._store.privacy.made_of(user_id, limit=1)
        lines = privacy_texts.page(
            since=since,
            archived=self._archive is not None,
            made=made,
            days=self._bot.settings.retention["words"],
            files_left=await self._store.privacy.files_left(user_id),
        )
        row = ui.ActionRow[Any](
            PrivacyButton("opt-out" if since is None else "opt-in"),
            PrivacyButton("export"),
            PrivacyButton("delete"),
        )
        if made:
            row.add_item(PrivacyButton("remove"))
        return Page(view=card(BLURPLE, lines, row), said=said)

    async def _export(self, interaction: discord.Interaction[Any]) -> Page:
        kept = await self._store.privacy.kept(interaction.user.id)
        # Thousands of jobs take a moment, in which others must not wait for an answer.
        sheet, shown = await self._aside.run(
            interaction.user.id, lambda: export(kept, max_bytes=interaction.filesize_limit)
        )
        log.info("user %s: exported their data", interaction.user.id)
        view = card(
            BLURPLE,
            [privacy_texts.exported(shown, left_out=kept.job_count - shown)],
            ui.File(f"attachment://{SHEET}"),
            ui.ActionRow(PrivacyButton("back")),
        )
        return Page(view=view, files=[discord.File(io.BytesIO(sheet), SHEET)])

    async def _delete(self, user_id: int) -> str:
        forgotten = await self._store.privacy.forget(user_id)
        self._bot.scratch.kept.drop_person(user_id)  # what is under way fetches it again
        log.info("user %s: had the data of %d jobs deleted", user_id, forgotten.jobs)
        await remove_files(self._store, self._archive, user_id=user_id)
        count = privacy_texts.shown(len(forgotten.left))
        return privacy_texts.deleted(
            forgotten.jobs,
            [f"<#{job.place_id}>" for job in forgotten.left[:count]],
            len(forgotten.left) - count,
            questions=forgotten.questions,
            files_left=await self._store.privacy.files_left(user_id),
        )

    async def _remove(self, user_id: int) -> str:
        """Remove some of what others asked for with this person's clips, messages first."""
        made, count = await self._store.privacy.made_of(user_id, limit=REMOVED_AT_ONCE)
        refused = 0
        for job in made:
            is_posted = False
            try:
                if job.state is JobState.DONE:
                    await self._bot.deliverer.withdraw(job)
                await self._delete_copy(job)
            except (*DISCORD_ERRORS, DeliveryError) as exc:
                log.info("job %s: its messages were not deleted: %s", job.id, exc)
                is_posted = True
                refused += 1
            await self._store.privacy.unmake(job.id, author_id=user_id, is_posted=is_posted)
        log.info("user %s: had %d jobs of their clips removed", user_id, len(made) - refused)
        await self._store.retention.clear_journal()
        await remove_files(self._store, self._archive, user_id=user_id)
        return privacy_texts.removed(
            len(made) - refused, refused=refused, left=max(0, count - len(made))
        )

    async def _delete_copy(self, job: Job) -> None:
        """Delete the message that keeps the clip itself; one that is gone is as well."""
        if job.source_message_id is None:
            return
        place = self._bot.get_partial_messageable(
            job.source_channel_id or job.place_id, guild_id=job.guild_id
        )
        with suppress(discord.NotFound):
            await place.get_partial_message(job.source_message_id).delete()


async def setup(bot: RestyleBot) -> None:
    """Add the command, and its buttons, which outlive restarts."""
    cog = PrivacyCog(bot)
    add_item(bot, PrivacyButton, cog.press)
    await bot.add_cog(cog)
