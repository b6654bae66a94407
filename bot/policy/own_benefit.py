"""Whether a change of settings gives whoever makes it more, by a role that they have. No I/O.

What is changed for everybody on a server, or in a channel, is everybody's. A role is different:
whoever has one and may change settings could give themselves what no member has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.changes import applied

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.policy.levels import Policy
    from bot.policy.problems import Target
    from bot.settings import Settings

_FREEING: Final = {"exempt_role_ids": "exempt_by", "review_skip_role_ids": "unreviewed_by"}
"""Settings of the server that free roles, and where ``Effective`` says whether one does."""


def lifted(
    policy: Policy,
    changes: Mapping[Target, Mapping[str, Any]],
    role_ids: Collection[int],
    operator: Settings,
) -> list[str]:
    """Return the settings by which checked ``changes`` give one with these roles more than before.

    Each is named once, in the order of ``changes``.
    """
    before = policy.effective((), role_ids, operator)
    after = applied(policy, changes).effective((), role_ids, operator)
    found: list[str] = []
    for target, values in changes.items():
        for name in values:
            if target.scope is Scope.ROLE and target.scope_id in role_ids:
                is_more = _generosity(name, after) > _generosity(name, before)
            else:
                freed = _FREEING.get(name)
                is_more = (
                    freed is not None
                    and getattr(before, freed) is None
                    and getattr(after, freed) is not None
                )
            if is_more and name not in found:
                found.append(name)
    return found


def _generosity(name: str, holds: object) -> tuple[bool, Any]:
    value = getattr(holds, name)
    return (True, 0) if value is None else (False, SETTINGS[name].kind.generosity(value))
