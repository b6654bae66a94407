"""What is decided for a clip: a table, since every rule is a line of one."""

import dataclasses
import json
import math

import pytest

from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.requests.clip_plan import Mode, Plan, Reason, plan_clip
from bot.requests.validation import Limit, Refusal, Rule
from bot.requests.video_facts import VideoFacts
from bot.texts.refusal import refusal

MEBIBYTE = 1024 * 1024
ALEPH, ALEPH2, OTHER = (model_rules(name) for name in ("gen4_aleph", "aleph2", "something_new"))
FACTS = VideoFacts(
    container="mp4",
    codec="h264",
    duration_seconds=4.0,
    width=1280,
    height=720,
    rotation=0,
    fps=30.0,
    has_audio=True,
    audio_codec="aac",
    key_seconds=(0.0, 2.0),
)
KEYS = tuple(float(second) for second in range(0, 60, 2))


def decide(model=ALEPH2, *, size_mb=3.0, served="video/mp4", part=(None, None), most=30.0, **facts):
    upload_bytes = facts.pop("upload_bytes", 10 * MEBIBYTE)
    return plan_clip(
        dataclasses.replace(FACTS, **facts),
        size_bytes=round(size_mb * MEBIBYTE),
        content_type=served,
        model=model,
        start=part[0],
        length=part[1],
        max_seconds=Limit(value=most, decided_by=Decider.MODERATORS),
        upload_bytes=upload_bytes,
    )


R = Reason
PHONE = {"codec": "hevc", "container": "mov", "served": "video/quicktime"}
LONG = {"duration_seconds": 40.0, "key_seconds": KEYS}
DECISIONS = {
    # what fits goes as it is
    "plain": (ALEPH2, {}, Mode.AS_IS, []),
    "a 32 MB clip, which Discord would not take from the bot": (
        ALEPH2, {"size_mb": 32}, Mode.AS_IS, []),
    "exactly as long as may be": (ALEPH2, {"duration_seconds": 30.0}, Mode.AS_IS, []),
    "29.97 fps": (ALEPH2, {"fps": 30000 / 1001}, Mode.AS_IS, []),
    "30 fps": (ALEPH2, {"fps": 30.0}, Mode.AS_IS, []),
    "webm": (ALEPH2, {"container": "webm", "codec": "vp9", "served": "video/webm"}, Mode.AS_IS, []),
    "mov": (ALEPH2, PHONE, Mode.AS_IS, []),
    "mp4 that is called quicktime": (ALEPH2, {"served": "video/quicktime"}, Mode.AS_IS, []),
    "type with parameters": (ALEPH2, {"served": 'Video/MP4; codecs="avc1"'}, Mode.AS_IS, []),
    "prores": (ALEPH2, PHONE | {"codec": "prores", "pixel_format": "yuv422p10le"}, Mode.AS_IS, []),
    "portrait": (ALEPH2, {"width": 1080, "height": 1920}, Mode.AS_IS, []),
    "variable rate": (ALEPH2, {"is_variable_rate": True}, Mode.AS_IS, []),
    "a long one, of which the model uses the first seconds": (ALEPH, LONG, Mode.AS_IS, []),
    "4K at 120 fps, where no rule is known": (
        ALEPH, {"width": 3840, "height": 2160, "fps": 120.0}, Mode.AS_IS, []),
    "very long, for a model without rules": (OTHER, {"duration_seconds": 30.0}, Mode.AS_IS, []),
    "all of it, asked for by name": (ALEPH2, {"part": (0.0, 4.0)}, Mode.AS_IS, []),
    "more than all of it": (ALEPH2, {"part": (0.0, 20.0)}, Mode.AS_IS, []),
    "the very part that the model uses": (ALEPH, LONG | {"part": (None, 5.0)}, Mode.AS_IS, []),
    # what is packed anew
    "no type": (ALEPH2, {"served": None}, Mode.COPY, [R.CONTAINER]),
    "generic type": (ALEPH2, {"served": "application/octet-stream"}, Mode.COPY, [R.CONTAINER]),
    "mkv": (
        ALEPH2, {"container": "matroska", "served": "video/x-matroska"}, Mode.COPY, [R.CONTAINER]),
    "mkv that is called mp4": (ALEPH2, {"container": "matroska"}, Mode.COPY, [R.CONTAINER]),
    "h264 in webm's clothes": (
        ALEPH2, {"container": "matroska", "served": "video/webm"}, Mode.COPY, [R.CONTAINER]),
    "transport stream": (
        ALEPH2, {"container": "mpegts", "served": "video/mp2t"}, Mode.COPY, [R.CONTAINER]),
    "hevc in mkv": (ALEPH2, {"container": "matroska", "codec": "hevc"}, Mode.COPY, [R.CONTAINER]),
    # what is cut
    "one frame too long by the container's count": (
        ALEPH2, {"duration_seconds": 30.03}, Mode.COPY, [R.TOO_LONG]),
    "a little too fast": (ALEPH2, {"fps": 30.3}, Mode.ENCODE, [R.TOO_FAST]),
    "too long": (ALEPH2, LONG | {"size_mb": 9}, Mode.COPY, [R.TOO_LONG]),
    "too long, for the moderators": (ALEPH, LONG | {"most": 3.0}, Mode.COPY, [R.TOO_LONG]),
    "too long, for the operator, of a model without rules": (
        OTHER, LONG | {"most": 20.0}, Mode.COPY, [R.TOO_LONG]),
    "too many bytes, of which few are used": (
        ALEPH, LONG | {"size_mb": 60}, Mode.COPY, [R.TOO_BIG]),
    "asked for, at a key frame": (ALEPH2, LONG | {"part": (6.0, 4.0)}, Mode.COPY, [R.CUT_ASKED]),
    "asked for, near a key frame": (
        ALEPH2, LONG | {"part": (6.08, 4.0)}, Mode.COPY, [R.CUT_ASKED]),
    "asked for, between key frames": (
        ALEPH2, LONG | {"part": (7.0, 4.0)}, Mode.ENCODE, [R.CUT_ASKED]),
    "asked for, to the end": (ALEPH2, LONG | {"part": (20.0, None)}, Mode.COPY, [R.CUT_ASKED]),
    "a shorter beginning": (ALEPH, LONG | {"part": (None, 2.0)}, Mode.COPY, [R.CUT_ASKED]),
    "so short that a lost frame is too many": (
        ALEPH2, LONG | {"part": (6.0, 2.0)}, Mode.ENCODE, [R.CUT_ASKED]),
    "the shortest, to the end": (ALEPH2, {"part": (2.0, None)}, Mode.COPY, [R.CUT_ASKED]),
    "no key frame is known": (
        ALEPH2, LONG | {"key_seconds": (), "part": (6.0, 4.0)}, Mode.ENCODE, [R.CUT_ASKED]),
    "a copy would be too large to post": (
        ALEPH2, LONG | {"size_mb": 30}, Mode.ENCODE, [R.TOO_LONG]),
    "a part whose share of the bytes hardly fits: it may have more than its share": (
        ALEPH2, LONG | {"size_mb": 12.5}, Mode.ENCODE, [R.TOO_LONG]),
    "all of it, which hardly fits: the bytes are known": (
        ALEPH2, {"served": None, "size_mb": 9.8}, Mode.COPY, [R.CONTAINER]),
    "too long, and no copyable codec": (
        ALEPH2, LONG | {"codec": "mpeg4"}, Mode.ENCODE, [R.TOO_LONG, R.CODEC]),
    "too long, and a WebM": (
        ALEPH2, LONG | {"container": "webm", "codec": "vp9", "served": "video/webm"},
        Mode.COPY, [R.TOO_LONG]),
    "more than pictures and sound": (ALEPH2, {"is_bare": False}, Mode.COPY, [R.EXTRAS]),
    "trimmed by an edit list": (
        ALEPH2, {"is_trimmed": True, "key_seconds": (0.0,)}, Mode.COPY, [R.TRIMMED]),
    "trimmed between key frames": (
        ALEPH2, {"is_trimmed": True, "key_seconds": (0.6,)}, Mode.ENCODE, [R.TRIMMED]),
    "sound longer than the model takes": (
        ALEPH2, {"duration_seconds": 29.0, "file_seconds": 33.0}, Mode.COPY, [R.TOO_LONG]),
    "broken pictures": (ALEPH2, {"flaw": "broken"}, Mode.ENCODE, [R.BROKEN]),
    "pictures that are not alike": (ALEPH2, {"flaw": "changing"}, Mode.ENCODE, [R.CHANGING]),
    "not looked at wholly": (ALEPH2, {"flaw": "unseen"}, Mode.COPY, [R.UNSEEN]),
    "mirrored": (ALEPH2, {"is_mirrored": True}, Mode.ENCODE, [R.ROTATED]),
    # what is encoded
    "too many bytes": (ALEPH2, {"size_mb": 33}, Mode.ENCODE, [R.TOO_BIG]),
    "17 MB for a model of 16": (ALEPH, {"size_mb": 17}, Mode.ENCODE, [R.TOO_BIG]),
    "packed wrongly, and too large to post": (
        ALEPH2, {"served": None, "size_mb": 11}, Mode.ENCODE, [R.CONTAINER]),
    "avi": (
        ALEPH2, {"container": "avi", "codec": "mpeg4", "served": "video/x-msvideo"},
        Mode.ENCODE, [R.CONTAINER, R.CODEC]),
    "h264 in avi, which tells no moments": (
        ALEPH2, {"container": "avi", "served": "video/x-msvideo"}, Mode.ENCODE, [R.CONTAINER]),
    "gif": (
        ALEPH2, {"container": "gif", "codec": "gif", "pixel_format": "bgra",
                 "served": "image/gif", "has_audio": False},
        Mode.ENCODE, [R.CONTAINER, R.CODEC, R.PIXEL_FORMAT]),
    "webm that is called mp4": (
        ALEPH2, {"container": "webm", "codec": "vp9"}, Mode.COPY, [R.CONTAINER]),
    "mpeg-4 part 2": (ALEPH2, {"codec": "mpeg4"}, Mode.ENCODE, [R.CODEC]),
    "4:4:4": (ALEPH2, {"pixel_format": "yuv444p"}, Mode.ENCODE, [R.PIXEL_FORMAT]),
    "transparent": (
        ALEPH2, {"container": "webm", "codec": "vp9", "served": "video/webm",
                 "pixel_format": "yuva420p"},
        Mode.ENCODE, [R.PIXEL_FORMAT]),
    "60 fps": (ALEPH2, {"fps": 60.0}, Mode.ENCODE, [R.TOO_FAST]),
    "4K": (ALEPH2, {"width": 3840, "height": 2160}, Mode.ENCODE, [R.PICTURE_TOO_LARGE]),
    "1920 by 1440": (ALEPH2, {"width": 1920, "height": 1440}, Mode.ENCODE, [R.PICTURE_TOO_LARGE]),
    "filmed upright": (
        ALEPH, {"width": 1080, "height": 1920, "rotation": 90}, Mode.ENCODE, [R.ROTATED]),
    "upside down": (ALEPH2, {"rotation": 180}, Mode.ENCODE, [R.ROTATED]),
    "PQ": (ALEPH2, PHONE | {"transfer": "smpte2084"}, Mode.ENCODE, [R.HDR]),
    "HLG": (ALEPH, PHONE | {"transfer": "arib-std-b67"}, Mode.ENCODE, [R.HDR]),
    "oblong pixels": (ALEPH2, {"pixel_aspect": 1.4222}, Mode.ENCODE, [R.PIXEL_ASPECT]),
    "odd width": (ALEPH2, {"width": 641, "height": 360}, Mode.ENCODE, [R.ODD_SIZE]),
    "a phone clip with all of it": (
        ALEPH2,
        PHONE | LONG | {"width": 2160, "height": 3840, "rotation": 90, "fps": 59.94,
                        "transfer": "arib-std-b67", "size_mb": 80},
        Mode.ENCODE,
        [R.TOO_LONG, R.TOO_BIG, R.TOO_FAST, R.PICTURE_TOO_LARGE, R.ROTATED, R.HDR]),
}  # fmt: skip


@pytest.mark.parametrize(("model", "given", "way", "reasons"), DECISIONS.values(), ids=DECISIONS)
def test_as_little_as_possible_is_done(model, given, way, reasons):
    plan = decide(model, **given)
    assert (plan.mode, list(plan.reasons)) == (way, reasons)


PARTS = {
    "all": (ALEPH2, {}, (0, 4)),
    "the first seconds that the model uses": (ALEPH, LONG, (0, 5)),
    "what the model may have": (ALEPH2, LONG, (0, 30)),
    "what the moderators allow": (ALEPH2, LONG | {"most": 12.0}, (0, 12)),
    "as asked for": (ALEPH2, LONG | {"part": (7.0, 4.0)}, (7, 4)),
    "from there on": (ALEPH2, LONG | {"part": (7.0, None)}, (7, 30)),
    "to the end": (ALEPH2, LONG | {"part": (32.0, None)}, (32, 8)),
    "no further than the end": (ALEPH2, LONG | {"part": (32.0, 20.0)}, (32, 8)),
    "from the key frame beside it": (ALEPH2, LONG | {"part": (5.95, 4.0)}, (6, 4)),
    "what is left over is too little to cut off": (ALEPH2, LONG | {"part": (11.05, 28.9)},
                                                   (11.05, 28.95)),
}  # fmt: skip


@pytest.mark.parametrize(("model", "given", "part"), PARTS.values(), ids=PARTS)
def test_the_part_that_is_restyled_is_known(model, given, part):
    plan = decide(model, **given)
    assert (plan.start_seconds, plan.seconds) == pytest.approx(part)


REFUSALS = {
    "too short for the model": (
        ALEPH2, {"duration_seconds": 1.8}, Rule.VIDEO_TOO_SHORT, 2, Decider.PROVIDER),
    "a part beyond the end": (ALEPH2, {"part": (9.0, None)}, Rule.START_PAST_END, 2, None),
    "a part that leaves too little": (ALEPH2, {"part": (2.5, None)}, Rule.START_PAST_END, 2, None),
    "a part at the very end": (ALEPH, {"part": (4.0, None)}, Rule.START_PAST_END, 3.9, None),
    "a part longer than the model takes": (
        ALEPH2, LONG | {"part": (None, 31.0)}, Rule.LENGTH_OUT_OF_RANGE, 30, Decider.PROVIDER),
    "a part longer than the model uses": (
        ALEPH, LONG | {"part": (3.0, 8.0)}, Rule.LENGTH_OUT_OF_RANGE, 5, Decider.PROVIDER),
    "a part longer than the moderators allow": (
        ALEPH2, LONG | {"part": (None, 20.0), "most": 10.0}, Rule.LENGTH_OUT_OF_RANGE, 10,
        Decider.MODERATORS),
    "a part shorter than the model takes": (
        ALEPH2, LONG | {"part": (None, 1.0)}, Rule.LENGTH_OUT_OF_RANGE, 30, Decider.PROVIDER),
    "a limit under what the model needs": (
        ALEPH2, {"most": 1.0}, Rule.LIMIT_BELOW_MODEL, 2, Decider.MODERATORS),
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "given", "rule", "limit", "decider"), REFUSALS.values(), ids=REFUSALS
)
def test_a_part_that_cannot_be_had_is_refused(model, given, rule, limit, decider):
    found = decide(model, **given)
    assert isinstance(found, Refusal)
    assert (found.rule, found.limit, found.decided_by) == (rule, pytest.approx(limit), decider)
    assert "None" not in refusal(found)
    assert refusal(found).count("\n") == 1


@pytest.mark.parametrize(
    ("given", "size", "fps"),
    [
        ({"width": 3840, "height": 2160}, (1920, 1080), None),
        ({"width": 2160, "height": 3840}, (1080, 1920), None),
        ({"width": 1920, "height": 1440}, (1440, 1080), None),
        ({"width": 5120, "height": 1440}, (1920, 540), None),
        ({"width": 641, "height": 361}, (640, 360), None),
        ({"width": 720, "height": 576, "pixel_aspect": 16 / 11}, (1046, 576), None),
        ({"width": 1920, "height": 800, "pixel_aspect": 0.5}, (1296, 1080), None),
        ({"fps": 59.94}, (1280, 720), 30),
        ({"fps": 24.0, "is_variable_rate": True, "codec": "mpeg4"}, (1280, 720), 30),
        ({"width": 33, "height": 33}, (32, 32), None),
    ],
)
def test_an_encoded_clip_is_even_and_within_the_models_limits(given, size, fps):
    plan = decide(ALEPH2, **given)
    assert (plan.mode, (plan.width, plan.height), plan.fps) == (Mode.ENCODE, size, fps)


@pytest.mark.parametrize(
    "given",
    [
        {"width": 2, "height": 2},
        {"width": 10_000, "height": 100},
        {"width": 100, "height": 10_000},
        {"width": 64, "height": 64, "pixel_aspect": 9.0},
    ],
)
def test_a_picture_too_small_or_too_slim_is_refused_before_it_costs_anything(given):
    found = decide(ALEPH2, **given)
    assert isinstance(found, Refusal)
    assert found.rule is Rule.PICTURE_SHAPE
    assert "pixels" in refusal(found)


def test_a_stored_plan_is_understood_by_the_release_before():
    plan = decide(ALEPH2, is_bare=False)
    assert plan.reasons == (R.EXTRAS,)
    assert json.loads(plan.to_json())["reasons"] == []


def test_few_bytes_for_many_seconds_are_spent_on_a_smaller_picture():
    facts = {"width": 1920, "height": 1080, "duration_seconds": 600.0, "size_mb": 90}
    plan = decide(OTHER, most=600.0, **facts)
    assert 480 <= plan.width < 1280
    assert plan.width / plan.height == pytest.approx(16 / 9, rel=0.02)
    assert decide(ALEPH2, **facts).width == 1920


def test_what_the_bot_posts_must_fit_the_place_and_what_is_fetched_as_it_is_need_not():
    assert decide(ALEPH2).max_bytes == 32 * MEBIBYTE
    assert decide(ALEPH2, served=None).max_bytes == 10 * MEBIBYTE
    assert decide(ALEPH, served=None, upload_bytes=50 * MEBIBYTE).max_bytes == 16 * MEBIBYTE


@pytest.mark.parametrize(
    ("given", "tone_map"),
    [({}, False), ({"transfer": "smpte2084"}, True), ({"fps": 60.0}, False)],
)
def test_hdr_and_nothing_else_is_tone_mapped(given, tone_map):
    assert decide(ALEPH2, **given).tone_map is tone_map


@pytest.mark.parametrize("name", ["plain", "mkv", "a phone clip with all of it"])
def test_a_plan_survives_a_restart(name):
    model, given, *_ = DECISIONS[name]
    plan = decide(model, **given)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_clip_without_known_length_or_rate_is_planned_all_the_same():
    plan = decide(ALEPH, duration_seconds=0.0, fps=0.0, served=None, key_seconds=())
    assert plan.mode in {Mode.COPY, Mode.ENCODE}
    assert math.isfinite(plan.seconds)
