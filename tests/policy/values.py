"""Any value that a setting takes, for property tests."""

from hypothesis import strategies as st

from bot.domain.built_in_looks import BUILT_IN
from bot.policy.catalogue import SETTINGS, parse
from bot.policy.look_values import BuiltInLookKeys, LookList
from bot.policy.problems import Problem
from bot.policy.prompt_rules.rules import Rules
from bot.policy.values import MAX_ID, Choice, Flag, Id, Ids, Number, OneLineText, Ratio
from tests.policy.builders import policy

IDS = st.integers(1, MAX_ID)
WORDS = st.text("abcdefghij éж", min_size=1, max_size=12).filter(str.strip)
RULES = st.fixed_dictionaries(
    {
        "kind": st.just("words"),
        "text": WORDS.filter(lambda text: parse_rule("words", text)),
        "action": st.sampled_from(["refuse", "review"]),
    }
) | st.fixed_dictionaries(
    {
        "kind": st.just("pattern"),
        "text": st.sampled_from([r"\bgore\b", "blood.?y", "(a|b) c", " x"]),
        "action": st.sampled_from(["refuse", "review"]),
    }
)


LOOKS = st.fixed_dictionaries(
    {"name": WORDS.map(lambda text: " ".join(text.split())), "words": WORDS},
    optional={
        "seed": st.integers(0, 2**32 - 1),
        "shape": st.just("1280:720"),
        "model": st.just("aleph2"),
        "picture": IDS.map(str),
    },
)


def parse_rule(kind, text):
    rule = {"kind": kind, "text": text, "action": "refuse"}
    return not isinstance(parse("prompt_rules", [rule]), Problem)


def of_kind(kind):
    match kind:
        case Choice():
            return st.sampled_from(kind.words)
        case Number(whole=True):
            return st.integers(int(kind.lowest), int(kind.highest))
        case Number():
            return st.floats(kind.lowest, kind.highest)
        case Flag():
            return st.booleans()
        case Id():
            return IDS
        case Ids():
            return st.frozensets(IDS, max_size=3).map(list)
        case Ratio():
            return st.builds("{}:{}".format, st.integers(1, 99_999), st.integers(1, 99_999))
        case OneLineText():
            return WORDS
        case Rules():
            return st.lists(RULES, max_size=3)
        case LookList():
            return st.lists(LOOKS, max_size=3, unique_by=lambda look: look["name"].strip())
        case BuiltInLookKeys():
            return st.lists(st.sampled_from(list(BUILT_IN)), max_size=3)
    raise AssertionError(kind)


def value_of(name):
    setting = SETTINGS[name]
    values = of_kind(setting.kind)
    return values if setting.null is None else st.none() | values


def values_for(target):
    """``{name: value}`` of some settings that can be set for ``target``."""
    names = [name for name, one in SETTINGS.items() if target.scope in one.scopes]
    return st.fixed_dictionaries({}, optional={name: value_of(name) for name in names})


@st.composite
def policies(draw, targets):
    """Policies with something set for some of ``targets``."""
    chosen = draw(st.lists(st.sampled_from(targets), unique=True))
    return policy(*((target, draw(values_for(target))) for target in chosen))
