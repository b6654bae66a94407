"""Answers for one person alone, and what they are told when there is none.

Some need the database, which may take longer than Discord waits: the interaction is acknowledged
first, the answer is made afterwards.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.app import answer_privately
from bot.errors import StoreError
from bot.interaction_log import broke
from bot.texts import common as texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.ids import UnknownControlError
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import discord
    from discord import ui

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A private message of components, and what is said beside it when it was brought up to date.

    A page holds for as long as its message is there: its buttons are looked up by their custom ids,
    whichever process posted them.
    """

    view: ui.LayoutView
    files: Sequence[discord.File] = field(default=())
    said: str | None = None


@contextlib.asynccontextmanager
async def telling_failures(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Tell the person what kept their press or form from being answered, and raise nothing.

    They would read of it nowhere else: discord.py logs the error of a press and goes on.
    """
    try:
        yield
    except Exception as exc:  # noqa: BLE001 - logged, and told to the person
        await answer_privately(interaction, _failure(interaction, exc))


def _failure(interaction: discord.Interaction[Any], error: Exception) -> str:
    """Return what the person reads about ``error``; it is logged here."""
    if isinstance(error, UnknownControlError):
        log.info("interaction %s: not ours: %s", interaction.id, error)
        return texts.UNKNOWN_CONTROL
    if isinstance(error, StoreError):
        log.warning("interaction %s: the database did not answer: %s", interaction.id, error)
        return texts.CANCEL_STORE_UNAVAILABLE
    return broke(interaction, error)


async def answer_command(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[str | Page]]
) -> None:
    """Answer a command in private with what ``make`` returns, or that the database is away."""
    await _answer(interaction, make, ephemeral=True, thinking=True)


async def answer_press(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[str | Page]]
) -> None:
    """Answer a press on a page: a new page takes its place, words come beside it."""
    await _answer(interaction, make)


async def show_beside(interaction: discord.Interaction[Any], answer: str | Page) -> str | Page:
    """Show a page as a private message of its own, and return what is left to say beside it.

    For an answer to a press that leaves the page as it is.
    """
    if isinstance(answer, str):
        return answer
    try:
        await interaction.followup.send(
            view=answer.view,
            files=list(answer.files),
            ephemeral=True,
            allowed_mentions=NOBODY,
        )
    except DISCORD_ERRORS as exc:
        return broke(interaction, exc)
    return ""


async def _answer(
    interaction: discord.Interaction[Any],
    make: Callable[[], Awaitable[str | Page]],
    **how: bool,
) -> None:
    try:
        await interaction.response.defer(**how)
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
        return
    said: str | None
    try:
        answer = await make()
    except Exception as exc:  # noqa: BLE001 - logged, and told to the person
        answer = _failure(interaction, exc)
    if isinstance(answer, str):
        said = answer
    else:
        said = answer.said
        try:
            await interaction.edit_original_response(
                view=answer.view, attachments=list(answer.files), allowed_mentions=NOBODY
            )
        except DISCORD_ERRORS as exc:
            said = broke(interaction, exc)
    if said:
        await answer_privately(interaction, said)


def clip_unknown(interaction: discord.Interaction[Any]) -> str:
    """Return the answer to a press about a clip that is gone, or cannot be seen from there."""
    return texts.clip_unknown(interaction.client.command_mentions.of("restyle"))
