import pytest

from bot.cometapi.models import (
    ASPECTS,
    MAX_DATA_URI_BYTES,
    RATIOS,
    ReferenceKey,
    model_rules,
)


def test_each_model_takes_its_style_image_under_its_own_key():
    assert model_rules("gen4_aleph").reference_key is ReferenceKey.REFERENCES
    assert model_rules("aleph2").reference_key is ReferenceKey.KEYFRAMES
    assert not model_rules("gen9_omega").takes_reference


def test_each_model_has_its_own_names_for_shapes():
    rules = model_rules("gen4_aleph")
    assert rules.ratios == RATIOS
    assert rules.default_ratio in RATIOS
    assert rules.offered_ratios == ()  # Runway ignores them
    assert model_rules("aleph2").offered_ratios == ASPECTS
    assert model_rules("gen9_omega").ratios == ()


@pytest.mark.parametrize(
    ("model", "chosen", "own"),
    [
        ("aleph2", "16:9", "16:9"),
        ("aleph2", "1280:720", "16:9"),
        ("aleph2", "960:960", "1:1"),
        ("aleph2", "640:480", "4:3"),
        ("gen4_aleph", "9:16", "720:1280"),
        ("gen4_aleph", "3:2", None),
        ("gen9_omega", "16:9", None),
        ("aleph2", "5:4", None),
        ("aleph2", None, None),
    ],
)
def test_a_shape_that_another_model_named_goes_on_meaning_the_same(model, chosen, own):
    assert model_rules(model).own_ratio(chosen) == own


def test_an_unknown_model_says_so_and_promises_nothing():
    rules = model_rules("gen9_omega")
    assert rules.name == "gen9_omega"
    assert not rules.is_known
    assert rules.max_seconds is None


def test_a_file_in_the_request_fits_the_smaller_of_the_stated_limits():
    prefix = len("data:video/quicktime;base64,")
    assert prefix + -(-MAX_DATA_URI_BYTES // 3) * 4 < 5 * 1024 * 1024
