"""What the bot's owner is told when something is wrong with the bot, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.conditions import ConditionKind
from bot.domain.money import dollars
from bot.texts.commands import clickable

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.conditions import Condition
    from bot.texts.commands import CommandNaming

_HEADS: Final = {
    ConditionKind.SHARDS: "Not connected to Discord",
    ConditionKind.COMMANDS: "Commands not registered",
    ConditionKind.DATABASE: "The database does not work",
    ConditionKind.ENGINE: "The engine has stopped",
    ConditionKind.DISK: "The disk is nearly full",
    ConditionKind.KEY: "The provider refuses the key",
    ConditionKind.ADDRESS: "Nobody takes clips at the provider's address",
    ConditionKind.CREDIT: "The provider's credit is used up",
    ConditionKind.BALANCE: "Little money is left at the provider",
    ConditionKind.MODEL: "The model is no longer offered",
    ConditionKind.CHILDREN: "Clips cannot be read",
    ConditionKind.UNCERTAIN: "Clips may have been paid for",
    ConditionKind.QUARANTINE: "Clips need your decision",
    ConditionKind.CLOCK: "The clock is wrong",
}

CHECK_LABEL: Final = "Check now"
CHECK_LABELS: Final = {ConditionKind.COMMANDS: "Register now"}
PAGE_LABELS: Final = {
    "jobs": "Show clips",
    "spend": "What was spent",
    "uncertain": "Settle them",
    "quarantine": "Check each",
    "release": "Release all",
}
STATUS_LABEL: Final = "Discord's status"
PROVIDER_LABEL: Final = "Open the provider's page"

ALL_WELL: Final = "Checked just now: that is over."
NOT_HERE: Final = (
    "Checked just now: this process of the bot finds nothing wrong there. The one that posted this "
    "edits it once the trouble is over."
)


def begun(condition: Condition, command: CommandNaming) -> str:
    """Return the message about a condition: what is wrong, since when, and its fix.

    ``command`` names the commands of the bot's owner.
    """
    return (
        f"🔴 **{_HEADS[condition.kind]}** · since <t:{int(condition.since.timestamp())}:t>\n"
        f"{clickable(condition.finding.text, command)}"
    )


def over(kind: ConditionKind, at: datetime, since: datetime | None = None) -> str:
    """Return what that message becomes once nothing is wrong any more.

    It is also the whole message, where Discord took none before. ``since`` is when it began, where
    that is known.
    """
    began = "" if since is None else f" It began at <t:{int(since.timestamp())}:t>."
    return f"🟢 **{_HEADS[kind]}**: over since <t:{int(at.timestamp())}:t>.{began}"


def unknown(kind: ConditionKind, at: datetime) -> str:
    """Return what it becomes where a restart makes the bot forget, and only a clip would show."""
    return (
        f"⚪ **{_HEADS[kind]}**: the bot was restarted at <t:{int(at.timestamp())}:t>. If it is "
        "not over, the next clips bring a new message."
    )


def still(condition: Condition, left: int | None, command: CommandNaming) -> str:
    """Return the answer to a look at what has not changed.

    ``left`` is the money at the provider, in micro-dollars, where that is known: after a top-up the
    next clip shows whether it is enough.
    """
    text = clickable(condition.finding.text, command)
    words = f"Checked just now: it is not over yet. {text}"
    if condition.kind is ConditionKind.CREDIT and left is not None:
        words += f" The account now has {dollars(max(left, 0))}."
    return words
