"""What the panel of ``/restyle-settings`` answers, and what it posts in the log channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.policy.prompt_rules.rules import MAX_RULES
from bot.requests.text_safety import cut, harmless
from bot.texts.common import SETTINGS, counted
from bot.texts.policy import change, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.policy.changes import PolicyChange
    from bot.policy.mentioned import Mentioned

_SHOWN_IDS: Final = 12

# Previews


def proposed(lines: Sequence[str], summary: str, *, warning: str = "") -> str:
    """Return what a change is and what it would have done, before it is saved.

    Args:
        lines: What is changed.
        summary: What it would have done.
        warning: What whoever saves it should mind.
    """
    shown = [cut(line, 250) for line in lines[:10]]
    if len(lines) > len(shown):
        shown.append(f"and {counted(len(lines) - len(shown), 'more change')}.")
    return "\n".join(
        [
            "### Not saved yet",
            *shown,
            cut(summary, 1200),
            *([warning] if warning else []),
            "Save it, or press Cancel to leave everything as it is.",
        ]
    )


def lifts_oneself(names: Sequence[str]) -> str:
    """Return the answer to who would give themselves more, by a role that they have."""
    return (
        f"That would give you more than members have, through one of your own roles "
        f"({_titles(names)}). Somebody without that role has to change it. Nothing was changed."
    )


def lifting_oneself(names: Sequence[str]) -> str:
    """Return the same as a warning, for who can give roles anyway; empty for nothing."""
    if not names:
        return ""
    return (
        "**This gives you more than members have**, through one of your own roles "
        f"({_titles(names)}). You can do that because you can give roles; the change log will show "
        "it."
    )


def _titles(names: Sequence[str]) -> str:
    return ", ".join(title(name) for name in names)


NO_EFFECT: Final = "It would have made no difference to the clips of the last 30 days."


NOTHING_TO_IMPORT: Final = "Everything in the file is already set. Nothing was changed."


# Answers


RULES_FULL: Final = (
    f"There are already {MAX_RULES} rules, the most that fit. "
    "Remove one, or put several words into one rule."
)
RULE_GONE: Final = (
    "Somebody else changed the rules, so nothing was saved. The list is up to date now."
)
UNDO_OVERTAKEN: Final = (
    "Somebody else changed a setting, so nothing was undone. The panel is up to date now."
)
NOTHING_TO_UNDO: Final = "Nothing has been changed yet, so there is nothing to undo."
SAVE_OVERTAKEN: Final = (
    "Somebody else changed the same setting, so nothing was saved. The panel is up to date now."
)
DRAFT_GONE: Final = (
    "This change was not saved, and the bot no longer has it. Make it again; "
    "the panel is up to date now."
)
NOT_HERE: Final = f"Settings belong to a server. Run {SETTINGS} there."


def out_of_date(settings: str) -> str:
    """Return the answer to a panel of an earlier version; ``settings`` names the command."""
    return f"This panel is from an earlier version. Run {settings} again."


def perhaps_not_saved(settings: str) -> str:
    """Return the answer while the database is away; ``settings`` names the command."""
    return (
        "The bot cannot reach its database, so this change may not have been saved.\n"
        f"Run {settings} again in a minute to check."
    )


def log_not_written(channel_id: int) -> str:
    """Return the word on a change that is saved but could not be posted in the log channel."""
    return (
        f"The change is saved, but it could not be posted in <#{channel_id}>. Give Restyle View "
        "Channel and Send Messages there, or choose another channel for the change log."
    )


TEST_NEEDS_MEMBER: Final = (
    "Choose a member in `test` to see what would happen for them. "
    "`channel`, `prompt` and `length` only go with it."
)


def bad_length(typed: str) -> str:
    """Return the answer to a test's length that is none."""
    return (
        f"“{harmless(cut(typed, 20))}” is not a length. Type a number of seconds such as 5, "
        "or leave it empty."
    )


def exported(guild_name: str, settings: str) -> str:
    """Return the words beside an exported file; ``settings`` names the command."""
    return (
        f"All settings of {harmless(cut(guild_name, 80))}. "
        f"To use them again, press Import…, or run {settings} and attach the file."
    )


def file_too_big(most_bytes: int) -> str:
    """Return the answer to a file that is too big to be settings."""
    return (
        f"That file is too large for settings, which fit into {most_bytes // 1024} KiB. "
        "Attach one that Export made. Nothing was changed."
    )


FILE_UNREADABLE: Final = (
    "Discord did not deliver the file, so nothing was changed. Attach it again."
)
NOT_EXPORTED: Final = "Discord did not accept the file. Press Export again."


def too_many_changes(most: int) -> str:
    """Return the answer to a file that would change more than can be undone at once."""
    return f"That file would change more than {most:,} settings in one go. Nothing was changed."


def not_on_this_server(found: Sequence[Mentioned]) -> str:
    """Return the answer to a file that names channels or roles of another server."""
    lines = ["That file names what is not on this server. Nothing was changed."]
    for one in found[:_SHOWN_IDS]:
        where = "its own settings" if one.name is None else title(one.name)
        lines.append(f"- {one.of} {one.id} ({where})")
    if len(found) > _SHOWN_IDS:
        lines.append(f"And {len(found) - _SHOWN_IDS} more.")
    lines.append("In the file, replace these ids with ones from this server, or remove them.")
    return "\n".join(lines)


def no_member(user_id: int) -> str:
    """Return the answer to a test for somebody who is not there."""
    return f"<@{user_id}> is not a member of this server. Choose somebody who is."


# The log channel


def log_message(user_id: int, found: Sequence[PolicyChange], *, what: str) -> str:
    """Return the message in the log channel about one action, at most 2,000 characters.

    Args:
        user_id: Who did it.
        found: What it changed.
        what: ``changed the settings``, ``undid the last change`` or ``imported settings``.
    """
    lines = [f"<@{user_id}> {what}"]
    room = 1900 - len(lines[0])
    for number, one in enumerate(found):
        line = f"- {cut(change(one), 300)}"
        if len(line) + 1 > room:
            lines.append(f"and {counted(len(found) - number, 'more change')}.")
            break
        room -= len(line) + 1
        lines.append(line)
    return "\n".join(lines)


CHANGED: Final = "changed the settings"
UNDID: Final = "undid the last change"
IMPORTED: Final = "imported settings"
