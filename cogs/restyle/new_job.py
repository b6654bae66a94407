"""A job, put together from what was asked for, what holds for it, and what its files are."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.cometapi.models import estimate
from bot.domain.jobs import Hold, NewJob
from bot.policy.decide import Verdict
from bot.requests.clip_plan import Mode
from bot.requests.validation import MAX_SEED
from cogs.common.permission_checks import role_ids_of
from cogs.restyle.place import can_open_thread, channel_of, is_age_restricted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import discord

    from bot.cometapi.models import VideoModel
    from bot.domain.money import Price
    from bot.domain.telling import ToldBy
    from bot.policy.decide import Decision
    from cogs.restyle.file_checks import ProbeResult
    from cogs.restyle.requests import Request


def build_job(
    interaction: discord.Interaction[Any],
    request: Request,
    decision: Decision,
    found: ProbeResult,
    *,
    job_id: int,
    record_id: int,
    prices: Mapping[str, Price],
    told_by: ToldBy,
) -> NewJob:
    """Return the job that a request becomes.

    Args:
        interaction: Who asks for it, and where.
        request: What is asked for.
        decision: What follows from what holds there.
        found: What its files are.
        job_id: The id that it gets: that of the interaction in which it was first asked for.
        record_id: The message that becomes its record.
        prices: What each model costs.
        told_by: How its requester wants to be told of its end.
    """
    holds, plan, model = decision.effective, found.plan, found.model
    ratio = model.own_ratio(request.ratio) or model.own_ratio(holds.default_ratio)
    hold, held_hours = _hold(decision)
    return NewJob(
        id=job_id,
        guild_id=interaction.guild_id,
        channel_id=channel_of(interaction),
        record_message_id=record_id,
        user_id=interaction.user.id,
        can_open_thread=can_open_thread(interaction),
        source_url=request.source.url,
        source_filename=request.source.filename,
        source_content_type=found.facts.content_type,
        source_bytes=found.size_bytes,
        source_seconds=found.facts.duration_seconds,
        source_width=found.facts.width,
        source_height=found.facts.height,
        source_author_id=request.source.author_id,
        source_message_url=request.source.message_url,
        part_start=plan.start_seconds,
        part_seconds=plan.seconds,
        plan=plan.to_json() if plan.mode is not Mode.AS_IS else None,
        reference_url=request.reference.url if request.reference is not None else None,
        convert_reference=found.convert_reference,
        model=model.name,
        prompt=request.prompt,
        look=holds.default_look,
        look_name=request.look_name,
        own_words=request.own_words,
        seed=_seed(request.seed, model),
        ratio=ratio,
        public_figure_threshold=holds.public_figure_threshold,
        price_micros=estimate(model, plan.seconds, prices),
        hold=hold,
        held_until=(
            interaction.created_at + timedelta(hours=held_hours) if hold is not None else None
        ),
        review_output=holds.review_mode in {"publishing", "both"},
        spoiler=request.is_spoiler or holds.spoiler_outputs,
        keep_sound=holds.keep_sound,
        name_moderators=holds.name_moderators,
        role_ids=role_ids_of(interaction) if interaction.guild_id is not None else None,
        is_age_restricted=is_age_restricted(interaction),
        told_by=told_by,
        # Until it is allowed, a clip is shown to nobody but who decides.
        record_picture=found.moment is not None and hold is None,
    )


def _seed(wanted: int | None, model: VideoModel) -> int | None:
    """Return the seed that is sent; people find it in the answer, to have the same again."""
    if not model.takes_seed:
        return None
    return secrets.randbelow(MAX_SEED + 1) if wanted is None else wanted


def _hold(decision: Decision) -> tuple[Hold | None, int]:
    """Return whose word comes first, and how many hours they have.

    Whoever posted the clip is asked before the moderators, whose time begins after that.
    """
    holds = decision.effective
    if decision.asks_author:
        return Hold.CONSENT, holds.consent_hours
    if decision.verdict is Verdict.REVIEW:
        return Hold.REVIEW, holds.review_hours
    return None, 0
