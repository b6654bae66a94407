"""How the settings are laid out for people: topics, each with what belongs together."""

from __future__ import annotations

import enum


class Topic(enum.StrEnum):
    """Where on the panel a setting is found, in the order of its menu.

    The word is part of custom ids, so it stays as it is.
    """

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
