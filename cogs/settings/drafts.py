"""Changes that were shown with what they would do, and wait for Save or Cancel."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cachetools import FIFOCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.policy.levels import Policy
    from bot.policy.problems import Target

_MOST: Final = 500
"""More than moderators look at together; the oldest is forgotten, and its Save says so."""

Changes = dict["Target", dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One action that is not saved yet."""

    guild_id: int
    user_id: int
    changes: Changes
    before: Changes
    """What was set when it was shown."""
    what: str
    """What it is called in the log channel."""

    def is_overtaken(self, policy: Policy) -> bool:
        """Tell whether one of the same settings was changed since."""
        return self.before != own_values(policy, self.changes)


def own_values(policy: Policy, changes: Mapping[Target, Mapping[str, Any]]) -> Changes:
    """Return what is set now of what ``changes`` would set."""
    return {
        target: {name: policy.own(name, target) for name in values}
        for target, values in changes.items()
    }


class Drafts:
    """The changes that wait. They are in memory alone: a restart forgets what nobody saved."""

    def __init__(self) -> None:
        self._drafts: FIFOCache[str, Draft] = FIFOCache(_MOST)

    def add(self, draft: Draft) -> str:
        """Keep a draft, and return the key by which it is found again."""
        key = secrets.token_hex(8)
        self._drafts[key] = draft
        return key

    def take(self, key: str, *, guild_id: int, user_id: int) -> Draft | None:
        """Return somebody's draft and forget it; ``None`` when it is not known (any more)."""
        draft = self._drafts.get(key)
        if draft is None or (draft.guild_id, draft.user_id) != (guild_id, user_id):
            return None
        return self._drafts.pop(key)
