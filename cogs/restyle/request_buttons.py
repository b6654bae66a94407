"""The controls of a request that is not started yet; their custom ids have its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import discord
from discord import ui

from bot.texts import choice as choice_texts
from cogs.common.ids import read_id
from cogs.common.items import IdButton, PersistentItem

if TYPE_CHECKING:
    from cogs.restyle.open_request import PartChoice


class ChangeRequestButton(IdButton, verb="request-change", label=choice_texts.CHANGE_AND_TRY_LABEL):
    """Opens the form of a refused request, with everything filled in."""


class EditRequestButton(IdButton, verb="request-edit", label="Change…"):
    """Opens the same form before something is spent that costs more than usual."""


class StartRequestButton(IdButton, verb="request-start", label="Start"):
    """Starts what costs more than usual."""


class DropRequestButton(IdButton, verb="request-drop", label="Never mind"):
    """Deletes what is kept of a request, so that nothing can be started from it any more."""


class PartLengthButton(IdButton, verb="part-length", label="Shorter or longer…"):
    """Opens the form for begin and length of the part."""


class StartPartButton(IdButton, verb="part-start", label="Restyle"):
    """Restyles the part that is chosen; its label says which."""

    def __init__(self, about_id: int, *, label: str | None = None) -> None:
        super().__init__(about_id, style=discord.ButtonStyle.primary)
        if label is not None:
            self.item.label = label


class PartMenu(
    PersistentItem[ui.Select[Any]], template=r"restyle:(?P<about_id>[0-9]{1,20}):part-begin"
):
    """Chooses where the part begins."""

    fields: ClassVar = {"about_id": read_id}

    def __init__(self, about_id: int, choice: PartChoice | None = None) -> None:
        options = [discord.SelectOption(label="-", value="0")]
        placeholder = None
        if choice is not None:
            placeholder = choice_texts.start_label(choice.start)
            options = [
                discord.SelectOption(
                    label=choice_texts.start_label(start),
                    description=choice_texts.span(start, choice.length),
                    value=f"{start:g}",
                    default=start == choice.start,
                )
                for start in choice.starts()
            ]
        super().__init__(
            ui.Select(
                custom_id=f"restyle:{about_id}:part-begin",
                options=options,
                placeholder=placeholder,
            )
        )
        self.about_id = about_id


def refused_view(request_id: int, view: ui.View | None = None) -> ui.View:
    """Return the button under a refusal that can be mended, before those of ``view``."""
    found = ui.View(timeout=None)
    found.add_item(ChangeRequestButton(request_id))
    for item in view.children if view is not None else ():
        found.add_item(item)
    return found


def part_view(request_id: int, choice: PartChoice) -> ui.View:
    """Return the controls below a film strip."""
    view = ui.View(timeout=None)
    view.add_item(PartMenu(request_id, choice))
    view.add_item(
        StartPartButton(
            request_id, label=choice_texts.start_part_label(choice.start, choice.length)
        )
    )
    view.add_item(PartLengthButton(request_id))
    view.add_item(DropRequestButton(request_id))
    return view


def cost_view(request_id: int) -> ui.View:
    """Return the controls below the question whether it may cost so much."""
    view = ui.View(timeout=None)
    view.add_item(StartRequestButton(request_id, style=discord.ButtonStyle.primary))
    view.add_item(EditRequestButton(request_id))
    view.add_item(DropRequestButton(request_id))
    return view
