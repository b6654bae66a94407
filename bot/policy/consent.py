"""Whose clip it is, and what follows for a request that starts from somebody's message. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.quotas import Decider
from bot.requests.validation import Refusal, Rule

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_OPEN_QUESTIONS = 3
"""How many unanswered questions one author may have: asking must not become pestering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The people behind a clip that was taken from a message."""

    author_id: int | None
    """Whose word counts; ``None`` when nobody can be asked: a webhook's clip, another bot's."""
    opted_out_ids: Collection[int] = ()
    """Who of them wants none of their clips restyled. Of a result of ours that may be whoever asked
    for it, besides the author of the clip that it was made from."""
    open_questions: int = 0
    """How many other requests wait for the author's word."""


def refuse_origin(origin: Origin, *, user_id: int, mode: str) -> Refusal | None:
    """Return why ``user_id`` may not use the clip; ``None`` if they may, or may ask."""
    if origin.author_id == user_id:
        opted_out: list[int] = []  # one's own clip, whatever else one said
    else:
        opted_out = sorted(set(origin.opted_out_ids) - {user_id})
    if opted_out:
        return Refusal(rule=Rule.CONSENT_OPTED_OUT, words=(f"<@{opted_out[0]}>",))
    if mode == "open" or origin.author_id == user_id:
        return None
    if origin.author_id is None:
        return Refusal(rule=Rule.CONSENT_NOBODY, decided_by=Decider.MODERATORS)
    if mode == "own":
        return Refusal(
            rule=Rule.CONSENT_OWN_ONLY,
            decided_by=Decider.MODERATORS,
            words=(f"<@{origin.author_id}>",),
        )
    if origin.open_questions >= MAX_OPEN_QUESTIONS:
        return Refusal(
            rule=Rule.CONSENT_TOO_MANY,
            value=origin.open_questions,
            words=(f"<@{origin.author_id}>",),
        )
    return None


def must_ask(origin: Origin, *, user_id: int, mode: str) -> bool:
    """Tell whether the author has to be asked before a request goes on that was not refused."""
    return mode == "ask" and origin.author_id not in {None, user_id}
