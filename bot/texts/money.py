"""What a job costs, and who says so: for the bot's owner, in Discord and in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import CostSource, dollars

if TYPE_CHECKING:
    from bot.domain.jobs import Job

_SAYS: Final = {
    CostSource.QUOTA: "by CometAPI's bill",
    CostSource.CREDITS: "by Runway's bill",
    CostSource.ESTIMATE: "by the provider's estimate",
}


def money_facts(job: Job) -> list[str]:
    """Return each amount that is known of a job and who says it; the first is what counts.

    A bill counts before the provider's estimate, and that before the bot's own price list. Empty
    where nobody has said anything, as for a model without a price.
    """
    facts = []
    if job.bill_micros is not None:
        source = job.cost_source or CostSource.CREDITS
        facts.append(f"{dollars(job.bill_micros)} {_SAYS[source]}")
    elif job.cost_source is CostSource.ESTIMATE and job.cost_micros is not None:
        facts.append(f"at most {dollars(job.cost_micros)} {_SAYS[job.cost_source]}")
    if job.price_micros is not None:
        facts.append(f"about {dollars(job.price_micros)} expected by the bot's price list")
    return facts
