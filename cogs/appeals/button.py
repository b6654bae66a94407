"""The buttons of appeals and reports, and when the member's ones are shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.jobs import SAFETY_FAILURES, CancelReason, Charge, FailureReason, JobState
from bot.domain.quotas import Decider
from bot.errors import StoreError
from cogs.common.items import IdButton
from cogs.common.limits import store_deadline

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_DENIALS: Final = frozenset(
    {
        CancelReason.DENIED,
        CancelReason.WITHHELD,
        CancelReason.REVIEW_EXPIRED,
        CancelReason.MODERATOR,
    }
)
_DISPUTABLE: Final = SAFETY_FAILURES | {
    FailureReason.BAD_OUTPUT,
    FailureReason.SOURCE_REFUSED,
    FailureReason.REQUEST_REFUSED,
}
"""Failures about which a moderator may have something to say: a limit, a look at the clip."""


def is_appealable(job: Job) -> bool:
    """Tell whether moderators can be asked about how ``job`` ended; not where it was trouble."""
    if job.guild_id is None:
        return False
    if job.state is JobState.CANCELLED:
        return job.cancel_reason in _DENIALS
    if job.state is JobState.DONE:
        return job.is_taken_down
    if job.state is JobState.FAILED:
        return job.failure in _DISPUTABLE or job.charge is Charge.YES
    return False


class AppealButton(IdButton, verb="appeal", label="Ask a moderator…"):
    """Lets a member ask the moderators; its id is the job's, or the refused interaction's."""


class ReportButton(IdButton, verb="report", label="Report…"):
    """Lets whoever sees a result tell the moderators about it; its id is the job's."""


class AnswerButton(IdButton, verb="answer", label="Answer…"):
    """Lets a moderator answer an appeal."""


def appeal_view(appeal_id: int) -> ui.View:
    """Return the button alone, for a private message that says what was refused."""
    view = ui.View(timeout=None)
    view.add_item(AppealButton(appeal_id))
    return view


async def can_appeal(store: Store, job: Job) -> bool:
    """Tell whether moderators can be asked about how ``job`` ended; not when nobody knows."""
    if not is_appealable(job) or job.guild_id is None:
        return False
    return await has_review_channel(store, job.guild_id)


async def refusal_view(
    interaction: discord.Interaction[Any], store: Store, decided_by: Decider | None
) -> ui.View | None:
    """Return the button under a refusal, where moderators could have decided otherwise."""
    if interaction.guild_id is None or decided_by is not Decider.MODERATORS:
        return None
    has_channel = await has_review_channel(store, interaction.guild_id)
    return appeal_view(interaction.id) if has_channel else None


async def has_review_channel(store: Store, guild_id: int) -> bool:
    """Tell whether moderators have a channel for questions; not while the database is away."""
    try:
        async with store_deadline():
            policy = await store.policies.read(guild_id)
            return policy.server("review_channel_id") is not None
    except StoreError as exc:  # the message itself is what matters
        log.warning("guild %s: told without an appeal: %r", guild_id, exc)
        return False
