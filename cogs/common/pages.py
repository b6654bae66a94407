"""Answers for one person alone that need the database, which may take longer than Discord waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.app import answer_privately
from bot.errors import StoreError
from bot.texts import common as texts
from cogs.common.discord_errors import DISCORD_ERRORS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from discord import ui

log = logging.getLogger(__name__)

_NOBODY: Final = discord.AllowedMentions.none()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A private message of components, and what is said beside it when it was brought up to date.

    A page holds for as long as its message is there: its buttons are looked up by their custom ids,
    whichever process posted them.
    """

    view: ui.LayoutView
    files: Sequence[discord.File] = field(default=())
    said: str | None = None


async def answer_command(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[str | Page]]
) -> None:
    """Answer a command in private with what ``make`` returns, or that the database is away."""
    try:
        await interaction.response.defer(ephemeral=True, thinking=True)
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
        return
    await _show(interaction, await _made(interaction, make))


async def answer_press(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[str | Page]]
) -> None:
    """Answer a press on a page: a new page takes its place, words come beside it."""
    try:
        await interaction.response.defer()
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
        return
    await _show(interaction, await _made(interaction, make))


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
            allowed_mentions=_NOBODY,
        )
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: the page was not shown: %s", interaction.id, exc)
        return texts.trouble()
    return ""


async def _made(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[str | Page]]
) -> str | Page:
    try:
        return await make()
    except StoreError as exc:
        log.warning("interaction %s: not answered: %s", interaction.id, exc)
        return texts.cancel_store_unavailable()
    except Exception:  # a press has no other place where the person would be told
        log.exception("interaction %s: failed", interaction.id)
        return texts.trouble()


async def _show(interaction: discord.Interaction[Any], answer: str | Page) -> None:
    if isinstance(answer, str):
        if answer:
            await answer_privately(interaction, answer)
        return
    try:
        await interaction.edit_original_response(
            view=answer.view, attachments=list(answer.files), allowed_mentions=_NOBODY
        )
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: the page was not shown: %s", interaction.id, exc)
        await answer_privately(interaction, texts.trouble())
        return
    if answer.said is not None:
        await answer_privately(interaction, answer.said)
