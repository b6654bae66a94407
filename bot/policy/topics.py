"""How the settings are laid out for people: topics, each with what belongs together."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.quotas import Scope


class Topic(enum.StrEnum):
    """One topic; its word is part of custom ids, so it stays as it is."""

    STRICTNESS = "strictness"
    WHERE = "where"  # where and who
    CLIPS = "clips"  # clips and looks
    MEMBERS = "members"  # limits for each member
    ALL = "all"  # limits for all together
    REVIEW = "review"
    RULES = "rules"  # prompt rules
    CONSENT = "consent"
    MESSAGES = "messages"
    STRIKES = "strikes"


TOPICS: Final[Mapping[Topic, tuple[str, ...]]] = MappingProxyType(
    {
        Topic.STRICTNESS: ("public_figure_threshold", "age_restricted_only", "spoiler_outputs"),
        Topic.WHERE: (
            "allowed_channel_ids",
            "refused_channel_ids",
            "allowed_role_ids",
            "exempt_role_ids",
        ),
        Topic.CLIPS: (
            "max_video_bytes",
            "max_video_seconds",
            "default_ratio",
            "default_look",
            "keep_sound",
        ),
        Topic.MEMBERS: tuple(MEMBER_CAPS),
        Topic.ALL: tuple(SHARED_CAPS),
        Topic.REVIEW: (
            "review_mode",
            "review_channel_id",
            "reviewer_role_ids",
            "review_skip_role_ids",
            "review_hours",
            "review_open_cap",
        ),
        Topic.RULES: ("prompt_rules",),
        Topic.CONSENT: ("consent_mode", "consent_hours"),
        Topic.MESSAGES: ("announce_channel_id", "log_channel_id"),
        Topic.STRIKES: ("strike_limit", "strike_days", "strike_pause_hours"),
    }
)
"""Every setting is in one of them."""


def settings_of(topic: Topic, scope: Scope) -> tuple[str, ...]:
    """Return the settings of a topic that can be set for a server, a channel or a role."""
    return tuple(name for name in TOPICS[topic] if scope in SETTINGS[name].scopes)


def topics_of(scope: Scope) -> tuple[Topic, ...]:
    """Return the topics in which something can be set."""
    return tuple(topic for topic in TOPICS if settings_of(topic, scope))


def topic_of(name: str) -> Topic:
    """Return where a setting is found."""
    return next(topic for topic, names in TOPICS.items() if name in names)
