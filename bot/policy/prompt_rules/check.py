"""What a server's prompt rules say about a prompt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import regex

from bot.policy.prompt_rules.candidates import TooManyReadingsError
from bot.policy.prompt_rules.disguise_kinds import EVERY_DISGUISE
from bot.policy.prompt_rules.disguises import Reading
from bot.policy.prompt_rules.patterns import SlowPatternError, finds
from bot.policy.prompt_rules.rules import PromptRule, RuleAction, RuleKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.policy.prompt_rules.disguise_kinds import Disguise

ALL_SECONDS: Final = 0.04
"""The most that all patterns of a server may take for one prompt: the bot does nothing else
meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that found something, or that could not be finished."""

    rule: PromptRule
    number: int
    """Which rule of the server it is, from 1."""
    too_slow: bool = False
    """Whether nobody knows if it finds something: a person has to look."""

    @property
    def action(self) -> RuleAction:
        """What follows: what cannot be checked is neither allowed nor refused."""
        return RuleAction.REVIEW if self.too_slow else self.rule.action


PromptCheck: TypeAlias = "Callable[[str, Sequence[PromptRule], Collection[Disguise]], Hit | None]"
"""How prompt rules are asked: a prompt, the rules, and the kinds of disguise seen through."""


def check_rules(
    prompt: str,
    rules: Sequence[PromptRule],
    seen: Collection[Disguise] = EVERY_DISGUISE,
) -> Hit | None:
    """Return the rule that decides about a prompt: the first that refuses, else the first at all.

    Args:
        prompt: As the member wrote it.
        rules: The server's.
        seen: The kinds of disguise that are seen through.
    """
    if not rules:
        return None
    reading = Reading(prompt, seen)
    first: Hit | None = None
    # Words come first, whose work is bounded: a slow pattern must not keep one from refusing.
    numbered = sorted(enumerate(rules, 1), key=lambda one: one[1].kind is RuleKind.PATTERN)
    until: float | None = None
    for number, rule in numbered:
        if rule.kind is RuleKind.WORDS:
            hit = _check_words(reading, rule, number)
        else:
            until = until or time.monotonic() + ALL_SECONDS
            hit = _check_pattern(reading, rule, number, until)
        if hit is None:
            continue
        if hit.action is RuleAction.REFUSE:
            return hit
        first = first or hit
    return first


def _check_words(reading: Reading, rule: PromptRule, number: int) -> Hit | None:
    try:
        found = any(reading.has(phrase) for phrase in rule.phrases)
    except TooManyReadingsError:
        return Hit(rule=rule, number=number, too_slow=True)
    return Hit(rule=rule, number=number) if found else None


def _check_pattern(reading: Reading, rule: PromptRule, number: int, until: float) -> Hit | None:
    too_slow = False
    for text in reading.texts:
        try:
            if finds(rule.text, text, until=until):
                return Hit(rule=rule, number=number)
        except (SlowPatternError, regex.error):  # the latter: an older version of it took it
            too_slow = True
    return Hit(rule=rule, number=number, too_slow=True) if too_slow else None
