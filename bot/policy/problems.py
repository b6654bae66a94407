"""What can be wrong with a setting, or with a file of settings: values that texts can say."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.domain.quotas import Decider, Scope
from bot.errors import RestyleError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Target(NamedTuple):
    """What a setting is set for: the server, one channel or one role."""

    scope: Scope
    scope_id: int
    """The channel's or role's id; 0 for the server."""


SERVER: Final = Target(Scope.SERVER, 0)


class Unset(enum.Enum):
    """Stands for no value: the level above holds. ``None`` is a value: unlimited, or none."""

    UNSET = enum.auto()


UNSET: Final = Unset.UNSET


class Flaw(enum.StrEnum):
    """Why a setting cannot be set; ``texts/policy.py`` has a sentence for each."""

    UNKNOWN = "unknown"  # there is no setting of this name
    NOT_HERE = "not_here"  # it cannot be set for a channel, or for a role
    WRONG_KIND = "wrong_kind"  # not what this setting takes; words: what it takes
    NOT_OFFERED = "not_offered"  # words: what is offered
    NEEDS_VALUE = "needs_value"  # null, where null means nothing
    TOO_LOW = "too_low"  # lowest
    TOO_HIGH = "too_high"  # highest
    TOO_LONG = "too_long"  # highest: characters
    TOO_MANY = "too_many"  # highest: entries
    EMPTY = "empty"  # words that contain nothing to look for
    BAD_PATTERN = "bad_pattern"  # words: what the pattern's compiler says
    SLOW_PATTERN = "slow_pattern"  # it takes too long on some prompts
    ABOVE_CEILING = "above_ceiling"  # the bot's operator allows no more; highest, or words


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One setting that cannot be set so."""

    name: str
    flaw: Flaw
    target: Target = SERVER
    value: object = None
    """What was to be set."""
    lowest: float | None = None
    highest: float | None = None
    words: tuple[str, ...] = ()
    entry: int | None = None
    """Which entry of a list it is about, from 1."""

    @property
    def decided_by(self) -> Decider:
        """Who could allow it."""
        return Decider.OPERATOR if self.flaw is Flaw.ABOVE_CEILING else Decider.MODERATORS


class FileFlaw(enum.StrEnum):
    """What is wrong with the file itself; ``texts/exchange.py`` has a sentence for each."""

    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    NOT_JSON = "not_json"  # where: line and column, if known
    NOT_A_NUMBER = "not_a_number"  # where: NaN, Infinity or -Infinity
    TOO_DEEP = "too_deep"
    NOT_SETTINGS = "not_settings"  # another file altogether
    WRONG_VERSION = "wrong_version"  # where: the version it says
    UNKNOWN_PART = "unknown_part"  # where: the name, beside server, channels and roles
    TWICE = "twice"  # where: the name
    NOT_AN_OBJECT = "not_an_object"  # where: server, channels, roles, or one of these
    BAD_ID = "bad_id"  # where: what stands for a channel's or role's id
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """One thing that is wrong with a file of settings."""

    flaw: FileFlaw
    where: str = ""
    """A name out of the file, or a place in it."""


class SettingRefusedError(RestyleError, ValueError):
    """One or more of a server's settings cannot be set so; nothing was changed.

    Attributes:
        problems: What is wrong with each.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{one.name}: {one.flaw}" for one in problems))
        self.problems = tuple(problems)


class SettingsFileError(RestyleError, ValueError):
    """A file of settings cannot be taken; nothing was changed.

    Attributes:
        problems: Everything that is wrong: with the file, and with each
            setting in it.
    """

    def __init__(self, problems: Sequence[FileProblem | Problem]) -> None:
        super().__init__(", ".join(str(one.flaw) for one in problems))
        self.problems = tuple(problems)
