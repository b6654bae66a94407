"""Which frame is shown when. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

_MAX_GRID_FPS: Final = 30.0  # of a comparison; the eye compares pictures, not smoothness
_MIN_GRID_FPS: Final = 1.0
_ROUNDING: Final = 0.002  # seconds by which containers round the begin of a frame


def grid(*, source_fps: float, output_fps: float, seconds: float) -> tuple[float, int]:
    """Return the rate and the number of frames of a video that shows two at once.

    The faster of the two sets the rate, up to 30 a second.
    """
    fps = min(max(source_fps, output_fps, _MIN_GRID_FPS), _MAX_GRID_FPS)
    return fps, max(round(seconds * fps), 1)


def shown_at(frames: Iterable[tuple[float, T]], moments: Iterable[float]) -> Iterator[T]:
    """Yield what is shown at each moment: the last frame that began by then.

    Before the first frame that is the first one, after the last one the last; without any frame
    nothing is yielded.
    """
    rest = iter(frames)
    current = next(rest, None)
    if current is None:
        return
    following = next(rest, None)
    for moment in moments:
        while following is not None and following[0] <= moment + _ROUNDING:
            current, following = following, next(rest, None)
        yield current[1]
