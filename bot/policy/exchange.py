"""A server's settings as a file: written for people to read, read as if strangers had written it.

The file is JSON::

    {
      "restyle_settings": 1,
      "server": {"member_jobs_per_day": 5, "review_mode": "off"},
      "channels": {"123": {"max_video_seconds": 10}},
      "roles": {"456": {"member_jobs_per_day": null}}
    }

The number is the version of this format. ``null`` is "unlimited" or "none", said on purpose; what
is not named is not set. Ids are in quotes, because many programs round large numbers.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NoReturn

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS, parse
from bot.policy.problems import (
    SERVER,
    UNSET,
    FileFlaw,
    FileProblem,
    Problem,
    SettingsFileError,
    Target,
    Unset,
)
from bot.policy.values import MAX_ID, Id, Ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.policy.levels import Policy

FORMAT: Final = "restyle_settings"
VERSION: Final = 1
MAX_FILE_BYTES: Final = 256 * 1024
MAX_VALUES: Final = 1_000
"""Settings in one file; a server with rules for 50 channels and roles has far fewer."""

_SECTIONS: Final = {"channels": Scope.CHANNEL, "roles": Scope.ROLE}
_MAX_DIGITS: Final = 19  # of an id; and no other number is longer
_MAX_PROBLEMS: Final = 100


def dump(policy: Policy) -> bytes:
    """Return everything that is set on a server as a file: equal settings, equal files."""
    document: dict[str, Any] = {FORMAT: VERSION, "server": _written(policy, SERVER)}
    for section, scope in _SECTIONS.items():
        targets = sorted(target for target in policy.values if target.scope is scope)
        document[section] = {
            str(target.scope_id): written
            for target in targets
            if (written := _written(policy, target))
        }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _written(policy: Policy, target: Target) -> dict[str, Any]:
    own = policy.values.get(target, {})
    return {name: _plain(name, own[name]) for name in SETTINGS if name in own}


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - each setting has its own type
    if value is None:
        return None
    kind = SETTINGS[name].kind
    dumped = kind.dump(value)
    if isinstance(kind, Id):
        return str(dumped)
    return [str(one) for one in dumped] if isinstance(kind, Ids) else dumped


def load(data: bytes) -> dict[Target, dict[str, Any]]:
    """Return the settings in a file, each checked and in its own type.

    Whether the operator allows them shows when they are set (``Policies.change``). Trying the
    patterns of prompt rules out takes time: call it aside from the event loop.

    Raises:
        SettingsFileError: With all that is wrong.
    """
    problems: list[FileProblem | Problem] = []
    document = _read(data, problems)
    found: dict[Target, dict[str, Any]] = {}
    for target, values in _targets(document, problems):
        for name, value in values.items():
            parsed = parse(name, value, target)
            if isinstance(parsed, Problem):
                problems.append(parsed)
            else:
                found.setdefault(target, {})[name] = parsed
            if len(problems) >= _MAX_PROBLEMS:
                break
        if len(problems) >= _MAX_PROBLEMS:
            break
    if sum(map(len, found.values())) > MAX_VALUES:
        problems.append(FileProblem(flaw=FileFlaw.TOO_MANY))
    if problems:
        raise SettingsFileError(problems[:_MAX_PROBLEMS])
    return found


def replacing(
    policy: Policy, loaded: dict[Target, dict[str, Any]]
) -> dict[Target, dict[str, Any | Unset]]:
    """Return the changes after which exactly what was loaded is set, for ``Policies.change``."""
    changes: dict[Target, dict[str, Any | Unset]] = {
        target: {name: UNSET for name in own if name not in loaded.get(target, {})}
        for target, own in policy.values.items()
    }
    for target, values in loaded.items():
        own = policy.values.get(target, {})
        differing = {
            name: value for name, value in values.items() if name not in own or own[name] != value
        }
        changes.setdefault(target, {}).update(differing)
    return {target: values for target, values in changes.items() if values}


def _fail(flaw: FileFlaw, where: str = "") -> NoReturn:
    raise SettingsFileError([FileProblem(flaw=flaw, where=where)])


def _read(data: bytes, problems: list[FileProblem | Problem]) -> dict[str, Any]:
    """Return the JSON object in ``data``; what can be gone on after is only noted."""
    if len(data) > MAX_FILE_BYTES:
        _fail(FileFlaw.TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        _fail(FileFlaw.NOT_TEXT)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(found)
        if len(values) < len(found):
            twice = (
                name for name, count in Counter(name for name, _ in found).items() if count > 1
            )
            problems.extend(FileProblem(flaw=FileFlaw.TWICE, where=name) for name in twice)
        return values

    def number(digits: str) -> int | float:
        # Python takes its time with numbers of thousands of digits, and refuses longer ones.
        return int(digits) if len(digits) <= _MAX_DIGITS + 1 else float(digits)

    def constant(word: str) -> NoReturn:
        _fail(FileFlaw.NOT_A_NUMBER, word)

    try:
        document = json.loads(
            text, object_pairs_hook=pairs, parse_int=number, parse_constant=constant
        )
    except RecursionError:
        _fail(FileFlaw.TOO_DEEP)
    except json.JSONDecodeError as exc:
        _fail(FileFlaw.NOT_JSON, f"line {exc.lineno}, column {exc.colno}")
    if not isinstance(document, dict) or FORMAT not in document:
        _fail(FileFlaw.NOT_SETTINGS)
    version = document[FORMAT]
    if version != VERSION or isinstance(version, bool):
        _fail(FileFlaw.WRONG_VERSION, str(version) if isinstance(version, int) else "")
    return document


def _targets(
    document: dict[str, Any], problems: list[FileProblem | Problem]
) -> Iterator[tuple[Target, dict[str, Any]]]:
    """Yield what each part of the file is about, and the values in it."""
    known = {FORMAT, "server", *_SECTIONS}
    problems.extend(
        FileProblem(flaw=FileFlaw.UNKNOWN_PART, where=name)
        for name in document
        if name not in known
    )
    yield SERVER, _object(document.get("server", {}), "server", problems)
    for section, scope in _SECTIONS.items():
        entries = _object(document.get(section, {}), section, problems)
        seen: set[int] = set()
        for id_, values in entries.items():
            is_id = id_.isascii() and id_.isdigit() and len(id_) <= _MAX_DIGITS
            if not is_id or not 0 < int(id_) <= MAX_ID:
                problems.append(FileProblem(flaw=FileFlaw.BAD_ID, where=id_))
            elif int(id_) in seen:  # "7" and "07"
                problems.append(FileProblem(flaw=FileFlaw.TWICE, where=id_))
            else:
                seen.add(int(id_))
                yield Target(scope, int(id_)), _object(values, id_, problems)


def _object(
    value: Any,  # noqa: ANN401 - whatever JSON holds
    where: str,
    problems: list[FileProblem | Problem],
) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    problems.append(FileProblem(flaw=FileFlaw.NOT_AN_OBJECT, where=where))
    return {}
