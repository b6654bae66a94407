"""Frames of a clip in rows of three, each with its time, as a JPEG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw, ImageFont

from bot.media.worker.clip import look
from bot.media.worker.layout import scale_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLUMNS: Final = 3
_SHEET_WIDTH: Final = 1200  # pixels, as all that follows; Discord shows it about half as wide
_SHEET_HEIGHT: Final = 1600  # higher ones are cropped in previews
_GAP: Final = 6
_BACKGROUND: Final = (43, 45, 49)  # dark, as most people's Discord
_LABEL: Final = (235, 236, 238)
_LABEL_SIZE: Final = 30
_PAD: Final = 8
_QUALITY: Final = 85


def run(arguments: Mapping[str, Any]) -> None:
    """Draw ``target`` from what ``clip`` shows at each of ``moments``, with ``words`` in it."""
    clip = look(arguments["clip"])
    words: Sequence[str] = arguments["words"]
    rows = -(-len(words) // _COLUMNS)
    wide = (_SHEET_WIDTH - _GAP * (_COLUMNS - 1)) / _COLUMNS
    high = (_SHEET_HEIGHT - _GAP * (rows - 1)) / rows
    share = min(wide / clip.width, high / clip.height)
    short = max(2, int(min(clip.width, clip.height) * share))
    width, height = scale_to(clip.width, clip.height, short_side=short)
    sheet = Image.new(
        "RGB",
        (_COLUMNS * width + (_COLUMNS - 1) * _GAP, rows * height + (rows - 1) * _GAP),
        _BACKGROUND,
    )
    font = ImageFont.load_default(_LABEL_SIZE)
    frames = clip.stills(width, height, arguments["moments"])
    for number, (frame, label) in enumerate(zip(frames, words, strict=True)):
        picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # in PyAV
        _write(picture, label, font)
        row, column = divmod(number, _COLUMNS)
        sheet.paste(picture, (column * (width + _GAP), row * (height + _GAP)))
    sheet.save(arguments["target"], "JPEG", quality=_QUALITY)


def _write(picture: Image.Image, label: str, font: Any) -> None:  # noqa: ANN401 - either of Pillow's kinds
    """Put a label on a dark ground into the lower left corner."""
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = pen.textbbox((0, 0), label, font=font)
    wide, high = right - left + 2 * _PAD, bottom - top + 2 * _PAD
    corner = picture.height - high
    pen.rectangle((0, corner, wide, picture.height), fill=_BACKGROUND)
    pen.text((_PAD - left, corner + _PAD - top), label, fill=_LABEL, font=font)
