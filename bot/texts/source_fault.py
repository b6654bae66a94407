"""The sentences about clips that the provider did not take, or that could not be prepared for it.

They name what is known to be wrong, and advise nothing that was done already: what the bot encoded
was an MP4 with H.264, and who chose a part knows that one can.
"""

from __future__ import annotations

from typing import Final

from bot.domain.source_faults import SourceFault
from bot.texts.common import duration

_REFUSED: Final = {
    SourceFault.TOO_LONG: "The provider finds {seconds} of video too long.",
    SourceFault.TOO_SHORT: "The provider finds {seconds} of video too short.",
    SourceFault.TOO_FAST: "The provider does not take so many pictures a second.",
    SourceFault.PICTURE_SIZE: "The provider does not take pictures of this size.",
    SourceFault.SHAPE: "The provider does not take pictures of this shape.",
    SourceFault.TOO_BIG: "The provider finds this file too big.",
    SourceFault.FORMAT: "The provider cannot read this file.",
}
_UNFIT: Final = {
    SourceFault.TOO_BIG: "This part could not be made small enough for the provider.",
    SourceFault.DAMAGED: "Too many pictures of this part are damaged.",
    SourceFault.TOO_DEAR: "Reading this clip took more time or memory than this bot gives one.",
    SourceFault.FORMAT: "The clip is made in a way that this bot does not open.",
    SourceFault.STILL: "This part is one picture that stands still.",
    SourceFault.OURS: "The bot could not prepare the clip, which is not the clip's fault.",
}
_SHORTER_PART: Final = "Choose a part of it by start and length."
_SHORTER_STILL: Final = "A still shorter part may be taken."
_LONGER_PART: Final = "Choose a longer part, or attach a longer clip."
_OTHER_PART: Final = "Choose another part, or export the clip again."
_OTHER_CLIP: Final = "Another clip may be taken."
_ENCODED: Final = "The bot had made an MP4 with H.264 of it already; another clip may be taken."
_LATER: Final = "Trying again later may help."
_EXPORT: Final = {
    SourceFault.TOO_FAST: "Exported with 30 pictures a second it may be taken.",
    SourceFault.PICTURE_SIZE: "Exported in 1080p it may be taken.",
    SourceFault.FORMAT: "Exported as MP4 with H.264 it may be taken.",
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
        what = "The provider does not take this file, and does not say why."
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
            return _UNFIT[fault], "Exported in 1080p, or shorter, it may be possible."
        case SourceFault.FORMAT:
            return _UNFIT[fault], "Export it as MP4 with H.264 and attach that."
        case SourceFault.OURS:
            return _UNFIT[fault], _LATER
    return (
        "The clip could not be made into one that the provider takes.",
        _SHORTER_STILL if is_part else "A shorter part, or the clip exported as MP4, may work.",
    )
