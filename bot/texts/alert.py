"""What the bot's owner is told when something is wrong with the bot, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.conditions import ConditionKind

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.conditions import Condition

_HEADS: Final = {
    ConditionKind.SHARDS: "Not connected to Discord",
    ConditionKind.COMMANDS: "Commands not registered",
    ConditionKind.DATABASE: "The database is away",
    ConditionKind.ENGINE: "The engine stands still",
    ConditionKind.DISK: "The disk is nearly full",
    ConditionKind.KEY: "The provider refuses the key",
    ConditionKind.CREDIT: "The provider's credit is used up",
    ConditionKind.MODEL: "The model is gone",
    ConditionKind.CHILDREN: "Clips cannot be read",
    ConditionKind.UNCERTAIN: "Clips wait for your word",
    ConditionKind.CLOCK: "The clock is wrong",
}


def begun(condition: Condition) -> str:
    """Return the message about a condition: what is wrong, since when, and what mends it."""
    return (
        f"🔴 **{_HEADS[condition.kind]}** since <t:{int(condition.since.timestamp())}:t>\n"
        f"{condition.finding.text}"
    )


def over(kind: str, at: datetime) -> str:
    """Return what that message becomes once nothing is wrong any more."""
    return f"🟢 **{_HEADS[ConditionKind(kind)]}**: over since <t:{int(at.timestamp())}:t>."
