"""The style image: what it is, and an upright copy that the provider takes."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.worker.bare_picture import is_bare_picture

if TYPE_CHECKING:
    from collections.abc import Mapping

# By name: Pillow knows dozens of formats, and some of them run or open other things.
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
_NAMES: Final = {"MPO": "jpeg"}  # a JPEG with further pictures behind it; phones write those
_MAX_PIXELS: Final = 120_000_000  # the largest phone cameras; a pixel takes 4 bytes
_MAX_PIXELS_TWICE: Final = 64_000_000  # of what is held twice while it is made smaller
_MAX_PIXELS_WIDER: Final = 32_000_000  # of what has more than 8 bits
_ORIENTATION: Final = 0x0112  # in EXIF; 1 is upright
_PLAIN_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
_PROOF_SIDE: Final = (512, 512)  # a JPEG is read wholly and still decoded quickly at about this
_JPEG_QUALITY: Final = 92
_SHRINK: Final = 0.75  # of a side, when the copy has too many bytes


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the picture at ``path``, and copy it to ``target`` when one is named."""
    path = Path(arguments["path"])
    if "target" in arguments:
        with _open(path) as image:
            return _convert(
                image,
                Path(arguments["target"]),
                max_side=arguments["max_side"],
                max_bytes=arguments["max_bytes"],
            )
    with _open(path) as image:
        described = _describe(image)
    return {**described, "size_bytes": path.stat().st_size, "is_bare": is_bare_picture(path)}


def _open(path: Path) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the size is checked here, before anything is decoded
    if not path.stat().st_size:
        raise MediaUnreadableError("no bytes", reason=UnreadableReason.EMPTY)
    try:
        image = Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError as exc:
        raise MediaUnreadableError(
            "no picture format that we know", reason=UnreadableReason.NOT_IMAGE
        ) from exc
    try:
        _check(image)
    except BaseException:
        image.close()
        raise
    return image


def _check(image: Image.Image) -> None:
    if image.width * image.height > _most_pixels(image):
        raise MediaUnreadableError(
            f"{image.width} x {image.height} pixels", reason=UnreadableReason.TOO_COMPLEX
        )
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise MediaUnreadableError(f"a moving {image.format}", reason=UnreadableReason.ANIMATED)


def _most_pixels(image: Image.Image) -> int:
    if image.format in {"JPEG", "MPO"} or image.mode in {"L", "RGB"}:  # a JPEG is read smaller
        return _MAX_PIXELS
    return _MAX_PIXELS_TWICE if image.mode in _PLAIN_MODES else _MAX_PIXELS_WIDER


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as exc:  # Pillow's ways to say: broken
        raise MediaUnreadableError(f"{type(exc).__name__}: {exc}") from exc


def _describe(image: Image.Image) -> dict[str, Any]:
    form, width, height = image.format or "", image.width, image.height
    orientation = _orientation(image)
    is_plain = image.mode in _PLAIN_MODES
    image.draft(None, _PROOF_SIDE)
    _load(image)
    if orientation >= 5:  # these four lie on their side
        width, height = height, width
    return {
        "format": _NAMES.get(form, form.lower()),
        "width": width,
        "height": height,
        "is_upright": orientation == 1,
        "has_plain_colours": is_plain,
    }


def _orientation(image: Image.Image) -> int:
    orientation: Any = 1
    with suppress(OSError, SyntaxError, ValueError, KeyError):  # broken EXIF says nothing
        orientation = image.getexif().get(_ORIENTATION, 1)
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _convert(image: Image.Image, target: Path, *, max_side: int, max_bytes: int) -> dict[str, Any]:
    image.draft(None, (max_side, max_side))
    _load(image)
    profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA", "P"} else None
    orientation = _orientation(image)
    if image.mode in {"L", "RGB", "RGBA", "LA"}:  # before there are copies of it
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    upright = _plain(image)
    if profile and upright.mode in {"RGB", "RGBA"}:
        upright = _ordinary_colours(upright, profile)
    upright.getexif()[_ORIENTATION] = orientation
    ImageOps.exif_transpose(upright, in_place=True)
    form = "png" if upright.mode in {"RGBA", "LA"} or image.mode in {"1", "P"} else "jpeg"
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    while True:
        # Whatever else the file says of its owner (place, device, screen) stays behind.
        upright.info = {}
        upright.save(target, form, quality=_JPEG_QUALITY)
        if target.stat().st_size <= max_bytes:
            return {"format": form}
        smaller = [max(round(side * _SHRINK), 1) for side in upright.size]
        upright = upright.resize((smaller[0], smaller[1]), Image.Resampling.LANCZOS)


def _ordinary_colours(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture in sRGB, which needs no profile: one may name a person's screen."""
    with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile says nothing
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
        return converted or image
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Return a copy with 8 bits per colour in a model that JPEG and PNG share."""
    if image.mode.startswith(("I", "F")):  # 16 bits and more, grey
        image = image.convert("F").point(lambda value: value / 257).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.copy() if image.mode in {"L", "RGB"} else image.convert("RGB")
