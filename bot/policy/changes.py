"""Changes of a server's settings: checked, recorded, tried out, and taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.policy.catalogue import SETTINGS, from_json, parse
from bot.policy.ceilings import above_ceiling
from bot.policy.problems import UNSET, Problem, SettingRefusedError, Target, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.quotas import Scope
    from bot.policy.levels import Policy
    from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One setting that somebody changed."""

    id: int
    guild_id: int
    user_id: int
    changed_at: datetime
    scope: Scope
    scope_id: int
    name: str
    before: str | None
    """JSON; ``None`` where nothing was set."""
    after: str | None

    @property
    def target(self) -> Target:
        """The server, channel or role whose value was changed."""
        return Target(self.scope, self.scope_id)

    @property
    def value_before(self) -> Any | Unset:  # noqa: ANN401 - each setting has its own type
        """The value before, or ``UNSET``.

        Raises:
            ValueError: The setting does not take that value any more.
        """
        return _value(self.name, self.before)

    @property
    def value_after(self) -> Any | Unset:  # noqa: ANN401 - as above
        """The value after, or ``UNSET``.

        Raises:
            ValueError: As for ``value_before``.
        """
        return _value(self.name, self.after)


def _value(name: str, text: str | None) -> Any | Unset:  # noqa: ANN401 - as above
    if text is None:
        return UNSET
    try:
        return from_json(name, text)
    except KeyError as exc:
        raise ValueError(f"there is no setting {name} any more") from exc


def last_action(changes: Sequence[PolicyChange]) -> tuple[PolicyChange, ...]:
    """Return what was changed at once by the newest action; ``changes`` come newest first."""
    action: dict[tuple[Target, str], PolicyChange] = {}
    for change in changes:
        newest, key = changes[0], (change.target, change.name)
        same = change.user_id == newest.user_id and change.changed_at == newest.changed_at
        if not same or key in action:
            break
        action[key] = change
    return tuple(action.values())


def undoing(action: Sequence[PolicyChange]) -> dict[Target, dict[str, Any]]:
    """Return the changes that take ``action`` back.

    Raises:
        ValueError: A setting does not take its former value any more.
    """
    changes: dict[Target, dict[str, Any]] = {}
    for change in action:
        changes.setdefault(change.target, {})[change.name] = change.value_before
    return changes


def check_changes(
    changes: Mapping[Target, Mapping[str, Any]],
    operator: Settings | None,
    allowance: Mapping[str, int | None],
) -> dict[Target, dict[str, Any]]:
    """Return the changes with every value checked and in its own type.

    Args:
        changes: What to set for the server, channels and roles; ``UNSET`` lets the level above
            hold again.
        operator: What the operator allows at most; ``None`` asks for no such check.
        allowance: What the server is allowed other than all; see ``bot.policy.ceilings``.

    Raises:
        SettingRefusedError: A name is unknown, a value is not taken, or it is more than the
            operator allows; it names all of them.
    """
    checked: dict[Target, dict[str, Any]] = {}
    problems: list[Problem] = []
    for target, values in changes.items():
        for name, value in values.items():
            found = value if value is UNSET and name in SETTINGS else parse(name, value, target)
            if operator is not None and not isinstance(found, Problem) and found is not UNSET:
                found = above_ceiling(name, found, target, operator, allowance) or found
            if isinstance(found, Problem):
                problems.append(found)
            else:
                checked.setdefault(target, {})[name] = found
    if problems:
        raise SettingRefusedError(problems)
    return checked


def applied(policy: Policy, changes: Mapping[Target, Mapping[str, Any]]) -> Policy:
    """Return ``policy`` as it would be with checked ``changes``: for trying them out.

    Args:
        policy: What is set.
        changes: Values in their own types, as ``check_changes`` returns them; ``UNSET`` lets the
            level above hold again.
    """
    values = {target: dict(own) for target, own in policy.values.items()}
    for target, own in changes.items():
        holds = values.setdefault(target, {})
        for name, value in own.items():
            if value is UNSET:
                holds.pop(name, None)
            else:
                holds[name] = value
    return replace(policy, values={target: own for target, own in values.items() if own})
