"""Who may do what: the one table, asked by every button, select and modal.

Slash commands follow Discord's own permissions: an administrator can hand a command to any role
in the server's settings, so nothing here contradicts that. What Discord does not guard is guarded
here. ``docs/permissions.md`` shows the table; ``docs/moderators.md`` links to it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Who(enum.StrEnum):
    """What somebody is to a thing; one person can be several."""

    MEMBER = "member"  # everybody who sees it
    REQUESTER = "requester"  # who asked for the job
    AUTHOR = "author"  # who posted the clip that it starts from
    MODERATOR = "moderator"  # Manage Messages on the whole server, or a role that reviews
    MANAGER = "manager"  # Manage Server
    OWNER = "owner"  # who runs the bot


class Action(enum.StrEnum):
    """What somebody can do with a button, a menu, a form or an owner's command."""

    CANCEL = "cancel"  # a job that has not started
    START_AGAIN = "start_again"  # with the clip of an earlier job; the rules of /restyle decide
    SEE_MORE = "see_more"  # a finished clip's words and facts, and fresh links to it
    REPORT = "report"  # tell the moderators about a posted result
    USE_LOOKS = "use_looks"  # see them, try them, and have some of one's own
    CHANGE_LOOKS = "change_looks"  # the server's, and which of the built-in ones are offered
    SEE_OWN_JOBS = "see_own_jobs"
    SEE_SERVER_JOBS = "see_server_jobs"  # of channels that the person can read
    START_OWN = "start_own"  # go on with one's own request that is not started yet
    COMPARE = "compare"  # have the side-by-side video made
    ADD_SOUND = "add_sound"  # have the sound laid over the result
    DELETE_ANSWER = "delete_answer"
    ANSWER_CONSENT = "answer_consent"  # allow or refuse the use of one's clip
    REVIEW = "review"  # take, approve, deny, edit; never one's own request
    ASK_AGAIN = "ask_again"  # have the moderators asked once more, when they could not be
    APPEAL = "appeal"
    ANSWER_APPEAL = "answer_appeal"  # never one's own
    CHANGE_SETTINGS = "change_settings"
    SEE_OWN_USAGE = "see_own_usage"
    MANAGE_OWN_DATA = "manage_own_data"  # the opt-out, and what is kept of oneself
    SEE_SERVER_USAGE = "see_server_usage"
    LIFT_STRIKE = "lift_strike"
    MANAGE_JOBS = "manage_jobs"  # see and cancel any job of the server
    BLOCK = "block"  # block and unblock members
    PAUSE_SERVER = "pause_server"
    SETTLE_UNCERTAIN = "settle_uncertain"  # attach a task id, or write off
    SEE_ALL_SERVERS = "see_all_servers"
    PAUSE_EVERYTHING = "pause_everything"


_STAFF: Final = frozenset({Who.MODERATOR, Who.MANAGER, Who.OWNER})
_MANAGERS: Final = frozenset({Who.MANAGER, Who.OWNER})

MAY: Final[Mapping[Action, frozenset[Who]]] = {
    Action.CANCEL: _STAFF | {Who.REQUESTER},
    Action.START_AGAIN: frozenset({Who.MEMBER}),
    Action.SEE_MORE: frozenset({Who.MEMBER}),
    Action.REPORT: frozenset({Who.MEMBER}),
    Action.USE_LOOKS: frozenset({Who.MEMBER}),
    Action.CHANGE_LOOKS: _STAFF,
    Action.SEE_OWN_JOBS: frozenset({Who.MEMBER}),
    Action.SEE_SERVER_JOBS: _STAFF,
    Action.START_OWN: frozenset({Who.MEMBER}),
    Action.COMPARE: frozenset({Who.MEMBER}),
    Action.ADD_SOUND: frozenset({Who.MEMBER}),
    Action.DELETE_ANSWER: _STAFF | {Who.REQUESTER, Who.AUTHOR},
    Action.ANSWER_CONSENT: frozenset({Who.AUTHOR}),
    Action.REVIEW: _STAFF,
    Action.ASK_AGAIN: _STAFF | {Who.REQUESTER},
    Action.APPEAL: frozenset({Who.REQUESTER}),
    Action.ANSWER_APPEAL: _STAFF,
    Action.CHANGE_SETTINGS: _MANAGERS,
    Action.SEE_OWN_USAGE: frozenset({Who.MEMBER}),
    Action.MANAGE_OWN_DATA: frozenset({Who.MEMBER}),
    Action.SEE_SERVER_USAGE: _STAFF,
    Action.LIFT_STRIKE: _STAFF,
    Action.MANAGE_JOBS: _MANAGERS,
    Action.BLOCK: _MANAGERS,
    Action.PAUSE_SERVER: _MANAGERS,
    Action.SETTLE_UNCERTAIN: frozenset({Who.OWNER}),
    Action.SEE_ALL_SERVERS: frozenset({Who.OWNER}),
    Action.PAUSE_EVERYTHING: frozenset({Who.OWNER}),
}
"""Any one of these is enough."""

NOT_OWN: Final = frozenset({Action.REVIEW, Action.ANSWER_APPEAL, Action.LIFT_STRIKE})
"""What nobody may do about a request or a strike of their own, whatever else they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person where they are: what an interaction says of them."""

    user_id: int
    in_guild: bool
    manage_messages: bool = False
    manage_guild: bool = False
    role_ids: frozenset[int] = frozenset()
    is_owner: bool = False
    """Whether they run the bot (``OWNER_IDS``, or the application's owner)."""


def who(
    actor: Actor,
    *,
    reviewer_role_ids: Collection[int] = (),
    requester_id: int | None = None,
    author_id: int | None = None,
) -> frozenset[Who]:
    """Return what ``actor`` is to a thing.

    Args:
        actor: The person.
        reviewer_role_ids: The roles that the server lets review (its settings).
        requester_id: Who asked for the thing; ``None`` when nobody did.
        author_id: Who posted the clip, when that is somebody else.
    """
    found = {Who.MEMBER}
    if requester_id == actor.user_id:
        found.add(Who.REQUESTER)
    if author_id == actor.user_id:
        found.add(Who.AUTHOR)
    if actor.is_owner:
        found.add(Who.OWNER)
    if actor.in_guild and actor.manage_guild:
        found |= {Who.MANAGER, Who.MODERATOR}
    if actor.in_guild and (
        actor.manage_messages or not actor.role_ids.isdisjoint(reviewer_role_ids)
    ):
        found.add(Who.MODERATOR)
    return frozenset(found)


def may(action: Action, whos: Collection[Who]) -> bool:
    """Tell whether one who is all of ``whos`` may do it."""
    if action in NOT_OWN and Who.REQUESTER in whos:
        return False
    return not MAY[action].isdisjoint(whos)
