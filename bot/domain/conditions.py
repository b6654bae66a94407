"""What is wrong at present, each thing once, and since when."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ConditionKind(enum.StrEnum):
    """What can be wrong for a while; of each kind there is one at a time."""

    SHARDS = "shards"
    COMMANDS = "commands"
    DATABASE = "database"
    ENGINE = "engine"
    DISK = "disk"
    KEY = "key"
    CREDIT = "credit"
    BALANCE = "balance"
    ADDRESS = "address"
    MODEL = "model"
    CHILDREN = "children"
    UNCERTAIN = "uncertain"
    QUARANTINE = "quarantine"
    CLOCK = "clock"


_BLOCKING: Final = frozenset({ConditionKind.SHARDS, ConditionKind.CREDIT, ConditionKind.MODEL})
"""What keeps people from being served also while the process itself is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong right now, as whoever looks finds it."""

    text: str
    """What is wrong, and what mends it: a sentence or two for the operator."""
    grave_after: float | None = 0.0
    """After so many seconds the process is not well; ``None``: it is, this only wants a look."""
    closes: bool = False
    """Whether ``/restyle`` takes no clips meanwhile, and says so before it fetches one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A finding and the moment since which it has been found at every look."""

    kind: ConditionKind
    finding: Finding
    since: datetime

    def is_grave(self, now: datetime) -> bool:
        """Tell whether the process is not well because of this."""
        after = self.finding.grave_after
        return after is not None and (now - self.since).total_seconds() >= after

    def blocks(self, now: datetime) -> bool:
        """Tell whether the process is not ready because of this, however short it has lasted."""
        return self.is_grave(now) or self.finding.closes or self.kind in _BLOCKING


class Conditions:
    """Remembers since when things are wrong."""

    def __init__(self) -> None:
        self._held: dict[ConditionKind, Condition] = {}
        self.has_looked = False
        """Whether anybody has looked yet; before that nothing is known to be well either."""
        self.ended_at: dict[ConditionKind, datetime] = {}
        """When what was wrong was last found to be over."""

    @property
    def held(self) -> list[Condition]:
        """What is wrong, the oldest first."""
        return sorted(self._held.values(), key=lambda condition: condition.since)

    def finding(self, kind: ConditionKind) -> Finding | None:
        """Return what was found of a kind at the last look; ``None`` if nothing was wrong."""
        condition = self._held.get(kind)
        return None if condition is None else condition.finding

    def observe(
        self, found: Mapping[ConditionKind, Finding], now: datetime
    ) -> tuple[list[Condition], list[Condition]]:
        """Take what one look has found; return what is new, and what is over."""
        self.has_looked = True
        over = [self._held.pop(kind) for kind in self._held.keys() - found.keys()]
        self.ended_at.update((one.kind, now) for one in over)
        new = []
        for kind, finding in found.items():
            before = self._held.get(kind)
            since = now if before is None else before.since
            self._held[kind] = Condition(kind=kind, finding=finding, since=since)
            if before is None:
                new.append(self._held[kind])
        return new, over
