"""What a moderator may take out of words that a clip's author has agreed to."""

import pytest

from bot.requests.edits import only_takes_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a rainy night, with much blood", "a rainy night"),
        ("A Rainy NIGHT - neon", "a rainy night neon"),
        ("he runs, no smoke", "runs, no smoke"),
        ("n\u200bo smoke, neon", "no smoke"),
    ],
)
def test_words_can_be_taken_out(before, after):
    assert only_takes_out(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a rainy night", "a rainy night with blood"),
        ("night rain", "rain night"),
        ("no blood", "blood"),
        ("don't show blood", "show blood"),
        ("dont show blood", "show blood"),
        ("don\u02bct show blood", "show blood"),
        ("you cannot see blood", "you see blood"),
        ("remove the blood", "the blood"),
        ("paint instead of blood", "paint blood"),
        ("n\u043e blood", "blood"),
        ("\uff4e\uff4f blood", "blood"),
        ("n\u200bo blood", "blood"),
        ("na\u0303o sangue", "sangue"),
        ("\u043d\u0435 \u043a\u0440\u043e\u0432\u044c", "\u043a\u0440\u043e\u0432\u044c"),
    ],
)
def test_what_would_say_something_else_cannot(before, after):
    assert not only_takes_out(before, after)
