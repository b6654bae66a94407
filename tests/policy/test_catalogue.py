"""The table of settings: its words, and what each setting takes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.quotas import Scope
from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS, from_json, parse, to_json
from bot.policy.problems import SERVER, Flaw, Problem
from bot.policy.values import MAX_ID, Ids, Number
from tests.policy.builders import channel, role
from tests.policy.values import value_of

MEBIBYTE = 1024 * 1024
TITLE_CHARACTERS = 40  # more does not fit into a button of a phone
MEANING_CHARACTERS = 100


def flaw_of(name, value, target=SERVER):
    found = parse(name, value, target)
    return found.flaw if isinstance(found, Problem) else None


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_every_setting_says_what_it_is_in_one_short_line(setting):
    assert 0 < len(setting.title) <= TITLE_CHARACTERS
    assert 0 < len(setting.meaning) <= MEANING_CHARACTERS
    assert setting.meaning.endswith(".")
    assert "\n" not in setting.meaning
    assert Scope.SERVER in setting.scopes
    assert setting.scopes <= {Scope.SERVER, Scope.CHANNEL, Scope.ROLE}


def test_titles_are_all_different():
    titles = [setting.title for setting in SETTINGS.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_default_is_a_value_that_can_be_set(name):
    setting = SETTINGS[name]
    assert parse(name, setting.default) == setting.default
    assert (setting.null is None) == (flaw_of(name, None) is Flaw.NEEDS_VALUE)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_value_that_is_taken_comes_back_from_storage(data):
    name = data.draw(st.sampled_from(list(SETTINGS)))
    value = parse(name, data.draw(value_of(name)))
    assert not isinstance(value, Problem)
    text = to_json(name, value)
    assert from_json(name, text) == value
    assert to_json(name, from_json(name, text)) == text
    assert parse(name, value) == value


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ODD = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(SETTINGS)), ODD)
def test_whatever_else_is_set_is_a_problem_and_never_an_error(name, value):
    found = parse(name, value)
    if isinstance(found, Problem):
        assert found.name == name
    else:
        json.loads(to_json(name, found))


def test_what_is_unknown_or_in_the_wrong_place_is_named():
    assert flaw_of("jobs_a_day", 1) is Flaw.UNKNOWN
    assert flaw_of("member_jobs_per_day", 1, channel()) is Flaw.NOT_HERE
    assert flaw_of("default_look", "noir", role()) is Flaw.NOT_HERE
    assert flaw_of("allowed_role_ids", [1], channel()) is Flaw.NOT_HERE


@pytest.mark.parametrize("name", [*SHARED_CAPS, *MEMBER_CAPS])
def test_every_cap_can_be_zero_and_can_be_unlimited(name):
    assert parse(name, 0) == 0
    assert parse(name, None) is None
    assert to_json(name, 0) == "0"
    assert to_json(name, None) == "null"


@pytest.mark.parametrize(
    ("name", "value", "flaw"),
    [
        ("jobs_per_day", -1, Flaw.TOO_LOW),
        ("jobs_per_day", 10**9, Flaw.TOO_HIGH),
        ("jobs_per_day", 1.5, Flaw.WRONG_KIND),
        ("jobs_per_day", True, Flaw.WRONG_KIND),
        ("jobs_per_day", "5", Flaw.WRONG_KIND),
        ("jobs_per_day", float("inf"), Flaw.WRONG_KIND),
        ("max_video_seconds", float("nan"), Flaw.WRONG_KIND),
        ("max_video_seconds", 0, Flaw.TOO_LOW),
        ("max_video_bytes", 0, Flaw.TOO_LOW),
        ("max_video_bytes", 500 * MEBIBYTE + 1, Flaw.TOO_HIGH),  # MAX_VIDEO_MB ends there as well
        ("review_mode", "sometimes", Flaw.NOT_OFFERED),
        ("review_mode", None, Flaw.NEEDS_VALUE),
        ("keep_sound", 1, Flaw.WRONG_KIND),
        ("default_ratio", "16:0", Flaw.WRONG_KIND),
        ("default_ratio", "wide", Flaw.WRONG_KIND),
        ("default_look", "\u200b ", Flaw.EMPTY),
        ("default_look", "x" * 201, Flaw.TOO_LONG),
        ("announce_channel_id", 0, Flaw.WRONG_KIND),
        ("announce_channel_id", MAX_ID + 1, Flaw.WRONG_KIND),
        ("announce_channel_id", "12a", Flaw.WRONG_KIND),
        ("allowed_role_ids", list(range(1, 27)), Flaw.TOO_MANY),
        ("allowed_role_ids", "12", Flaw.WRONG_KIND),
        ("strike_limit", 0, Flaw.TOO_LOW),
        ("prompt_rules", [{}], Flaw.WRONG_KIND),
        ("prompt_rules", [{"kind": "words", "text": " , ", "action": "refuse"}], Flaw.EMPTY),
        ("prompt_rules", [{"kind": "words", "text": "!?", "action": "refuse"}], Flaw.EMPTY),
        ("prompt_rules", [{"kind": "glob", "text": "a", "action": "refuse"}], Flaw.NOT_OFFERED),
        ("prompt_rules", [{"kind": "words", "text": "a", "action": "warn"}], Flaw.NOT_OFFERED),
        (
            "prompt_rules",
            [{"kind": "words", "text": "a" * 201, "action": "refuse"}],
            Flaw.TOO_LONG,
        ),
        ("prompt_rules", [{"kind": "pattern", "text": " ", "action": "refuse"}], Flaw.EMPTY),
        (
            "prompt_rules",
            [{"kind": "words", "text": "a", "action": "refuse"}] * 51,
            Flaw.TOO_MANY,
        ),
    ],
)
def test_what_a_setting_does_not_take_has_a_name(name, value, flaw):
    assert flaw_of(name, value) is flaw


def test_as_large_a_clip_as_the_operator_can_allow_can_be_set():
    assert parse("max_video_bytes", 500 * MEBIBYTE) == 500 * MEBIBYTE


def test_a_wrong_entry_of_a_list_is_numbered():
    good = {"kind": "words", "text": "gore", "action": "refuse"}
    assert parse("prompt_rules", [good, good, good | {"text": ""}]).entry == 3
    assert parse("allowed_channel_ids", [5, "x"]).entry == 2


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("jobs_per_day", 5.0, 5),
        ("max_video_seconds", 2.5, 2.5),
        ("announce_channel_id", "123", 123),
        ("allowed_role_ids", ["7", 7, 8], frozenset({7, 8})),
        ("default_look", "  film\ngrain ", "film grain"),
    ],
)
def test_equal_values_are_kept_alike(name, value, kept):
    found = parse(name, value)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("name", "text"),
    [("jobs_per_day", "-1"), ("review_mode", '"x"'), ("prompt_rules", "[{}]"), ("running", "{")],
)
def test_what_storage_cannot_have_written_is_a_value_error(name, text):
    with pytest.raises(ValueError, match=r".*"):
        from_json(name, text)


def test_lists_of_ids_fit_into_one_menu_and_money_into_the_database():
    for setting in SETTINGS.values():
        if isinstance(setting.kind, Ids):
            assert setting.kind.most <= 25
        if isinstance(setting.kind, Number):
            assert setting.kind.highest < 2**63
