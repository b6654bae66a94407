"""The pages on which the bot's owner sees and limits what servers spend."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.domain.quotas import Period, resets_at, started_at
from bot.policy.ceilings import limits_of, read_limit
from bot.texts import owner as owner_texts
from cogs.common.cards import GREY, card
from cogs.common.pages import Page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import discord

    from bot.settings import Settings
    from bot.storage.store import Store

log = logging.getLogger(__name__)


async def spend_page(store: Store, now: datetime, names: Mapping[int, str]) -> Page:
    """Return what all servers spent today and this month."""
    # To the end of the month: the database's clock may be ahead of Discord's.
    end = resets_at(Period.MONTH, now) or now
    day = await store.ledger.by_guild(started_at(Period.DAY, now), end)
    month = await store.ledger.by_guild(started_at(Period.MONTH, now), end)
    return Page(view=card(GREY, owner_texts.spend(day, month, names)))


async def limits_page(
    store: Store,
    settings: Settings,
    guild: discord.Guild | None,
    limit: str | None,
    value: str | None,
    *,
    user_id: int,
) -> str | Page:
    """Return what one server may use at most, after ``limit`` was set to ``value`` if both are."""
    if guild is None:
        return owner_texts.SERVER_UNKNOWN
    if (limit is None) is not (value is None):
        return owner_texts.LIMIT_INCOMPLETE
    policy = await store.policies.read(guild.id)
    if limit is not None and value is not None:
        try:
            wanted = read_limit(limit, value)
        except ValueError:
            return owner_texts.limit_unusable(value)
        policy = await store.policies.allow(guild.id, {limit: wanted}, user_id=user_id)
        log.info("guild %s: %s set to %s by owner %s", guild.id, limit, wanted, user_id)
    holds = limits_of(settings, policy.allowance)
    place = owner_texts.guild_name(guild.id, guild.name)
    return Page(view=card(GREY, owner_texts.server_limits(place, holds)))
