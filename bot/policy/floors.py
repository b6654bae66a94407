"""What the operator allows at most: a server can only be stricter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.quotas import Scope
from bot.policy.problems import Flaw, Problem, Target

if TYPE_CHECKING:
    from bot.settings import Settings


def ceiling(name: str, operator: Settings) -> float | None:
    """Return the most that the operator allows for a setting that is a number; ``None``: any."""
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


def beyond(name: str, value: Any, target: Target, operator: Settings) -> Problem | None:  # noqa: ANN401 - each setting has its own type
    """Return what is wrong with a checked value that goes beyond what the operator allows.

    "Unlimited" is beyond any limit, where it would be the last word. For a channel it is not, and
    neither is it for a role's own cap: the server's cap counts those jobs too. For the clip's size
    and length ``None`` is no word of its own: it means whatever the bot takes.
    """
    if name == "public_figure_threshold":
        if value == "low" and not operator.low_threshold_allowed:
            return Problem(
                name=name, flaw=Flaw.BEYOND_FLOOR, target=target, value=value, words=("auto",)
            )
        return None
    highest = ceiling(name, operator)
    if highest is None:
        return None
    if value is None:
        open_ended = name == "member_jobs_per_day" or (
            name in {"jobs_per_day", "micros_per_month"} and target.scope is Scope.SERVER
        )
        if not open_ended:
            return None
    elif value <= highest:
        return None
    return Problem(name=name, flaw=Flaw.BEYOND_FLOOR, target=target, value=value, highest=highest)
