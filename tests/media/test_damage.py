"""Broken and hostile files end as a sentence, or as a clip that is taken; never as a fault of ours.

What a file is refused for is the same at every run where its damage settles it. Where chance has
hit it (``flipped``) the encoders' outcome decides, and only the kinds of outcome are known.
"""

import asyncio
from collections import Counter

import pytest

from tests.media.corpus import BY_NAME
from tests.media.damage import DAMAGED, PLAYS_ON
from tests.media.journey import Attached, run_all
from tests.media.test_corpus import EXPECTED

LONGEST_SECONDS = 900  # many times what it takes: against hanging, not against being slow

DAMAGE, TOO_COMPLEX, TOO_SHORT = (
    "unreadable: damaged", "unreadable: too_complex", "refused: video_too_short",
)  # fmt: skip
NO_VIDEO, SOUND, STILL, NOTHING = (
    "unreadable: not_video", "unreadable: audio_only", "unreadable: still_image",
    "unreadable: empty",
)  # fmt: skip
AS_IS, OTHER_CODEC = "as is", "unreadable: other_codec"

PACKED, SHAPE = "copy: extras", "refused: picture_shape"
TOO_DEAR = "refused: video_too_dear"
A_GIF, AN_AVI = "encode: container, codec, pixel_format", "encode: container, codec"

# Everything whose damage settles the outcome.
EXACTLY = {
    "spliced-h264-faststart-and-hevc": DAMAGE,
    "spliced-h264-and-60-fps": DAMAGE,
    "spliced-ts-h264-and-ts-hevc": DAMAGE,
    "spliced-webm-vp8-and-webm-vp9": DAMAGE,
    "spliced-webm-live-and-webm-vp8": TOO_SHORT,
    "spliced-mkv-h264-and-mkv-vp9": "encode: container, broken",
    "spliced-avi-mpeg4-and-avi-mjpeg": f"encode: container, codec, broken; then {DAMAGE}",
    "spliced-gif-and-h264": TOO_SHORT,
    "spliced-ogv-theora-and-ogv-vp8": DAMAGE,
    "spliced-flv-and-wmv": TOO_SHORT,
    "spliced-h264-fragmented-and-h264": PACKED,
    "spliced-ts-h264-and-mkv-h264": TOO_SHORT,
    "spliced-ts-h264-twice": DAMAGE,
    "other-nothing": NOTHING,
    "other-mp3": SOUND,
    "other-wav": SOUND,
    "other-png": STILL,
    "other-huge-png": STILL,
    "lying-duration": AS_IS,
    "lying-duration-of-the-track": AS_IS,
    "lying-no-clock": DAMAGE,
    "lying-slow-clock": DAMAGE,
    "lying-fast-clock": TOO_SHORT,
    "lying-no-such-codec": DAMAGE,
    "lying-another-codec": DAMAGE,
    "lying-size": "encode: pixel_aspect",
    "lying-no-samples": DAMAGE,
    "lying-four-billion-samples": DAMAGE,
    "lying-huge-samples": DAMAGE,
    "lying-samples-elsewhere": DAMAGE,
    "lying-samples-in-the-header": "encode: broken",
    "lying-four-billion-chunks": AS_IS,
    "lying-all-at-once": AS_IS,
    "lying-years-apart": DAMAGE,
    "lying-four-billion-moments": DAMAGE,
    "lying-squashed": "encode: rotated",
    "lying-starts-after-its-end": DAMAGE,
    "lying-a-box-of-exabytes": DAMAGE,
    "lying-a-box-of-nothing": PACKED,
    "lying-a-photo": STILL,
    "lying-mkv-clock-stands": "copy: container",
    "lying-mkv-slow-clock": "copy: too_long, container",
    "lying-mkv-no-such-codec": "copy: container",
    "lying-avi-no-rate": "encode: container, codec",
    "lying-avi-mad-rate": TOO_SHORT,
    "bomb-png-in-mov": OTHER_CODEC,
    "bomb-png-in-avi": OTHER_CODEC,
    "empty-gif": STILL,
    "gif-ten-thousand-huge-canvases": TOO_DEAR,
    "gif-canvas-one-wide": SHAPE,
    "gif-pictures-larger-than-the-canvas": A_GIF,
    "gif-pictures-of-nothing": A_GIF,
    "gif-no-delay": A_GIF,
    "gif-eleven-minutes-each": "refused: video_unreadable",
    "gif-pixels-without-end": STILL,
    "gif-blocks-of-no-kind": STILL,
    "gif-a-megabyte-of-comment": A_GIF,
    "gif-a-comment-without-end": A_GIF,
    "matroska-raw-pictures": OTHER_CODEC,
    "boxes-pictures-in-another-file": PACKED,
    "boxes-pictures-on-the-net": PACKED,
    "boxes-chunks-without-samples": AS_IS,
    "boxes-edits-without-end": AS_IS,
    "boxes-edit-that-stands": AS_IS,
    "boxes-size-of-the-track": "encode: pixel_aspect",
    "boxes-two-indexes": PACKED,
    "boxes-two-contents": PACKED,
    "stream-ts-another-pid-each": NO_VIDEO,
    "stream-ts-without-marks": SOUND,
    "stream-ts-only-padding": NO_VIDEO,
    "stream-ts-backwards": NO_VIDEO,
    "stream-avi-list-of-everything": AN_AVI,
    "stream-avi-format-without-end": AN_AVI,
    "stream-avi-index-without-end": f"{AN_AVI}, broken",
    "stream-avi-frames-without-end": AN_AVI,
    "stream-avi-size-of-nothing": AN_AVI,
    "stream-flv-tags-without-end": STILL,
    "stream-flv-notes-without-end": AN_AVI,
    "stream-asf-objects-without-end": AN_AVI,
    "stream-asf-parts-of-nothing": AN_AVI,
    "crowd-real-pictures": "encode: too_long, container, codec, too_fast",
    "crowd-mp4-at-1000-fps": "encode: too_long, too_big, codec, too_fast",
    # What is left of these is nothing but the announcement.
    "cut-gif-1%": STILL,
    "cut-flv-1%": SOUND,
}  # fmt: skip
OF_KIND = {
    "other": NO_VIDEO, "bomb": DAMAGE, "empty": DAMAGE, "crowd": DAMAGE, "gif": DAMAGE,
    "matroska": DAMAGE, "boxes": DAMAGE, "stream": DAMAGE, "codec": OTHER_CODEC,
}  # fmt: skip


SENT = ("as is", "copy: ", "encode: ")


def is_allowed(damaged, decision):
    """Tell whether a file may end so."""
    if damaged.name in EXACTLY:
        return decision == EXACTLY[damaged.name]
    if damaged.kind in OF_KIND:
        return decision == OF_KIND[damaged.kind]
    if damaged.kind == "cut" and damaged.base not in PLAYS_ON:
        return decision == DAMAGE  # its header tells how much is missing
    if damaged.kind == "cut":
        whole = EXPECTED[damaged.base][0]  # of one picture nothing is left to restyle
        return decision in {DAMAGE, TOO_SHORT, STILL, whole, f"{whole}, broken", "encode: broken"}
    if damaged.kind == "noise":
        # Every picture is looked at: what players would forgive is encoded, if enough is left.
        return decision == DAMAGE or ("broken" in decision and decision.startswith("encode: "))
    if "; then " in decision:  # that takes a second look
        return decision.endswith(DAMAGE)
    return decision.startswith(SENT) or decision in {DAMAGE, SOUND, TOO_SHORT, TOO_COMPLEX, SHAPE}


def is_started(number, damaged):
    """Choose the files that have the processes that the program starts.

    What becomes of a file is not for these to say: all others have a process of their own as well,
    with the same locks and limits, which is only made in a quicker way (``forked.py``). But what
    holds for those ways is to hold for the program's own too, so every twelfth file goes through
    it, and all that are made to exhaust whoever reads them. The same is asked of each of them.
    """
    return number % 12 == 0 or damaged.kind in {"bomb", "crowd"}


@pytest.fixture(scope="session")
def run(tmp_path_factory, clips, forked_pool):
    """Take all broken files as far as they get, once."""
    folder = tmp_path_factory.mktemp("damaged")
    files = []
    for number, damaged in enumerate(DAMAGED):
        path = folder / f"{number}.damaged"
        path.write_bytes(damaged.make(clips))
        served_as = BY_NAME[damaged.base].served_as if damaged.base else "video/mp4"
        files.append(Attached(name=str(number), path=path, served_as=served_as))

    started = {str(number) for number, one in enumerate(DAMAGED) if is_started(number, one)}

    async def go():
        async with asyncio.timeout(LONGEST_SECONDS):
            return await run_all(
                files, folder / "scratch", forked_pool=forked_pool, started=started
            )

    return asyncio.run(go())


@pytest.fixture(scope="session")
def journeys(run):
    return {damaged.name: run.journeys[str(number)] for number, damaged in enumerate(DAMAGED)}


@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda damaged: damaged.name)
def test_each_broken_file_ends_as_its_damage_says(journeys, damaged):
    assert is_allowed(damaged, journeys[damaged.name].decision), journeys[damaged.name].decision


def test_there_are_enough_of_every_kind():
    kinds = Counter(damaged.kind for damaged in DAMAGED)
    assert kinds.total() >= 320
    assert min(kinds.values()) >= 4
    assert set(EXACTLY) <= {damaged.name for damaged in DAMAGED}


def test_the_more_is_damaged_the_fewer_files_are_taken(journeys):
    taken = Counter()
    for damaged in DAMAGED:
        if damaged.kind == "flipped":
            flips = int(damaged.name.rpartition("-")[2])
            taken[flips] += journeys[damaged.name].sent is not None
    assert taken[4] >= 9  # players forgive so much, and so do we
    assert taken[1024] == 0


def test_what_is_left_of_a_clip_is_no_longer_than_the_clip(journeys):
    for damaged in DAMAGED:
        facts = journeys[damaged.name].facts
        if damaged.kind == "cut" and facts is not None:
            assert facts.duration_seconds <= BY_NAME[damaged.base].seconds + 0.1


def test_no_broken_file_is_paid_for_and_then_found_to_be_broken(run, journeys):
    """The strict provider takes it and restyles it, or refuses it before any money is spent."""
    assert all(journey.decision != "MediaProbeError" for journey in journeys.values())
    refused = {
        "Unsupported asset type. The asset could not be decoded.",
        "Asset duration must be at least 2 seconds",
    }
    assert set(run.statuses.values()) <= refused | {"SUCCEEDED"}
    encoded = [number for number, journey in run.journeys.items() if journey.is_encoded]
    assert len(encoded) >= 10
    assert {run.statuses[number] for number in encoded} == {"SUCCEEDED"}  # encoding mends


def test_the_run_leaves_nothing_behind_and_the_loop_goes_on(run):
    assert (run.left_files, run.left_processes) == ([], set())
    assert run.left_descriptors <= 0
    assert 0 < run.longest_pause < 30  # measured by make bench-media; here: it never hung
