"""One line of a checkup: what was looked at, how it is, and what mends it."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.errors import RestyleError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CHECK_SECONDS: Final = 60.0
"""One section may take so long; then it could not be checked."""


class Severity(enum.IntEnum):
    """How something is, the worst last."""

    OK = 0
    UNKNOWN = 1
    WARNING = 2
    BROKEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found about one thing; ``mend`` says what to do about it, if there is something."""

    section: str
    level: Severity
    text: str
    mend: str = ""


class CheckSection:
    """Makes the diagnoses of one section, which all bear its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ok(self, text: str) -> Diagnosis:
        """Say that something is as it should be."""
        return Diagnosis(section=self._name, level=Severity.OK, text=text)

    def unknown(self, text: str, mend: str = "") -> Diagnosis:
        """Say that something could not be looked at, and why."""
        return Diagnosis(section=self._name, level=Severity.UNKNOWN, text=text, mend=mend)

    def warning(self, text: str, mend: str) -> Diagnosis:
        """Say that something works and still should be seen to."""
        return Diagnosis(section=self._name, level=Severity.WARNING, text=text, mend=mend)

    def broken(self, text: str, mend: str) -> Diagnosis:
        """Say that something does not work."""
        return Diagnosis(section=self._name, level=Severity.BROKEN, text=text, mend=mend)


async def collected(
    section: CheckSection, look: Callable[[CheckSection], AsyncIterator[Diagnosis]]
) -> list[Diagnosis]:
    """Return all that ``look`` finds; what keeps it from going on becomes a diagnosis itself."""
    found: list[Diagnosis] = []
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            async for one in look(section):
                found.append(one)
    except TimeoutError:
        found.append(section.unknown(f"no answer within {CHECK_SECONDS:.0f} s", "Try again."))
    except (RestyleError, OSError) as exc:
        found.append(section.broken(str(exc) or type(exc).__name__, "Fix that, and check again."))
    except Exception as exc:  # noqa: BLE001 - the other sections are looked at all the same
        found.append(section.unknown(f"the check itself broke: {type(exc).__name__}: {exc}"))
    return found
