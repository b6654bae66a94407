"""Prompt rules: what they find in disguise, what they must not find, and how long they may take."""

import time

import pytest

from bot.policy.problems import Flaw
from bot.policy.prompt_rules import check as prompts
from bot.policy.prompt_rules.check import check_rules
from bot.policy.prompt_rules.lookalikes import fold
from bot.policy.prompt_rules.patterns import (
    MAX_EXPANDED,
    SlowPatternError,
    check_pattern,
    expanded_size,
    finds,
)
from bot.policy.prompt_rules.rules import PromptRule, RuleAction, RuleKind
from bot.policy.values import BadValueError

SLOW = r"(?:x+x+)+y"
LONG = "x" * 1000


def words(text, action=RuleAction.REFUSE):
    return PromptRule(kind=RuleKind.WORDS, text=text, action=action)


def pattern(text, action=RuleAction.REFUSE):
    return PromptRule(kind=RuleKind.PATTERN, text=text, action=action)


def found(prompt, *rules):
    hit = check_rules(prompt, rules)
    return hit and hit.number


# Words


@pytest.mark.parametrize(
    "prompt",
    [
        "blood",
        "BLOOD everywhere",
        "no blood, please",
        "bl\u043e\u043ed",  # Cyrillic o
        "\u0432l\u03bf\u03bfd",  # Cyrillic and Greek
        "\uff42\uff4c\uff4f\uff4f\uff44",  # full width
        "\U0001d41b\U0001d425\U0001d428\U0001d428\U0001d41d",  # mathematical bold
        "\u24d1\u24db\u24de\u24de\u24d3",  # circled
        "bl\u200bo\u200co\u200dd",  # nothing seen between them
        "b\u00adl\u2060ood",  # soft hyphen, word joiner
        "blo\u0301o\u0308d",  # accents
        "b l o o d",
        "b.l.o.o.d",
        "b-l_o/o d",
        "blo od b l o o d",
        "bl00d",
        "b\u202elood",  # a turn of the direction
        "\U0001f1e7\U0001f1f1\U0001f1f4\U0001f1f4\U0001f1e9",  # letters that flags are made of
    ],
)
def test_a_word_is_found_however_it_is_written(prompt):
    assert found(prompt, words("blood")) == 1


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("ass", "a classic glass pass"),
        ("ass", "grass and brass"),
        ("along", "a long road"),
        ("blood", "bloody"),
        ("sex", "sussex coast"),
        ("hell", "hello shell"),
        ("4k", "4 kittens"),
        ("red dawn", "red at dawn"),
        ("cat", "c a r t"),
    ],
)
def test_innocent_words_are_not_found(rule, prompt):
    assert found(prompt, words(rule)) is None


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("red dawn", "the Red   Dawn rises"),
        ("red dawn", "red-dawn"),
        ("red dawn", "r e d d a w n"),
        ("b.a.d", "bad"),
        ("gore, blood", "some blood"),
        ("\u8840", "\u6d41\u8840\u6620\u50cf"),  # scripts without spaces: any place
        ("\u043a\u0440\u043e\u0432\u044c", "\u041a\u0420\u041e\u0412\u042c \u0438"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe"),
    ],
)
def test_phrases_and_other_scripts_are_found(rule, prompt):
    assert found(prompt, words(rule)) == 1


def test_folding_twice_changes_nothing_more():
    text = "\uff22l\u043e\u00d3d \U0001d41b\u24db \u00c6on"
    assert fold(fold(text)) == fold(text)


# Patterns


@pytest.mark.parametrize(
    "prompt", ["a bloody mess", "a BL\u041e\u041eDY mess", "so b l o o d y", "a blo\u200bod"]
)
def test_a_pattern_sees_through_the_same_tricks(prompt):
    assert found(prompt, pattern(r"\bbloo\w+")) == 1


def test_a_pattern_about_another_script_finds_words_of_that_script():
    assert (
        found(
            "\u043c\u043d\u043e\u0433\u043e \u043a\u0440\u043e\u0432\u0438",
            pattern(r"\b\u043a\u0440\u043e\u0432\w*"),
        )
        == 1
    )


# Which rule decides


def test_the_first_rule_that_refuses_decides_whatever_reviews_before_it():
    review = words("gore", RuleAction.REVIEW)
    assert found("gore and blood", review, words("blood"), words("gore")) == 2
    assert found("gore alone", review, words("blood")) == 1
    assert found("neither", review, words("blood")) is None
    assert check_rules("anything", ()) is None


def test_words_are_looked_for_before_patterns_which_take_time(monkeypatch):
    rules = [pattern("rainy"), words("gore", RuleAction.REVIEW), words("blood")]
    assert found("rainy gore", *rules) == 1
    assert found("a rainy night of blood", *rules) == 3
    monkeypatch.setattr(prompts, "finds", None)  # no pattern is tried where a word refuses
    assert found("a rainy night of blood", *rules) == 3


def test_a_prompt_that_takes_too_long_to_check_goes_to_a_person():
    hit = check_rules(LONG, [pattern(SLOW)])
    assert (hit.too_slow, hit.action) == (True, RuleAction.REVIEW)


def test_a_pattern_that_is_slow_on_one_reading_still_refuses_by_another(monkeypatch):
    def slow_on_what_is_seen(text, reading, *, until):
        if reading == "BLOOD":
            raise SlowPatternError(text)
        return True

    monkeypatch.setattr(prompts, "finds", slow_on_what_is_seen)
    hit = check_rules("BLOOD", [pattern("blood")])
    assert (hit.too_slow, hit.action) == (False, RuleAction.REFUSE)


def test_a_slow_pattern_keeps_no_word_from_refusing():
    hit = check_rules(LONG + " gore", [pattern(SLOW), words("gore")])
    assert (hit.number, hit.action) == (2, RuleAction.REFUSE)


def test_all_patterns_together_take_no_longer_than_they_may():
    rules = [pattern(f"(?:x+x+)+{n}") for n in range(50)]
    # What this thread computed: on a busy machine it may have waited for its turn besides.
    began = time.thread_time()
    assert check_rules(LONG, rules).too_slow
    assert time.thread_time() - began < prompts.ALL_SECONDS * 4


def test_a_rule_that_cannot_be_compiled_any_more_goes_to_a_person():
    assert check_rules("anything", [pattern("(")]).action is RuleAction.REVIEW


# Before they are kept


@pytest.mark.parametrize("text", ["(", "[a", r"\p{Nonsense}", "(?R)", "*", "(?(1)a|b)", "(?x) #a"])
def test_a_pattern_that_is_wrong_or_beyond_reckoning_is_refused(text):
    with pytest.raises(BadValueError) as caught:
        check_pattern(text, entry=3)
    assert caught.value.flaw in {Flaw.BAD_PATTERN, Flaw.SLOW_PATTERN}
    assert caught.value.entry == 3


@pytest.mark.parametrize("text", ["a*", "", "x?", "(?:)", "^", "b|"])
def test_a_pattern_that_finds_something_in_nothing_is_refused(text):
    with pytest.raises(BadValueError) as caught:
        check_pattern(text)
    assert caught.value.flaw is Flaw.EMPTY


@pytest.mark.parametrize("text", [r"(a+)+$", r"(?:a|aa)+!", SLOW, r"(\w+\s?)+$"])
def test_a_pattern_that_chokes_is_refused_within_a_moment(text):
    began = time.monotonic()
    with pytest.raises(BadValueError) as caught:
        check_pattern(text)
    assert caught.value.flaw in {Flaw.SLOW_PATTERN, Flaw.EMPTY}
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("text", ["((a{99}){99}){99}", "(?:ab{50}){50}"])
def test_a_pattern_that_would_fill_the_memory_is_refused_before_it_is_compiled(text):
    assert expanded_size(text) > MAX_EXPANDED
    with pytest.raises(BadValueError) as caught:
        check_pattern(text)
    assert caught.value.flaw is Flaw.SLOW_PATTERN


@pytest.mark.parametrize(
    "text", [r"\bgore\b", "blood.?y", "(red|blue) dawn", "[a-f]{3}x", "(?i)a b"]
)
def test_usual_patterns_pass(text):
    check_pattern(text)


def test_a_search_stops_when_its_time_is_over():
    with pytest.raises(SlowPatternError):
        finds("gore", "gore", until=time.monotonic() - 1)
