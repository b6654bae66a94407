"""What people read while a request is not started yet: which part, at what cost, or mended how."""

from __future__ import annotations

from typing import Final

from bot.domain.money import dollars
from bot.texts.clip import clock_time
from bot.texts.common import duration

CHANGE_AND_TRY_LABEL: Final = "Change and try again…"
NEW_TITLE: Final = "Restyle this clip"
MEND_TITLE: Final = "Change and try again"
PART_TITLE: Final = "Which part"
LOOK_LABEL: Final = "Look"
LOOK_HINT: Final = "Instead of your own words, or together with them."
DROPPED: Final = "Nothing was started and nothing was spent."
STARTED: Final = "On its way. The new message here shows its progress."
NOT_POSTED: Final = "Discord did not accept the message. Nothing was started and nothing was spent."
STRIP_FILENAME: Final = "moments.jpg"


def span(start: float, length: float) -> str:
    """Return a part of a clip, with a dash between its ends: from ``0:12`` to ``0:17``."""
    return f"{clock_time(start)}\N{EN DASH}{clock_time(start + length)}"


def part_of_clip(start: float, length: float) -> str:
    """Return which part of a clip an answer shows."""
    return f"{span(start, length)} of the clip"


def start_label(start: float) -> str:
    """Return where a part begins, as a choice."""
    return f"Start at {clock_time(start)}"


def part_question(total: float, length: float, most: float, price: int | None) -> str:
    """Return the question which part of a clip to restyle.

    Args:
        total: How long the clip is, in seconds.
        length: How long the part is.
        most: The longest that it can be.
        price: What it costs, in micro-dollars; ``None`` when nobody can say.
    """
    cost = f", for about {dollars(price)}" if price is not None else ""
    if round(length, 1) < round(most, 1):
        return f"Your clip is {duration(total)}; {duration(length)} of it will be restyled{cost}."
    return f"Your clip is {duration(total)}; {duration(length)} of it can be restyled here{cost}."


def strip_description(count: int) -> str:
    """Return the alternative text of the film strip."""
    return f"{count} moments of your clip, each with its time"


def start_part_label(start: float, length: float) -> str:
    """Return the label of the button that starts with the part."""
    return f"Restyle {span(start, length)}"


def part_length_hint(least: float, most: float) -> str:
    """Return how long a part can be."""
    return f"{least:g} to {most:g} s."


def cost_question(price: int, seconds: float, model: str) -> str:
    """Return the question whether something may cost more than usual.

    Args:
        price: In micro-dollars.
        seconds: How much of the clip is restyled.
        model: Which of the provider's models does it.
    """
    return (
        f"This costs about {dollars(price)}: {duration(seconds)} of your clip, with {model}.\n"
        "Nothing is spent yet. Start it?"
    )
