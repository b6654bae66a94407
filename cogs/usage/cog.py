"""``/restyle-usage``: everybody sees their own jobs and money, moderators the server's."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.guilds import guild_key
from bot.domain.permissions import Action
from bot.domain.quotas import Cap, Decider, Period, QuotaSubject, Scope, Unit
from bot.domain.usage import Tally, summarise, to_csv, window
from bot.errors import MediaError
from bot.media import chart
from bot.policy.decide import RequestFacts, decide
from bot.policy.quotas import caps_of
from bot.requests.text_safety import cut, harmless
from bot.texts import permission as permission_texts
from bot.texts import usage as usage_texts
from bot.texts.refusal import refusal
from cogs.admin.strikes import LiftMenu, strikes_page
from cogs.common.aside import Aside
from cogs.common.cards import BLURPLE, card
from cogs.common.grants import RIGHT
from cogs.common.items import add_item
from cogs.common.media import gallery
from cogs.common.pages import Page, answer_command, answer_press
from cogs.common.permission_checks import may_moderate, role_ids_of
from cogs.restyle.place import channels_of, is_age_restricted
from cogs.usage.button import UsageButton

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app import RestyleBot
    from bot.domain.quotas import CapUse
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch
    from bot.policy.levels import Policy
    from bot.settings import Settings
    from bot.storage.store import Store
    from bot.texts.commands import CommandNaming

log = logging.getLogger(__name__)

PICTURE: Final = "usage.png"
SHEET: Final = "usage.csv"

_ACTIONS: Final = {
    "mine": Action.SEE_OWN_USAGE,
    "server": Action.SEE_SERVER_USAGE,
    "csv": Action.SEE_SERVER_USAGE,
    "strikes": Action.LIFT_STRIKE,
}
_COUNTED: Final = tuple(
    (period, unit) for period in (Period.DAY, Period.MONTH) for unit in (Unit.JOBS, Unit.MICROS)
)


class UsageCog(commands.Cog):
    """The command, and what its buttons show."""

    def __init__(
        self, *, settings: Settings, store: Store, scratch: Scratch, process_pool: ProcessPool
    ) -> None:
        self._settings = settings
        self._store = store
        self._scratch = scratch
        self._process_pool = process_pool
        self._aside = Aside()

    async def cog_unload(self) -> None:
        """Let go of the threads."""
        self._aside.close()

    @app_commands.command(
        name="restyle-usage", description="See what you have used and have left, and your strikes"
    )
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_usage(self, interaction: discord.Interaction[Any]) -> None:
        """Show the person's own usage; from there moderators reach the server's."""
        await answer_command(interaction, lambda: self._own(interaction))

    async def press(self, interaction: discord.Interaction[Any], button: UsageButton) -> None:
        """Show what a button names, in place of the page on which it is."""
        await answer_press(interaction, lambda: self._show(interaction, button.what))

    async def _show(self, interaction: discord.Interaction[Any], what: str) -> str | Page:
        guild_id = interaction.guild_id
        if what == "mine":
            return await self._own(interaction)
        if not await may_moderate(interaction, self._store, _ACTIONS[what]):
            return permission_texts.refused(_ACTIONS[what])
        if guild_id is None:
            return usage_texts.IN_DMS
        if what == "strikes":
            return await strikes_page(interaction.client, guild_id, None, RIGHT)
        if what == "csv":
            return await self._export(interaction, guild_id)
        return await self._server(interaction, guild_id)

    # One's own

    async def _own(self, interaction: discord.Interaction[Any]) -> Page:
        guild_id, user_id = guild_key(interaction.guild_id), interaction.user.id
        now = interaction.created_at
        policy = await self._store.policies.read(guild_id)
        facts = RequestFacts(
            channel_ids=channels_of(interaction),
            role_ids=role_ids_of(interaction),
            user_id=user_id,
            is_age_restricted=is_age_restricted(interaction),
        )
        me = QuotaSubject(scope=Scope.MEMBER, scope_id=user_id, guild_id=guild_id)
        caps = caps_of(policy, facts, self._settings)
        uses = await self._store.ledger.uses((*_countless(me), *caps))
        today, month = _tallies(uses)
        lines = usage_texts.own(
            place=_place(interaction),
            today=today,
            month=month,
            left=uses[len(_COUNTED) :],
            now=now,
            restyle=interaction.client.command_mentions.of("restyle"),
        )
        lines += await self._in_the_way(facts, policy, now, interaction.client.command_mentions.of)
        buttons = []
        if guild_id and await may_moderate(interaction, self._store, Action.SEE_SERVER_USAGE):
            buttons = [ui.ActionRow[Any](UsageButton("server"), UsageButton("strikes"))]
        return Page(view=card(BLURPLE, lines, *buttons))

    async def _in_the_way(
        self, request: RequestFacts, policy: Policy, now: datetime, command: CommandNaming
    ) -> list[str]:
        """Return the member's strikes, and why the next clip could not start here."""
        facts = await self._store.people.facts(policy.guild_id, request.user_id)
        decision = decide(request, policy, facts, self._settings, now)
        holds = decision.effective
        strikes = usage_texts.own_strikes(
            len(facts.strikes_since(now, holds.strike_days)),
            holds.strike_limit,
            holds.strike_days,
        )
        lines = [strikes] if strikes is not None else []
        if decision.refusal is not None:
            lines.append(usage_texts.not_now(refusal(decision.refusal, command)))
        return lines

    # The server's

    async def _server(self, interaction: discord.Interaction[Any], guild_id: int) -> Page:
        now = interaction.created_at
        usage = summarise(await self._store.ledger.sums(guild_id, *window(now)), now)
        lines = usage_texts.server(
            usage,
            place=_place(interaction) or "",
            restyle=interaction.client.command_mentions.of("restyle"),
        )
        buttons = ui.ActionRow[Any](UsageButton("mine"), UsageButton("strikes"))
        if usage.total.jobs == 0:
            return Page(view=card(BLURPLE, lines, buttons))
        buttons.add_item(UsageButton("csv"))
        try:
            picture = await chart.draw(self._process_pool, self._scratch, usage_texts.chart(usage))
        except MediaError as exc:
            log.warning("guild %s: its usage was not drawn: %s", guild_id, exc)
            lines += [usage_texts.NO_PICTURE, usage_texts.FOOTNOTE]
            return Page(view=card(BLURPLE, lines, buttons))
        shown = gallery(f"attachment://{PICTURE}", usage_texts.description(usage), spoiler=False)
        return Page(
            view=card(BLURPLE, lines, shown, ui.TextDisplay(usage_texts.FOOTNOTE), buttons),
            files=[discord.File(io.BytesIO(picture), PICTURE)],
        )

    async def _export(self, interaction: discord.Interaction[Any], guild_id: int) -> str | Page:
        rows = await self._store.ledger.spend(guild_id, *window(interaction.created_at))
        if not rows:
            return usage_texts.NOTHING_TO_EXPORT
        sheet = await self._aside.run(interaction.user.id, lambda: to_csv(rows))
        if len(sheet) > interaction.filesize_limit:
            return usage_texts.TOO_MUCH_TO_EXPORT
        log.info("guild %s: usage exported by user %s", guild_id, interaction.user.id)
        view = card(
            BLURPLE,
            [usage_texts.exported(len(rows))],
            ui.File(f"attachment://{SHEET}"),
            ui.ActionRow(UsageButton("server")),
        )
        return Page(view=view, files=[discord.File(io.BytesIO(sheet), SHEET)])


def _countless(holder: QuotaSubject) -> tuple[Cap, ...]:
    """Return caps that never bind, for what they count."""
    return tuple(
        Cap(holder=holder, period=period, unit=unit, limit=0, decided_by=Decider.OPERATOR)
        for period, unit in _COUNTED
    )


def _tallies(uses: tuple[CapUse, ...]) -> tuple[Tally, Tally]:
    """Return what was used today and this month, of the uses of :func:`_countless`."""
    jobs_today, money_today, jobs_month, money_month = (use.used for use in uses[: len(_COUNTED)])
    return Tally(jobs_today, money_today), Tally(jobs_month, money_month)


def _place(interaction: discord.Interaction[Any]) -> str | None:
    """Return the server's name as it can be shown; ``None`` in direct messages."""
    if interaction.guild_id is None:
        return None
    guild = interaction.guild
    return harmless(cut(guild.name, 60)) if guild is not None and guild.name else "this server"


async def setup(bot: RestyleBot) -> None:
    """Add the command, and the controls that outlive restarts."""
    cog = UsageCog(
        settings=bot.settings, store=bot.store, scratch=bot.scratch, process_pool=bot.process_pool
    )
    add_item(bot, UsageButton, cog.press)
    bot.add_dynamic_items(LiftMenu)
    await bot.add_cog(cog)
