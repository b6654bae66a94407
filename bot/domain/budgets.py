"""When people hear that a budget runs out: the marks, and who is told. No I/O.

A budget is a cap on the money that many jobs spend together, of the bot, of direct messages, of a
server, a channel or a role. A member's own cap is none: the member reads of it with each clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Period, Scope, Unit

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.quotas import CapUse

NEARLY: Final = 80
"""The per cent of a budget at which people are told for the first time."""
USED_UP: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNotice:
    """What is told about a budget, once in each of its periods."""

    use: CapUse
    """The cap, and how much of it was used at that moment."""
    mark: int
    """``NEARLY`` or ``USED_UP``, in per cent."""
    price: int | None
    """What the clip would have cost that did not fit any more; ``None`` where none was refused."""
    noted_at: datetime


def mark_of(use: CapUse, *, is_refusing: bool) -> int | None:
    """Return the highest mark that a budget has reached; ``None``: none, or it is no budget.

    Clips cost more than a cent, so a budget hardly ever ends at its last cent: it is used up when
    a clip did not fit under it any more, provided that most of it is used.

    Args:
        use: The cap, and how much of it is used.
        is_refusing: Whether a clip did just not fit under it.
    """
    cap = use.cap
    is_shared = cap.holder.scope is not Scope.MEMBER
    if cap.unit is not Unit.MICROS or cap.period is Period.NOW or not is_shared or not cap.limit:
        return None
    if use.used * 100 < cap.limit * NEARLY:
        return None
    return USED_UP if is_refusing or use.used >= cap.limit else NEARLY
