"""Prompt rules as moderators set them: words, or a regular expression, and what follows."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.policy.problems import Flaw
from bot.policy.prompt_rules.lookalikes import words_of
from bot.policy.prompt_rules.patterns import check_pattern
from bot.policy.values import BadValueError, Kind
from bot.requests.text_safety import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RULES: Final = 50
MAX_RULE_CHARACTERS: Final = 200
TRYING_SECONDS: Final = 0.5
"""The most that trying all patterns of a list out may take, in a thread of its own if they are
many: what was tried before is not tried again."""


class RuleKind(enum.StrEnum):
    """What the text of a prompt rule stands for."""

    WORDS = "words"  # whole words or phrases, several with commas between them
    PATTERN = "pattern"  # a regular expression


class RuleAction(enum.StrEnum):
    """What a rule does with a prompt that it finds something in."""

    REFUSE = "refuse"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRule:
    """One rule about prompts."""

    kind: RuleKind
    text: str
    action: RuleAction

    @property
    def phrases(self) -> tuple[str, ...]:
        """The words and phrases of a rule of words, as they were typed."""
        return tuple(one.strip() for one in self.text.split(",") if one.strip())


def _rule(value: object, entry: int, until: float) -> PromptRule:
    keys = {"kind", "text", "action"}
    if not isinstance(value, dict) or value.keys() != keys:
        raise BadValueError(
            Flaw.WRONG_KIND, words=("an object with kind, text and action",), entry=entry
        )
    kind: RuleKind = _word(RuleKind, "kind", value, entry)
    action: RuleAction = _word(RuleAction, "action", value, entry)
    text = value["text"]
    if not isinstance(text, str):
        raise BadValueError(Flaw.WRONG_KIND, words=("words as text",), entry=entry)
    if len(text) > MAX_RULE_CHARACTERS:
        raise BadValueError(Flaw.TOO_LONG, highest=MAX_RULE_CHARACTERS, entry=entry)
    # A pattern's spaces may matter.
    rule = PromptRule(
        kind=kind, text=one_line(text) if kind is RuleKind.WORDS else text, action=action
    )
    if kind is RuleKind.PATTERN:
        if not text.strip():
            raise BadValueError(Flaw.EMPTY, entry=entry)
        check_pattern(text, entry=entry, until=until)
    elif not rule.phrases or not all(words_of(phrase) for phrase in rule.phrases):
        raise BadValueError(Flaw.EMPTY, entry=entry)
    return rule


def _word(words: type[Any], key: str, value: Mapping[str, object], entry: int) -> Any:  # noqa: ANN401 - a member of ``words``
    try:
        return words(value[key])
    except ValueError:
        offered = tuple(str(word) for word in words)
        raise BadValueError(Flaw.NOT_OFFERED, words=offered, entry=entry) from None


@dataclass(frozen=True, slots=True)
class Rules(Kind):
    """A list of prompt rules, as objects with ``kind``, ``text`` and ``action``."""

    def parse(self, value: Any) -> tuple[PromptRule, ...]:  # noqa: ANN401 - as in ``Kind``
        """Return the rules; a pattern that is no ``PromptRule`` yet is tried out for its time."""
        if not isinstance(value, list | tuple):
            raise BadValueError(Flaw.WRONG_KIND, words=("a list of rules",))
        if len(value) > MAX_RULES:
            raise BadValueError(Flaw.TOO_MANY, highest=MAX_RULES)
        until = time.monotonic() + TRYING_SECONDS
        return tuple(
            one if isinstance(one, PromptRule) else _rule(one, entry, until)
            for entry, one in enumerate(value, 1)
        )

    def dump(self, value: Any) -> list[dict[str, str]]:  # noqa: ANN401 - as in ``Kind``
        """Return the rules as JSON takes them."""
        return [self._plain(rule) for rule in value]

    def load(self, value: Any) -> tuple[PromptRule, ...]:  # noqa: ANN401 - as in ``Kind``
        """Return the rules without trying the patterns out: that was done when they were set."""
        try:
            return tuple(
                PromptRule(
                    kind=RuleKind(one["kind"]), text=one["text"], action=RuleAction(one["action"])
                )
                for one in value
            )
        except (KeyError, TypeError) as exc:
            raise ValueError("not a list of rules") from exc

    @staticmethod
    def _plain(rule: PromptRule) -> dict[str, str]:
        return {"kind": str(rule.kind), "text": rule.text, "action": str(rule.action)}
