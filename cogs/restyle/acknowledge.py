"""The first answer to a request: "thinking…", of which something always comes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.errors import StoreError
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, classify
from cogs.common.limits import store_deadline

if TYPE_CHECKING:
    from bot.storage.store import Store

log = logging.getLogger(__name__)

LOOK_UP_SECONDS: Final = 10.0
_ALREADY_ACKNOWLEDGED: Final = 40060


async def acknowledge(interaction: discord.Interaction[Any]) -> int | None:
    """Tell the person that their request is being looked at; return the answer's id.

    When Discord's own answer to that is lost, it may have shown "thinking…" all the same, and
    would go on showing it. So that is looked up, also when Discord says that the interaction was
    answered before: discord.py may have asked twice. A twin of this event may have been faster,
    too; one interaction makes one job, so both may go on.

    Returns:
        ``None`` when nobody sees an answer, or it is no longer "thinking…": nothing may follow.
    """
    try:
        response = await interaction.response.defer(thinking=True)
        if response is not None and response.message_id is not None:
            return response.message_id
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
        is_said_twice = isinstance(exc, discord.HTTPException) and exc.code == _ALREADY_ACKNOWLEDGED
        if not is_said_twice and classify(exc) is not ErrorMeaning.RETRY:
            return None
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            shown = await interaction.original_response()
    except (TimeoutError, discord.ClientException, *DISCORD_ERRORS) as exc:
        log.info("interaction %s: there is no answer either: %s", interaction.id, exc)
        return None
    return shown.id if shown.flags.loading else None


async def is_accepted(interaction: discord.Interaction[Any], store: Store) -> bool:
    """Tell whether a twin of this event has made a job of it: nothing refuses that any more."""
    try:
        async with store_deadline():
            return await store.get(interaction.id) is not None
    except StoreError:
        return False
