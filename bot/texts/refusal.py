"""The sentences with which a request is refused before anything is spent."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.quotas import Decider
from bot.errors import UnreadableReason
from bot.requests.text_safety import cut, harmless
from bot.requests.validation import Refusal, Rule
from bot.texts import doors as door_texts
from bot.texts.commands import CommandNaming, plainly
from bot.texts.common import SETTINGS, duration, size
from bot.texts.message import about_message

_NOTHING: Final = "Nothing was started and nothing was spent."

_UNREADABLE: Final[dict[object, str]] = {
    UnreadableReason.EMPTY: "That file is empty (0 bytes).\nAttach the clip again.",
    UnreadableReason.NOT_VIDEO: "That file is not a video.\nAttach an MP4, MOV or WebM.",
    UnreadableReason.AUDIO_ONLY: (
        "That file has sound but no picture.\nAttach a clip with a picture: MP4, MOV or WebM."
    ),
    UnreadableReason.STILL_IMAGE: (
        "That file is an image, not a video.\nAttach an MP4, MOV or WebM."
    ),
    UnreadableReason.ANIMATED_PICTURE: (
        "That file is an animated WebP or PNG, which this bot does not open.\n"
        "Save it as a GIF or MP4 and attach that."
    ),
    UnreadableReason.OTHER_CODEC: (
        "That video uses a codec that this bot cannot read.\n"
        "Export it as MP4 with H.264 and attach that."
    ),
    UnreadableReason.DAMAGED: (
        "That video is damaged or cut off.\nExport it again as MP4 and attach that."
    ),
    UnreadableReason.TOO_MANY_FRAMES: (
        "That video has too many frames for this bot to check.\nAttach a shorter part of it."
    ),
    UnreadableReason.TOO_COMPLEX: (
        "That video takes longer to read than this bot allows.\n"
        "Export it shorter or smaller, as MP4 with H.264."
    ),
}


_KINDS: Final = {"audio": "a sound file", "image": "an image", "text": "a text file"}
"""What a file is that is no video, by the first half of its media type."""

_SIZE: Final = re.compile(r"[1-9][0-9]{0,5}x[1-9][0-9]{0,5}")  # what a stranger's file may say

_CHEAPER: Final = {
    "size": "its frames are too large.\nExport it in 1080p and attach that.",
    "frames": "it has too many of them a second.\nExport it at 30 a second and attach that.",
    "length": "the part is too long.\nChoose a shorter one with `length`.",
}


def _unreadable(found: Refusal) -> str:
    if found.value == UnreadableReason.PICTURE_TOO_LARGE:
        sizes = [word for word in found.words if _SIZE.fullmatch(word)]
        told = f" ({sizes[0]} pixels)" if sizes else ""
        return (
            f"That video's frames are too large{told} for this bot's memory.\n"
            "Export it in 4K or smaller, as MP4 with H.264."
        )
    return _UNREADABLE.get(found.value, _UNREADABLE[UnreadableReason.DAMAGED])


def _raise_it(decider: Decider | None) -> str:
    match decider:
        case Decider.MODERATORS:
            return f"or ask a moderator to raise the limit ({SETTINGS})."
        case Decider.OPERATOR:
            return "or ask the bot's owner to raise the limit."
        case _:
            return ""


def _change_it(decider: Decider | None) -> str:
    if decider is Decider.MODERATORS:
        return f"Ask a moderator to raise the limit ({SETTINGS})."
    return "Ask the bot's owner to raise the limit."


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
            return "Runway"


def refusal(found: Refusal, command: CommandNaming = plainly) -> str:
    """Return the rule, the value that broke it, and who can change it.

    Args:
        found: What stands in the way.
        command: Names the commands that whoever reads it may use next; those of moderators are
            named plainly.
    """
    value, limit, whose = found.value, found.limit, _whose(found.decided_by)
    number = value if isinstance(value, int | float) else 0
    if isinstance(value, str):  # it may be the uploader's own word for the file's type
        value = harmless(cut(value, 60))
    most = limit if limit is not None else 0
    match found.rule:
        case Rule.NOT_A_VIDEO:
            kind = _KINDS.get(str(found.value).partition("/")[0])
            is_other = f"is {kind}, not" if kind else "is not"
            return f"That file {is_other} a video.\nAttach an MP4, MOV or WebM."
        case Rule.EMPTY_FILE:
            return "That file is empty (0 bytes).\nAttach the clip again."
        case Rule.VIDEO_TOO_BIG:
            return (
                f"That file is {size(number)}; {whose} takes clips up to {size(most)}.\n"
                f"{_shrink('Trim or compress it', found.decided_by)}"
            )
        case Rule.VIDEO_TOO_SHORT:
            return (
                f"That clip is {duration(number)} long; {whose} needs at least {duration(most)}.\n"
                "Attach a longer one."
            )
        case Rule.START_PAST_END:
            return (
                f"The part would begin at {duration(number)}, too late for this clip.\n"
                f"Begin at {duration(most)} or earlier."
            )
        case Rule.LENGTH_OUT_OF_RANGE:
            shortest, longest = found.words
            return (
                f"A part of {duration(number)} is not possible: {whose} takes {shortest} to "
                f"{longest}.\n{_shrink('Choose another length', found.decided_by)}"
            )
        case Rule.LIMIT_BELOW_MODEL:
            return (
                f"{whose.capitalize()} allows clips of up to {duration(number)}, but the model "
                f"needs at least {duration(most)}.\n{_change_it(found.decided_by)}"
            )
        case Rule.TOO_BUSY:
            return (
                f"Too many clips are being prepared right now. {_NOTHING}\nTry again in a minute."
            )
        case Rule.PICTURE_SHAPE:
            least, most_shape = found.words
            return (
                f"That clip is {value} pixels, which cannot be restyled: each side needs at least "
                f"{least}, and neither may be more than {most_shape} times the other.\n"
                "Attach a clip of a usual shape."
            )
        case Rule.VIDEO_UNREADABLE:
            return _unreadable(found)
        case Rule.VIDEO_TOO_DEAR:
            frames, shape, rate = found.words
            return (
                f"Preparing {frames} frames of {shape} pixels ({rate} a second) is more work "
                f"than this bot allows for one clip: {_CHEAPER.get(str(value), _CHEAPER['size'])}"
            )
        case Rule.PROMPT_EMPTY:
            return "The prompt is empty.\nSay in a few words how the clip should look."
        case Rule.PROMPT_TOO_LONG:
            return (
                f"The prompt has {number:.0f} characters; the limit is {most:.0f} "
                "(an emoji counts as two or more).\nShorten it."
            )
        case Rule.SEED_OUT_OF_RANGE:
            seed = f"“{value}”" if isinstance(value, str) else f"{number:.0f}"
            return f"{seed} is not a seed.\nUse a whole number from 0 to {most:.0f}."
        case Rule.RATIO_NOT_OFFERED:
            offered = f"Choose one of {', '.join(found.words)}" if found.words else "Leave it out"
            return f"This bot's model does not offer the ratio {value}.\n{offered}."
        case Rule.REFERENCE_NOT_TAKEN:
            return f"This bot's model ({value}) takes no reference image.\nLeave it out."
        case Rule.REFERENCE_NOT_AN_IMAGE:
            if isinstance(value, str) and value.startswith("image/"):
                return "Runway does not accept this kind of image.\nAttach a JPEG, PNG or WebP."
            return "The reference is not an image.\nAttach a JPEG, PNG or WebP."
        case Rule.REFERENCE_TOO_BIG:
            return (
                f"The reference is {size(number)}; {whose} takes images up to {size(most)}.\n"
                "Attach a smaller one."
            )
        case Rule.REFERENCE_UNREADABLE:
            return "The reference cannot be read as an image.\nAttach a JPEG, PNG or WebP."
        case Rule.REFERENCE_ANIMATED:
            return "The reference is animated; it has to be a still image.\nAttach one frame of it."
        case Rule.REFERENCE_TOO_COMPLEX:
            return (
                "The reference has too many pixels for this bot.\n"
                "Attach a smaller one; 2000 pixels wide is plenty."
            )
        case Rule.DIRECT_MESSAGES_OFF:
            return door_texts.direct_messages_off(command("restyle-privacy"))
        case Rule.SERVER_NOT_SERVED:
            return door_texts.server_not_served(*found.words, privacy=command("restyle-privacy"))
        case Rule.NOT_ON_SERVER:
            return door_texts.not_on_server()
        case Rule.PAUSED | Rule.PAUSED_EVERYWHERE:
            by, note = found.words
            where = "on this server" if found.rule is Rule.PAUSED else "everywhere"
            why = f': "{harmless(note)}"' if note else "."
            who = "The bot's owner can end that."
            if found.rule is Rule.PAUSED:
                who = f"A manager of this server can end that ({plainly('restyle-admin')})."
            return f"{by} paused restyling {where} <t:{int(number)}:R>{why}\n{_NOTHING} {who}"
        case Rule.BLOCKED:
            by, note = found.words
            why = f': "{harmless(note)}"' if note else "."
            is_owners = found.decided_by is Decider.OPERATOR
            where = "this bot" if is_owners else "this bot on this server"
            others = "" if is_owners else " or another moderator"
            return (
                f"{by} blocked you from starting clips with {where} <t:{int(number)}:R>{why}\n"
                f"If that seems a mistake, ask them{others} to lift it."
            )
        case Rule.STRUCK:
            return (
                "Runway's safety check refused several of your clips, so you can start the "
                f"next one <t:{int(number)}:f> (<t:{int(number)}:R>).\n"
                "If that seems a mistake, ask a moderator: they can end the pause sooner."
            )
        case Rule.CHANNEL_REFUSED:
            return (
                "Clips cannot be restyled in this channel.\n"
                f"Use another one, or ask a moderator to allow it ({SETTINGS})."
            )
        case Rule.ADULTS_ONLY:
            return (
                "On this server, clips can be restyled only in age-restricted channels.\n"
                f"Go to one of those, or ask a moderator to change that ({SETTINGS})."
            )
        case Rule.ROLE_NOT_ALLOWED:
            return (
                f"On this server, only these roles can restyle clips: {_listed(found.words)}.\n"
                "Ask a moderator for one of them."
            )
        case Rule.PROMPT_REFUSED:
            return (
                f"This server's moderators do not allow something in that prompt. {_NOTHING}\n"
                "Use other words, or ask a moderator."
            )
        case Rule.CHANNEL_NOT_ALLOWED:
            return (
                f"On this server, clips can be restyled in {_listed(found.words)}.\n"
                f"Go there, or ask a moderator to allow this channel ({SETTINGS})."
            )
        case Rule.PERMISSION_MISSING:
            return (
                f"The bot lacks a permission in this channel: {', '.join(found.words)}.\n"
                "Ask a moderator to grant it, or use another channel."
            )
        case Rule.STORE_UNAVAILABLE:
            return f"The bot cannot reach its database. {_NOTHING}\nTry again in a minute."
        case Rule.PROVIDER_CLOSED:
            return (
                f"Runway accepts no clips from this bot at the moment. {_NOTHING}\n"
                "Only the bot's owner can fix that. Try again later."
            )
        case Rule.MACHINE_TROUBLE:
            return (
                f"The machine that this bot runs on is in trouble. {_NOTHING}\n"
                "Its owner can fix that. Try again later."
            )
        case Rule.DOWNLOAD_FAILED:
            return f"The file could not be fetched from Discord. {_NOTHING}\nTry again."
        case Rule.BOT_STOPPING:
            return f"The bot is restarting. {_NOTHING}\nTry again in a minute."
        case Rule.TOOK_TOO_LONG:
            return f"Checking the clip took too long. {_NOTHING}\nTry again later."
        case _:
            return about_message(found, command)


def _listed(words: tuple[str, ...]) -> str:
    shown = words[:5]
    more = f" and {len(words) - len(shown)} more" if len(words) > len(shown) else ""
    return ", ".join(shown) + more
