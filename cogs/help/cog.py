"""``/restyle-help``: how it works, what it costs here, one's data, and what moderators can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import app_commands, ui
from discord.ext import commands

from bot.cometapi.models import estimate, model_rules
from bot.domain.guilds import guild_key
from bot.domain.permissions import Action, may, who
from bot.domain.quotas import Period, Scope, Unit
from bot.domain.telling import ToldBy
from bot.policy.decide import RequestFacts
from bot.policy.quotas import caps_of
from bot.prices import prices_with
from bot.texts import help as help_texts
from bot.texts import permission as permission_texts
from bot.texts import telling as telling_texts
from cogs.common.cards import BLURPLE, card
from cogs.common.items import add_item
from cogs.common.pages import Page, answer_command, answer_press
from cogs.common.permission_checks import actor_of, may_moderate, role_ids_of
from cogs.help.buttons import HelpButton, ToldButton, help_row
from cogs.restyle.place import channels_of, is_age_restricted
from cogs.settings.cog import ServerSettings

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.policy.levels import Effective, Policy

_ACTIONS = {
    "moderators": Action.SEE_SERVER_USAGE,
    "pin": Action.SEE_SERVER_USAGE,
    "setup": Action.CHANGE_SETTINGS,
}


class HelpCog(commands.Cog):
    """The command, and what its buttons and those of the first words show."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot

    @app_commands.command(
        name="restyle-help", description="How to restyle a clip, what it costs here, and your data"
    )
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_help(self, interaction: discord.Interaction[Any]) -> None:
        """Show how it works; the rest is a press away."""
        await answer_command(interaction, lambda: self._show(interaction, "how"))

    async def press(self, interaction: discord.Interaction[Any], button: HelpButton) -> None:
        """Show what a button names: in its page's place, or in private below a public message."""
        message = interaction.message
        is_page = message is not None and message.flags.ephemeral
        answer = answer_press if is_page else answer_command
        await answer(interaction, lambda: self._show(interaction, button.what))

    async def choose(self, interaction: discord.Interaction[Any], button: ToldButton) -> None:
        """Note how the person wants to be told of their clips, and show that it holds."""

        async def make() -> str | Page:
            if not may(Action.MANAGE_OWN_DATA, who(actor_of(interaction))):
                return permission_texts.refused(Action.MANAGE_OWN_DATA)
            await self._bot.store.wishes.be_told_by(interaction.user.id, button.how)
            return await self._show(interaction, "told")

        await answer_press(interaction, make)

    async def _show(self, interaction: discord.Interaction[Any], what: str) -> str | Page:
        store = self._bot.store
        action = _ACTIONS.get(what)
        if action is not None and not await may_moderate(interaction, store, action):
            return permission_texts.refused(action)
        if action is not None and interaction.guild_id is None:
            return help_texts.ON_SERVERS
        if what == "setup" and interaction.guild_id is not None:
            cog = self._bot.get_cog(ServerSettings.__name__)
            if isinstance(cog, ServerSettings):
                return await cog.overview(interaction.guild_id)
        policy = await store.policies.read(guild_key(interaction.guild_id))
        holds = policy.effective(
            channels_of(interaction), role_ids_of(interaction), self._bot.settings
        )
        if what == "pin":
            return self._to_pin(policy, holds)
        lines = await self._lines(interaction, what, policy, holds)
        is_staff = interaction.guild_id is not None and await may_moderate(
            interaction, store, Action.SEE_SERVER_USAGE
        )
        row: ui.ActionRow[Any] = help_row(shown=what, is_staff=is_staff)
        if what == "moderators":
            row.add_item(HelpButton("pin"))
        rows = [row]
        if what == "told":
            told_by = await store.wishes.told_by(interaction.user.id)
            lines = telling_texts.page(told_by)
            choices = [ToldButton(one, is_chosen=one is told_by) for one in ToldBy]
            rows = [ui.ActionRow(*choices), row]
        return Page(view=card(BLURPLE, lines, *rows))

    async def _lines(
        self, interaction: discord.Interaction[Any], what: str, policy: Policy, holds: Effective
    ) -> list[str]:
        match what:
            case "cost":
                return await self._cost(interaction, policy, holds)
            case "data":
                return help_texts.data(
                    command=self._bot.command_mentions.of("restyle-privacy"),
                    words_days=self._bot.settings.retention["words"],
                )
            case "moderators":
                return await self._moderators(interaction, policy)
            case _:
                return help_texts.how(
                    command=self._bot.command_mentions.of("restyle"),
                    most_bytes=holds.max_video_bytes,
                    part_seconds=self._part_seconds(holds),
                    chooses=holds.film_strip,
                )

    def _part_seconds(self, holds: Effective) -> float:
        """Return the longest part that can be restyled."""
        model = model_rules(self._bot.models.current)
        limits = (holds.max_video_seconds, model.used_seconds, model.max_seconds)
        return min(limit for limit in limits if limit is not None)

    async def _cost(
        self, interaction: discord.Interaction[Any], policy: Policy, holds: Effective
    ) -> list[str]:
        facts = RequestFacts(
            channel_ids=channels_of(interaction),
            role_ids=role_ids_of(interaction),
            user_id=interaction.user.id,
            is_age_restricted=is_age_restricted(interaction),
        )
        own = [
            cap
            for cap in caps_of(policy, facts, self._bot.settings)
            if cap.holder.scope is Scope.MEMBER and cap.period is not Period.NOW
        ]
        model, prices = (
            model_rules(self._bot.models.current),
            prices_with(self._bot.settings.prices),
        )
        seconds = self._part_seconds(holds)
        longest = estimate(model, seconds, prices)
        return help_texts.cost(
            second_micros=estimate(model, 1.0, prices),
            part=None if longest is None else (seconds, longest),
            ask_above=holds.ask_above_micros,
            left=await self._bot.store.ledger.uses(own) if own else (),
        )

    async def _moderators(self, interaction: discord.Interaction[Any], policy: Policy) -> list[str]:
        facts = RequestFacts(
            channel_ids=(),
            role_ids=frozenset(),
            user_id=interaction.user.id,
            is_age_restricted=False,
        )
        month = [
            cap
            for cap in caps_of(policy, facts, self._bot.settings)
            if cap.holder.scope is Scope.SERVER
            and cap.period is Period.MONTH
            and cap.unit is Unit.MICROS
        ]
        uses = await self._bot.store.ledger.uses(month) if month else ()
        return help_texts.moderators(
            where=_where(policy),
            budget=help_texts.budget(min(uses, key=lambda use: use.left, default=None)),
            review=help_texts.REVIEW[policy.server("review_mode")],
            settings=self._bot.command_mentions.of("restyle-settings"),
            admin=self._bot.command_mentions.of("restyle-admin"),
        )

    def _to_pin(self, policy: Policy, holds: Effective) -> str:
        guild = self._bot.get_guild(policy.guild_id)
        names = [
            f"#{channel.name}"
            for channel_id in sorted(policy.server("allowed_channel_ids"))
            if guild is not None and (channel := guild.get_channel(channel_id)) is not None
        ]
        return help_texts.to_pin(
            where=help_texts.everywhere_or(names),
            most_bytes=holds.max_video_bytes,
            part_seconds=self._part_seconds(holds),
            clips_a_day=policy.server("member_jobs_per_day"),
            review=policy.server("review_mode"),
        )


def _where(policy: Policy) -> str:
    channels = sorted(policy.server("allowed_channel_ids"))
    return help_texts.everywhere_or([f"<#{channel_id}>" for channel_id in channels])


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the buttons that outlive restarts."""
    cog = HelpCog(bot)
    add_item(bot, HelpButton, cog.press)
    add_item(bot, ToldButton, cog.choose)
    await bot.add_cog(cog)
