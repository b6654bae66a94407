"""How a video is made smaller: fewer bits per second first, then fewer pixels. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bot.media.worker.layout import scale_to

_FLOOR_BITS: Final = 700_000  # per second, for the reference picture: below it, blocks show
_REFERENCE_RATE: Final = 1280 * 720 * 30  # pixels per second
_FLOOR_EXPONENT: Final = 0.75  # small pictures need more bits per pixel than large ones
_SHORT_SIDES: Final = (1440, 1080, 720, 540, 480, 360, 240, 180)  # pixels
_CALM_FPS: Final = 30.0  # what a step that gives up pixels gives up as well
_SOUND_BITS: Final = (160_000, 64_000)  # per second
_SOUND_SHARE: Final = 0.2  # of all bits; where the first of them is more, the second must do


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeStep:
    """A size of the picture, whole or given up in part."""

    width: int
    """In pixels, even."""
    height: int
    max_fps: float | None
    """``None`` keeps the frames as they come."""
    lowered: bool
    """Whether pixels or frames are given up."""


def floor_bits(width: int, height: int, fps: float) -> int:
    """Return the bits per second under which a picture of this size is not worth looking at."""
    share = width * height * fps / _REFERENCE_RATE
    return int(_FLOOR_BITS * math.pow(share, _FLOOR_EXPONENT))


def sound_bits(max_bytes: int, seconds: float) -> int:
    """Return the bits per second for the sound of a video that may have ``max_bytes``."""
    much, little = _SOUND_BITS
    return much if max_bytes * 8 / max(seconds, 0.1) * _SOUND_SHARE >= much else little


def find_size_steps(width: int, height: int, *, fps: float, bits: float) -> tuple[SizeStep, ...]:
    """Return the sizes for which the bits of a second suffice, the largest first; maybe none."""
    short = min(width, height)
    size_steps = []
    for side in (short, *(side for side in _SHORT_SIDES if side < short)):
        wide, high = scale_to(width, height, short_side=side)
        lowered = side < short
        max_fps = _CALM_FPS if lowered and fps > _CALM_FPS else None
        if bits >= floor_bits(wide, high, max_fps or fps):
            size_steps.append(SizeStep(width=wide, height=high, max_fps=max_fps, lowered=lowered))
    return tuple(size_steps)
