"""What the bot's owner allows one server at most, other than the environment says for all of them.

An allowance replaces the environment's limit for that server, for more or for less; both are the
operator's word. Everything else about limits stays as it is: where the operator's are asked for,
they are asked for through :func:`allowed`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bot.domain.money import MICROS_PER_DOLLAR
from bot.policy.catalogue import SETTINGS
from bot.policy.floors import ceiling
from bot.policy.problems import UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings import Settings

_VARIABLES: Final = {
    "jobs_per_day": "server_jobs_per_day",
    "micros_per_month": "server_dollars_per_month",
    "member_jobs_per_day": "member_jobs_per_day",
}
LIMITS: Final = tuple(_VARIABLES)
"""The settings that an allowance can be about: those that the environment limits for each server.

They are stored under the guild id 0, with the scope ``bot`` and the server as ``scope_id``, so that
no server's own settings, changes or exports ever contain them.
"""


def allowed(operator: Settings, allowance: Mapping[str, int | None]) -> Settings:
    """Return the operator's settings as they hold for a server with this allowance.

    Args:
        operator: The bot's own settings.
        allowance: Limits by the names of :data:`LIMITS`; ``None`` is unlimited.
    """
    if not allowance:
        return operator
    update: dict[str, Any] = {}
    for name, limit in allowance.items():
        in_dollars = name == "micros_per_month" and limit is not None
        update[_VARIABLES[name]] = (limit or 0) / MICROS_PER_DOLLAR if in_dollars else limit
    return operator.model_copy(update=update)


def limits_of(
    operator: Settings, allowance: Mapping[str, int | None]
) -> dict[str, tuple[int | None, bool]]:
    """Return each limit that holds for a server, and whether it is set for this one alone."""
    holds = allowed(operator, allowance)
    found: dict[str, tuple[int | None, bool]] = {}
    for name in LIMITS:
        limit = ceiling(name, holds)
        found[name] = (None if limit is None else int(limit), name in allowance)
    return found


def read_limit(name: str, typed: str) -> int | Unset | None:
    """Return a limit that the owner typed; ``UNSET`` for what holds for all servers.

    Raises:
        ValueError: It is none.
    """
    word = typed.strip().lower().removeprefix("$")
    if word == "default":
        return UNSET
    if word == "unlimited":
        return None
    if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,2})?", word):
        raise ValueError(f"{typed!r} is no limit")
    number = Decimal(word) * (MICROS_PER_DOLLAR if name == "micros_per_month" else 1)
    if number != int(number):
        raise ValueError(f"{typed!r} is not a whole number")
    return int(SETTINGS[name].kind.parse(int(number)))
