"""What people read about looks: functions from facts to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.looks import LookOrigin

if TYPE_CHECKING:
    from bot.domain.looks import OfferedLook

WHOSE: Final = {
    LookOrigin.PERSONAL: "yours",
    LookOrigin.SERVER: "this server's",
    LookOrigin.BUILT_IN: "built in",
}
OPTION: Final = "How it should look, without writing it yourself; /restyle-looks shows them"
"""What is said of the option ``look``."""


def label(offered: OfferedLook) -> str:
    """Return a look's line in a list of choices, as plain text."""
    return f"{offered.look.name} · {WHOSE[offered.origin]}"


UNKNOWN: Final = (
    "There is no such look here (any more).\nChoose one from the list, or see /restyle-looks."
)
