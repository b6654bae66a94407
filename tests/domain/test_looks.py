"""Looks: how a person's words go into them, and that those which come with the bot are good."""

import re

import pytest

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.looks import MAX_NAME, MAX_WORDS, SLOT, compose, name_key, with_slot
from cogs.looks.book import built_in, matching


@pytest.mark.parametrize(
    ("words", "prompt", "whole"),
    [
        (
            "Make it rain. {prompt} Keep faces.",
            "a red coat",
            "Make it rain. a red coat. Keep faces.",
        ),
        ("Make it rain. {prompt} Keep faces.", "no, snow!", "Make it rain. no, snow! Keep faces."),
        ("Make it rain. {prompt} Keep faces.", "", "Make it rain. Keep faces."),
        ("{prompt}, as a comic", "a fox", "a fox, as a comic"),
        ("{prompt}, as a comic", " ", "as a comic"),
        ("a comic: {prompt}, bold lines.", "", "a comic, bold lines."),
        ("as a comic with {prompt} Keys", "two", "as a comic with two Keys"),
    ],
)
def test_a_prompt_goes_into_the_slot_and_an_empty_one_leaves_no_trace(words, prompt, whole):
    assert compose(words, prompt) == whole


def test_words_that_look_like_a_slot_in_a_prompt_stay_words():
    assert compose("a {prompt} b", "{prompt}") == "a {prompt} b"


@pytest.mark.parametrize(
    ("words", "found"),
    [("a comic", "a comic {prompt}"), ("a {prompt} b", "a {prompt} b"), ("{prompt}{prompt}", None)],
)
def test_a_look_gets_its_slot_and_never_two(words, found):
    assert with_slot(words) == found


def test_there_are_many_built_in_looks_which_say_what_to_change_and_what_to_keep():
    assert len(BUILT_IN) >= 16
    assert len({name_key(look.name) for look in BUILT_IN.values()}) == len(BUILT_IN)
    for word, look in BUILT_IN.items():
        assert re.fullmatch(r"[a-z0-9-]{1,20}", word)
        assert len(look.name) <= MAX_NAME
        assert len(look.words) <= MAX_WORDS
        assert look.words.count(SLOT) == 1
        change, _, keep = look.words.partition(f" {SLOT} ")
        assert change.endswith(".")
        assert keep.startswith("Keep ")


def test_what_is_typed_finds_looks_by_their_names_those_that_begin_with_it_first():
    assert [one.key for one in matching(built_in(), "FILM")] == ["b:noir", "b:old-film"]
    assert [one.key for one in matching(built_in(), "o")][:2] == ["b:old-film", "b:oil"]
    assert not matching(built_in(), "no such look")
