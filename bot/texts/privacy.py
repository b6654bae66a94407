"""What people read in ``/restyle-privacy``: what is kept about them, and what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.personal_data import MOST_JOBS
from bot.texts.common import counted, relative
from bot.texts.usage import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

OPT_OUT_LABEL: Final = "Nobody may restyle my clips"
OPT_IN_LABEL: Final = "Undo the opt-out"
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
        "**What happens to your clips**",
        (
            "A clip to restyle, its prompt and its reference image go to CometAPI and Runway, "
            "which make the new clip. Until then, only Discord and this bot have them."
        ),
        (
            "For each request, the bot's database keeps who asked, where and when, the prompt, "
            "links to the clip and the result, the outcome and the cost. It also keeps your "
            "questions to moderators, strikes and blocks. The clips themselves stay on Discord."
        ),
    ]
    if days:
        lines.append(
            f"Prompts and links are deleted {counted(days, 'day')} after a clip ends. When it was, "
            "how it ended and what it cost stay."
        )
    if archived:
        lines.append("The bot's owner also keeps the results in an archive.")
    if files_left:
        lines.append(still_removed(files_left))
    lines.append("**Your clips in other people's hands**")
    if since is None:
        lines.append(
            "A server's moderators decide whether others can restyle clips that you post: never, "
            "when you allow it, or always. You can stop it everywhere."
        )
    else:
        lines.append(
            f"You stopped it {relative(since)}: nobody else can restyle your clips with this bot, "
            "on any server. You still can."
        )
    if made:
        lines.append(
            f"Others have asked for {clips(made)} made from yours. You can have them removed."
        )
    return lines


def still_removed(count: int) -> str:
    """Return that files of the archive are not gone yet."""
    if count == 1:
        return "One file is still being removed from the archive; the bot keeps trying."
    return f"{count:,} files are still being removed from the archive; the bot keeps trying."


def remove_sure(count: int) -> list[str]:
    """Return the question before what others made of one's clips is removed."""
    return [
        "**Remove what others made from your clips?**",
        (
            f"Deleted for good: {clips(count)} that others asked for, with the messages that show "
            "them, the copies of your clip, their prompts and their links. Whoever asked for them "
            "gets nothing back."
        ),
        "Copies that people have saved are theirs to keep.",
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
            f"\nDiscord did not let the bot delete {clips(refused)}: it cannot see the channel. "
            "Ask a moderator there, or try again later."
        )
    if left:
        words += f"\n{clips(left)} left: press Remove what others made… again."
    return words


OPTED_IN: Final = "Undone. Each server's own rule applies again."


def exported(count: int, *, left_out: int) -> str:
    """Return what stands above an export."""
    more = f" The oldest {left_out:,} did not fit." if left_out > 0 else ""
    return f"Here is what the bot keeps about you: {clips(count)}, newest first.{more}"


def sure() -> list[str]:
    """Return the question before anything is deleted."""
    return [
        "**Delete your data?**",
        (
            "Deleted for good: the prompts of your clips, all links to them, and what you and the "
            "moderators wrote about them. Their buttons, such as Compare, may stop working."
        ),
        (
            "Kept: when you asked, how it ended and what it cost, because quotas and bills need "
            "it; strikes, blocks and your opt-out."
        ),
        (
            "Messages in Discord stay; press Delete… under a result to remove it. Backups of the "
            "database keep what they have until they are replaced. If you want your data, export "
            f"it first: up to {MOST_JOBS:,} clips."
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
            f"\nStill in progress: {', '.join(left)}{others}. Their words and links are deleted as "
            "soon as they end; you need not ask again."
        )
    if questions:
        open_ones = "One question" if questions == 1 else f"{questions:,} questions"
        words += f"\nStill open: {open_ones} of yours to moderators, deleted once answered."
    return words


def shown(count: int) -> int:
    """Return how many of ``count`` clips under way are named."""
    return min(count, _SHOWN)
