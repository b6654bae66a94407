"""What people read in ``/restyle-privacy``: what is kept of them, and what they can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.personal_data import MOST_JOBS
from bot.texts.common import relative
from bot.texts.usage import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

OPT_OUT_LABEL: Final = "Nobody may restyle my clips"
OPT_IN_LABEL: Final = "Take the opt-out back"
EXPORT_LABEL: Final = "Export my data"
DELETE_LABEL: Final = "Delete my data…"
REMOVE_LABEL: Final = "Remove what others made…"
REMOVE_SURE_LABEL: Final = "Remove it"
DELETE_SURE_LABEL: Final = "Delete it"
BACK_LABEL: Final = "Keep it"

_SHOWN: Final = 5


def page(
    *, since: datetime | None, archived: bool, made: int, days: float, files_left: int
) -> list[str]:
    """Return the page.

    Args:
        since: When the person opted out; ``None`` if they did not.
        archived: Whether the operator keeps results in an archive.
        made: How many clips others have asked for with this person's.
        days: After how many days words and links are deleted; 0 is never.
        files_left: How many files that the person had deleted are still in the archive.
    """
    lines = [
        "**What happens with your clips**",
        (
            "A clip that is restyled, its prompt and its style image go to CometAPI and Runway, "
            "which make the new clip. Before that, nobody outside Discord gets them."
        ),
        (
            "The bot's database keeps of each request: who asked, where and when, the prompt, "
            "links to the clip and the result, the outcome and the cost; also your questions to "
            "moderators, strikes and blocks. The clips themselves lie in Discord's messages."
        ),
    ]
    if days:
        lines.append(
            f"Prompts and links are deleted {days:g} days after a clip is over. When, how it ended "
            "and what it cost stays."
        )
    if archived:
        lines.append("Whoever runs this bot also keeps the results in an archive.")
    if files_left:
        lines.append(still_removed(files_left))
    lines.append("**Your clips in other people's hands**")
    if since is None:
        lines.append(
            "A server's moderators decide whether others may restyle clips that you post: never, "
            "when you allow it, or always. You can rule it out everywhere."
        )
    else:
        lines.append(
            f"You ruled it out {relative(since)}: nobody can restyle your clips with this bot, on "
            "any server. What you restyle yourself is not affected."
        )
    if made:
        lines.append(
            f"Others have asked for {clips(made)} made from yours. You can have all of it removed."
        )
    return lines


def still_removed(count: int) -> str:
    """Return that files of the archive are not gone yet."""
    if count == 1:
        return "One file is still being removed from the archive; the bot goes on trying."
    return f"{count:,} files are still being removed from the archive; the bot goes on trying."


def remove_sure(count: int) -> list[str]:
    """Return the question before what others made of one's clips is removed."""
    return [
        "**Remove what others made of your clips?**",
        (
            f"Deleted for good: {clips(count)} that others asked for, with the messages that show "
            "them, the copies of your clip, their prompts and their links. Whoever asked for them "
            "gets nothing back."
        ),
        "Copies that people have saved stay with them.",
    ]


def removed(count: int, *, refused: int, left: int) -> str:
    """Return what was removed of what others made.

    Args:
        count: How many of others' clips are gone.
        refused: How many Discord did not let the bot delete.
        left: How many others there are.
    """
    words = f"Removed: {clips(count)}."
    if refused:
        words += (
            f"\nDiscord did not let me delete {clips(refused)}: their channel is closed to me. "
            "Ask a moderator there, or try again later."
        )
    if left:
        words += f"\n{clips(left)} left: press Remove again."
    return words


OPTED_IN: Final = "Taken back. Each server's own rule holds again."


def exported(count: int, *, left_out: int) -> str:
    """Return what stands above an export."""
    more = f" The oldest {left_out:,} did not fit." if left_out > 0 else ""
    return f"Here is what the bot keeps of you: {clips(count)}, newest first.{more}"


def sure() -> list[str]:
    """Return the question before anything is deleted."""
    return [
        "**Delete your data?**",
        (
            "Deleted for good: the prompts of your clips, all links to them, and what you and the "
            "moderators wrote about them. Their buttons, such as Compare, may work no more."
        ),
        (
            "Kept: when you asked, how it ended and what it cost, because quotas and the bills "
            "are counted from that; strikes, blocks and your opt-out."
        ),
        (
            "Messages in Discord stay; press Delete under a result to remove it. Backups of the "
            "database keep what they have until they are replaced. Export your data "
            f"first if you want it: up to {MOST_JOBS:,} clips."
        ),
    ]


def deleted(count: int, left: Sequence[str], more: int, *, questions: int, files_left: int) -> str:
    """Return what was deleted.

    Args:
        count: How many clips' words and links.
        left: Where those under way are, as mentions; the first few.
        more: How many others there are.
        questions: How many questions to moderators are not answered yet.
        files_left: How many files are still in the archive.
    """
    words = f"Deleted: the words and links of {clips(count)}."
    if files_left:
        words += f"\n{still_removed(files_left)}"
    if left:
        others = f" and {more} more" if more else ""
        words += (
            f"\nStill under way: {', '.join(left)}{others}. Their words and links go as "
            "soon as they are over; you need not ask again."
        )
    if questions:
        open_ones = "One question" if questions == 1 else f"{questions:,} questions"
        words += f"\nStill open: {open_ones} of yours to moderators, deleted once answered."
    return words


def shown(count: int) -> int:
    """Return how many of ``count`` clips under way are named."""
    return min(count, _SHOWN)
