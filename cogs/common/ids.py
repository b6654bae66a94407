"""Ids as custom ids and menus carry them: text that a client sent, and that is checked as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST: Final = 2**63 - 1
"""The largest integer that a column of the database takes; Discord's own ids stay below it."""


class UnknownControlError(ValueError):
    """A control or form carries what no version of the bot puts there."""


def read_id(text: str) -> int:
    """Return an id from a custom id or from the value of a menu: 0 to 2^63 - 1.

    Raises:
        UnknownControlError: It is not a number, or larger than any id.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > 20 or int(text) > _LARGEST:
        raise UnknownControlError(f"no id: {text[:40]!r}")
    return int(text)


def chosen_id(values: Sequence[str]) -> int:
    """Return the id that was chosen in a menu of one choice.

    Raises:
        UnknownControlError: Nothing was chosen, or what is no id.
    """
    if not values:
        raise UnknownControlError("nothing was chosen")
    return read_id(values[0])
