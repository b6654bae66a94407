from bot.cometapi.models import (
    MAX_DATA_URI_BYTES,
    RATIOS,
    ReferenceKey,
    model_rules,
)


def test_each_model_takes_its_style_image_under_its_own_key():
    assert model_rules("gen4_aleph").reference_key is ReferenceKey.REFERENCES
    assert model_rules("aleph2").reference_key is ReferenceKey.KEYFRAMES
    assert not model_rules("gen9_omega").takes_reference


def test_only_gen4_aleph_takes_a_ratio():
    rules = model_rules("gen4_aleph")
    assert rules.ratios == RATIOS
    assert rules.default_ratio in RATIOS
    assert model_rules("aleph2").ratios == ()
    assert model_rules("gen9_omega").ratios == ()


def test_an_unknown_model_says_so_and_promises_nothing():
    rules = model_rules("gen9_omega")
    assert rules.name == "gen9_omega"
    assert not rules.is_known
    assert rules.max_seconds is None


def test_a_file_in_the_request_fits_the_smaller_of_the_stated_limits():
    prefix = len("data:video/quicktime;base64,")
    assert prefix + -(-MAX_DATA_URI_BYTES // 3) * 4 < 5 * 1024 * 1024
