"""Numbers as moderators type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.catalogue import SETTINGS
from bot.policy.problems import SERVER, Flaw, Problem
from bot.policy.typed_values import EXAMPLES, read_typed, typed
from bot.policy.values import Number

MEBIBYTE = 1024 * 1024
NUMBERS = sorted(name for name, one in SETTINGS.items() if isinstance(one.kind, Number))


@pytest.mark.parametrize(
    ("name", "words", "number"),
    [
        ("max_video_bytes", "25", 25 * MEBIBYTE),
        ("max_video_bytes", " 12.5 ", 12.5 * MEBIBYTE),
        ("max_video_bytes", "12,5", 12.5 * MEBIBYTE),
        ("max_video_bytes", "10 MB", 10 * MEBIBYTE),
        ("max_video_bytes", "10mib", 10 * MEBIBYTE),
        ("max_video_seconds", "8 s", 8),
        ("max_video_seconds", "8.5 seconds", 8.5),
        ("micros_per_day", "$12.50", 12_500_000),
        ("micros_per_day", "0.0375", 37_500),
        ("micros_per_day", "1,250", 1_250_000_000),
        ("micros_per_day", "12,50 $", 12_500_000),
        ("jobs_per_day", "1,000 clips", 1000),
        ("jobs_per_day", "0", 0),
        ("jobs_per_day", "7.0", 7),
        ("strike_pause_hours", "24 hours", 24),
    ],
)
def test_numbers_are_read_as_people_type_them(name, words, number):
    assert read_typed(name, words, SERVER) == number


@pytest.mark.parametrize(
    ("name", "words", "flaw"),
    [
        ("max_video_bytes", "0.99", Flaw.TOO_LOW),
        ("max_video_seconds", "0", Flaw.TOO_LOW),
        ("max_video_seconds", "86401", Flaw.TOO_HIGH),
        ("max_video_seconds", "-1", Flaw.TOO_LOW),
        ("jobs_per_day", "999999999999999", Flaw.TOO_HIGH),
        ("jobs_per_day", "2.5", Flaw.WRONG_KIND),
        ("max_video_seconds", "1e3", Flaw.WRONG_KIND),
        ("max_video_seconds", "nan", Flaw.WRONG_KIND),
        ("max_video_seconds", "inf", Flaw.WRONG_KIND),
        ("max_video_seconds", "1.2.3", Flaw.WRONG_KIND),
        ("max_video_seconds", "1 000", Flaw.WRONG_KIND),
        ("max_video_seconds", "٣", Flaw.WRONG_KIND),
        ("max_video_bytes", "10 GB", Flaw.WRONG_KIND),
        ("jobs_per_day", "9" * 400, Flaw.WRONG_KIND),
        ("micros_per_day", "1.000,50", Flaw.WRONG_KIND),
    ],
)
def test_numbers_that_cannot_be_set_say_what_is_wrong(name, words, flaw):
    found = read_typed(name, words, SERVER)
    assert isinstance(found, Problem)
    assert found.flaw is flaw


@given(st.sampled_from(NUMBERS), st.text(max_size=20))
def test_whatever_is_typed_is_a_number_within_the_range_or_refused(name, words):
    found = read_typed(name, words, SERVER)
    kind = SETTINGS[name].kind
    assert isinstance(found, Problem) or kind.lowest <= found <= kind.highest


@pytest.mark.parametrize("name", NUMBERS)
def test_what_a_form_shows_is_read_back_as_the_same_number(name):
    kind = SETTINGS[name].kind
    for number in {kind.lowest, kind.highest, int(kind.lowest + 12_500_000) % int(kind.highest)}:
        if kind.unit == "bytes":
            number = number // MEBIBYTE * MEBIBYTE
        if number >= kind.lowest:
            assert read_typed(name, typed(name, number), SERVER) == number


@pytest.mark.parametrize("name", NUMBERS)
def test_the_example_of_every_number_can_be_set(name):
    assert not isinstance(read_typed(name, EXAMPLES[SETTINGS[name].kind.unit], SERVER), Problem)
