"""Whether jobs start at all: where the operator lets them, and while nothing is wrong. No I/O.

``SERVERS`` and ``DIRECT_MESSAGES`` say where. They are asked when somebody uses a command, and once
more before a job that waited is paid for: the operator may have changed them meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.conditions import ConditionKind
from bot.domain.quotas import Decider
from bot.requests.validation import Refusal, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.conditions import Condition
    from bot.settings import Settings


def closed_door(guild_id: int, operator: Settings) -> Refusal | None:
    """Return why nothing starts on a guild, or in direct messages (0); ``None`` where it may."""
    if operator.serves(guild_id):
        return None
    if not guild_id:
        return Refusal(rule=Rule.DIRECT_MESSAGES_OFF, decided_by=Decider.OPERATOR)
    return Refusal(rule=Rule.SERVER_NOT_SERVED, decided_by=Decider.OPERATOR, words=(str(guild_id),))


_CLOSED_BY: Final = {
    ConditionKind.DATABASE: Rule.STORE_UNAVAILABLE,
    ConditionKind.DISK: Rule.MACHINE_TROUBLE,
    ConditionKind.CHILDREN: Rule.MACHINE_TROUBLE,
}


def closed_for_now(conditions: Iterable[Condition]) -> Refusal | None:
    """Return why no clip can be taken at present, by what is wrong; ``None`` where one can."""
    for one in conditions:
        if one.finding.closes:
            return Refusal(rule=_CLOSED_BY.get(one.kind, Rule.PROVIDER_CLOSED))
    return None


OPEN_EVERYWHERE: Final = frozenset({"restyle-privacy", "restyle-about", "restyle-owner"})
"""Commands for what is one's own, and the owner's, which guards itself."""


def closed_command(
    name: str, guild_id: int, settings: Settings, *, is_own_copy: bool
) -> Refusal | None:
    """Return why a command does nothing somewhere, if so; what is one's own works anywhere.

    Args:
        name: The command's.
        guild_id: The server; 0 in direct messages.
        settings: The operator's.
        is_own_copy: Whether it comes from the person's account alone, and the bot is not there.
    """
    if name in OPEN_EVERYWHERE:
        return None
    if guild_id and is_own_copy:
        return Refusal(rule=Rule.NOT_ON_SERVER)
    return closed_door(guild_id, settings)
