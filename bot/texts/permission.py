"""Who may do what, in words: for whoever pressed in vain, and as the table in the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.permissions import MAY, NOT_OWN, Action, Who
from bot.texts.commands import plainly

if TYPE_CHECKING:
    from collections.abc import Collection

_PEOPLE: Final = {
    Who.MEMBER: "everybody who sees it",
    Who.REQUESTER: "whoever asked for the clip",
    Who.AUTHOR: "whoever posted the clip",
    Who.MODERATOR: "this server's moderators (Manage Messages, or a reviewer role)",
    Who.MANAGER: "members with Manage Server",
    Who.OWNER: "the bot's owner",
}


ACTIONS: Final = {
    Action.CANCEL: "Cancel a clip, or stop waiting for one",
    Action.ASK_AGAIN: "Ask the moderators again when they could not be reached",
    Action.START_AGAIN: "Restyle an earlier clip again, by the same rules as `/restyle`",
    Action.SEE_MORE: "See a finished clip's full prompt and details, and download it",
    Action.REPORT: "Report a result to the moderators",
    Action.USE_LOOKS: "See looks, try them, save your own",
    Action.CHANGE_LOOKS: "Add, edit, order and remove the server's looks; switch built-in ones off",
    Action.SEE_OWN_JOBS: "See your own clips, and continue with them",
    Action.SEE_SERVER_JOBS: "See the server's clips in the channels that you can read",
    Action.START_OWN: "Choose the part, accept the cost, change or drop your own request",
    Action.COMPARE: "Make the side-by-side video",
    Action.ADD_SOUND: "Add the original's sound to the result",
    Action.DELETE_ANSWER: "Delete a posted result",
    Action.ANSWER_CONSENT: "Allow or refuse the use of a clip",
    Action.REVIEW: "Take, approve, deny or edit a request under review",
    Action.APPEAL: "Ask a moderator about a denial, failure or refusal",
    Action.ANSWER_APPEAL: "Answer such a question",
    Action.CHANGE_SETTINGS: "Change the server's settings",
    Action.SEE_OWN_USAGE: "See your own usage",
    Action.MANAGE_OWN_DATA: "Stop others restyling your clips; export or delete your data",
    Action.SEE_SERVER_USAGE: "See the server's usage, and export it",
    Action.LIFT_STRIKE: "See and lift strikes",
    Action.MANAGE_JOBS: "See all clips of the server, and cancel or give up any",
    Action.BLOCK: "Block and unblock members",
    Action.PAUSE_SERVER: "Pause and resume the server",
    Action.SETTLE_UNCERTAIN: (
        "Settle uncertain clips: name the provider's task, or write off; release clips from "
        "quarantine; ask the provider again; use the buttons of alerts"
    ),
    Action.SEE_ALL_SERVERS: "See what all servers spend, and limit one of them",
    Action.PAUSE_EVERYTHING: "Pause and resume everything",
}

COMMANDS: Final = {
    Action.CHANGE_SETTINGS: "`/restyle-settings`",
    Action.USE_LOOKS: "`/restyle-looks`; More, Save as look…",
    Action.CHANGE_LOOKS: "`/restyle-looks`",
    Action.SEE_OWN_JOBS: "`/restyle-jobs`",
    Action.SEE_SERVER_JOBS: "`/restyle-jobs`, This server's",
    Action.SEE_OWN_USAGE: "`/restyle-usage`",
    Action.MANAGE_OWN_DATA: "`/restyle-privacy`",
    Action.SEE_SERVER_USAGE: "`/restyle-usage`, This server",
    Action.LIFT_STRIKE: "`/restyle-usage`, Strikes; `/restyle-admin strikes`",
    Action.MANAGE_JOBS: "`/restyle-admin jobs`; everywhere: `/restyle-owner jobs`",
    Action.BLOCK: "`/restyle-admin block`, `unblock`, `blocked`; everywhere: `/restyle-owner`",
    Action.PAUSE_SERVER: "`/restyle-admin pause`, `resume`",
    Action.SETTLE_UNCERTAIN: "`/restyle-owner uncertain`, `quarantine`, `look-again`",
    Action.SEE_ALL_SERVERS: "`/restyle-owner spend`, `server-limit`",
    Action.PAUSE_EVERYTHING: "`/restyle-owner pause-all`, `resume-all`",
}
"""Where it is done, unless on the message itself."""


def _joined(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def who_may(action: Action) -> str:
    """Return who may do ``action``: ``members with Manage Server and the bot's owner``.

    Whoever has Manage Server counts as a moderator: they are named only where moderators are not.
    """
    allowed = MAY[action]
    named = [who for who in Who if who in allowed]
    if Who.MODERATOR in allowed:
        named = [who for who in named if who not in {Who.MANAGER, Who.OWNER}]
    return _joined([_PEOPLE[who] for who in named])


def refused(action: Action) -> str:
    """Return the answer to somebody who may not do ``action``."""
    words = f"This is for {who_may(action)}."
    if action in NOT_OWN:
        words += f" Nobody can decide on their own {_OWN.get(action, 'request')}."
    return words


_OWN: Final = {Action.LIFT_STRIKE: "strike"}


def grant_over(action: Action) -> str:
    """Return the answer on a page that was opened by one who has only the command, too long ago."""
    return (
        f"{refused(action)} If an administrator gave you the command, run it again: its page works "
        "for 15 minutes."
    )


def owners_command() -> str:
    """Return the answer to everybody else who uses the owner's command in direct messages."""
    admin = plainly("restyle-admin")
    return f"This is for {_PEOPLE[Who.OWNER]}. To manage a server, use {admin} there."


_TITLES: Final = {
    Who.MEMBER: "Member",
    Who.REQUESTER: "Requester",
    Who.AUTHOR: "Author",
    Who.MODERATOR: "Moderator",
    Who.MANAGER: "Manager",
    Who.OWNER: "Owner",
}

_HEAD: Final = """# Who may do what

Made from the one table in `bot/domain/permissions.py`, which every button, menu and form asks
(`make permissions` writes this page, a test compares them). [For moderators](moderators.md) says
what to do with them.

| | |
| --- | --- |
| Member | everybody who sees the message or has the command |
| Requester | whoever asked for the clip |
| Author | whoever posted the clip that another member restyles |
| Moderator | Manage Messages (not in one channel alone), Manage Server, or a reviewer role |
| Manager | Manage Server |
| Owner | whoever runs the bot: `OWNER_IDS`, or the owners of the Discord application |

One mark in a row is enough.
"""

_FOOT: Final = """
¹ Never your own request or strike, whatever else you are. Nor can anybody unblock themselves.

## Commands

Discord decides who may use a command on a server, and administrators can change it for any role
(Server Settings, Integrations). Restyle starts from this:

* `/restyle`, Restyle this (under Apps, on a message), `/restyle-usage`, `/restyle-looks`,
  `/restyle-jobs`, `/restyle-privacy`, `/restyle-help`, `/restyle-about`: everybody.
* `/restyle-settings`, `/restyle-admin`: Manage Server. Somebody to whom an administrator gave one
  of them can also use the buttons on the page that it opens, for 15 minutes, and only as long as
  neither their roles nor the server's command permissions change. After that they run it again.

In direct messages with the bot, and on servers that are not in `SERVERS`, nothing can be started
unless the owner allows it (`DIRECT_MESSAGES`, `SERVERS`): the commands say what to do instead.
`/restyle-privacy` and `/restyle-about` work everywhere, and so does the owner's command for the
owner.

`/restyle-owner` exists only in direct messages with the bot. Discord has no permissions there: it
offers the command to everybody, and the bot obeys only its owner. So the command is in no
moderator's list, and an owner needs no permission on a server. Its `jobs`, `block`, `unblock` and
`blocked` cover all servers.

## What is checked at every press

Nothing that a client sends is trusted:

| A press or form with | Is answered with |
| --- | --- |
| an id that is malformed, too large or cut off | that the control no longer works |
| no choice, or one that was never offered | the same, or what is wrong with it |
| a clip of another server | that it is not known here |
| somebody else's page, an old one, or one from before the command was taken away | who may |
| a question or a draft that was answered before | how it was answered |
| an option of another kind, out of range, or unknown | that the command has changed or is gone |

Nobody can use one of their own roles to give themselves more than members have (a role's limits,
*Roles exempt*, *Roles not reviewed*): somebody without the role has to do it. Those who can give
roles, and so could have any, are warned instead, and the change log shows it.

Those who have only the command are recognised by a seal in the page's custom ids: an HMAC over the
person, their roles, the server, what the page is for and when it was opened, with a key that the
bot makes at its first start and keeps in its database.
"""


def page() -> str:
    """Return ``docs/permissions.md``."""
    rows = [
        ["What", "Where", *_TITLES.values()],
        ["---"] * (2 + len(_TITLES)),
    ]
    for action in Action:
        mark = " ¹" if action in NOT_OWN else ""
        where = COMMANDS.get(action, "on the message")
        marks = ["yes" if who in MAY[action] else "" for who in _TITLES]
        rows.append([ACTIONS[action] + mark, where, *marks])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_HEAD}\n{table}\n{_FOOT}"
