"""The pictures of the demo's people, drawn here so that nothing has to be kept or fetched."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_SIZE: Final = 160
_FINE: Final = 4  # drawn so much larger, then made smaller: smooth edges
_WHITE: Final = (255, 255, 255)


def person(initial: str, colour: str) -> bytes:
    """Return a PNG with one letter on ``colour`` (``#rrggbb``)."""
    image, draw = _blank(colour)
    middle = _SIZE * _FINE / 2
    font = ImageFont.load_default(size=_SIZE * _FINE * 0.5)
    draw.text((middle, middle), initial, fill=_WHITE, font=font, anchor="mm")
    return _png(image)


def robot(colour: str) -> bytes:
    """Return a PNG with the bot's sign, a brushed play button, on ``colour``."""
    image, draw = _blank(colour)

    def scaled(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * _SIZE * _FINE, y * _SIZE * _FINE) for x, y in points]

    draw.polygon(scaled((0.36, 0.27), (0.36, 0.73), (0.75, 0.5)), fill=_WHITE)
    draw.line(scaled((0.2, 0.79), (0.8, 0.21)), fill=(170, 177, 247), width=_SIZE * _FINE // 14)
    return _png(image)


def _blank(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (_SIZE * _FINE, _SIZE * _FINE), colour)
    return image, ImageDraw.Draw(image)


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS).save(data, format="PNG")
    return data.getvalue()
