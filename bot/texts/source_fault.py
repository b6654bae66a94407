"""The sentences about clips that the provider did not take, or that could not be prepared for it.

They name what is known to be wrong, and advise nothing that was done already: what the bot encoded
was an MP4 with H.264, and who chose a part knows that one can.
"""

from __future__ import annotations

from typing import Final

from bot.domain.source_faults import SourceFault
from bot.texts.common import duration

_REFUSED: Final = {
    SourceFault.TOO_LONG: "{seconds} of video is too long for Runway.",
    SourceFault.TOO_SHORT: "{seconds} of video is too short for Runway.",
    SourceFault.TOO_FAST: "Runway does not accept that many frames a second.",
    SourceFault.PICTURE_SIZE: "Runway does not accept frames of this size.",
    SourceFault.SHAPE: "Runway does not accept frames of this shape.",
    SourceFault.TOO_BIG: "This file is too large for Runway.",
    SourceFault.FORMAT: "Runway cannot read this file.",
}
_UNFIT: Final = {
    SourceFault.TOO_BIG: "This part could not be made small enough for Runway.",
    SourceFault.DAMAGED: "Too many frames of this part are damaged.",
    SourceFault.TOO_DEAR: "Reading this clip takes more time or memory than this bot allows.",
    SourceFault.FORMAT: "The clip is in a format that this bot cannot open.",
    SourceFault.STILL: "Nothing moves in this part: it is a single image.",
    SourceFault.OURS: "The bot could not prepare the clip. The clip is not to blame.",
}
_SHORTER_PART: Final = "Choose a part of it with start and length."
_SHORTER_STILL: Final = "An even shorter part may work."
_LONGER_PART: Final = "Choose a longer part, or attach a longer clip."
_OTHER_PART: Final = "Choose another part, or export the clip again."
_OTHER_CLIP: Final = "Another clip may work."
_ENCODED: Final = "The bot already converted it to MP4 with H.264; another clip may work."
_LATER: Final = "Trying again later may help."
_EXPORT: Final = {
    SourceFault.TOO_FAST: "Exported at 30 frames a second, it may work.",
    SourceFault.PICTURE_SIZE: "Exported in 1080p, it may work.",
    SourceFault.FORMAT: "Exported as MP4 with H.264, it may work.",
}


def refused(
    fault: SourceFault | None, *, seconds: float, is_part: bool, is_encoded: bool
) -> tuple[str, str]:
    """Return what the provider did not like about a clip, and what may help.

    Args:
        fault: What it named; ``None`` if it named nothing.
        seconds: How long the part was that it got.
        is_part: Whether that was a part of a longer clip.
        is_encoded: Whether the bot had encoded it for the provider.
    """
    if fault is None or fault not in _REFUSED:
        what = "Runway does not accept this file, and does not say why."
        return what, _ENCODED if is_encoded else _EXPORT[SourceFault.FORMAT]
    what = _REFUSED[fault].format(seconds=duration(seconds))
    match fault:
        case SourceFault.TOO_LONG | SourceFault.TOO_BIG:
            return what, _SHORTER_STILL if is_part else _SHORTER_PART
        case SourceFault.TOO_SHORT:
            return what, _LONGER_PART
        case SourceFault.SHAPE:
            return what, _OTHER_CLIP
        case _ if is_encoded:
            return what, _ENCODED if fault is SourceFault.FORMAT else _OTHER_CLIP
    return what, _EXPORT[fault]


def unfit(fault: SourceFault | None, *, is_part: bool) -> tuple[str, str]:
    """Return why a clip could not be prepared, and what may help.

    Args:
        fault: What was found; ``None`` in jobs of earlier versions.
        is_part: Whether a part of a longer clip was to be restyled.
    """
    match fault:
        case SourceFault.TOO_BIG:
            return _UNFIT[fault], _SHORTER_STILL if is_part else _SHORTER_PART
        case SourceFault.STILL:
            return _UNFIT[fault], "Choose a part in which something moves."
        case SourceFault.DAMAGED:
            return _UNFIT[fault], _OTHER_PART
        case SourceFault.TOO_DEAR:
            return _UNFIT[fault], "Exported in 1080p, or shorter, it may work."
        case SourceFault.FORMAT:
            return _UNFIT[fault], "Export it as MP4 with H.264 and attach that."
        case SourceFault.OURS:
            return _UNFIT[fault], _LATER
    return (
        "The clip could not be converted into one that Runway accepts.",
        _SHORTER_STILL if is_part else "A shorter part, or the clip exported as MP4, may work.",
    )
