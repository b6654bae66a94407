"""Every sentence about clips on their way: kept, prepared, waiting, posted, and made more of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.jobs import Delay, Extra, ExtraFailure
from bot.requests.text_safety import quote_all
from bot.texts.common import counted, duration, mention, relative

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job

# On the way to the provider


def clock_time(seconds: float) -> str:
    """Return a place in a clip as players show it: ``0:03``, ``1:02.5``."""
    minutes, rest = divmod(round(max(0.0, seconds), 1), 60)
    whole = f"{minutes:.0f}:{int(rest):02d}"
    tenth = round(rest % 1 * 10)
    return f"{whole}.{tenth}" if tenth else whole


def _span(start: float, seconds: float) -> str:
    return f"{clock_time(start)} to {clock_time(start + seconds)}"


def kept_part(start: float, seconds: float) -> str:
    """Return the title of the message with the part of a clip that the provider gets."""
    return f"The part to restyle: {_span(start, seconds)}"


def kept_clip(start: float, seconds: float, *, is_whole: bool) -> str:
    """Return the title of the message with a clip that the provider gets as it is."""
    if is_whole:
        return "The clip to restyle"
    return f"The clip to restyle, {_span(start, seconds)} of it"


KEPT_REFERENCE: Final = "in the style of this image"


def source_description(seconds: float) -> str:
    """Return the alternative text of a kept clip."""
    return f"The original clip, {duration(seconds)}"


REFERENCE_DESCRIPTION: Final = "The reference image whose style is followed"

DELAYS: Final = {
    Delay.PREPARING: "Preparing the clip",
    Delay.CROWDED: "Waiting to prepare the clip",
    Delay.PAUSED: "Paused",
    Delay.QUARANTINED: "Waiting for the bot's owner after an outage",
    Delay.CLOCK: "Waiting · the bot's clock is wrong",
}
"""What holds a job up, in a few words."""


def waiting(
    delay: Delay | None, position: int | None, starts_at: datetime | None = None
) -> str | None:
    """Return what a job waits for, in a few words; ``None`` when nothing holds it up.

    Args:
        delay: What holds it up, if it is not the line.
        position: Its place in line; 1 is next.
        starts_at: When its turn is likely to come; ``None`` when nobody can say.
    """
    if delay is not None:
        return DELAYS[delay]
    if position is None:
        return None
    place = "next in line" if position <= 1 else f"{ordinal(position)} in line"
    around = "" if starts_at is None else f" · starts around <t:{int(starts_at.timestamp())}:t>"
    return f"Waiting · {place}{around}"


def waiting_detail(
    delay: Delay | None,
    position: int | None,
    *,
    comes_after_others: bool = False,
    is_start_known: bool = False,
) -> str | None:
    """Return the line under it; ``None`` where the usual one says enough."""
    if delay is Delay.PAUSED:
        return "New clips are paused. It continues by itself · nothing is spent yet"
    if delay is Delay.QUARANTINED:
        return "The bot was away for a while. Its owner checks what is waiting before it continues."
    if delay is Delay.CLOCK:
        return "Its owner has been told. It continues by itself · nothing is spent yet"
    if delay is not None or position is None:
        return None
    if position <= 1:
        words = "It starts as soon as a running clip is done"
    elif comes_after_others:
        words = "Others come first. It starts by itself"
    else:
        words = "Your other clips come first. It starts by itself"
    if not is_start_known:
        words += "; too few clips have run lately to say when"
    return f"{words} · nothing is spent yet"


def ordinal(number: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th`` and so on."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


# The answer


def picture_description(*, is_poster: bool = False) -> str:
    """Return the alternative text of the picture that comes with an answer.

    Args:
        is_poster: Whether it shows the result alone.
    """
    if is_poster:
        return "A moment of the restyled clip"
    return "First, middle and last moment: the original above, the restyled clip below"


PICTURE_OF_RESULT: Final = "Moments of the restyled clip"
RECORD_PICTURE: Final = "A moment of the clip"


# Extras

EXTRA_TITLES: Final = {
    Extra.COMPARE: "Before and after, side by side",
    Extra.SOUND: "With the sound of the original",
}
EXTRA_MISSING: Final = {
    ExtraFailure.BUSY: "Too many others are waiting for theirs. Try again in a few minutes.",
    ExtraFailure.NO_SOURCE: "The original clip is no longer on Discord, so this cannot be made.",
    ExtraFailure.NO_OUTPUT: "The result is no longer here or at Runway, so this cannot be made.",
    ExtraFailure.NO_SOUND: "The original has no sound in this part.",
    ExtraFailure.NO_PLACE: "Discord did not accept it here. Try again later.",
    ExtraFailure.BROKEN: "It could not be made. The bot's owner can find out why in the log.",
}


def extra_description(extra: Extra) -> str:
    """Return the alternative text of its video."""
    if extra is Extra.COMPARE:
        return "The original and the restyled clip, side by side"
    return "The restyled clip with the sound of the original"


EXTRA_UNDER_WAY: Final = "Making it…"


EXTRA_READY: Final = "It is next to the result now, for everybody to see."


# Deleting the answer


DELETE_SURE: Final = (
    "Delete this clip from Discord? It was paid for, and it cannot be brought back."
)
DELETED: Final = "Deleted."
DELETED_AND_TOLD: Final = "Deleted. The requester gets your reason."
DELETED_NOT_TOLD: Final = "Deleted. Discord did not deliver your reason to the requester."
DELETE_NEEDS_REASON: Final = "Say briefly why: the requester reads it. Nothing was deleted."


def deleted_for_requester(job: Job, *, by: str) -> list[str]:
    """Return the message to the requester whose clip somebody else deleted."""
    moment = f" {relative(job.deleted_at)}" if job.deleted_at is not None else ""
    lines = [f"{mention(job.user_id)} Your restyled clip was deleted by {by}{moment}."]
    if job.delete_note:
        lines += ["Reason:", quote_all(job.delete_note)]
    return lines


def deleted_for_log(job: Job, *, count: int, days: int) -> str:
    """Return the entry in the server's log; ``count`` clips were deleted in so many days."""
    who = f"{mention(job.deleted_by or 0)} deleted a clip by {mention(job.user_id)}"
    others = f"-# {counted(count, 'clip')} deleted by moderators in the last {days} days"
    reason = quote_all(job.delete_note or "")
    return "\n".join([f"{who} in <#{job.place_id}>. Reason:", reason, others])


DELETE_REFUSED: Final = "Discord did not delete it. Try again in a minute."


def delete_not_yours(who: str) -> str:
    """Return the answer to somebody who may not delete it."""
    return f"Only {who} and this server's moderators can delete this."


BEHIND_SPOILER: Final = "The clip is behind a spoiler."
