"""``/restyle-settings``: moderators see and change what holds on their server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import RestyleBot, answer_privately
from bot.cometapi.models import model_rules
from bot.domain.permissions import Action
from bot.policy.problems import Target
from bot.policy.topics import Topic
from bot.requests.validation import MAX_PROMPT_UNITS
from bot.texts import panel_answer as answers
from cogs.common.aside import Aside
from cogs.common.forms import form_data, sent_form, show_form
from cogs.common.grants import RIGHT, grant_of, refusal_of
from cogs.common.ids import read_id
from cogs.common.items import add_item
from cogs.common.limits import store_deadline
from cogs.common.pages import answer_command, answer_press, show_beside
from cogs.settings.entry import Entries
from cogs.settings.exchange import Exchange, Upload
from cogs.settings.forms import FILE_ID
from cogs.settings.items import FORM_ID, ITEMS, PanelLocation
from cogs.settings.panel import SettingsPanel
from cogs.settings.trial import facts_in, facts_to_try, report

if TYPE_CHECKING:
    from bot.policy.decide import RequestFacts
    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.common.pages import Page
    from cogs.settings.forms import SettingsForm
    from cogs.settings.items import PanelControl

_FORM: Final = re.compile(FORM_ID)
_OPENING: Final = frozenset({"form", "rule", "test", "import"})
"""What answers with a form."""

Words = app_commands.Range[str, 1, MAX_PROMPT_UNITS]
Seconds = app_commands.Range[float, 0.1, 86_400.0]
# Not forums: with them Discord's library also names media channels, and Discord's API description
# does not know their type. Test… on the panel takes forums.
Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel


class ServerSettings(commands.Cog):
    """The command that opens the panel, and whatever is done on it."""

    def __init__(self, bot: RestyleBot, *, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        model = model_rules(settings.models[0])
        self._aside = Aside()
        self._panel = SettingsPanel(
            bot, settings=settings, store=store, model=model, aside=self._aside
        )
        self._entries = Entries(self._panel, settings=settings, store=store)
        self._exchange = Exchange(
            self._panel,
            store=store,
            downloader=bot.downloader,
            scratch=bot.scratch,
            aside=self._aside,
        )

    async def cog_unload(self) -> None:
        """Let go of the threads."""
        self._aside.close()

    @app_commands.command(
        name="restyle-settings", description="See and change how Restyle works on this server"
    )
    @app_commands.describe(
        test="Test: see what would happen for this member, and which rule decides",
        channel="For a test: the channel; leave out for this one",
        prompt="For a test: the prompt",
        length="For a test: how long the clip is, in seconds",
        file="Import settings from a file that Export made; you see the changes first",
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def restyle_settings(
        self,
        interaction: discord.Interaction[Any],
        test: discord.User | None = None,
        channel: Place | None = None,
        prompt: Words | None = None,
        length: Seconds | None = None,
        file: discord.Attachment | None = None,
    ) -> None:
        """Show the panel to the person alone; or a trial, or what a file would change.

        Who may is Discord's business: administrators can hand the command to another role, so
        no second check stands here.
        """
        if interaction.guild_id is None:  # the command is not offered in direct messages
            return
        guild_id = interaction.guild_id

        async def make() -> str | Page:
            grant = await grant_of(interaction, Action.CHANGE_SETTINGS)
            location = PanelLocation(grant=grant)
            if test is not None:
                roles = test.roles if isinstance(test, discord.Member) else None
                data = facts_to_try(
                    interaction,
                    test.id,
                    None if roles is None else {role.id for role in roles},
                    channel_id=channel.id if channel is not None else None,
                    prompt=prompt,
                    seconds=length,
                )
                return await self._try_out(interaction, data)
            if channel is not None or prompt is not None or length is not None:
                return answers.TEST_NEEDS_MEMBER
            if file is not None:
                upload = Upload(url=file.url, size_bytes=file.size)
                return await self._exchange.take(interaction, location, upload)
            return await self._panel.panel(guild_id, location)

        await answer_command(interaction, make)

    async def overview(self, guild_id: int) -> Page:
        """Return the panel for somebody who may change settings, opened from elsewhere."""
        return await self._panel.panel(guild_id, PanelLocation(grant=RIGHT))

    async def _try_out(
        self, interaction: discord.Interaction[Any], data: RequestFacts | str
    ) -> str | Page:
        if isinstance(data, str):
            return data
        return await report(
            interaction, data, store=self._store, settings=self._settings, aside=self._aside
        )

    # The panel

    async def touched(
        self, interaction: discord.Interaction[Any], control: PanelControl[Any]
    ) -> None:
        """Answer a press or a choice."""
        if control.match["verb"] in _OPENING:
            await self._open(interaction, control)
        else:
            await answer_press(interaction, lambda: self._do(interaction, control))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take over what was typed into a form of the panel, whichever process opened it."""
        match = sent_form(interaction, _FORM)
        if match is not None:
            await answer_press(interaction, lambda: self._enter(interaction, match))

    async def _refusal(
        self, interaction: discord.Interaction[Any], location: PanelLocation
    ) -> str | None:
        """Return why a press or form does nothing."""
        if interaction.guild_id is None:
            return answers.NOT_HERE
        return await refusal_of(interaction, self._store, Action.CHANGE_SETTINGS, location.grant)

    async def _do(
        self, interaction: discord.Interaction[Any], control: PanelControl[Any]
    ) -> str | Page:
        location, match, values = control.location, control.match, control.chosen
        if (refused := await self._refusal(interaction, location)) is not None:
            return refused
        guild_id, arg = interaction.guild_id or 0, match["arg"] or ""
        match match["verb"]:
            case "level":
                target = location.target
                if values:
                    target = Target(target.scope, read_id(values[0]))
                return await self._panel.panel(guild_id, location.at(target))
            case "topic" if values and values[0] in set(Topic):
                moved = PanelLocation(
                    grant=location.grant, target=location.target, topic=Topic(values[0])
                )
                return await self._panel.panel(guild_id, moved)
            case "set" | "on" | "off" as verb:
                return await self._entries.choose(interaction, location, verb, arg, values)
            case "undo":
                return await self._panel.undo(interaction, location, read_id(arg))
            case "save" | "cancel" as verb:
                return await self._panel.decide(interaction, location, arg, save=verb == "save")
            case "export":
                return await self._exchange.export(interaction, location)
            case _:
                return self._panel.out_of_date()

    async def _open(
        self, interaction: discord.Interaction[Any], control: PanelControl[Any]
    ) -> None:
        """Open a form, or say why not.

        Raises:
            StoreError: What it shows could not be read in time.
        """
        location, match = control.location, control.match
        form: SettingsForm | str | None
        async with store_deadline():
            form = await self._refusal(interaction, location)
            if form is None:
                arg = control.chosen[0] if control.chosen else match["arg"] or ""
                form = await self._entries.form(interaction, location, match["verb"], arg)
        if isinstance(form, str):
            await answer_privately(interaction, form)
        else:
            await show_form(interaction, form)

    async def _enter(
        self, interaction: discord.Interaction[Any], match: re.Match[str]
    ) -> str | Page:
        """Do what a form says that was sent."""
        location = PanelLocation.of(match)
        if (refused := await self._refusal(interaction, location)) is not None:
            return refused
        found, arg = form_data(interaction), match["arg"] or ""
        match match["verb"]:
            case "form":
                return await self._entries.enter(interaction, location, arg, found)
            case "rule":
                return await self._entries.enter_rule(interaction, location, arg, found)
            case "test":
                data = facts_in(interaction, found)
                return await show_beside(interaction, await self._try_out(interaction, data))
            case "import":
                upload = Upload.of(found.about("attachments", found.text(FILE_ID)))
                return await self._exchange.take(interaction, location, upload)
            case _:
                return self._panel.out_of_date()


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the controls that outlive restarts."""
    cog = ServerSettings(bot, settings=bot.settings, store=bot.store)
    for kind in ITEMS:
        add_item(bot, kind, cog.touched)
    await bot.add_cog(cog)
