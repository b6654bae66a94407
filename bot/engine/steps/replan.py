"""Make a job's plan anew for another model, from the clip as it was attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cometapi.models import estimate, model_rules
from bot.domain.quotas import Decider
from bot.engine.steps.sources import SENT, fetch_original
from bot.errors import MediaUnfitError
from bot.prices import prices_with
from bot.requests.clip_plan import Mode, plan_clip
from bot.requests.validation import Limit, Refusal

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext


async def columns_for(context: EngineContext, job: Job, name: str) -> dict[str, Any]:
    """Return what changes of ``job``, of which nothing was sent, when ``name`` restyles it.

    The part stays the one that people were told of, so no more is paid for than its seconds. What
    was prepared and kept was made for the other model; what is made now travels inside the request.

    Raises:
        MediaUnfitError: The model cannot take this clip, or this style image.
        MediaError: The clip could not be had or examined.
    """
    model = model_rules(name)
    if job.reference_url is not None and not model.takes_reference:
        raise MediaUnfitError(f"{name} takes no style image")
    with context.scratch.folder() as folder:
        original = await fetch_original(
            job, folder / "original", scratch=context.scratch, downloader=context.downloader
        )
        facts = await context.media.examine(original)
    context.scratch.kept.drop(job.id, SENT)  # it was made for the other model
    seconds = job.restyled_seconds
    plan = plan_clip(
        facts,
        size_bytes=job.source_bytes,
        content_type=job.source_content_type,
        model=model,
        start=job.part_start or None,
        length=None,
        max_seconds=Limit(value=seconds, decided_by=Decider.OPERATOR),
        upload_bytes=model.max_url_bytes,
    )
    if isinstance(plan, Refusal):
        raise MediaUnfitError(f"{name} does not take this clip: {plan.rule}")
    return {
        "model": name,
        "plan": plan.to_json() if plan.mode is not Mode.AS_IS else None,
        "part_start": plan.start_seconds,
        "part_seconds": plan.seconds,
        "price_micros": estimate(model, plan.seconds, prices_with(context.settings.prices)),
        "sent_url": None,
        "sent_bytes": None,
        "sent_content_type": None,
        "source_message_id": None,
        "source_channel_id": None,
    }
