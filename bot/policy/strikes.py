"""What strikes amount to: until when they keep a member from starting clips. No I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.domain.sanctions import Strike
    from bot.policy.levels import Policy


def struck_until(strikes: Collection[Strike], policy: Policy, now: datetime) -> datetime | None:
    """Return until when strikes pause a member; ``None`` when they do not.

    They do for as long as the server says from each strike that came within its days of enough
    others. What becomes too old meanwhile does not end a pause of which the member was told.

    Args:
        strikes: The member's strikes on the server that were not lifted, in any order.
        policy: What is set on the server.
        now: The moment that is asked about.
    """
    limit = policy.server("strike_limit")
    if limit is None:
        return None
    days = timedelta(days=policy.server("strike_days"))
    pause = timedelta(hours=policy.server("strike_pause_hours"))
    moments = sorted((strike.struck_at for strike in strikes), reverse=True)
    for newest, oldest in zip(moments, moments[max(1, limit) - 1 :], strict=False):
        if newest - oldest <= days:
            return newest + pause if newest + pause > now else None
    return None
