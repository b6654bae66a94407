"""What the bot's operator allows one server at most: a server can only be stricter.

The environment says it for all servers. An allowance, which the bot's owner gives to one server,
replaces the environment's limit there, for more or for less; both are the operator's word.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bot.domain.money import MICROS_PER_DOLLAR
from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.problems import UNSET, Flaw, Problem, Target, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings import Settings

LIMITS: Final = ("jobs_per_day", "micros_per_month", "member_jobs_per_day")
"""The settings that an allowance can be about: those that the environment limits for each server.

They are stored under the guild id 0, with the scope ``bot`` and the server as ``scope_id``, so that
no server's own settings, changes or exports ever contain them.
"""


def ceiling(name: str, operator: Settings, allowance: Mapping[str, int | None]) -> float | None:
    """Return the most that the operator allows for a setting that is a number; ``None``: any.

    ``allowance`` is what one server is allowed other than all.
    """
    if name in allowance:
        return allowance[name]
    match name:
        case "max_video_bytes":
            return operator.max_video_bytes
        case "max_video_seconds":
            return operator.max_video_seconds
        case "jobs_per_day":
            return operator.server_jobs_per_day
        case "micros_per_month":
            return operator.server_micros_per_month
        case "member_jobs_per_day":
            return operator.member_jobs_per_day
        case _:
            return None


def above_ceiling(
    name: str,
    value: Any,  # noqa: ANN401 - each setting has its own type
    target: Target,
    operator: Settings,
    allowance: Mapping[str, int | None],
) -> Problem | None:
    """Return what is wrong with a checked value that is more than the operator allows.

    "Unlimited" is above any limit, where it would be the last word. For a channel it is not, and
    neither is it for a role's own cap: the server's cap counts those jobs too. For the clip's size
    and length ``None`` is no word of its own: it means whatever the bot takes.
    """
    if name == "public_figure_threshold":
        if value == "low" and not operator.low_threshold_allowed:
            return Problem(
                name=name, flaw=Flaw.ABOVE_CEILING, target=target, value=value, words=("auto",)
            )
        return None
    highest = ceiling(name, operator, allowance)
    if highest is None:
        return None
    if value is None:
        is_last_word = name == "member_jobs_per_day" or (
            name in {"jobs_per_day", "micros_per_month"} and target.scope is Scope.SERVER
        )
        if not is_last_word:
            return None
    elif value <= highest:
        return None
    return Problem(name=name, flaw=Flaw.ABOVE_CEILING, target=target, value=value, highest=highest)


def limits_of(
    operator: Settings, allowance: Mapping[str, int | None]
) -> dict[str, tuple[int | None, bool]]:
    """Return each limit that holds for a server, and whether it is set for this one alone."""
    found: dict[str, tuple[int | None, bool]] = {}
    for name in LIMITS:
        limit = ceiling(name, operator, allowance)
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
