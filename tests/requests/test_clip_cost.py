"""What preparing takes is foretold; a refusal says what is too much of it."""

import pytest

from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.requests.clip_cost import MOST_SECONDS, frames_read, preparing_seconds, refuse_too_dear
from bot.requests.clip_plan import Mode, plan_clip
from bot.requests.validation import Limit, Refusal, Rule
from bot.requests.video_facts import VideoFacts
from bot.texts.refusal import refusal

HD = (1920, 1080)


def facts(**changes):
    known = {
        "container": "mp4",
        "codec": "h264",
        "duration_seconds": 30.0,
        "width": 1920,
        "height": 1080,
        "rotation": 0,
        "fps": 30.0,
        "has_audio": True,
        "key_seconds": tuple(float(second) for second in range(30)),
    } | changes
    known.setdefault("frames", round(known["duration_seconds"] * known["fps"]))
    return VideoFacts(**known)


def plan(found, *, model="aleph2", seconds=30, start=None):
    return plan_clip(
        found,
        size_bytes=200_000,
        content_type=found.content_type,
        model=model_rules(model),
        start=start,
        length=None,
        max_seconds=Limit(value=seconds, decided_by=Decider.OPERATOR),
        upload_bytes=10_000_000,
    )


PHONE = {"codec": "hevc", "width": 3840, "height": 2160, "fps": 60.0, "transfer": "arib-std-b67"}
GIF = {"container": "gif", "codec": "gif", "pixel_format": "bgra", "fps": 100.0,
       "duration_seconds": 100.0, "key_seconds": (0.0,)}  # fmt: skip


@pytest.mark.parametrize(
    "clip",
    [
        PHONE,
        {"codec": "hevc", "width": 7680, "height": 4320},
        {"width": 1920, "height": 1080, "fps": 240.0},
        {"codec": "prores", "width": 3840, "height": 2160, "pixel_format": "yuv422p10le"},
        GIF | {"width": 480, "height": 270},
        GIF | {"width": 1920, "height": 1080},
        {"duration_seconds": 600.0},
    ],
    ids=["phone", "8K", "slow motion", "ProRes", "GIF", "large GIF", "long"],
)
def test_what_people_film_is_not_too_dear(clip):
    assert plan(facts(**clip)).mode in Mode


@pytest.mark.parametrize(
    ("clip", "what"),
    [
        (GIF | {"width": 4096, "height": 4096}, "too large"),
        (PHONE | {"width": 7680, "height": 4320}, "too large"),
        (PHONE | {"fps": 480.0, "width": 2560, "height": 1440}, "too many of them a second"),
    ],
)
def test_a_refusal_names_what_is_too_much(clip, what):
    found = plan(facts(**clip))
    assert isinstance(found, Refusal)
    assert found.rule is Rule.VIDEO_TOO_DEAR
    text = refusal(found)
    assert what in text
    assert f"{clip['width']}x{clip['height']} pixels" in text
    assert f"{clip['fps']:.0f} a second" in text


def test_a_part_that_is_too_long_is_named_where_size_and_rate_are_usual():
    long = facts(
        duration_seconds=600.0, fps=60.0, codec="hevc", width=3840, height=2160, rotation=90
    )
    assert "shorter one with `length`" in refusal(plan(long, model="gen5", seconds=600))


def test_what_goes_as_it_is_costs_no_work():
    huge = facts(codec="h264", width=4096, height=4096, fps=100.0, duration_seconds=5.0)
    assert plan(huge, model="gen4_aleph").mode is Mode.AS_IS


def test_only_the_pictures_of_the_part_count_and_those_back_to_its_key_frame():
    clip = facts(key_seconds=(0.0, 10.0))
    assert frames_read(clip, 12.0, 5.0) == (12 - 10 + 5) * 30 + 1
    assert frames_read(clip, 0.0, 99.0) == clip.frames
    copied = preparing_seconds(clip, 0, 30, encoded=None)
    assert copied < preparing_seconds(clip, 0, 30, encoded=(640, 360))
    assert preparing_seconds(clip, 0, 30, encoded=HD, fps=15) < preparing_seconds(
        clip, 0, 30, encoded=HD
    )


def test_the_limit_is_where_it_is_said_to_be():
    most = MOST_SECONDS * 1e9 / 15 / 1e6 / 10  # frames over frames a second
    clip = facts(codec="ffv1", width=1000, height=1000, fps=10.0, duration_seconds=3000.0)
    assert refuse_too_dear(clip, 0, most - 1, encoded=None) is None
    assert refuse_too_dear(clip, 0, most + 1, encoded=None) is not None


@pytest.mark.parametrize("model", ["gen4_aleph", "gen5"])
def test_what_is_encoded_for_a_model_that_names_no_size_is_1080p_at_most(model):
    made = plan(facts(width=3840, height=2160, rotation=90), model=model)
    assert (made.mode, made.width, made.height) == (Mode.ENCODE, 1920, 1080)
    upright = plan(facts(width=2160, height=3840, rotation=90), model=model)
    assert (upright.width, upright.height) == (1080, 1920)
