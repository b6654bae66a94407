"""Sections of bars, as a PNG.

Discord shows it about 550 pixels wide, so all here is drawn for being seen at half its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH: Final = 1000  # pixels, as all that follows
_MARGIN: Final = 32
_TITLE: Final = 64  # heights of the parts
_HEADING: Final = 56
_COLUMNS: Final = 200
_FOOT: Final = 36  # the words below columns
_ROW: Final = 42
_BAR_HEIGHT: Final = 26
_GAP: Final = 28  # between sections
_SPACE: Final = 14  # between a bar and its words
_LEAST_BARS: Final = 200  # width, however long the words are

_TITLE_SIZE: Final = 34
_HEADING_SIZE: Final = 28
_WORD_SIZE: Final = 25

_BACKGROUND: Final = (43, 45, 49)  # dark, as most people's Discord
_WORDS: Final = (235, 236, 238)
_QUIET: Final = (181, 184, 191)  # 7 : 1 against the background
_LINE: Final = (70, 73, 80)
_BAR: Final = (122, 134, 255)  # 5 : 1 against the background


def run(arguments: Mapping[str, Any]) -> None:
    """Draw those ``sections`` that have bars under ``title`` into ``target``."""
    sections = [section for section in arguments["sections"] if section["bars"]]
    height = _MARGIN + _TITLE + sum(map(_height, sections)) + _MARGIN - _GAP
    image = Image.new("RGB", (_WIDTH, height), _BACKGROUND)
    pen = ImageDraw.Draw(image)
    heading = _font(_HEADING_SIZE)
    pen.text((_MARGIN, _MARGIN), arguments["title"], _WORDS, _font(_TITLE_SIZE), anchor="lt")
    left, right = _sides(pen, sections)
    top = _MARGIN + _TITLE
    for section in sections:
        body = top + _HEADING
        pen.text((_MARGIN, body - 16), section["title"], _WORDS, heading, anchor="ls")
        if section["upright"]:
            _columns(pen, section["bars"], body, section["top"])
        else:
            _rows(pen, section["bars"], body, left, right)
        top += _height(section)
    image.quantize(64).save(arguments["target"], "PNG", optimize=True)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _height(section: Mapping[str, Any]) -> int:
    body = _COLUMNS + _FOOT if section["upright"] else _ROW * len(section["bars"])
    return _HEADING + body + _GAP


def _sides(pen: ImageDraw.ImageDraw, sections: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return where the rows' bars begin, and where the longest may end: one pair for all."""
    font = _font(_WORD_SIZE)
    bars = [bar for section in sections if not section["upright"] for bar in section["bars"]]
    labels = max((pen.textlength(bar["label"], font) for bar in bars), default=0)
    texts = max((pen.textlength(bar["text"], font) for bar in bars), default=0)
    left = _MARGIN + round(labels) + _SPACE
    right = _WIDTH - _MARGIN - round(texts) - _SPACE
    return left, max(right, left + _LEAST_BARS)


def _columns(
    pen: ImageDraw.ImageDraw, bars: Sequence[Mapping[str, Any]], top: int, most: str
) -> None:
    left, right, foot = _MARGIN, _WIDTH - _MARGIN, top + _COLUMNS
    font = _font(_WORD_SIZE)
    highest = max((bar["value"] for bar in bars), default=0) or 1
    pen.line((left, top, right, top), _LINE, 2)
    pen.text((right, top - 16), most, _QUIET, font, anchor="rs")
    step = (right - left) / max(1, len(bars))
    for number, bar in enumerate(bars):
        x = left + number * step
        size = round(bar["value"] / highest * _COLUMNS)
        if bar["value"] > 0:  # the smallest can still be seen
            pen.rectangle((x + 3, foot - max(size, 4), x + step - 3, foot), _BAR)
        if bar["label"]:
            half = pen.textlength(bar["label"], font) / 2
            middle = min(max(x + step / 2, left + half), right - half)
            pen.text((middle, foot + 30), bar["label"], _QUIET, font, anchor="ms")
    pen.line((left, foot, right, foot), _QUIET, 2)


def _rows(
    pen: ImageDraw.ImageDraw,
    bars: Sequence[Mapping[str, Any]],
    top: int,
    left: int,
    right: int,
) -> None:
    font = _font(_WORD_SIZE)
    highest = max((bar["value"] for bar in bars), default=0) or 1
    half = _BAR_HEIGHT // 2
    for number, bar in enumerate(bars):
        middle = top + number * _ROW + _ROW // 2
        pen.text((_MARGIN, middle), bar["label"], _WORDS, font, anchor="lm")
        end = left + round(bar["value"] / highest * (right - left))
        if bar["value"] > 0:
            end = max(end, left + 4)
            pen.rectangle((left, middle - half, end, middle + half), _BAR)
        pen.text((end + _SPACE, middle), bar["text"], _QUIET, font, anchor="lm")
