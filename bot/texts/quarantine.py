"""What the bot's owner reads after an outage, about wrong clocks, and about late results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.requests.text_safety import cut, harmless, one_line, quote
from bot.texts.common import at, duration, mention
from bot.texts.money import money_facts
from bot.texts.usage import clips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.jobs import Job

_PROMPT_CHARACTERS: Final = 60

PLACEHOLDER: Final = "Choose a clip…"
BUTTONS: Final = {
    "release-all": "Release all",
    "look": "Check each",
    "release": "Release",
    "restored": "It had already finished",
    "end": "End it unpaid",
}
BACK: Final = "Back"
DONE: Final = {
    "release": "Released. It is paid for when its turn comes.",
    "restored": "Ended as already finished. Its money counts as spent, and its thread says so.",
    "end": "Ended. It was never sent, so nothing was spent.",
}
NO_LONGER: Final = "That clip is no longer waiting for you."
LOOK_PLACEHOLDER: Final = "Look again at…"
LOOKING_AGAIN: Final = (
    "The provider is asked again within a minute. A result is posted in the clip's thread."
)
NOTHING_TO_LOOK_AT: Final = "That clip continues by itself, or its task is not known."


def notice(count: int) -> str:
    """Return what the owner is told when the bot comes back after an outage."""
    return (
        f"{clips(count)} {'needs' if count == 1 else 'need'} your decision: the bot was away for a "
        "while, or its database was restored from a backup. Clips in a backup may have been paid "
        "for since, so nothing is spent on them until you decide.\n"
        "If the bot was just off, release all. If a backup was restored, check each: its thread "
        "shows whether it was answered."
    )


def page(found: Sequence[Job], count: int) -> list[str]:
    """Return the list of the clips in quarantine, of which there are ``count``."""
    lines = ["**Clips in quarantine: they need your decision**"]
    if not found:
        return [*lines, "There are none: everything continues by itself."]
    lines += _listed(found)
    if count > len(found):
        lines.append(f"and {count - len(found)} more.")
    return lines


def one(job: Job) -> list[str]:
    """Return what helps to decide about one clip, and what can be done."""
    facts = [job.model, duration(job.restyled_seconds), *money_facts(job)]
    return [
        f"**A clip by {mention(job.user_id)}** in <#{job.place_id}>",
        f"Asked for {at(job.created_at)}",
        quote(job.prompt),
        " · ".join(facts),
        "If its thread has the answer, it had already finished. If not, and the provider has no "
        "such task either, release it or end it unpaid.",
    ]


def released(count: int) -> str:
    """Return the answer after all were released."""
    if count == 1:
        return "1 clip released. It is paid for when its turn comes."
    return f"{clips(count)} released. They are paid for when their turn comes."


def ended(found: Sequence[Job]) -> list[str]:
    """Return the list of clips that ended without a video though their task is known."""
    lines = ["**Clips that ended without a video**"]
    if not found:
        return [*lines, "There are none that the provider could be asked about again."]
    return [
        *lines,
        "You can ask the provider about each again; that costs nothing.",
        *_listed(found, with_money=True),
    ]


def _listed(found: Sequence[Job], *, with_money: bool = False) -> list[str]:
    """Return a line for each job; with money, what counts as its cost."""
    lines = []
    for number, job in enumerate(found, 1):
        facts = [f"{number}. {mention(job.user_id)}, asked for {at(job.created_at)}"]
        facts.append(f"<#{job.place_id}>")
        if with_money:
            facts += money_facts(job)[:1]
        facts.append(harmless(cut(one_line(job.prompt), _PROMPT_CHARACTERS)))
        lines.append(" · ".join(facts))
    return lines
