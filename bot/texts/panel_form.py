"""The words of the forms that the panel of ``/restyle-settings`` opens."""

from __future__ import annotations

from typing import Final

from bot.policy.catalogue import SETTINGS
from bot.policy.prompt_rules.rules import RuleAction, RuleKind
from bot.policy.values import Number
from bot.texts.policy import amount, title

UNSET_LABEL: Final = "Nothing set here"
NUMBER_LABEL: Final = "The number below"
WORDS_LABEL: Final = "The words below"
HOW_LABEL: Final = "What applies here?"
WORDS_FIELD: Final = "Words"

_FIELDS: Final = {
    "bytes": "Size, in MB",
    "seconds": "Length, in seconds",
    "micros": "Amount, in dollars",
    "jobs": "Number of clips",
    "hours": "Hours",
    "days": "Days",
    "strikes": "Number of strikes",
    "requests": "Number of requests",
}


def number_field(name: str) -> str:
    """Return the label of the field for a number."""
    kind = SETTINGS[name].kind
    assert isinstance(kind, Number)  # noqa: S101 - nothing else has such a form
    return _FIELDS[kind.unit]


def number_hint(name: str, highest: float | None) -> str:
    """Return the hint under that field, at most 100 characters; ``highest`` is the operator's."""
    kind = SETTINGS[name].kind
    assert isinstance(kind, Number)  # noqa: S101 - as above
    if kind.lowest == 0:
        words = "0 is none at all."
    else:
        words = f"At least {amount(kind.lowest, kind.unit)}."
    if highest is not None:
        return f"{words} The bot's owner allows up to {amount(highest, kind.unit)}."
    if kind.highest < 1000:
        return f"{words} At most {amount(kind.highest, kind.unit)}."
    return words


def null_label(name: str) -> str:
    """Return what ``None`` is called in a form."""
    words = SETTINGS[name].null or "none"
    return words[0].upper() + words[1:]


def nothing_typed(name: str) -> str:
    """Return the answer when what was typed should apply, and nothing was typed."""
    return (
        f"{title(name)}: the field is empty. Type something, or choose another line above it.\n"
        "Nothing was changed."
    )


def contradicting(name: str) -> str:
    """Return the answer when something new was typed and something else was chosen."""
    return (
        f"{title(name)}: something was typed, and another line was chosen above it. "
        "Choose the first line to set what you typed, or clear the field.\nNothing was changed."
    )


RULE_KINDS: Final = {
    RuleKind.WORDS: ("Words or phrases", "Whole words, with commas between several"),
    RuleKind.PATTERN: ("Pattern", "A regular expression; slow ones are refused"),
}
RULE_ACTIONS: Final = {
    RuleAction.REFUSE: ("Refuse the request", "Nothing is spent; the member is told"),
    RuleAction.REVIEW: ("Send it to review", "A moderator decides before money is spent"),
}

RULE_TITLE: Final = "A prompt rule"
RULE_TEXT_LABEL: Final = "Words or pattern"
RULE_TEXT_HINT: Final = "The settings below the rules say which disguises are recognised."
RULE_KIND_LABEL: Final = "Kind of rule"
RULE_ACTION_LABEL: Final = "What happens"
RULE_REMOVE_LABEL: Final = "Remove this rule"
RULE_REMOVE_HINT: Final = "Whatever is above"

TEST_TITLE: Final = "What would happen?"
TEST_MEMBER: Final = "Member"
TEST_CHANNEL: Final = "Channel"
TEST_CHANNEL_HINT: Final = "This one if you choose none"
TEST_PROMPT: Final = "Prompt"
TEST_LENGTH: Final = "Length of the clip, in seconds"
IMPORT_TITLE: Final = "Import settings"
IMPORT_FIELD: Final = "The file"
IMPORT_HINT: Final = "One that Export made, here or on another server. You see what changes first."
