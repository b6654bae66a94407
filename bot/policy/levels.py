"""Which value holds for a request: the operator's, the server's, the channel's or a role's.

The narrowest level that says something holds: a role's before the channel's before the server's
before the default. It may be stricter or looser than the server's, and never looser than the
operator's.

Of several roles the most generous holds. Discord's own permissions add up in the same way, and a
role is something that one is given: whoever gets one more must not lose by it, and a moderator can
tell what a role does without thinking of every combination with others.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.domain.quotas import Decider, Scope
from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS
from bot.policy.ceilings import ceiling
from bot.policy.problems import SERVER, UNSET, Target, Unset
from bot.policy.prompt_rules.disguise_kinds import Disguise
from bot.requests.validation import Limit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.domain.looks import Look
    from bot.policy.prompt_rules.rules import PromptRule
    from bot.settings import Settings


class Level(enum.StrEnum):
    """Who said what holds."""

    DEFAULT = "default"  # nobody did
    OPERATOR = "operator"  # in the bot's own settings
    SERVER = "server"
    CHANNEL = "channel"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class SettingSource:
    """Where a value comes from."""

    level: Level
    scope_id: int = 0
    """The channel or role; 0 otherwise."""

    @property
    def decider(self) -> Decider:
        """Who can change it."""
        return Decider.OPERATOR if self.level is Level.OPERATOR else Decider.MODERATORS


BY_DEFAULT: Final = SettingSource(Level.DEFAULT)
BY_OPERATOR: Final = SettingSource(Level.OPERATOR)
BY_SERVER: Final = SettingSource(Level.SERVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What holds for one request, and where each value comes from.

    Of the caps of all together (``jobs_per_day`` …) it is the lowest number: each level has a cap
    of its own and all of them count (``bot.policy.quotas``).
    """

    public_figure_threshold: str
    allowed_channel_ids: frozenset[int]
    refused_channel_ids: frozenset[int]
    allowed_role_ids: frozenset[int]
    exempt_role_ids: frozenset[int]
    age_restricted_only: bool
    max_video_bytes: int
    max_video_seconds: float
    film_strip: bool
    ask_above_micros: int | None
    default_ratio: str | None
    default_look: str | None
    looks: tuple[Look, ...]
    hidden_looks: frozenset[str]
    keep_sound: bool
    spoiler_outputs: bool
    review_mode: str
    review_channel_id: int | None
    reviewer_role_ids: frozenset[int]
    review_skip_role_ids: frozenset[int]
    review_hours: int
    name_moderators: bool
    review_open_cap: int
    prompt_rules: tuple[PromptRule, ...]
    disguise_letters: str
    disguise_digits: str
    disguise_gaps: str
    disguise_pieces: str
    disguise_repeats: str
    consent_mode: str
    consent_hours: int
    announce_channel_id: int | None
    log_channel_id: int | None
    strike_limit: int | None
    strike_days: int
    strike_pause_hours: int
    jobs_per_day: int | None
    jobs_per_month: int | None
    micros_per_day: int | None
    micros_per_month: int | None
    running: int | None
    member_jobs_per_day: int | None
    member_jobs_per_month: int | None
    member_micros_per_day: int | None
    member_micros_per_month: int | None
    member_running: int | None
    exempt_by: int | None
    """The role that frees from the server's quotas, limits and review; ``None`` if none does."""
    unreviewed_by: int | None
    """The role that frees from review, the exempting one included; ``None`` if none does."""
    sources: Mapping[str, SettingSource]

    @property
    def seen_disguises(self) -> frozenset[Disguise]:
        """The kinds of disguise that prompt rules see through."""
        return frozenset(one for one in Disguise if getattr(self, f"disguise_{one}") == "strict")

    def source(self, name: str) -> SettingSource:
        """Return where the value of a setting comes from."""
        return self.sources[name]

    def limit(self, name: str) -> Limit:
        """Return the value of a setting that is a limit, and who can change it."""
        return Limit(value=getattr(self, name), decided_by=self.source(name).decider)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that is set on one server; 0 stands for direct messages, where nothing is."""

    guild_id: int
    values: Mapping[Target, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    allowance: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    """What the bot's owner allows this server other than all; see ``bot.policy.ceilings``."""

    def own(self, name: str, target: Target = SERVER) -> Any | Unset:  # noqa: ANN401 - each setting has its own type
        """Return what is set for exactly this target, or ``UNSET``."""
        return self.values.get(target, {}).get(name, UNSET)

    def server(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return the server's value of a setting, or its default: for what holds server-wide."""
        value = self.own(name)
        return SETTINGS[name].default if value is UNSET else value

    def of_roles(self, name: str, role_ids: Iterable[int]) -> tuple[Any, int] | None:
        """Return the most generous value that these roles have, and whose it is."""
        found: tuple[Any, int] | None = None
        kind = SETTINGS[name].kind
        for role_id in sorted(role_ids):
            value = self.own(name, Target(Scope.ROLE, role_id))
            if value is UNSET:
                continue
            if value is None:
                return value, role_id
            if found is None or kind.generosity(value) > kind.generosity(found[0]):
                found = value, role_id
        return found

    def of_channels(self, name: str, channel_ids: Sequence[int]) -> tuple[Any, int] | None:
        """Return the value of the first of these channels that has one, and whose it is."""
        for channel_id in channel_ids:
            value = self.own(name, Target(Scope.CHANNEL, channel_id))
            if value is not UNSET:
                return value, channel_id
        return None

    def exempting(self, role_ids: Iterable[int]) -> int | None:
        """Return the role that frees from the server's quotas, limits and review."""
        return min(self.server("exempt_role_ids") & set(role_ids), default=None)

    def unreviewing(self, role_ids: Collection[int]) -> int | None:
        """Return the role that frees from review."""
        skipping = min(self.server("review_skip_role_ids") & set(role_ids), default=None)
        return self.exempting(role_ids) if skipping is None else skipping

    def _said(
        self, name: str, channel_ids: Sequence[int], role_ids: Collection[int]
    ) -> Iterator[tuple[Any, SettingSource]]:
        """Yield what each level says, the narrowest first, the operator left aside."""
        if (role := self.of_roles(name, role_ids)) is not None:
            yield role[0], SettingSource(Level.ROLE, role[1])
        if (channel := self.of_channels(name, channel_ids)) is not None:
            yield channel[0], SettingSource(Level.CHANNEL, channel[1])
        if (own := self.own(name)) is not UNSET:
            yield own, BY_SERVER

    def effective(
        self, channel_ids: Sequence[int], role_ids: Collection[int], operator: Settings
    ) -> Effective:
        """Return what holds for a request.

        Args:
            channel_ids: The channel and, for a thread, then its parent; empty for the server.
            role_ids: The member's roles; empty for nobody in particular.
            operator: The bot's own settings.
        """
        exempt_by, unreviewed_by = self.exempting(role_ids), self.unreviewing(role_ids)
        values: dict[str, Any] = {}
        sources: dict[str, SettingSource] = {}
        for name, setting in SETTINGS.items():
            said = list(self._said(name, channel_ids, role_ids))
            found = said[0] if said else (setting.default, BY_DEFAULT)
            if exempt_by is not None and name in _LIMITS:
                found = None, SettingSource(Level.ROLE, exempt_by)
            elif unreviewed_by is not None and name == "review_mode":
                found = "off", SettingSource(Level.ROLE, unreviewed_by)
            elif name in SHARED_CAPS and said:
                # The lowest; of equal ones, and of none, the widest level's.
                said.reverse()
                found = min(said, key=lambda one: math.inf if one[0] is None else one[0])
            values[name], sources[name] = self._clamped(name, found, operator)
        return Effective(
            **values,
            exempt_by=exempt_by,
            unreviewed_by=unreviewed_by,
            sources=MappingProxyType(sources),
        )

    def _clamped(
        self, name: str, found: tuple[Any, SettingSource], operator: Settings
    ) -> tuple[Any, SettingSource]:
        """Return what holds of what was said, under what the operator allows."""
        value, _ = found
        if name == "public_figure_threshold":
            lowered = value == "low" and not operator.low_threshold_allowed
            return ("auto", BY_OPERATOR) if lowered else found
        highest = ceiling(name, operator, self.allowance)
        if highest is not None and (value is None or value >= highest):
            # What is as high as can be only the operator can raise.
            return highest, BY_OPERATOR
        return found


_LIMITS: Final = frozenset({"max_video_bytes", "max_video_seconds", *SHARED_CAPS, *MEMBER_CAPS})
"""What an exempt role is free of, besides review."""
