"""The style image: checked by decoding it, and made upright and acceptable when it is not.

Pillow reads it, in a process of its own: FFmpeg mixes up mirrored and turned pictures and does not
see at all how a PNG or WebP is turned.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.process_pool import WorkLimits
from bot.requests.validation import MAX_REFERENCE_BYTES, TAKEN_IMAGES, Refusal, Rule

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool

MAX_SIDE: Final = 4096
"""Pixels of the longer side. Ours, not the provider's: a style shows in far fewer, and the provider
allows itself few seconds to fetch it."""

_LIMITS: Final = WorkLimits(wall_seconds=60, cpu_seconds=30)
_WRITING: Final = WorkLimits(
    wall_seconds=60,
    cpu_seconds=60,
    file_bytes=4 * MAX_REFERENCE_BYTES,  # a first copy may be too big, and is made smaller
)

_RULES: Final = {
    UnreadableReason.ANIMATED: Rule.REFERENCE_ANIMATED,
    UnreadableReason.TOO_COMPLEX: Rule.REFERENCE_TOO_COMPLEX,
    UnreadableReason.NOT_IMAGE: Rule.REFERENCE_NOT_AN_IMAGE,
}


class Change(enum.StrEnum):
    """Why a reference cannot go as it is."""

    FORMAT = "format"  # not JPEG, PNG or WebP
    SERVED_AS = "served_as"  # it would be served as something else than it is
    TURNED = "turned"  # EXIF says how to turn or mirror it, which not everybody reads
    COLOURS = "colours"  # made for print (CMYK), or more than 8 bits
    TOO_LARGE = "too_large"  # too many pixels
    TOO_BIG = "too_big"  # too many bytes
    EXTRAS = "extras"  # more than the picture lies in the file: place, device, owner, previews


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFacts:
    """A still picture as it is."""

    format: str
    """``jpeg``, ``png``, ``webp``, ``gif``, ``bmp`` or ``avif``."""
    width: int
    """In pixels, as shown, so after rotation."""
    height: int
    size_bytes: int
    why: tuple[Change, ...] = ()
    """What speaks against handing it over as it is."""

    @property
    def needs_converting(self) -> bool:
        """Whether the provider should get a copy instead: see :func:`convert_reference`."""
        return bool(self.why)

    @property
    def content_type(self) -> str:
        """What HTTP calls the format, such as ``image/png``."""
        return f"image/{self.format}"


def find_changes(
    form: str,
    *,
    longer_side: int,
    size_bytes: int,
    is_upright: bool,
    has_plain_colours: bool,
    is_bare: bool = True,
    served_as: str | None = None,
) -> tuple[Change, ...]:
    """Return why a picture cannot be handed over as it is.

    Args:
        form: As in :class:`ReferenceFacts`.
        longer_side: In pixels.
        size_bytes: Of the file.
        is_upright: Whether it is shown as it is stored.
        has_plain_colours: Whether it has 8 bits per colour, in RGB or grey.
        is_bare: Whether nothing but the picture lies in the file.
        served_as: The ``Content-Type`` with which its address answers; ``None`` if unknown.

    Source: https://docs.dev.runwayml.com/assets/inputs/ (types, sizes; the ``Content-Type`` must
    be that of the file)
    """
    served = (served_as or "").partition(";")[0].strip().lower()
    served = "image/jpeg" if served == "image/jpg" else served
    found = {
        Change.FORMAT: form not in TAKEN_IMAGES,
        Change.SERVED_AS: served_as is not None and served != f"image/{form}",
        Change.TURNED: not is_upright,
        Change.COLOURS: not has_plain_colours,
        Change.TOO_LARGE: longer_side > MAX_SIDE,
        Change.TOO_BIG: size_bytes > MAX_REFERENCE_BYTES,
        Change.EXTRAS: form in TAKEN_IMAGES and not is_bare,
    }
    return tuple(change for change, applies in found.items() if applies)


async def read_reference(
    process_pool: ProcessPool, path: Path, *, served_as: str | None = None
) -> ReferenceFacts:
    """Look into a file that should be a still picture.

    Raises:
        MediaUnreadableError: It is none, or moves, or is huge: see :func:`refuse_reference`.
        MediaProbeError: It could not be examined.
        MediaBusyError: Too much is waiting.
    """
    found = await process_pool.run("reference", {"path": path}, limits=_LIMITS)
    return ReferenceFacts(
        format=found["format"],
        width=found["width"],
        height=found["height"],
        size_bytes=found["size_bytes"],
        why=find_changes(
            found["format"],
            longer_side=max(found["width"], found["height"]),
            size_bytes=found["size_bytes"],
            is_upright=found["is_upright"],
            has_plain_colours=found["has_plain_colours"],
            is_bare=found["is_bare"],
            served_as=served_as,
        ),
    )


async def convert_reference(
    process_pool: ProcessPool, path: Path, target: Path, *, max_bytes: int = MAX_REFERENCE_BYTES
) -> str:
    """Write an upright copy that the provider takes, and return its format: ``jpeg`` or ``png``.

    It is PNG if the picture is transparent or drawn.

    The copy carries none of what a camera notes beside the picture (place, time, device).

    Raises:
        MediaUnreadableError: As :func:`read_reference`.
        MediaProbeError: It could not be worked on.
        MediaBusyError: Too much is waiting.
        MediaStorageError: The disk takes no more.
    """
    arguments = {"path": path, "target": target, "max_side": MAX_SIDE, "max_bytes": max_bytes}
    answer = await process_pool.run("reference", arguments, limits=_WRITING)
    return str(answer["format"])


def refuse_reference(error: MediaUnreadableError) -> Refusal:
    """Return the refusal that tells a person what is wrong with their picture."""
    return Refusal(rule=_RULES.get(error.reason, Rule.REFERENCE_UNREADABLE))
