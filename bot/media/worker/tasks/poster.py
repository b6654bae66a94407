"""The first frame of a video that is not black, as a JPEG."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageStat

from bot.media.worker.clip import look, moment_of
from bot.media.worker.layout import even

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.media.worker.clip import DisplayedVideo

MOMENT_SIDE: Final = 480
"""Pixels of the longer side of the picture beside a record; Discord shows it smaller than that."""
_SEARCHED_SECONDS: Final = 5.0
_STEP_SECONDS: Final = 0.25
_DARK: Final = 26.0  # mean brightness of 255 below which a frame shows next to nothing
_THUMB: Final = (64, 64)
_QUALITY: Final = 88


def run(arguments: Mapping[str, Any]) -> None:
    """Draw ``target`` from ``video``, at most ``max_side`` pixels wide or high."""
    write(find(look(arguments["video"]), arguments["max_side"]), arguments["target"])


def write(image: Image.Image, target: str) -> None:
    """Save a picture as all posters are: small, and good enough for a preview."""
    image.save(target, "JPEG", quality=_QUALITY)


def find(
    clip: DisplayedVideo, max_side: int, *, start: float = 0, seconds: float = _SEARCHED_SECONDS
) -> Image.Image:
    """Return the first frame from ``start`` on that is bright enough, or else the brightest.

    It is looked for in so many ``seconds``.
    """
    factor = min(max_side / max(clip.width, clip.height), 1)
    size = even(clip.width * factor), even(clip.height * factor)
    best: Image.Image | None = None
    best_level, due = -1.0, 0.0
    with closing(clip.pictures(*size, start=start, seconds=seconds)) as pictures:
        for picture in pictures:
            moment = moment_of(picture)
            if moment < due:
                continue
            due = moment + _STEP_SECONDS
            image: Image.Image = picture.to_image()  # type: ignore[no-untyped-call]  # in PyAV
            level = ImageStat.Stat(image.convert("L").resize(_THUMB)).mean[0]
            if level > best_level:
                best, best_level = image, level
            if level >= _DARK:
                break
    if best is None:  # a part without a picture is refused where it is read
        raise AssertionError("no picture")
    return best
