"""What would happen to a request: ``/restyle-settings test``, and Test… on the panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bot.domain.guilds import guild_key
from bot.policy.decide import RequestFacts
from bot.policy.quotas import caps_of
from bot.policy.replay.trial import try_out
from bot.texts import panel_answer as answers
from bot.texts import trial as trial_texts
from cogs.common.cards import GREY, card
from cogs.common.ids import read_id
from cogs.common.pages import Page
from cogs.restyle.place import channels_of, is_age_restricted
from cogs.settings import forms

if TYPE_CHECKING:
    from collections.abc import Collection

    import discord

    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.common.aside import Aside
    from cogs.common.forms import FormData


async def report(
    interaction: discord.Interaction[Any],
    facts: RequestFacts,
    *,
    store: Store,
    settings: Settings,
    aside: Aside,
) -> Page:
    """Return what would happen to a request, and which rule decides."""
    policy = await store.policies.read(interaction.guild_id)
    member = await store.people.facts(policy.guild_id, facts.user_id)
    uses = await store.ledger.uses(caps_of(policy, facts, settings))
    running, now = await store.admissions.running(), interaction.created_at
    work = partial(try_out, facts, policy, member, settings, now, uses=uses, running=running)
    trial = await aside.run(interaction.user.id, work)
    admin = interaction.client.command_mentions.of("restyle-admin")
    return Page(view=card(GREY, trial_texts.report(trial, now, admin).splitlines()))


def facts_to_try(
    interaction: discord.Interaction[Any],
    user_id: int,
    role_ids: Collection[int] | None,
    *,
    channel_id: int | None,
    prompt: str | None,
    seconds: float | None,
) -> RequestFacts | str:
    """Return the request that a moderator wants to try out, or why it cannot be.

    Args:
        interaction: The moderator's.
        user_id: Whose request it would be.
        role_ids: Their roles; ``None``: whoever it is, they are not a member of this server.
        channel_id: Where; ``None`` stands for where the moderator is.
        prompt: ``None``: any.
        seconds: How long the clip is; ``None``: as long as may be.
    """
    if role_ids is None:
        return answers.no_member(user_id)
    channel_ids, is_for_adults = _place(interaction, channel_id)
    return RequestFacts(
        user_id=user_id,
        role_ids=role_ids,
        channel_ids=channel_ids,
        is_age_restricted=is_for_adults,
        prompt=prompt or None,
        seconds=seconds,
    )


def _place(
    interaction: discord.Interaction[Any], channel_id: int | None
) -> tuple[tuple[int, ...], bool]:
    """Return the channel that is meant, with its parent, and whether only adults see it."""
    if channel_id is None:
        return channels_of(interaction), is_age_restricted(interaction)
    channel = interaction.guild.get_channel(channel_id) if interaction.guild else None
    return (channel_id,), bool(getattr(channel, "nsfw", False))


def facts_in(interaction: discord.Interaction[Any], sent: FormData) -> RequestFacts | str:
    """Return what a form asks, or what is wrong with it."""
    member_id = sent.text(forms.MEMBER_ID)
    if not member_id:
        return answers.TEST_NEEDS_MEMBER
    typed = sent.text(forms.LENGTH_ID).strip()
    seconds = _seconds(typed)
    if typed and seconds is None:
        return answers.bad_length(typed)
    told = sent.about("members", member_id)
    # Everybody has the role that has the server's own id.
    roles = None
    if told:
        roles = {*map(read_id, told.get("roles", ())), guild_key(interaction.guild_id)}
    channel_id = sent.text(forms.CHANNEL_ID)
    return facts_to_try(
        interaction,
        read_id(member_id),
        roles,
        channel_id=read_id(channel_id) if channel_id else None,
        prompt=sent.text(forms.PROMPT_ID).strip(),
        seconds=seconds,
    )


def _seconds(typed: str) -> float | None:
    """Return a length as it was typed; ``None`` for none, and for what is none."""
    try:
        found = float(typed.lower().removesuffix("s").strip().replace(",", "."))
    except ValueError:
        return None
    return found if 0 < found < 1e6 else None
