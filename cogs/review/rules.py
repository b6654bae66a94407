"""What a server's settings say about reviews, and who may decide them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.permissions import Action, may, who
from cogs.common.actor import actor_of

if TYPE_CHECKING:
    import discord

    from bot.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """What holds on one server."""

    channel_id: int | None
    """Where moderators are asked; ``None`` is nowhere."""
    open_cap: int | None
    """How many open requests have a card of their own there."""
    reviewer_role_ids: frozenset[int]
    """Who decides besides the moderators."""


async def review_rules(store: Store, guild_id: int) -> ReviewRules:
    """Return what the server's settings say about reviews.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    policy = await store.policies.read(guild_id)
    return ReviewRules(
        channel_id=policy.server("review_channel_id"),
        open_cap=policy.server("review_open_cap"),
        reviewer_role_ids=policy.server("reviewer_role_ids"),
    )


async def may_moderate(
    interaction: discord.Interaction[Any],
    store: Store,
    action: Action,
    *,
    requester_id: int | None = None,
) -> bool:
    """Tell whether the person may do ``action``; settings are read only where they matter.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    actor = actor_of(interaction)
    whos = who(actor, requester_id=requester_id)
    if may(action, whos) or interaction.guild_id is None or not actor.role_ids:
        return may(action, whos)
    rules = await review_rules(store, interaction.guild_id)
    reviewing = rules.reviewer_role_ids
    return may(action, who(actor, requester_id=requester_id, reviewer_role_ids=reviewing))
