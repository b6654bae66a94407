"""The sentences with which a request is refused before anything is spent."""

from __future__ import annotations

from typing import Final

from bot.errors import UnreadableReason
from bot.moderation import Decider
from bot.quoting import cut, harmless
from bot.texts import duration, size
from bot.validation import Refusal, Rule

_NOTHING: Final = "Nothing was started and nothing was spent."
_SETTINGS: Final = "/restyle-settings"

_UNREADABLE: Final[dict[object, str]] = {
    UnreadableReason.EMPTY: "That file is empty (0 bytes).\nAttach the clip again.",
    UnreadableReason.NOT_VIDEO: "That file is not a video.\nAttach an MP4, MOV or WebM.",
    UnreadableReason.AUDIO_ONLY: (
        "That file has sound but no picture.\nAttach a clip with a picture: MP4, MOV or WebM."
    ),
    UnreadableReason.STILL_IMAGE: (
        "That file is a picture, not a video.\nAttach an MP4, MOV or WebM."
    ),
    UnreadableReason.DAMAGED: (
        "That video is damaged or cut off.\nExport it again as MP4 and attach that."
    ),
    UnreadableReason.TOO_COMPLEX: (
        "That video takes too much work to read.\nExport it smaller, as MP4 with H.264."
    ),
}


def _raise_it(decider: Decider | None) -> str:
    match decider:
        case Decider.MODERATORS:
            return f"or ask a moderator to raise the limit ({_SETTINGS})."
        case Decider.OPERATOR:
            return "or ask the bot's operator to raise the limit."
        case _:
            return ""


def _shrink(verb: str, decider: Decider | None) -> str:
    other = _raise_it(decider)
    return f"{verb}, {other}" if other else f"{verb}."


def _whose(decider: Decider | None) -> str:
    match decider:
        case Decider.MODERATORS:
            return "this server"
        case Decider.OPERATOR:
            return "this bot"
        case _:
            return "the video provider"


def refusal(found: Refusal) -> str:
    """Return the rule, the value that broke it, and who can change it."""
    value, limit, whose = found.value, found.limit, _whose(found.decided_by)
    number = value if isinstance(value, int | float) else 0
    if isinstance(value, str):  # it may be the uploader's own word for the file's type
        value = harmless(cut(value, 60))
    most = limit if limit is not None else 0
    match found.rule:
        case Rule.NOT_A_VIDEO:
            seems = f" (it seems to be {value})" if value else ""
            return f"That file is not a video{seems}.\nAttach an MP4, MOV or WebM."
        case Rule.EMPTY_FILE:
            return "That file is empty (0 bytes).\nAttach the clip again."
        case Rule.CONTAINER_NOT_TAKEN:
            return (
                f"Inside, that file is {value}; the video provider does not take that.\n"
                "Export it as MP4, MOV or WebM."
            )
        case Rule.VIDEO_TOO_BIG:
            return (
                f"That file is {size(number)}; {whose} takes clips up to {size(most)}.\n"
                f"{_shrink('Trim or compress it', found.decided_by)}"
            )
        case Rule.VIDEO_TOO_LONG:
            return (
                f"That clip is {duration(number)} long; {whose} takes up to {duration(most)}.\n"
                f"{_shrink('Trim it', found.decided_by)}"
            )
        case Rule.VIDEO_TOO_SHORT:
            return (
                f"That clip is {duration(number)} long; {whose} needs at least {duration(most)}.\n"
                "Attach a longer one."
            )
        case Rule.VIDEO_TOO_FAST:
            return (
                f"That clip has {number:.0f} frames a second; {whose} takes up to {most:.0f}.\n"
                f"Export it with {most:.0f}."
            )
        case Rule.PICTURE_TOO_LARGE:
            return (
                f"That clip's picture is {value} pixels; {whose} takes up to "
                f"{' by '.join(found.words)}.\nExport it smaller."
            )
        case Rule.VIDEO_UNREADABLE:
            return _UNREADABLE.get(found.value, _UNREADABLE[UnreadableReason.DAMAGED])
        case Rule.PROMPT_EMPTY:
            return "The prompt is empty.\nSay in a few words how the clip should look."
        case Rule.PROMPT_TOO_LONG:
            return (
                f"The prompt has {number:.0f} characters; the limit is {most:.0f} "
                "(an emoji counts as two or more).\nShorten it."
            )
        case Rule.SEED_OUT_OF_RANGE:
            return (
                f"The seed {number:.0f} is out of range.\nTake a whole number from 0 to {most:.0f}."
            )
        case Rule.RATIO_NOT_OFFERED:
            offered = f"Take one of {', '.join(found.words)}" if found.words else "Leave it out"
            return f"This bot's model does not offer the ratio {value}.\n{offered}."
        case Rule.REFERENCE_NOT_TAKEN:
            return f"This bot's model ({value}) takes no reference image.\nLeave it out."
        case Rule.REFERENCE_NOT_AN_IMAGE:
            if isinstance(value, str) and value.startswith("image/"):
                return (
                    f"The video provider does not take this kind of picture ({value}).\n"
                    "Attach a JPEG, PNG or WebP."
                )
            seems = f" (it seems to be {value})" if value else ""
            return f"The reference is not a picture{seems}.\nAttach a JPEG, PNG or WebP."
        case Rule.REFERENCE_TOO_BIG:
            return (
                f"The reference is {size(number)}; {whose} takes pictures up to {size(most)}.\n"
                "Attach a smaller one."
            )
        case Rule.REFERENCE_UNREADABLE:
            return "The reference cannot be read as a picture.\nAttach a JPEG, PNG or WebP."
        case Rule.CHANNEL_NOT_ALLOWED:
            return (
                f"On this server, clips are restyled in {_listed(found.words)}.\n"
                f"Go there, or ask a moderator to allow this channel ({_SETTINGS})."
            )
        case Rule.PERMISSION_MISSING:
            return (
                f"The bot lacks a permission in this channel: {', '.join(found.words)}.\n"
                "Ask a moderator to grant it, or use another channel."
            )
        case Rule.STORE_UNAVAILABLE:
            return f"The bot cannot reach its database. {_NOTHING}\nTry again in a minute."
        case Rule.DOWNLOAD_FAILED:
            return f"The file could not be fetched from Discord. {_NOTHING}\nTry again."
        case Rule.BOT_STOPPING:
            return f"The bot is being restarted. {_NOTHING}\nTry again in a minute."
        case Rule.TOOK_TOO_LONG:
            return f"Checking the clip took too long. {_NOTHING}\nTry again later."


def _listed(words: tuple[str, ...]) -> str:
    shown = words[:5]
    more = f" and {len(words) - len(shown)} more" if len(words) > len(shown) else ""
    return ", ".join(shown) + more
