"""What a change of settings would have done to the server's past jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.policy.catalogue import SETTINGS
from bot.policy.changes import applied
from bot.policy.replay.past_jobs import needed_since
from bot.policy.replay.preview import preview
from bot.texts.preview import summary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.policy.levels import Policy
    from bot.policy.problems import Target
    from bot.policy.replay.preview import Preview
    from bot.settings import Settings
    from bot.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change would have done."""

    is_any: bool
    words: str | None = None
    """``None`` when nothing had to be tried."""


async def effect_of(
    store: Store,
    policy: Policy,
    changes: Mapping[Target, Mapping[str, Any]],
    operator: Settings,
    now: datetime,
    aside: Callable[[Callable[[], Preview]], Awaitable[Preview]],
) -> Effect:
    """Return what checked changes of ``policy`` would have done to the last 30 days of jobs.

    ``aside`` does what takes a while, and is nobody else's matter.
    """
    if not any(SETTINGS[name].is_replayed for values in changes.values() for name in values):
        return Effect(is_any=False)
    past = await store.past.jobs(policy.guild_id, needed_since(now))
    after = applied(policy, changes)
    found = await aside(lambda: preview(past, policy, after, operator, now))
    return Effect(is_any=not found.changes_nothing, words=summary(found))
