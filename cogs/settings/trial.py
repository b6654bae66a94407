"""What would happen to a request: ``/restyle-settings test``, and Test… on the panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.policy.replay.trial import Question, caps_to_ask, try_out
from bot.texts import panel_answer as answers
from bot.texts import trial as trial_texts
from cogs.common.cards import GREY, card
from cogs.common.ids import read_id
from cogs.common.pages import Page
from cogs.restyle.place import channels_of, is_age_restricted
from cogs.settings import forms

if TYPE_CHECKING:
    import discord

    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.common.forms import FormData


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a moderator wants to know."""

    user_id: int
    role_ids: frozenset[int] | None
    """``None``: whoever it is, they are not a member of this server."""
    channel_id: int | None = None
    """``None`` stands for where the moderator is."""
    prompt: str | None = None
    seconds: float | None = None


async def report(
    interaction: discord.Interaction[Any], asked: Asked, *, store: Store, settings: Settings
) -> str | Page:
    """Return what would happen to a request, and which rule decides.

    Raises:
        StoreError: The database does not answer.
    """
    if asked.role_ids is None or interaction.guild_id is None:
        return answers.no_member(asked.user_id)
    channel_ids, is_for_adults = _place(interaction, asked.channel_id)
    question = Question(
        user_id=asked.user_id,
        role_ids=asked.role_ids,
        channel_ids=channel_ids,
        is_age_restricted=is_for_adults,
        prompt=asked.prompt or None,
        seconds=asked.seconds,
    )
    policy = await store.policies.read(interaction.guild_id)
    facts = await store.people.facts(interaction.guild_id, asked.user_id)
    uses = await store.ledger.uses(caps_to_ask(question, policy, settings))
    running, now = await store.admissions.running(), interaction.created_at
    trial = try_out(question, policy, facts, settings, now, uses=uses, running=running)
    return Page(view=card(GREY, trial_texts.report(trial, now).splitlines()))


def _place(
    interaction: discord.Interaction[Any], channel_id: int | None
) -> tuple[tuple[int, ...], bool]:
    """Return the channel that is meant, with its parent, and whether only adults see it."""
    if channel_id is None:
        return channels_of(interaction), is_age_restricted(interaction)
    channel = interaction.guild.get_channel(channel_id) if interaction.guild else None
    return (channel_id,), bool(getattr(channel, "nsfw", False))


def asked_in(sent: FormData, guild_id: int) -> Asked | str:
    """Return what a form asks, or what is wrong with it."""
    member_id = sent.text(forms.MEMBER_ID)
    if not member_id:
        return answers.test_needs_member()
    typed = sent.text(forms.LENGTH_ID).strip()
    seconds = _seconds(typed)
    if typed and seconds is None:
        return answers.bad_length(typed)
    told = sent.about("members", member_id)
    # Everybody has the role that has the server's own id.
    roles = frozenset(map(read_id, told.get("roles", ()))) | {guild_id} if told else None
    channel_id = sent.text(forms.CHANNEL_ID)
    return Asked(
        user_id=read_id(member_id),
        role_ids=roles,
        channel_id=read_id(channel_id) if channel_id else None,
        prompt=sent.text(forms.PROMPT_ID).strip() or None,
        seconds=seconds,
    )


def _seconds(typed: str) -> float | None:
    """Return a length as it was typed; ``None`` for none, and for what is none."""
    try:
        found = float(typed.lower().removesuffix("s").strip().replace(",", "."))
    except ValueError:
        return None
    return found if 0 < found < 1e6 else None
