"""What was wrong with a clip, as far as a failed job's detail tells it. No I/O."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from bot.errors import MediaUnfitError, MediaUnreadableError, UnreadableReason

if TYPE_CHECKING:
    from bot.errors import MediaError


class SourceFault(enum.StrEnum):
    """Why a clip was not taken, or could not be made into one that is."""

    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_FAST = "too_fast"  # frames per second
    PICTURE_SIZE = "picture_size"
    SHAPE = "shape"  # width to height
    TOO_BIG = "too_big"  # bytes
    FORMAT = "format"  # container, codec, or it does not decode there
    DAMAGED = "damaged"  # found when all of it was read
    TOO_DEAR = "too_dear"  # reading it takes more time or memory than we give
    STILL = "still"  # the part has one picture
    OURS = "ours"  # nothing is wrong with it


_OF_READING: Final = {
    UnreadableReason.TOO_COMPLEX: SourceFault.TOO_DEAR,
    UnreadableReason.TOO_MANY_FRAMES: SourceFault.TOO_DEAR,
    UnreadableReason.PICTURE_TOO_LARGE: SourceFault.TOO_DEAR,
    UnreadableReason.OTHER_CODEC: SourceFault.FORMAT,
    UnreadableReason.STILL_IMAGE: SourceFault.STILL,
}

# The provider's own words, documented or captured; the first that fits counts.
# https://docs.dev.runwayml.com/errors/task-failures and …/errors/errors
_WORDS: Final = (
    (SourceFault.TOO_LONG, r"(?:duration|seconds?\b|length)[^.]*\bat most\b|too long|longer than"),
    (SourceFault.TOO_SHORT, r"(?:duration|seconds?\b|length)[^.]*\bat least\b|too short"),
    (SourceFault.TOO_FAST, r"\bfps\b|frame ?rate|frames per second"),
    (SourceFault.SHAPE, r"aspect ratio"),
    (SourceFault.PICTURE_SIZE, r"resolution|dimensions?|\bwidth\b|\bheight\b|pixels?\b"),
    (SourceFault.TOO_BIG, r"file size|too large|\bbytes\b|\b[0-9.]+ ?[MG]B\b"),
    (SourceFault.FORMAT, r"codec|decod|asset type|content.type|format"),
)
_PATTERNS: Final = tuple((fault, re.compile(words, re.IGNORECASE)) for fault, words in _WORDS)


def detail_of(error: MediaError) -> str:
    """Return what is stored of an error of ours, so that ``source_fault`` knows it again."""
    match error:
        case MediaUnfitError():
            fault = SourceFault.TOO_BIG
        case MediaUnreadableError():
            fault = _OF_READING.get(error.reason, SourceFault.DAMAGED)
        case _:
            fault = SourceFault.OURS
    return f"{fault}: {error}"


def own_fault(detail: str | None) -> SourceFault | None:
    """Return what ``detail_of`` noted; ``None`` if it was another who wrote the detail."""
    word = (detail or "").partition(":")[0]
    return SourceFault(word) if word in set(SourceFault) else None


def provider_fault(detail: str | None) -> SourceFault | None:
    """Return what the provider's words about a clip name; ``None`` if they name nothing."""
    for fault, pattern in _PATTERNS:
        if pattern.search(detail or ""):
            return fault
    return None
