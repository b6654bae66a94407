import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cometapi.models import RATIOS, model_rules
from bot.domain.units import MEBIBYTE
from bot.requests.validation import (
    MAX_REFERENCE_BYTES,
    MAX_SEED,
    Decider,
    Limit,
    Refusal,
    Rule,
    check_declared_reference,
    check_declared_video,
    check_prompt,
    check_ratio,
    check_seed,
    clean_prompt,
)
from bot.texts.refusal import refusal

ALEPH = model_rules("gen4_aleph")
ALEPH2 = model_rules("aleph2")
LIMIT = Limit(value=50 * MEBIBYTE, decided_by=Decider.MODERATORS)


def broken_rule(found):
    return found.rule if found is not None else None


@pytest.mark.parametrize(
    ("content_type", "filename", "rule"),
    [
        ("video/mp4", "clip.mp4", None),
        ("VIDEO/MP4; codecs=avc1", "clip", None),
        ("video/quicktime", "clip.MOV", None),
        (None, "clip.webm", None),
        ("application/octet-stream", "clip.MKV", None),
        (None, "clip", Rule.NOT_A_VIDEO),
        (None, "clip.mp4.exe", Rule.NOT_A_VIDEO),
        ("image/png", "clip.mp4", Rule.NOT_A_VIDEO),
        ("audio/mpeg", "song.mp3", Rule.NOT_A_VIDEO),
        ("application/pdf", "clip.mp4", Rule.NOT_A_VIDEO),
    ],
)
def test_a_file_that_does_not_claim_to_be_a_video_is_refused(content_type, filename, rule):
    assert broken_rule(check_declared_video(content_type, filename, 1000, LIMIT)) == rule


def test_an_empty_file_is_refused():
    assert broken_rule(check_declared_video("video/mp4", "a.mp4", 0, LIMIT)) == Rule.EMPTY_FILE


def test_a_file_of_exactly_the_limit_is_accepted_and_one_byte_more_is_not():
    assert check_declared_video("video/mp4", "a.mp4", 50 * MEBIBYTE, LIMIT) is None
    found = check_declared_video("video/mp4", "a.mp4", 50 * MEBIBYTE + 1, LIMIT)
    assert found == Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=50 * MEBIBYTE + 1,
        limit=50 * MEBIBYTE,
        decided_by=Decider.MODERATORS,
    )


@pytest.mark.parametrize("prompt", ["", "   ", "\x00\x07", "\u200b\u200b", "\n\t", "\u3164"])
def test_a_prompt_of_which_nothing_is_seen_is_refused(prompt):
    assert broken_rule(check_prompt(clean_prompt(prompt))) is Rule.PROMPT_EMPTY


def test_a_prompt_is_counted_in_utf16_units():
    assert check_prompt("x" * 1000) is None
    assert broken_rule(check_prompt("x" * 1001)) is Rule.PROMPT_TOO_LONG
    assert check_prompt("🌧" * 500) is None
    found = check_prompt("🌧" * 1000)
    assert (found.rule, found.value, found.limit) == (Rule.PROMPT_TOO_LONG, 2000, 1000)


def test_a_prompt_keeps_its_words_in_every_script_and_loses_control_characters():
    assert clean_prompt("  neon\x07 \r\n rain\tمطر 🌧️  ") == "neon rain مطر 🌧️"


@given(st.text())
def test_a_cleaned_prompt_can_always_be_sent(text):
    clean_prompt(text).encode()


def test_seeds_have_32_bits():
    for seed in (None, 0, MAX_SEED):
        assert check_seed(seed) is None
    for seed in (-1, MAX_SEED + 1):
        assert broken_rule(check_seed(seed)) is Rule.SEED_OUT_OF_RANGE


def test_a_ratio_must_be_one_of_the_models():
    assert check_ratio(RATIOS[1], ALEPH) is None
    assert check_ratio(None, ALEPH2) is None
    assert check_ratio(RATIOS[1], ALEPH2) is None  # 9:16 there
    assert broken_rule(check_ratio("5:4", ALEPH2)) is Rule.RATIO_NOT_OFFERED


@pytest.mark.parametrize(
    ("content_type", "filename", "size", "rule"),
    [
        ("image/png", "a.png", 10, None),
        (None, "a.JPEG", 10, None),
        ("image/gif", "a.gif", 10, Rule.REFERENCE_NOT_AN_IMAGE),
        ("video/mp4", "a.mp4", 10, Rule.REFERENCE_NOT_AN_IMAGE),
        ("image/svg+xml", "a.svg", 10, Rule.REFERENCE_NOT_AN_IMAGE),
        (None, "a", 10, Rule.REFERENCE_NOT_AN_IMAGE),
        ("image/png", "a.png", 0, Rule.REFERENCE_UNREADABLE),
        ("image/png", "a.png", MAX_REFERENCE_BYTES + 1, Rule.REFERENCE_TOO_BIG),
    ],
)
def test_a_reference_must_be_a_picture_the_provider_takes(content_type, filename, size, rule):
    assert broken_rule(check_declared_reference(content_type, filename, size)) == rule


WORDS = {
    Rule.SERVER_NOT_SERVED: ("1400000000000000001",),
    Rule.VIDEO_TOO_DEAR: ("3,001", "4096x4096", "100"),
}
"""What a refusal is told besides; of most rules by whom, and why."""


@pytest.mark.parametrize("decider", [*Decider, None])
@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("value", [1234567, 31.5, "application/x-thing"])
def test_every_refusal_says_what_to_do_in_two_short_lines(rule, decider, value):
    words = WORDS.get(rule, ("One", "Two"))
    text = refusal(Refusal(rule=rule, value=value, limit=30, decided_by=decider, words=words))
    assert 20 < len(text) < 240
    assert text.count("\n") == 1
    assert text.endswith((".", ")."))
    assert "None" not in text
    assert "!" not in text


def test_a_file_without_type_and_suffix_is_refused_without_guessing():
    assert refusal(check_declared_video(None, "clip", 5, LIMIT)).startswith(
        "That file is not a video.\n"
    )


def test_a_refusal_names_the_value_the_limit_and_who_can_raise_it():
    found = Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=64 * MEBIBYTE,
        limit=50 * MEBIBYTE,
        decided_by=Decider.MODERATORS,
    )
    assert refusal(found) == (
        "That file is 64 MB; this server takes clips up to 50 MB.\n"
        "Trim or compress it, or ask a moderator to raise the limit (/restyle-settings)."
    )


def test_a_size_just_over_the_limit_does_not_read_as_the_limit():
    found = Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=50 * MEBIBYTE + 1,
        limit=50 * MEBIBYTE,
        decided_by=Decider.PROVIDER,
    )
    assert "That file is 50.1 MB; Runway takes clips up to 50 MB." in refusal(found)


def test_a_limit_of_the_provider_is_said_once():
    found = Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=500 * MEBIBYTE,
        limit=16 * MEBIBYTE,
        decided_by=Decider.PROVIDER,
    )
    assert refusal(found) == (
        "That file is 500 MB; Runway takes clips up to 16 MB.\nTrim or compress it."
    )


def test_a_picture_of_another_kind_is_not_called_no_picture():
    found = check_declared_reference("image/gif", "a.gif", 10)
    assert refusal(found) == (
        "Runway does not accept this kind of image.\nAttach a JPEG, PNG or WebP."
    )


def test_a_files_lying_type_cannot_ping_from_a_refusal():
    found = check_declared_video("image/<@1> @everyone", "a", 5, LIMIT)
    assert "<@1>" not in refusal(found).replace(r"\<", "")
    assert "@everyone" not in refusal(found)
