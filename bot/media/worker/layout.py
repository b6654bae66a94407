"""Where pictures lie on a canvas: the before/after sheet and the side-by-side video. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_WIDE: Final = 2.0  # width over height from which two pictures lie one above the other
_CANVAS: Final = (1920, 1080)  # of a side-by-side video, in pixels: every player decodes it
_COLUMNS: Final = 3
_SHEET_HEIGHT: Final = 1600  # pixels; higher ones are cropped in previews
_GAP: Final = 6  # pixels, even


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place on a canvas, in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A side-by-side video: all numbers are even, as H.264 wants them."""

    width: int
    height: int
    source: Box
    output: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A before/after picture: the source's frames above the output's."""

    width: int
    height: int
    sources: tuple[Box, ...]
    outputs: tuple[Box, ...]


def even(length: float) -> int:
    """Return the nearest even number of pixels, at least 2."""
    return max(2, round(length / 2) * 2)


def scale_to(width: int, height: int, *, short_side: int) -> tuple[int, int]:
    """Return the even size with this short side and the picture's own proportions."""
    factor = short_side / min(width, height)
    return even(width * factor), even(height * factor)


def plan_pair(source: tuple[int, int], output: tuple[int, int]) -> Pair:
    """Lay out a source (left) and its output (right), given in pixels as shown, equally high.

    Pictures wider than 2:1 lie one above the other instead, equally wide: beside each other they
    would be slim strips on a phone. Nothing is made larger than the larger of the two.
    """
    ratios = [width / height for width, height in (source, output)]
    max_width, max_height = _CANVAS
    if min(ratios) > _WIDE:
        wide = min(
            max(source[0], output[0]),
            max_width,
            (max_height - _GAP) / sum(1 / ratio for ratio in ratios),
        )
        width = even(wide)
        heights = [even(wide / ratio) for ratio in ratios]
        return Pair(
            width=width,
            height=sum(heights) + _GAP,
            source=Box(x=0, y=0, width=width, height=heights[0]),
            output=Box(x=0, y=heights[0] + _GAP, width=width, height=heights[1]),
        )
    high = min(max(source[1], output[1]), max_height, (max_width - _GAP) / sum(ratios))
    height = even(high)
    widths = [even(high * ratio) for ratio in ratios]
    return Pair(
        width=sum(widths) + _GAP,
        height=height,
        source=Box(x=0, y=0, width=widths[0], height=height),
        output=Box(x=widths[0] + _GAP, y=0, width=widths[1], height=height),
    )


def plan_sheet(source: tuple[int, int], output: tuple[int, int], *, width: int) -> Sheet:
    """Lay out three frames of the source above the same three of the output.

    All are equally wide, so that what lies above each other is the same place.
    """
    ratios = [wide / high for wide, high in (source, output)]
    per_column = sum(1 / ratio for ratio in ratios)
    column = int(
        min((width - _GAP * (_COLUMNS - 1)) / _COLUMNS, (_SHEET_HEIGHT - _GAP) / per_column)
    )
    column = max(column, 1)
    heights = [max(round(column / ratio), 1) for ratio in ratios]
    rows = []
    for y, high in ((0, heights[0]), (heights[0] + _GAP, heights[1])):
        rows.append(
            tuple(
                Box(x=number * (column + _GAP), y=y, width=column, height=high)
                for number in range(_COLUMNS)
            )
        )
    return Sheet(
        width=column * _COLUMNS + _GAP * (_COLUMNS - 1),
        height=sum(heights) + _GAP,
        sources=rows[0],
        outputs=rows[1],
    )
