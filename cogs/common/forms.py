"""Forms whose answer is read wherever it arrives, also by a process that never opened them.

discord.py knows a modal only in the memory of the process that showed it: after a restart what a
person typed would be lost. So nothing happens in the modal itself; the cog that owns the form
listens to every submission and knows its own by the custom id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

FORM_SECONDS: Final = 900.0
"""How long discord.py remembers a form that was opened and never sent."""
FIELD_ID: Final = "words"


class OutlivingForm(ui.Modal):
    """A form with one field for words."""

    def __init__(
        self,
        *,
        custom_id: str,
        title: str,
        label: str,
        hint: str,
        max_length: int,
        default: str | None = None,
    ) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=FORM_SECONDS)
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=FIELD_ID,
            style=discord.TextStyle.paragraph,
            min_length=1,
            max_length=max_length,
            default=default,
        )
        self.add_item(ui.Label(text=label, description=hint, component=field))


def submitted_id(interaction: discord.Interaction[Any]) -> str | None:
    """Return the custom id of the form that was sent; ``None`` for any other interaction."""
    if interaction.type is not discord.InteractionType.modal_submit or interaction.data is None:
        return None
    found = interaction.data.get("custom_id")
    return found if isinstance(found, str) else None


def sent_form(interaction: discord.Interaction[Any], ids: re.Pattern[str]) -> re.Match[str] | None:
    """Return what the custom id of the form says that was sent, if it is one of ``ids``."""
    return ids.fullmatch(submitted_id(interaction) or "")


def typed_words(interaction: discord.Interaction[Any]) -> str:
    """Return what was typed into the field of a form."""
    return submitted(interaction).get(FIELD_ID, "")


def submitted(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """Return what was typed or chosen, by the fields' custom ids; nothing is an empty text."""
    data: Mapping[str, Any] = interaction.data or {}
    found = {}
    for part in parts_of(data.get("components", [])):
        if (custom_id := part.get("custom_id")) is not None:
            chosen = part.get("values") or [part.get("value")]
            found[str(custom_id)] = str(chosen[0] or "")
    return found


def parts_of(components: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as the event has them
    """Yield every component of a form that was sent, those in labels and rows too."""
    for component in components:
        yield component
        if (inner := component.get("component")) is not None:  # a label has one, without a list
            yield from parts_of([inner])
        yield from parts_of(component.get("components", []))
