"""``/restyle-looks``: everybody finds and tries looks, moderators look after the server's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.domain.looks import LookOrigin
from bot.domain.permissions import Action
from bot.texts import looks as look_texts
from bot.texts import permission as permission_texts
from cogs.common.aside import Aside
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.ids import chosen_id, read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import Page, answer_command, answer_press, clip_unknown, telling_failures
from cogs.common.permission_checks import may_moderate
from cogs.delivery.more import finished_job
from cogs.looks import forms
from cogs.looks.book import LookBook, built_in
from cogs.looks.changes import LookChanges, LookRefusedError
from cogs.looks.items import LookButton, LookListButton, LookMenu, SaveLookButton
from cogs.looks.pages import has_room, list_page, look_page, removal_page
from cogs.restyle.cog import Restyle
from cogs.restyle.forms import FilledIn
from cogs.restyle.open_request import OpenRequest
from cogs.restyle.requests import RequestedClip

if TYPE_CHECKING:
    from bot.domain.looks import OfferedLook
    from cogs.restyle.request_flow import RequestFlow

_FORM: Final = re.compile(forms.FORM_ID)
_OPENING: Final = frozenset({"try", "add", "edit"})
"""What answers with a form."""
_LAST_PAGE: Final = 99
"""More than there are; that is where a new one stands."""


class LooksCog(commands.Cog):
    """The command, its pages, and its forms; the custom ids say it all, nothing is remembered."""

    def __init__(self, bot: RestyleBot, *, flow: RequestFlow) -> None:
        self._bot = bot
        self._flow = flow
        self._book = LookBook(bot.store)
        self._aside = Aside()
        self._changes = LookChanges(bot, aside=self._aside)

    async def cog_unload(self) -> None:
        """Let go of the threads."""
        self._aside.close()

    @app_commands.command(name="restyle-looks", description=look_texts.COMMAND)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_looks(self, interaction: discord.Interaction[Any]) -> None:
        """Show the looks to the person alone: the server's first, where it has any."""

        async def make() -> Page:
            policy = await self._bot.store.policies.read(interaction.guild_id)
            has_own = bool(policy.server("looks"))
            origin = LookOrigin.SERVER if has_own else LookOrigin.BUILT_IN
            return await self._list(interaction, origin, 0)

        await answer_command(interaction, make)

    # Pages

    async def turn(self, interaction: discord.Interaction[Any], button: LookListButton) -> None:
        """Show another page."""
        await answer_press(interaction, lambda: self._list(interaction, button.origin, button.page))

    async def open(self, interaction: discord.Interaction[Any], menu: LookMenu) -> None:
        """Show the look that was chosen."""
        key = menu.item.values[0] if menu.item.values else ""
        await answer_press(interaction, lambda: self._one(interaction, key))

    async def press(self, interaction: discord.Interaction[Any], button: LookButton) -> None:
        """Do what a button says about one look."""
        if button.verb in _OPENING:
            await self._open_form(interaction, button.verb, button.key)
            return
        await answer_press(interaction, lambda: self._change(interaction, button.verb, button.key))

    async def _list(
        self,
        interaction: discord.Interaction[Any],
        origin: LookOrigin,
        page: int,
        said: str | None = None,
    ) -> Page:
        may_change = await self._may_change(interaction)
        offered = await self._all(interaction, may_change=may_change)
        mine = [one for one in offered if one.origin is origin]
        may_add = origin is LookOrigin.PERSONAL or (origin is LookOrigin.SERVER and may_change)
        return list_page(
            mine,
            origin,
            page,
            restyle=self._bot.command_mentions.of("restyle"),
            hidden=await self._hidden(interaction),
            may_add=may_add and has_room(mine),
            in_guild=interaction.guild_id is not None,
            said=said,
        )

    async def _one(self, interaction: discord.Interaction[Any], key: str) -> str | Page:
        may_change = await self._may_change(interaction)
        found = await self._find(interaction, key, may_change=may_change)
        if found is None:
            return look_texts.CHANGED_MEANWHILE
        hidden = await self._hidden(interaction)
        verbs: set[str] = set()
        if found.origin is LookOrigin.PERSONAL:
            verbs = {"edit", "remove"}
        elif may_change and found.origin is LookOrigin.SERVER:
            verbs = {"edit", "remove", "earlier", "later"}
        elif may_change:
            verbs = {"show"} if found.key in hidden else {"hide"}
        return look_page(found, verbs=verbs, is_hidden=found.key in hidden)

    async def _may_change(self, interaction: discord.Interaction[Any]) -> bool:
        if interaction.guild_id is None:
            return False
        return await may_moderate(interaction, self._bot.store, Action.CHANGE_LOOKS)

    async def _hidden(self, interaction: discord.Interaction[Any]) -> frozenset[str]:
        policy = await self._bot.store.policies.read(interaction.guild_id)
        return frozenset(f"{LookOrigin.BUILT_IN}:{word}" for word in policy.server("hidden_looks"))

    async def _all(
        self, interaction: discord.Interaction[Any], *, may_change: bool
    ) -> list[OfferedLook]:
        """Return what the person can choose, and with ``may_change`` what is switched off too."""
        offered = await self._book.offered(interaction.guild_id, interaction.user.id)
        if not may_change:
            return offered
        return [*(one for one in offered if one.origin is not LookOrigin.BUILT_IN), *built_in()]

    async def _find(
        self, interaction: discord.Interaction[Any], key: str, *, may_change: bool
    ) -> OfferedLook | None:
        offered = await self._all(interaction, may_change=may_change)
        return next((one for one in offered if one.key == key), None)

    async def _change(
        self, interaction: discord.Interaction[Any], verb: str, key: str
    ) -> str | Page:
        """Remove, order or switch a look, and return the page that is left."""
        refused = await self._refusal(interaction, key)
        if refused is not None:
            return refused
        found = await self._find(interaction, key, may_change=await self._may_change(interaction))
        if found is None:
            return look_texts.CHANGED_MEANWHILE
        if verb == "remove":
            return removal_page(found)
        try:
            said = await self._changes.do(interaction, verb, found)
        except LookRefusedError as exc:
            return str(exc)
        if verb == "remove-sure":
            return await self._list(interaction, found.origin, 0, said)
        return await self._one(interaction, key)

    async def _refusal(self, interaction: discord.Interaction[Any], key: str) -> str | None:
        """Return why the person may not change a look of this origin; ``None`` if they may."""
        if LookOrigin(key[0]) is LookOrigin.PERSONAL or await self._may_change(interaction):
            return None
        if interaction.guild_id is None:
            return look_texts.NOT_IN_DMS
        return permission_texts.refused(Action.CHANGE_LOOKS)

    # Forms

    async def _open_form(self, interaction: discord.Interaction[Any], verb: str, key: str) -> None:
        async with store_deadline():
            may_change = await self._may_change(interaction)
            refused = await self._refusal(interaction, key) if verb != "try" else None
            found = await self._find(interaction, key, may_change=may_change)
        if refused is None and found is None and verb != "add":
            refused = look_texts.CHANGED_MEANWHILE
        if refused is not None:
            await answer_privately(interaction, refused)
            return
        look = found.look if found is not None else None
        if verb == "try" and look is not None:
            await show_form(interaction, forms.try_form(key, look))
            return
        form = forms.look_form(
            verb,
            key,
            look,
            ratios=self._changes.ratios,
            models=self._bot.settings.models,
        )
        await show_form(interaction, form)

    async def save(self, interaction: discord.Interaction[Any], button: SaveLookButton) -> None:
        """Open the form that makes a look of a result."""
        async with store_deadline():
            job = await finished_job(interaction, button.about_id)
            for_all = await self._may_change(interaction)
        if job is None or not job.prompt:
            await answer_privately(interaction, clip_unknown(interaction))
            return
        await show_form(interaction, forms.save_form(job, for_all=for_all))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Do what a form says that was sent, whichever process opened it."""
        match = sent_form(interaction, _FORM)
        if match is None:
            return
        verb, key = match["verb"], match["key"]
        async with telling_failures(interaction):
            if verb == "try":
                await self._try(interaction, key)
            elif verb is None:
                job_id = read_id(match["job_id"])
                await answer_command(interaction, lambda: self._save(interaction, job_id))
            else:
                await answer_press(interaction, lambda: self._write(interaction, verb, key))

    async def _try(self, interaction: discord.Interaction[Any], key: str) -> None:
        """Begin a request with a look, for the clip that was put into its form."""
        fields = form_data(interaction)
        file_id = str(chosen_id([fields.text(forms.CLIP)]))
        clip = RequestedClip.told(fields.about("attachments", file_id))
        filled = FilledIn(look=key).with_typed(fields)
        await self._flow.begin(interaction, OpenRequest.of(interaction, [clip], filled=filled))

    async def _save(self, interaction: discord.Interaction[Any], job_id: int) -> str:
        job = await finished_job(interaction, job_id)
        if job is None:
            return clip_unknown(interaction)
        fields = form_data(interaction)
        for_all = fields.ticked(forms.FOR_ALL)
        key = f"{LookOrigin.SERVER if for_all else LookOrigin.PERSONAL}:"
        refused = await self._refusal(interaction, key)
        if refused is not None:
            return refused
        picture = job.id if fields.ticked(forms.PICTURE) and job.reference_url else None
        try:
            look = self._changes.read(fields, ratio=job.ratio, picture_job_id=picture)
            await self._changes.add(interaction, key, look)
        except LookRefusedError as exc:
            return str(exc)
        return look_texts.saved(
            look.name, for_all=for_all, restyle=self._bot.command_mentions.of("restyle")
        )

    async def _write(
        self, interaction: discord.Interaction[Any], verb: str, key: str
    ) -> str | Page:
        """Add or change a look, and return its page."""
        refused = await self._refusal(interaction, key)
        if refused is not None:
            return refused
        fields = form_data(interaction)
        origin = LookOrigin(key[0])
        try:
            if verb == "add":
                await self._changes.add(interaction, key, self._changes.read(fields))
                return await self._list(interaction, origin, _LAST_PAGE)
            found = await self._find(interaction, key, may_change=False)
            if found is None or origin is LookOrigin.BUILT_IN:
                return look_texts.CHANGED_MEANWHILE
            picture = found.look.picture_job_id
            look = self._changes.read(fields, ratio=found.look.ratio, picture_job_id=picture)
            await self._changes.replace(interaction, found, look)
        except LookRefusedError as exc:
            return str(exc)
        return await self._list(interaction, origin, 0)


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the controls that outlive restarts."""
    flow = cast("Restyle", bot.get_cog(Restyle.__name__)).flow  # loaded before
    cog = LooksCog(bot, flow=flow)
    add_item(bot, LookListButton, cog.turn)
    add_item(bot, LookMenu, cog.open)
    add_item(bot, LookButton, cog.press)
    add_item(bot, SaveLookButton, cog.save)
    await bot.add_cog(cog)
