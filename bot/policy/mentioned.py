"""Which channels and roles settings name: those of a file may be of another server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.values import Id, Ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.policy.problems import Target


class Mentioned(NamedTuple):
    """One channel or role that is named."""

    of: str
    """``channel`` or ``role``."""
    id: int
    name: str | None
    """By which setting; ``None`` where it has settings of its own."""


def mentioned(changes: Mapping[Target, Mapping[str, Any]]) -> Iterator[Mentioned]:
    """Yield every channel and role that checked values name, in their order."""
    for target, values in changes.items():
        if target.scope in {Scope.CHANNEL, Scope.ROLE}:
            yield Mentioned(str(target.scope), target.scope_id, None)
        for name, value in values.items():
            kind = SETTINGS[name].kind
            if isinstance(kind, Ids) and isinstance(value, frozenset):
                for id_ in sorted(value):
                    yield Mentioned(kind.of, id_, name)
            elif isinstance(kind, Id) and isinstance(value, int):
                yield Mentioned(kind.of, value, name)
