"""What people read in ``/restyle-help``, and when the bot has joined their server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.texts.common import counted, duration, size
from bot.texts.quota import quota_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.quotas import CapUse

HOW_LABEL: Final = "How it works"
COST_LABEL: Final = "What it costs"
DATA_LABEL: Final = "My data"
MODERATORS_LABEL: Final = "For moderators"
PIN_LABEL: Final = "Text to pin"
SETUP_LABEL: Final = "Set it up"
ASK_COST_LABEL: Final = "What does it cost?"
ASK_DATA_LABEL: Final = "What happens to our clips?"

_TRY_IT: Final = "A rainy night in Tokyo, neon signs, film grain"


def how(*, command: str, most_bytes: float, part_seconds: float, chooses: bool) -> list[str]:
    """Return how a clip is restyled.

    Args:
        command: ``/restyle``, to be clicked where that is possible.
        most_bytes: The largest clip.
        part_seconds: The longest part that can be restyled here.
        chooses: Whether the part of a longer clip is chosen from its frames.
    """
    longer = (
        "with a longer clip you choose the part from nine frames"
        if chooses
        else "with a longer clip that is its beginning, or what you choose with start and length"
    )
    return [
        "**Restyle a clip**",
        f"1. Type {command} and attach a clip: MP4, MOV, WebM or GIF, up to {size(most_bytes)}.",
        f"2. Say how it should look, or choose a look. *{_TRY_IT}*",
        f"3. Up to {duration(part_seconds)} of it is restyled; {longer}.",
        "4. A thread shows the progress, then the new clip.",
        "For a clip that is already posted, right-click its message (on a phone: press and hold "
        "it), then choose Apps and Restyle this.",
    ]


def cost(
    *,
    second_micros: int | None,
    part: tuple[float, int] | None,
    ask_above: int | None,
    left: Sequence[CapUse],
) -> list[str]:
    """Return what a clip costs here, and what the reader has left.

    Args:
        second_micros: What a second costs, in micro-dollars; ``None`` when nobody can say.
        part: The longest part that can be restyled, in seconds, and what that costs.
        ask_above: The cost from which on people are asked first, in micro-dollars.
        left: The caps that count for the reader, and how much of them is used.
    """
    lines = ["**What it costs**"]
    if second_micros is None or part is None:
        lines.append("The price of this bot's model is not set.")
    else:
        longest = f"{dollars(part[1])} for {duration(part[0])}, the longest part"
        lines.append(f"About {dollars(second_micros)} a second: {longest}.")
    if ask_above is not None:
        lines.append(f"Above {dollars(ask_above)} you are asked before it starts.")
    lines.append("Runway also charges for clips that its safety check refuses.")
    if left:
        lines.append("Left for you:")
        lines += [f"- {quota_left(use)}" for use in left]
    return lines


def data(*, command: str, words_days: float) -> list[str]:
    """Return what happens to people's clips and words.

    Args:
        command: ``/restyle-privacy``, to be clicked where that is possible.
        words_days: After how many days prompts and links are deleted; 0 keeps them.
    """
    kept = f"for {counted(words_days, 'day')}" if words_days else "until you delete them"
    return [
        "**What happens to clips**",
        "A clip and its prompt go to CometAPI and Runway, which make the new clip. What the file "
        "says about place, device and date stays behind.",
        f"The bot keeps prompts and links {kept}, and what each clip cost, for its budgets.",
        f"{command} shows and deletes what is yours, and stops others restyling your clips.",
    ]


def moderators(
    *,
    where: str,
    budget: str,
    review: str,
    settings: str,
    admin: str,
) -> list[str]:
    """Return what is set here, and where it is changed.

    Args:
        where: In which channels.
        budget: How much may be spent, and how much is.
        review: Whose word comes first.
        settings: ``/restyle-settings``, to be clicked where that is possible.
        admin: ``/restyle-admin``.
    """
    return [
        "**For moderators**",
        f"- Where: {where}",
        f"- Money: {budget}",
        f"- Checks: {review}",
        f"{settings} changes this. {admin} shows and cancels clips, blocks members and pauses.",
    ]


def everywhere_or(channels: Sequence[str]) -> str:
    """Return where clips may be restyled."""
    return ", ".join(channels) if channels else "everywhere"


def budget(use: CapUse | None) -> str:
    """Return the server's money this month: how much may be spent, and how much is left."""
    if use is None:
        return "no limit of this server's own"
    return f"{dollars(use.cap.limit)} a month, {dollars(use.left)} left"


REVIEW: Final = {
    "off": "nobody checks first",
    "spending": "a moderator checks before money is spent",
    "publishing": "a moderator checks before others see a result",
    "both": "a moderator checks before money is spent and before others see a result",
}


def to_pin(
    *, where: str, most_bytes: float, part_seconds: float, clips_a_day: int | None, review: str
) -> str:
    """Return a text for members that moderators can copy, in a block of code."""
    limit = f"Clips for each member: {clips_a_day} a day.\n" if clips_a_day is not None else ""
    looks = "" if review == "off" else f"Here {REVIEW[review]}.\n"
    return (
        "```\n"
        "Restyle your clips here\n"
        f"Type /restyle, attach a clip (up to {size(most_bytes)}) and say how it should look.\n"
        f"Up to {duration(part_seconds)} of it is restyled. Where: {where}.\n"
        f"{limit}{looks}"
        "Somebody else's clip? The bot asks them first.\n"
        "Clips and prompts go to CometAPI and Runway. Your data: /restyle-privacy\n"
        "Help: /restyle-help\n"
        "```"
    )


def first_words(*, budget: str, review: str) -> list[str]:
    """Return the message to a server that the bot has just joined.

    Args:
        budget: What it may spend as things stand.
        review: Who checks requests as things stand.
    """
    return [
        "**Restyle is here.** Three steps and your members can restyle clips:",
        "1. Where may it be used (now: everywhere)",
        f"2. How much may it spend (now: {budget})",
        f"3. Who checks requests (now: {review})",
    ]


def spending(server_micros: int | None, bot_micros: int | None) -> str:
    """Return what a server may spend in a month that has set nothing yet."""
    limits = [one for one in (server_micros, bot_micros) if one is not None]
    if not limits:
        return "no limit"
    shared = ", shared with other servers" if server_micros is None else ""
    return f"{dollars(min(limits))} a month{shared}"


ON_SERVERS: Final = "That is about one server. Use /restyle-help there."

NOBODY_CHECKS: Final = "nobody"
"""Who checks requests on a server that has set nothing yet."""
