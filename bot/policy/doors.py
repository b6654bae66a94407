"""Where the operator lets jobs start at all: on which servers, and in direct messages. No I/O.

``SERVERS`` and ``DIRECT_MESSAGES`` say it. They are asked when somebody uses a command, and once
more before a job that waited is paid for: the operator may have changed them meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.quotas import Decider
from bot.requests.validation import Refusal, Rule

if TYPE_CHECKING:
    from bot.settings import Settings


def closed_door(guild_id: int, operator: Settings) -> Refusal | None:
    """Return why nothing starts on a guild, or in direct messages (0); ``None`` where it may."""
    if operator.serves(guild_id):
        return None
    if not guild_id:
        return Refusal(rule=Rule.DIRECT_MESSAGES_OFF, decided_by=Decider.OPERATOR)
    return Refusal(rule=Rule.SERVER_NOT_SERVED, decided_by=Decider.OPERATOR, words=(str(guild_id),))
