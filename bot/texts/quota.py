"""The sentences about quotas and budgets: what is reached, who set it, what is left, until when.

Days and months are counted in UTC; when one ends is a Discord timestamp, right in every zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.domain.quotas import Decider, Period, Scope, Unit, resets_at
from bot.texts.common import SETTINGS, at, relative

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.quotas import Cap, CapUse

_NOTHING: Final = "Nothing was started and nothing was spent."
_EACH: Final = {Period.DAY: "a day", Period.MONTH: "a month", Period.NOW: "at once"}
_PERIOD: Final = {Period.DAY: "today", Period.MONTH: "this month", Period.NOW: "at once"}


def cap_reached(use: CapUse, now: datetime, *, price: int | None) -> str:
    """Return which cap leaves no room, who set it, when it resets, and what is left.

    Args:
        use: The cap, and how much of it is used.
        now: The moment of the request.
        price: What the clip would have cost, in micro-dollars; ``None`` when nobody can say.
    """
    cap = use.cap
    lines = [_reached(use, price), _who_set_it(cap)]
    again = resets_at(cap.period, now)
    if cap.limit == 0:
        pass  # a new day changes nothing
    elif cap.unit is Unit.MICROS and price is None:
        lines = [lines[0], "The bot's owner can set the price (`PRICES`)."]
    elif cap.unit is Unit.MICROS and use.left > 0:
        if again is not None:
            lines.append(f"It resets {at(again)} ({relative(again)}); a shorter part may fit.")
    elif again is not None:
        lines.append(f"It resets {at(again)} ({relative(again)}).")
    return "\n".join([*lines, _NOTHING])


def what_is_left(price: int | None, uses: Sequence[CapUse]) -> str:
    """Return what a clip costs and what is left after it, for the member alone.

    Args:
        price: What it is expected to cost, in micro-dollars; ``None`` when nobody can say.
        uses: The member's caps, with this clip counted already.
    """
    cost = f"This costs about {dollars(price)}." if price is not None else "Accepted."
    left = [quota_left(use) for use in uses if use.cap.period is not Period.NOW]
    return f"{cost} Left after that: {' · '.join(left)}." if left else cost


def quota_left(use: CapUse, *, own: str = "your") -> str:
    """Return what is left of one cap: ``3 of your 5 clips today``.

    Args:
        use: The cap, and how much of it is used.
        own: How a member's own cap is called; ``their`` for somebody else who reads it.
    """
    cap = use.cap
    of = f"{_whose(cap, own)} {_amount(cap)} {_PERIOD[cap.period]}"
    return f"{dollars(use.left) if cap.unit is Unit.MICROS else f'{use.left:,}'} of {of}"


def _amount(cap: Cap) -> str:
    if cap.unit is Unit.MICROS:
        return dollars(cap.limit)
    return "1 clip" if cap.limit == 1 else f"{cap.limit:,} clips"


def _whose(cap: Cap, own: str = "your") -> str:
    match cap.holder.scope:
        case Scope.MEMBER:
            return own
        case Scope.SERVER if not cap.holder.guild_id:
            return "the direct messages'"
        case Scope.SERVER:
            return "this server's"
        case Scope.CHANNEL:
            return "this channel's"
        case Scope.ROLE:
            return f"<@&{cap.holder.scope_id}>'s"
        case Scope.BOT:
            return "this bot's"


def _where(cap: Cap) -> str:
    match cap.holder.scope:
        case Scope.MEMBER:
            return "for each member"
        case Scope.SERVER if not cap.holder.guild_id:
            return "in direct messages"
        case Scope.SERVER:
            return "on this server"
        case Scope.CHANNEL:
            return "in this channel"
        case Scope.ROLE:
            return f"for <@&{cap.holder.scope_id}>"
        case Scope.BOT:
            return "for this bot"


def _reached(use: CapUse, price: int | None) -> str:
    cap = use.cap
    if cap.limit == 0:
        return f"The limit {_where(cap)} is {_amount(cap)} {_EACH[cap.period]}."
    whose = _whose(cap)
    if cap.unit is Unit.JOBS or (use.left == 0 and price is not None):
        verb = "is" if cap.unit is Unit.MICROS or cap.limit == 1 else "are"
        whole = f"{whose} {_amount(cap)} {_PERIOD[cap.period]}"
        return f"{whole[0].upper()}{whole[1:]} {verb} used up."
    if price is None:
        return (
            f"The price of this bot's model is not set, so nothing can be counted against "
            f"{whose} {_amount(cap)} {_PERIOD[cap.period]}."
        )
    return f"This clip costs about {dollars(price)}; {quota_left(use)} is left."


def _who_set_it(cap: Cap) -> str:
    match cap.decided_by:
        case Decider.MODERATORS:
            return f"This server's managers can change that limit ({SETTINGS})."
        case Decider.OPERATOR:
            return "Only the bot's owner can change that limit."
        case Decider.PROVIDER:
            return "Runway sets that limit."
