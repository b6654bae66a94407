"""How many disguises prompt rules see through, and how rarely they take innocent words for bad."""

import itertools
import time

import pytest

from bench.words import measure
from bot.policy.catalogue import parse
from bot.policy.problems import Problem
from bot.policy.prompt_rules import patterns
from bot.policy.prompt_rules.candidates import Looks, TooManyReadingsError
from bot.policy.prompt_rules.check import check_rules
from bot.policy.prompt_rules.disguise_kinds import EVERY_DISGUISE, Disguise
from bot.policy.prompt_rules.disguises import Reading
from bot.policy.prompt_rules.patterns import check_pattern
from bot.policy.prompt_rules.rules import MAX_RULES, PromptRule, RuleAction, RuleKind, Rules
from tests.policy.builders import decided, policy
from tests.policy.word_corpus import DISGUISES, UNSPACED, WORDS, disguised, sentences


def has(prompt, phrase, seen=EVERY_DISGUISE):
    return Reading(prompt, seen).has(phrase)


def words(text, action=RuleAction.REFUSE):
    return PromptRule(kind=RuleKind.WORDS, text=text, action=action)


@pytest.fixture(scope="module")
def table():
    return measure()


def test_the_list_is_large_enough_to_mean_something():
    assert len(WORDS) >= 20
    assert all(len(list(disguised(word))) >= 40 for word in WORDS)
    by_language = sentences()
    assert len(by_language) >= 10
    assert sum(map(len, by_language.values())) >= 2_000


def test_ninety_five_of_a_hundred_disguises_are_seen_through(table):
    assert table.seen_share >= 0.95
    assert all(kind.seen / kind.tried >= 0.85 for kind in table.kinds), table.kinds


def test_at_most_one_innocent_sentence_of_a_thousand_is_taken_for_bad(table):
    assert table.alarms <= table.sentences / 1_000, table.alarmed


@pytest.mark.parametrize(
    ("word", "prompt"), [(word, one) for word, all_ in UNSPACED.items() for one in all_]
)
def test_words_of_every_script_are_found(word, prompt):
    assert has(prompt, word)


@pytest.mark.parametrize(
    ("word", "prompt"),
    [
        ("大麻", "风很大\u3001麻雀飞过"),  # not across a comma
        ("血", "一只猫在月光下"),
        ("누드", "누드리 마을"),  # another word, not a particle
        ("ass", "クラスass1stant"),
        ("кровь", "кровать"),
        ("nude", "全员denudex跳舞"),
    ],
)
def test_a_word_is_not_found_within_another_of_a_script_with_spaces(word, prompt):
    assert not has(prompt, word)


@pytest.mark.parametrize(
    ("word", "prompt"),
    [
        ("hell", "he'll be there"),
        ("shell", "she'll be there"),
        ("hit", "hi, t-shirt"),
        ("ass", "as S. Dali"),
        ("gore", "go re-read it"),
        ("penis", "the pen is red"),
        ("massacre", "a mass acre"),
        ("porno", "por no hablar"),
        ("fall", "FAIL"),
        ("god", "a good day"),
        ("moon", "a mon"),
        ("lll", "WWIII"),
        ("train", "a 7 rain drop"),
    ],
)
def test_neighbours_that_are_words_of_their_own_stay_two_words(word, prompt):
    assert not has(prompt, word)


EXAMPLES = {
    Disguise.LETTERS: "heroIn b\u043e\u043eb",
    Disguise.DIGITS: "a b00b",
    Disguise.GAPS: "a b o o b",
    Disguise.PIECES: "a boo ob",
    Disguise.REPEATS: "a boooooob",
}


@pytest.mark.parametrize("kind", Disguise)
def test_each_kind_of_disguise_is_switched_by_its_own_setting(kind):
    rule = {"kind": "words", "text": "boob, booob", "action": "refuse"}
    prompt = EXAMPLES[kind]
    assert decided(policy(prompt_rules=[rule]), prompt=prompt).hit
    plain = policy(prompt_rules=[rule], **{f"disguise_{kind}": "plain"})
    assert decided(plain, prompt=prompt).hit is None
    others = {f"disguise_{one}": "plain" for one in Disguise if one is not kind}
    assert decided(policy(prompt_rules=[rule], **others), prompt=prompt).hit


def test_without_any_the_word_is_still_found_as_it_is_typed():
    for prompt in (
        "Boob",
        "a bo\u200bob",
        "**boob**",
        "boob\u3164now",
        "bo**o**b's",
        "bo||ob",
        "BOOB!",
    ):
        assert has(prompt, "boob", frozenset()), prompt
    assert not has("caf\u00e9", "cafe", frozenset())
    assert has("CAF\u00c9", "cafe\u0301", frozenset())
    assert has("b00b", "b00b", frozenset())


def test_patterns_see_repeated_letters_and_strokes():
    rule = PromptRule(kind=RuleKind.PATTERN, text=r"\bbloody?\b", action=RuleAction.REFUSE)
    for prompt in ("blooooood", "bIood", "b|oody", "bl\u25cb\u25cbdy"):
        assert check_rules(prompt, [rule]), prompt
    assert check_rules("blooooood", [rule], EVERY_DISGUISE - {Disguise.REPEATS}) is None
    assert check_rules("bl00d", [rule], EVERY_DISGUISE - {Disguise.DIGITS}) is None


def test_blank_letters_are_spaces_for_patterns_too():
    rule = PromptRule(kind=RuleKind.PATTERN, text=r"\bnude pic\b", action=RuleAction.REFUSE)
    for blank in "\u3164\u115f\u2800\uffa0":
        assert check_rules(f"a nude{blank}pic", [rule])


WORST = [
    "l i " * 250,
    "l " * 500,
    "1 " * 500,
    "Il1l " * 200,
    "I" * 1000,
    " ".join(map("".join, itertools.product("il1", repeat=4))),
    "b" + "o" * 998 + "d",
    "\u5168\u5458nude\u8df3\u821e" * 110,
    "b\u043e" * 500,
    "()" * 500,
    "[" * 1000,
]


@pytest.mark.parametrize("prompt", WORST, ids=[one[:6] for one in WORST])
def test_the_worst_prompt_against_the_worst_rules_takes_a_bounded_number_of_looks(
    prompt, monkeypatch
):
    taken = []
    take = Looks.take
    monkeypatch.setattr(Looks, "take", lambda self, n=1: (taken.append(n), take(self, n))[1])
    every = map("".join, itertools.product("il1", repeat=5))
    rules = [
        words(", ".join(itertools.islice(every, 20)) or "li, lil", RuleAction.REVIEW)
        for _ in range(MAX_RULES)
    ]
    hit = check_rules(prompt, rules)
    assert sum(taken) < 50_000
    assert hit is None or hit.action is RuleAction.REVIEW


def test_what_can_be_read_in_too_many_ways_goes_to_a_person(monkeypatch):
    monkeypatch.setattr("bot.policy.prompt_rules.disguises.Looks", lambda: Looks(0))
    hit = check_rules("b 1 o o d", [words("blood")])
    assert (hit.too_slow, hit.action) == (True, RuleAction.REVIEW)
    with pytest.raises(TooManyReadingsError):
        Looks(0).take()


def test_every_disguise_has_a_kind_that_people_can_read_about():
    assert set(Disguise) <= set(DISGUISES)


def test_a_rule_that_was_tried_out_before_is_not_tried_again():
    slow = PromptRule(kind=RuleKind.PATTERN, text=r"(?:x+x+)+y", action=RuleAction.REVIEW)
    kept = parse("prompt_rules", [slow, {"kind": "words", "text": "gore", "action": "refuse"}])
    assert kept == (slow, words("gore"))
    assert isinstance(parse("prompt_rules", Rules().dump([slow])), Problem)


def test_one_pattern_alone_may_not_take_long_to_be_tried_out(monkeypatch):
    allowed = []
    monkeypatch.setattr(
        patterns, "finds", lambda text, prompt, *, until: allowed.append(until - time.monotonic())
    )
    check_pattern("gore", until=time.monotonic() + 60)
    assert max(allowed) <= patterns.TRYING_SECONDS
