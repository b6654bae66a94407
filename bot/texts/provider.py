"""What is told of the provider's account: the bot's owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.jobs import FailureReason
from bot.domain.money import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_REFUSED: Final = (
    "The provider refuses COMETAPI_KEY, so /restyle accepts no clips. Set the right key and "
    "restart the bot."
)
MODEL_ABSENT: Final = (
    "The provider does not offer the model in RUNWAY_MODEL, so /restyle accepts no clips. Choose "
    "another and restart the bot."
)
LAST_CLIP_REFUSED: Final[Mapping[FailureReason, str]] = {
    FailureReason.KEY_REFUSED: KEY_REFUSED,
    FailureReason.WRONG_ADDRESS: (
        "COMETAPI_BASE_URL does not lead to the provider's API, so /restyle accepts no clips. Set "
        "the right address and restart the bot."
    ),
    FailureReason.NO_CREDIT: (
        "The provider refused the last clip because the account's credit is used up. Top it up, "
        "then press *Check now*: the next accepted clip ends this."
    ),
    FailureReason.MODEL_UNAVAILABLE: (
        "The provider refused the last clip because it does not offer the model in RUNWAY_MODEL. "
        "If this lasts, choose another and restart the bot."
    ),
}
"""What is wrong where the provider refused a clip for a reason that meets every clip."""


def low_balance(left: int, usual: int) -> str:
    """Return what is wrong when little is left at the provider; micro-dollars.

    ``usual`` is what a day usually costs, where that is more than what is left; else 0.
    """
    reason = f" A usual day costs {dollars(usual)}." if usual else ""
    return (
        f"{dollars(max(left, 0))} is left.{reason} Once it is used up, clips are refused. Top it "
        "up, or lower what servers may spend with `/restyle-owner server-limit`."
    )


def model_taken_over(refused: str, following: str) -> str:
    """Return what the owner is told once when another model takes over."""
    return (
        f"**The provider no longer offers {refused}.** {following} takes over, also for clips "
        f"that are waiting; {refused} is tried again in an hour. Prices may differ. `RUNWAY_MODEL` "
        "sets the order of models."
    )
