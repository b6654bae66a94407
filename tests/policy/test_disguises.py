"""Words of prompt rules that are disguised, and what only looks like them to a computer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.prompt_rules.check import check_rules
from bot.policy.prompt_rules.disguises import Reading
from bot.policy.prompt_rules.lookalikes import words_of
from bot.policy.prompt_rules.rules import MAX_RULES, PromptRule, RuleAction, RuleKind

CYRILLIC_O = "\u043e"
ZERO_WIDTH = "\u200b"


def has(prompt, phrase):
    return Reading(prompt).has(phrase)


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        # Digits, and the letters apart
        ("blood", "b l 0 0 d"),
        ("blood", "b-l-0-0-d"),
        ("blood", "b.l.0.0.d"),
        ("blood", "some b l 0 0 d here"),
        ("blood", "a b l 0 0 d"),
        ("blood", "b_1_0 0_d"),
        ("blood", "b100d"),
        ("blood", "b 1 0 0 d"),
        ("blood", "bl 0 0 d"),
        ("blood", "b l 0 od"),
        ("blood", "bl 0 od"),
        ("blood", "b l00d"),
        ("blood", "bl-00-d"),
        ("blood", "bl o o d"),
        ("blood", "b l o od"),
        # and in other scripts, other fonts, and with nothing seen between them
        ("blood", f"b l {CYRILLIC_O} 0 d"),
        ("blood", f"b-l-{CYRILLIC_O}-{CYRILLIC_O}-d"),
        ("blood", "\uff42 \uff4c \uff10 \uff10 \uff44"),
        ("blood", f"bl0{ZERO_WIDTH}0d"),
        ("blood", f"b l 0{ZERO_WIDTH} {ZERO_WIDTH}0 d"),
        ("blood", "b\u00a0l\u20030\u30000 d"),
        ("blood", "b l 0\ufe0f\u20e3 0\ufe0f\u20e3 d"),  # digits on keys
        ("blood", "bl\u02bco\u02bcod"),
        # Signs
        ("pussy", "pu$$y"),
        ("ass", "a nice as$"),
        ("asses", "a $ $ e s"),
        ("skin", "s k ! n"),
        ("skin", "s.k.!.n."),
        ("nake", "n @ k 3"),
        # The same digit for two letters
        ("killing", "k1ll!ng"),
        ("killing", "k i 1 1 1 n g"),
        # Several words
        ("blood moon", "bl00d m00n"),
        ("blood moon", "b l 0 0 d m 0 0 n"),
        ("blood moon", "b l 0 0 d moon"),
        ("blood moon", "the blood m o o n!"),
        # Words with digits of their own
        ("4k", "in 4k, please"),
        ("area51", "near area51"),
    ],
)
def test_a_word_is_found_through_several_tricks_at_once(rule, prompt):
    assert has(prompt, rule)


@pytest.mark.parametrize(
    ("rules", "prompt"),
    [
        ("hell, ell", "hello shell he11o"),
        ("ass", "glass a s sharp cl4ss"),
        ("ass, as", "a 5 5 to the coast, the a55"),
        ("so, to, is, at, iobop, ak, fia", "4k, 1080p, 35mm, f 1 4, 50, 70"),
        ("ago, ai, i, ize", "a 1 2 3 go"),
        ("soft", "a 50ft wave, 5 0 f t tall, 50 ft"),
        ("shit, amen, sex", "a 5-hit combo, 4 men, 5 ex wives"),
        ("omen, train, sin, ion, shot", "0 men, 7 rain drops, 5 in a row, 1 on 1, take 5 hots"),
        ("action", "act 1 on stage"),
        ("shot, sin, satrap, shit", "he's hot, she's in, it's a trap, he\u2019s hit"),
        ("ski, taxi, badi", "sk! a t a x ! b a d!"),
        ("ame, ashot", "look @ me, a @ night"),
        ("s, soo", "$100 and $ 50"),
        ("sooup, loose", "500up 100se"),
        ("4k", "ak"),
        ("blood moon", "b l 0 0 d on the moon"),
        ("along", "x, a long road; x a long road; 4 long"),
        ("oo, ooo", "0 0 0"),
    ],
)
def test_numbers_and_neighbours_do_not_become_words_by_accident(rules, prompt):
    assert [rule for rule in rules.split(", ") if has(prompt, rule)] == []


FORMS = {
    "b": "bB\u0432\uff42\U0001d41b\u24d1",
    "l": "lL1\u217c\uff4c\U0001f1f1",
    "o": "oO0\u043e\u03bf\uff4f\u00f8\U0001d428",
    "s": "sS5$\u0455\uff53",
    "e": "eE3\u0435\u00e9\uff45",
    "d": "dD\u0501\uff44\u24d3",
}
GAPS = [" ", ".", "-", "_", "*", "\u00a0", "\u3000", " . ", "\n", "\U0001f525"]
UNSEEN = ["", ZERO_WIDTH, "\u2060", "\u00ad", "\u202e"]


@given(st.data())
def test_a_word_is_found_through_any_mixture_of_known_tricks(data):
    word = data.draw(st.sampled_from(["blood", "blooded", "bleeds"]))
    # What a word is known by are true letters, one of them the first.
    ends = {0, len(word) - 1}
    letters = [
        letter if at in ends else data.draw(st.sampled_from(FORMS[letter]))
        for at, letter in enumerate(word)
    ]
    apart = data.draw(st.sampled_from([set(range(1, len(word))), set(), {1}, {len(word) - 1}]))
    spelled = "".join(
        data.draw(st.sampled_from(GAPS if at in apart else UNSEEN)) + letter
        for at, letter in enumerate(letters)
    )
    assert has(f"now {spelled}, please", word)


@given(st.text(alphabet="abl0od15!$@'\u2019 .-\u200b\u00e6\u8840", max_size=30))
def test_the_words_of_any_text_are_found_in_it(text):
    for word in text.split():
        assert has(text, word) or not words_of(word)


@pytest.mark.parametrize(
    ("expression", "prompt"),
    [
        (r"blood\w*", "a bl00dy mess"),
        (r"blood\w*", "a b l 0 0 d y mess"),
        (r"\bblood\w*", "a b-l-0-0-d-y mess"),
        (r"\bblood\w*", f"b{ZERO_WIDTH}1{CYRILLIC_O}0dy"),
        (r"\bblood", "b1ood"),
        (r"\basses\b", "a s 5 e s"),
        (r"\bpussy\b", "a pu$$y"),
        (r"\bkill", "k1ll him"),
        (r"bl00d", "bl00d"),  # as it was written, too
        (r"\$\d+", "for $100"),
        (r"\b(19|20)\d\d\b", "in 1980"),
    ],
)
def test_a_pattern_sees_digits_as_letters_and_as_digits(expression, prompt):
    rule = PromptRule(kind=RuleKind.PATTERN, text=expression, action=RuleAction.REFUSE)
    assert check_rules(prompt, [rule])


@pytest.mark.parametrize(
    ("expression", "prompt"),
    [(r"soft\b", "50ft"), (r"iobo|loso", "1080p 1050"), (r"shit|sex", "a 5-hit combo, 5 ex wives")],
)
def test_a_pattern_finds_no_words_in_numbers(expression, prompt):
    rule = PromptRule(kind=RuleKind.PATTERN, text=expression, action=RuleAction.REFUSE)
    assert check_rules(prompt, [rule]) is None


@pytest.mark.parametrize("prompt", ["a 5 " * 250, "ab c " * 200, "b.0-" * 250, "a$! " * 250])
def test_the_words_of_a_full_list_are_told_from_a_prompt_made_to_resemble_them(prompt):
    text = ", ".join(["a5a5x"] * 10 + ["b0b0y"] * 10 + ["gore"] * 10)
    rules = [PromptRule(kind=RuleKind.WORDS, text=text, action=RuleAction.REVIEW)] * MAX_RULES
    assert check_rules(prompt, rules) is None
