"""How much work preparing a clip is, foretold from its facts: too much is refused at once. No I/O.

A file of a few kilobytes can hold thousands of huge pictures. What it takes is foretold from their
number, their size and the codec, before any of the work begins and before anything is spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.requests.validation import Refusal, Rule

if TYPE_CHECKING:
    from bot.requests.video_facts import VideoFacts

MOST_SECONDS: Final = 180.0
"""Of one core, for one clip. 30 s of a phone's 4K at 60 frames a second in HDR take 145."""

# Nanoseconds of one core for a pixel, measured on 2 cores of 2.5 GHz (docs/media.md).
_DECODING: Final = {
    "h264": 3.0, "hevc": 4.0, "vp8": 3.0, "vp9": 3.0, "av1": 4.0, "mpeg4": 2.0, "mjpeg": 5.0,
    "prores": 8.0, "dnxhd": 6.0, "ffv1": 15.0, "gif": 4.0,
}  # fmt: skip
_OTHER_DECODING: Final = 3.0
_LOOKING: Final = 2.0  # decoding alone, of the usual codecs, at its quickest
_ENCODING: Final = 10.0
_TONE_MAPPING: Final = 35.0

# What most clips have no more of: the first that goes furthest beyond is named.
_USUAL_PIXELS: Final = 3840 * 2160
_USUAL_FPS: Final = 60.0
_USUAL_SECONDS: Final = 30.0


def preparing_seconds(
    facts: VideoFacts,
    start: float,
    seconds: float,
    *,
    encoded: tuple[int, int] | None,
    fps: float | None = None,
) -> float:
    """Return about how long preparing a part takes, in seconds of one core.

    Args:
        facts: Of the file.
        start: Where the part begins, in seconds.
        seconds: How long it is.
        encoded: The size of what is encoded, in pixels; ``None`` where nothing is.
        fps: What comes faster is not encoded.
    """
    pixels = frames_read(facts, start, seconds) * facts.width * facts.height
    work = pixels * _DECODING.get(facts.codec, _OTHER_DECODING)
    if encoded is not None:
        width, height = encoded
        made = min(facts.fps, fps or facts.fps) * seconds * width * height
        work += made * (_ENCODING + (_TONE_MAPPING if facts.is_hdr else 0.0))
    return work / 1e9


def frames_read(facts: VideoFacts, start: float, seconds: float) -> int:
    """Return how many pictures are decoded: those of the part, from the key frame before it on."""
    key = max((key for key in facts.key_seconds if key <= start), default=0.0)
    return min(facts.frames, round((start - key + seconds) * facts.fps) + 1)


def least_looking_seconds(frames: int, width: int, height: int) -> float:
    """Return how long decoding so many pictures surely takes, in seconds of one core."""
    return frames * width * height * _LOOKING / 1e9


def refuse_too_dear(
    facts: VideoFacts,
    start: float,
    seconds: float,
    *,
    encoded: tuple[int, int] | None,
    fps: float | None = None,
) -> Refusal | None:
    """Return why preparing a part would take too much; ``None`` if it does not.

    The arguments are those of ``preparing_seconds``.
    """
    if preparing_seconds(facts, start, seconds, encoded=encoded, fps=fps) <= MOST_SECONDS:
        return None
    excess = {
        "size": facts.width * facts.height / _USUAL_PIXELS,
        "frames": facts.fps / _USUAL_FPS,
        "length": seconds / _USUAL_SECONDS,
    }
    return Refusal(
        rule=Rule.VIDEO_TOO_DEAR,
        value=max(excess, key=lambda what: excess[what]),
        words=(
            f"{frames_read(facts, start, seconds):,}",
            f"{facts.width}x{facts.height}",
            f"{facts.fps:.0f}",
        ),
    )
