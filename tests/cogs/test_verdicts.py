"""Places that refused a message lately, and for how long they are left alone."""

from cogs.common.discord_errors import Refusals


def test_places_that_refused_are_forgotten_rather_than_piled_up():
    refusals = Refusals(lambda: 0.0)
    for place_id in range(10_050):
        refusals.remember(place_id)
    assert sum(place_id in refusals for place_id in range(10_050)) == 10_000
    assert 10_049 in refusals


def test_a_place_that_refused_is_asked_again_after_a_while():
    now = 0.0
    refusals = Refusals(lambda: now, seconds=300.0)
    refusals.remember(1)
    now = 299.0
    assert 1 in refusals
    now = 300.0
    assert 1 not in refusals


def test_a_place_that_took_a_message_is_trusted_at_once():
    refusals = Refusals(lambda: 0.0)
    refusals.remember(1)
    refusals.forget(1)
    refusals.forget(2)
    assert 1 not in refusals
