"""What is told of the provider's account: the bot's owner."""

from __future__ import annotations

from bot.domain.money import dollars


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
