"""Sections of bars, as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH: Final = 1000  # pixels
_MARGIN: Final = 40
_TITLE: Final = 56  # heights of the parts, in pixels
_HEADING: Final = 44
_COLUMNS: Final = 220
_ROW: Final = 34
_GAP: Final = 26
_LABELS: Final = 170  # width beside rows, left and right
_TEXTS: Final = 220

_BACKGROUND: Final = (43, 45, 49)  # dark, as most people's Discord
_WORDS: Final = (235, 236, 238)
_QUIET: Final = (163, 166, 173)
_LINE: Final = (70, 73, 80)
_BAR: Final = (122, 134, 255)  # 5 : 1 against the background


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Draw ``sections`` under ``title`` into ``target``."""
    sections = arguments["sections"]
    height = _MARGIN + _TITLE + sum(map(_height, sections)) + _MARGIN // 2
    image = Image.new("RGB", (_WIDTH, height), _BACKGROUND)
    pen = ImageDraw.Draw(image)
    pen.text((_MARGIN, _MARGIN), arguments["title"], _WORDS, _font(30), anchor="lm")
    top = _MARGIN + _TITLE - 16
    for section in sections:
        pen.text((_MARGIN, top + 14), section["title"], _WORDS, _font(20), anchor="lm")
        body = top + _HEADING
        if section["upright"]:
            _columns(pen, section["bars"], body, section["top"])
        else:
            _rows(pen, section["bars"], body)
        top += _height(section)
    target = Path(arguments["target"])
    image.quantize(64).save(target, "PNG", optimize=True)
    return {"size_bytes": target.stat().st_size, "height": height}


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _height(section: Mapping[str, Any]) -> int:
    body = _COLUMNS + 24 if section["upright"] else _ROW * len(section["bars"])
    return _HEADING + body + _GAP


def _columns(
    pen: ImageDraw.ImageDraw, bars: Sequence[Mapping[str, Any]], top: int, most: str
) -> None:
    left, right, foot = _MARGIN, _WIDTH - _MARGIN, top + _COLUMNS
    highest = max((bar["value"] for bar in bars), default=0) or 1
    pen.line((left, top, right, top), _LINE)
    pen.text((right, top - 12), most, _QUIET, _font(15), anchor="rm")
    step = (right - left) / max(1, len(bars))
    for number, bar in enumerate(bars):
        x = left + number * step
        size = round(bar["value"] / highest * _COLUMNS)
        if bar["value"] > 0:  # the smallest can still be seen
            pen.rectangle((x + 2, foot - max(size, 3), x + step - 3, foot), _BAR)
        if bar["label"]:
            pen.text((x + step / 2, foot + 14), bar["label"], _QUIET, _font(14), anchor="mm")
    pen.line((left, foot, right, foot), _QUIET)


def _rows(pen: ImageDraw.ImageDraw, bars: Sequence[Mapping[str, Any]], top: int) -> None:
    left, right = _MARGIN + _LABELS, _WIDTH - _MARGIN - _TEXTS
    highest = max((bar["value"] for bar in bars), default=0) or 1
    for number, bar in enumerate(bars):
        middle = top + number * _ROW + _ROW / 2
        pen.text((_MARGIN, middle), bar["label"], _WORDS, _font(17), anchor="lm")
        end = left + round(bar["value"] / highest * (right - left))
        if bar["value"] > 0:
            pen.rectangle((left, middle - 10, max(end, left + 3), middle + 10), _BAR)
        pen.text((max(end, left) + 10, middle), bar["text"], _QUIET, _font(16), anchor="lm")
