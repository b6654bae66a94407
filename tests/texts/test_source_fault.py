"""What people read when a clip was not taken: why, and nothing that was done already."""

from itertools import product

import pytest

from bot.domain.source_faults import SourceFault, detail_of, own_fault, provider_fault
from bot.errors import (
    MediaProbeError,
    MediaUnfitError,
    MediaUnreadableError,
    UnreadableReason,
)
from bot.texts.source_fault import refused, unfit


@pytest.mark.parametrize(
    ("detail", "fault"),
    [
        ("Asset duration must be at most 30 seconds", SourceFault.TOO_LONG),
        ("Asset duration must be at least 2 seconds", SourceFault.TOO_SHORT),
        ("ASSET.INVALID: The asset's frame rate is above 30 fps", SourceFault.TOO_FAST),
        ("ASSET.INVALID: Resolution 4096x2160 is not supported", SourceFault.PICTURE_SIZE),
        ("Asset aspect ratio must be between 0.5 and 2", SourceFault.SHAPE),
        ("Asset file size exceeds 32MB", SourceFault.TOO_BIG),
        ("Unsupported asset type. The asset could not be decoded.", SourceFault.FORMAT),
        ("ASSET.INVALID", None),
        (None, None),
    ],
)
def test_the_providers_words_are_understood(detail, fault):
    assert provider_fault(detail) is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (MediaUnfitError("9 bytes at the second attempt"), SourceFault.TOO_BIG),
        (MediaUnreadableError("7 of 9 packets"), SourceFault.DAMAGED),
        (
            MediaUnreadableError("", reason=UnreadableReason.TOO_COMPLEX),
            SourceFault.TOO_DEAR,
        ),
        (MediaProbeError("no process"), SourceFault.OURS),
    ],
)
def test_what_we_found_ourselves_is_known_again_from_the_row(error, fault):
    assert own_fault(detail_of(error)) is fault


def test_the_detail_of_an_earlier_version_names_nothing():
    assert own_fault("9 bytes at the second attempt") is None
    assert own_fault(None) is None


@pytest.mark.parametrize("fault", [*SourceFault, None])
def test_every_fault_has_its_two_sentences(fault):
    for is_part, is_encoded in product((True, False), repeat=2):
        for lines in (
            refused(fault, seconds=31, is_part=is_part, is_encoded=is_encoded),
            unfit(fault, is_part=is_part),
        ):
            for line in lines:
                assert 10 < len(line) < 130
                assert line.endswith(".")
                assert not set(line) & set("!@<>*_`{}")


@pytest.mark.parametrize("fault", [*SourceFault, None])
def test_what_the_bot_encoded_is_not_to_be_exported_again(fault):
    what, advice = refused(fault, seconds=5, is_part=False, is_encoded=True)
    assert "xport" not in what + advice


def test_who_chose_a_part_is_not_told_that_one_can():
    for fault in (SourceFault.TOO_LONG, SourceFault.TOO_BIG):
        assert "start" not in "".join(refused(fault, seconds=5, is_part=True, is_encoded=False))
        assert "start" in "".join(refused(fault, seconds=5, is_part=False, is_encoded=False))
    assert "start" in "".join(unfit(SourceFault.TOO_BIG, is_part=False))
    assert "start" not in "".join(unfit(SourceFault.TOO_BIG, is_part=True))


def test_the_length_that_was_sent_is_named():
    assert refused(SourceFault.TOO_LONG, seconds=30.03, is_part=True, is_encoded=False)[0] == (
        "30 s of video is too long for Runway."
    )
