"""What a look brings to a request: words, seed, shape, model, and the picture that it keeps."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.models import ReferenceKey, model_rules
from bot.engine.signed_links import is_link_dead
from bot.errors import DeliveryError
from bot.texts import looks as look_texts
from cogs.common.limits import store_deadline
from cogs.restyle.earlier import picture_at
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    import discord

    from bot.domain.looks import Look
    from cogs.restyle.requests import Request, RequestedPicture

log = logging.getLogger(__name__)

_PICTURE_SECONDS: Final = 1.0
"""How long Discord may take to bring a picture: an answer is due within 3 s."""


async def with_look(interaction: discord.Interaction[Any], request: Request, look: Look) -> Request:
    """Return the request with a look around its own words, and with the look's picture.

    A shape that the model does not have is left out, and so is the picture where the model does
    not follow a style: what was meant for another model shall not keep a look from being used.

    Raises:
        RefusedError: The picture is not to be had any more.
        StoreError: The database does not answer.
    """
    was, request = request, request.looking(look)
    bot = interaction.client
    chosen = request.model if request.model in bot.settings.models else None
    model = model_rules(chosen or bot.models.current)
    if was.ratio is None and model.own_ratio(look.ratio) is None:
        request = replace(request, ratio=None)
    takes_style = model.reference_key is ReferenceKey.REFERENCES
    if request.reference is not None or look.picture_job_id is None or not takes_style:
        return request
    return replace(request, reference=await _picture(interaction, look.picture_job_id))


async def _picture(interaction: discord.Interaction[Any], job_id: int) -> RequestedPicture:
    bot = interaction.client
    async with store_deadline():
        job = await bot.store.get(job_id)
    # A look that came in with a file of settings may name any job there is.
    is_near = job is not None and (
        job.user_id == interaction.user.id
        or (job.guild_id is not None and job.guild_id == interaction.guild_id)
    )
    if job is None or not is_near or job.is_taken_down or job.reference_url is None:
        raise RefusedError(text=look_texts.PICTURE_GONE)
    url: str | None = job.reference_url
    if is_link_dead(url, interaction.created_at):
        url = None
        try:
            async with asyncio.timeout(_PICTURE_SECONDS):
                kept = await bot.deliverer.refresh_source(job)
            url = kept.reference_url if kept is not None else None
        except (DeliveryError, TimeoutError) as exc:
            log.info("job %s: the picture of a look was not found: %r", job_id, exc)
    if url is None:
        raise RefusedError(text=look_texts.PICTURE_GONE)
    return picture_at(url, is_spoiler=job.spoiler)
