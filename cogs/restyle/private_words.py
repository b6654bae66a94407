"""What only the requester reads once their request is accepted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from bot.domain.quotas import Scope, Unit
from bot.errors import StoreError
from bot.texts import quota as quota_texts
from bot.texts import review as review_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.limits import store_deadline
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.domain.jobs import Job
    from bot.domain.quotas import Cap
    from bot.storage.store import Store

log = logging.getLogger(__name__)

FEW_LEFT: Final = 2
"""From so many clips on a member is told how many are left."""


async def tell_requester(
    interaction: discord.Interaction[Any], store: Store, job: Job, caps: Sequence[Cap]
) -> None:
    """Show the words that others do not see yet, and what is left once that is little.

    Where there is nothing of either to say, a job does without this call to Discord.
    """
    lines = []
    if job.hold is not None:
        lines += review_texts.own_prompt(job)
    if left := await _what_is_left(store, job, caps):
        lines.append(left)
    if not lines:
        return
    try:
        await interaction.followup.send("\n".join(lines), ephemeral=True, allowed_mentions=NOBODY)
    except DISCORD_ERRORS as exc:
        log.info("job %s: its requester was not told more: %r", job.id, exc)


async def _what_is_left(store: Store, job: Job, caps: Sequence[Cap]) -> str | None:
    own = [cap for cap in caps if cap.holder.scope is Scope.MEMBER]
    if not own:
        return None
    try:
        async with store_deadline():
            uses = await store.ledger.uses(own)
    except StoreError as exc:
        log.info("job %s: what is left is not known: %r", job.id, exc)
        return None
    if all(use.cap.unit is Unit.JOBS and use.left > FEW_LEFT for use in uses):
        return None
    return quota_texts.what_is_left(job.price_micros, uses)
