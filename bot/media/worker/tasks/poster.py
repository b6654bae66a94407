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

_SEARCHED_SECONDS: Final = 5.0
_STEP_SECONDS: Final = 0.25
_DARK: Final = 26.0  # mean brightness of 255 below which a frame shows next to nothing
_THUMB: Final = (64, 64)
_QUALITY: Final = 88


def run(arguments: Mapping[str, Any]) -> None:
    """Draw ``target`` from ``video``, at most ``max_side`` pixels wide or high."""
    image = find(look(arguments["video"]), arguments["max_side"])
    image.save(arguments["target"], "JPEG", quality=_QUALITY)


def find(clip: DisplayedVideo, max_side: int) -> Image.Image:
    """Return the first frame that is bright enough, or the brightest of the first seconds."""
    factor = min(max_side / max(clip.width, clip.height), 1)
    size = even(clip.width * factor), even(clip.height * factor)
    best: Image.Image | None = None
    best_level, due = -1.0, 0.0
    with closing(clip.pictures(*size, seconds=_SEARCHED_SECONDS)) as pictures:
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
