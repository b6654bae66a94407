"""The messages about budgets that run out: to the bot's owner, and in a server's log channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.budgets import USED_UP
from bot.domain.money import dollars
from bot.domain.quotas import Decider, Period, Scope, resets_at
from bot.texts.commands import plainly
from bot.texts.common import at, relative

if TYPE_CHECKING:
    from bot.domain.budgets import BudgetNotice
    from bot.domain.quotas import QuotaSubject
    from bot.texts.commands import CommandNaming

_PERIOD = {Period.DAY: "today", Period.MONTH: "this month"}


def notice(found: BudgetNotice, command: CommandNaming = plainly) -> str:
    """Return what is told once when a budget is nearly used up, and once when it is.

    Args:
        found: Which budget, and how much of it is used.
        command: Names the commands of whoever reads it, the moderators or the bot's owner.
    """
    cap, used = found.use.cap, found.use.used
    whose = _whose(cap.holder)
    whole = f"{dollars(used)} of {whose} {dollars(cap.limit)} {_PERIOD[cap.period]}"
    anew = resets_at(cap.period, found.noted_at)
    until = f" until {at(anew)} ({relative(anew)})" if anew is not None else ""
    if found.mark < USED_UP:
        lines = [
            f"**{found.mark}% of a budget is used:** {whole}, including clips in progress.",
            f"Once it is used up, nothing more starts{until}.",
        ]
    else:
        refused = (
            f" A clip for about {dollars(found.price)} no longer fit."
            if found.price is not None
            else ""
        )
        lines = [
            f"**A budget is used up:** {whole}, including clips in progress.{refused}",
            f"Clips that cost more than what is left are refused{until}. Those in progress are "
            "delivered.",
        ]
    return "\n".join([*lines, _who_changes_it(found, command)])


def _whose(holder: QuotaSubject) -> str:
    match holder.scope:
        case Scope.BOT:
            return "the whole bot's"
        case Scope.CHANNEL:
            return f"<#{holder.scope_id}>'s"
        case Scope.ROLE:
            return f"<@&{holder.scope_id}>'s"
        case _ if not holder.guild_id:
            return "the direct messages'"
        case _:
            return "this server's"


def _who_changes_it(found: BudgetNotice, command: CommandNaming) -> str:
    holder = found.use.cap.holder
    if holder.scope is Scope.BOT:
        spend = command("restyle-owner spend")
        return f"You set it with `BOT_DOLLARS_PER_MONTH`; {spend} shows who spent it."
    if not holder.guild_id:
        spend = command("restyle-owner spend")
        return f"You set it with `DM_DOLLARS_PER_MONTH`; {spend} shows the rest."
    if found.use.cap.decided_by is Decider.OPERATOR:
        return f"The bot's owner sets it; {command('restyle-usage')} shows what it went on."
    return (
        f"Managers can change it with {command('restyle-settings')}; {command('restyle-usage')} "
        "shows what it went on."
    )
