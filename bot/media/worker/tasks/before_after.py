"""Three frames of a source above the same three of its output, as a PNG.

Beside it the first one of the output, small, as a JPEG.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from bot.media.worker.clip import look
from bot.media.worker.layout import plan_sheet, scale_to
from bot.media.worker.tasks import poster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.media.worker.clip import DisplayedVideo
    from bot.media.worker.layout import Box

# Pixels, and whether 256 colours must do: then a pixel has a byte at most, and the last one fits.
_ATTEMPTS: Final = ((1200, False), (960, False), (720, False), (720, True), (480, True))
_STILL_SIDE: Final = 800  # pixels of the shorter side: more than any place on a sheet
_GAP_COLOUR: Final = (43, 45, 49)  # dark, as most people's Discord


def run(arguments: Mapping[str, Any]) -> None:
    """Draw ``target`` and ``moment`` of ``output`` and of ``source``, from ``start_seconds`` on."""
    source, output = look(arguments["source"]), look(arguments["output"])
    last = max(output.seconds - 0.5 / max(output.fps, 1), 0)
    moments = (0, last / 2, last)
    before = stills(source, [moment + arguments["start_seconds"] for moment in moments])
    after = stills(output, moments)
    save(before, after, Path(arguments["target"]), arguments["max_bytes"])
    moment = after[0].copy()
    moment.thumbnail((poster.MOMENT_SIDE, poster.MOMENT_SIDE))
    poster.write(moment, arguments["moment"])


def stills(clip: DisplayedVideo, moments: Sequence[float]) -> list[Image.Image]:
    """Return what a clip shows at each moment."""
    short = min(clip.width, clip.height, _STILL_SIDE)
    width, height = scale_to(clip.width, clip.height, short_side=short)
    return [
        picture.to_image()  # type: ignore[no-untyped-call]  # in PyAV
        for picture in clip.stills(width, height, moments)
    ]


def save(
    before: Sequence[Image.Image], after: Sequence[Image.Image], target: Path, max_bytes: int
) -> None:
    """Write the sheet as wide as its bytes allow."""
    for width, few_colours in _ATTEMPTS:
        sheet = draw(before, after, width)
        (sheet.quantize() if few_colours else sheet).save(target, "PNG")
        if target.stat().st_size <= max_bytes:
            break


def draw(before: Sequence[Image.Image], after: Sequence[Image.Image], width: int) -> Image.Image:
    """Return frames of the source above those of the result, ``width`` pixels wide."""
    plan = plan_sheet(before[0].size, after[0].size, width=width)
    sheet = Image.new("RGB", (plan.width, plan.height), _GAP_COLOUR)
    place(sheet, before, plan.sources)
    place(sheet, after, plan.outputs)
    return sheet


def place(sheet: Image.Image, images: Sequence[Image.Image], boxes: Sequence[Box]) -> None:
    """Scale each picture to its box and paste it there."""
    for image, box in zip(images, boxes, strict=True):
        small = image.resize((box.width, box.height), Image.Resampling.LANCZOS)
        sheet.paste(small, (box.x, box.y))
