"""What a person is asked, in private, once the files are known and before anything is spent."""

from __future__ import annotations

import io
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.errors import StoreError
from bot.requests.validation import MENDABLE, Refusal, Rule
from bot.texts import choice as choice_texts
from cogs.appeals.button import refusal_view
from cogs.restyle.refusals import RefusedError, note_refusal, refuse_now
from cogs.restyle.request_buttons import cost_view, part_view, refused_view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.policy.levels import Effective
    from bot.storage.store import Store
    from cogs.restyle.open_request import OpenRequest, PartChoice
    from cogs.restyle.responses import PublicResponse

_ABOUT: Final = 1.1
"""How much more than shown is still "about" as much: a part is cut where the clip has frames."""

log = logging.getLogger(__name__)


async def ask_part(
    response: PublicResponse,
    store: Store,
    request: OpenRequest,
    choice: PartChoice,
    *,
    strip: bytes | None,
    spoiler: bool,
    price: int | None,
) -> None:
    """Show the film strip, in the place of "thinking…".

    Raises:
        RefusedError: The database does not take it, so that it could not be gone on with.
    """
    await _keep(store, replace(request, choice=choice, shown_micros=price))
    files = []
    if strip is not None:
        picture = discord.File(
            io.BytesIO(strip),
            choice_texts.STRIP_FILENAME,
            spoiler=spoiler,
            description=choice_texts.strip_description(len(choice.starts())),
        )
        files = [picture]
    await response.tell(part_words(choice, price), view=part_view(request.id, choice), files=files)


def part_words(choice: PartChoice, price: int | None) -> str:
    """Return what stands above a film strip."""
    return choice_texts.part_question(choice.total, choice.length, choice.most, price)


def is_dear(request: OpenRequest, price: int | None, holds: Effective) -> bool:
    """Tell whether it costs so much that its maker is asked first.

    A yes was to what was shown: not to what another model, or another price, makes of it since.
    """
    most, shown = holds.ask_above_micros, request.shown_micros
    if most is None or price is None or price <= most:
        return False
    return not request.is_agreed or shown is None or price > shown * _ABOUT


async def ask_cost(
    response: PublicResponse,
    store: Store,
    request: OpenRequest,
    *,
    price: int,
    seconds: float,
    model: str,
) -> None:
    """Ask whether it may cost that much, in the place of "thinking…".

    Raises:
        RefusedError: The database does not take it, so that it could not be gone on with.
    """
    await _keep(store, replace(request, shown_micros=price))
    words = choice_texts.cost_question(price, seconds, model)
    await response.tell(words, view=cost_view(request.id))


async def tell_refusal(
    interaction: discord.Interaction[Any],
    store: Store,
    error: RefusedError,
    request: OpenRequest | None,
    *,
    response: PublicResponse | None = None,
) -> None:
    """Say in private why nothing was started, and below it what can be done about it.

    Args:
        interaction: Whose maker is told.
        store: Keeps what was typed, so that the form opens with it.
        error: What stands in the way.
        request: What was asked for; ``None`` where there is nothing to open again.
        response: What it was answered with so far; ``None``: this is the first answer.
    """
    view = await refusal_view(interaction, store, error.decided_by)
    if request is not None and _is_mendable(error):
        try:
            await request.keep(store)
        except StoreError as exc:  # the refusal itself is what matters
            log.warning("interaction %s: refused without a form: %r", interaction.id, exc)
        else:
            view = refused_view(request.id, view)
    if response is None:
        await refuse_now(interaction, error, view=view)
    else:
        note_refusal(interaction, error)
        await response.tell(error.words(interaction.client.command_mentions.of), view=view)


@asynccontextmanager
async def telling_refusals(
    interaction: discord.Interaction[Any], store: Store
) -> AsyncIterator[None]:
    """Tell a refusal of what is inside in private, where there is no form to open again."""
    try:
        yield
    except RefusedError as exc:
        await tell_refusal(interaction, store, exc, None)


def _is_mendable(error: RefusedError) -> bool:
    return error.is_mendable or (error.refusal is not None and error.refusal.rule in MENDABLE)


async def _keep(store: Store, request: OpenRequest) -> None:
    try:
        await request.keep(store)
    except StoreError as exc:
        log.warning("request %s: not kept: %r", request.id, exc)
        raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
