"""Buttons and menus that outlive restarts: whichever process gets a press knows what it means.

A custom id says all. A subclass of :class:`PersistentItem` names its template and how each part of
it is read; what a press does stands in its ``press``, or in a cog, which hands that to
:func:`add_item` when it is set up. So cogs import their buttons, and no button knows a cog.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, cast

import discord
from discord import ui

from bot.app import answer_privately
from bot.interaction_log import note_interaction
from bot.texts import common as texts
from cogs.common.ids import read_id
from cogs.common.pages import answer_press, telling_failures

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Mapping

    from bot.app import RestyleBot
    from cogs.common.pages import Page

log = logging.getLogger(__name__)

ItemT = TypeVar("ItemT", bound=ui.Item[Any])
KindT = TypeVar("KindT", bound="PersistentItem[Any]")

NO_TEMPLATE: Final = r"(?!)"
"""For bases: matches no custom id."""


class PersistentItem(ui.DynamicItem[ItemT], template=NO_TEMPLATE):
    """A button or menu that is made again from its custom id alone.

    ``fields`` has a reader for each named group of the template. They are the arguments by which
    the item is made, and raise ``ValueError`` for what they cannot read.
    """

    fields: ClassVar[Mapping[str, Callable[[str], Any]]] = {}

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the item of a message posted earlier, perhaps by another process.

        What cannot be read becomes an item that says so: discord.py would log an error and leave
        the person without an answer.
        """
        try:
            return cls.of(match)
        except ValueError as exc:
            log.info("interaction %s: not ours: %s", interaction.id, exc)
            return cast("Self", _UnknownItem(item))

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the item that a custom id stands for.

        Raises:
            ValueError: The custom id has what no version of the bot puts there.
        """
        return cls(**{name: read(match[name]) for name, read in cls.fields.items()})

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what a press means; the person is told when it fails."""
        note_interaction(interaction)
        async with telling_failures(interaction):
            await self.press(interaction)

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Do what a press means, or have the cog do it that came with :func:`add_item`."""
        await interaction.client.presses[type(self)](interaction, self)


class IdButton(PersistentItem[ui.Button[Any]], template=NO_TEMPLATE):
    """A button about one thing, by its id: ``restyle:<id>:<verb>`` is its custom id.

    A subclass names its verb and its label; one without is a base of such.
    """

    fields: ClassVar = {"about_id": read_id}
    verb: ClassVar[str]
    label: ClassVar[str]

    def __init_subclass__(cls, *, verb: str | None = None, label: str = "") -> None:
        if verb is None:
            super().__init_subclass__(template=NO_TEMPLATE)
            return
        super().__init_subclass__(template=rf"restyle:(?P<about_id>[0-9]{{1,20}}):{verb}")
        cls.verb, cls.label = verb, label

    def __init__(
        self,
        about_id: int,
        *,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        label: str | None = None,
    ) -> None:
        custom_id = f"restyle:{about_id}:{self.verb}"
        super().__init__(ui.Button(label=label or self.label, style=style, custom_id=custom_id))
        self.about_id = about_id


class _UnknownItem(ui.DynamicItem[ui.Item[Any]], template=r"(?s).*"):
    """Stands for a control whose custom id cannot be read; never registered."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Say that the control is not ours."""
        await answer_privately(interaction, texts.UNKNOWN_CONTROL)


class PageItem(PersistentItem[ItemT], template=NO_TEMPLATE):
    """A control of a page: what it makes takes the page's place, or is said beside it."""

    async def press(self, interaction: discord.Interaction[RestyleBot]) -> None:
        """Acknowledge the press, then show what :meth:`answer` returns."""
        await answer_press(interaction, lambda: self.answer(interaction))

    async def answer(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Return the new page, or the words."""
        raise NotImplementedError


def add_item(
    bot: RestyleBot,
    kind: type[KindT],
    press: Callable[[discord.Interaction[Any], KindT], Awaitable[None]],
) -> None:
    """Have the bot know this kind of item again, and let ``press`` do what a press means.

    It is remembered on the bot, not on the class: a process may run several bots.
    """
    bot.add_dynamic_items(kind)
    bot.presses[kind] = press
