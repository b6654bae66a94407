"""Forms whose answer is read wherever it arrives, also by a process that never opened them.

discord.py knows a modal only in the memory of the process that showed it: after a restart what a
person typed would be lost. So nothing happens in the modal itself; the cog that owns the form
listens to every submission and knows its own by the custom id.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.interaction_log import note_interaction
from cogs.common.discord_errors import DISCORD_ERRORS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)

FORM_SECONDS: Final = 900.0
"""How long discord.py remembers a form that was opened and never sent."""
FIELD_ID: Final = "words"
_TAKEN: Final = "form taken"


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
        field_: ui.TextInput[Any] = ui.TextInput(
            custom_id=FIELD_ID,
            style=discord.TextStyle.paragraph,
            min_length=1,
            max_length=max_length,
            default=default,
        )
        self.add_item(ui.Label(text=label, description=hint, component=field_))


async def show_form(interaction: discord.Interaction[Any], form: ui.Modal) -> None:
    """Answer with a form, which has to be the first answer; a refusal by Discord is logged."""
    try:
        await interaction.response.send_modal(form)
    except DISCORD_ERRORS as exc:
        log.warning("interaction %s: no form: %s", interaction.id, exc)


@dataclass(frozen=True, slots=True)
class FormData:
    """What was put into a form that was sent, by the fields' custom ids."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    """What Discord tells of the chosen members and files, by kind and id."""

    def text(self, key: str) -> str:
        """Return what was typed, or the first of what was chosen; empty for nothing."""
        found = self.fields.get(key)
        if isinstance(found, list):
            found = found[0] if found else None
        return found if isinstance(found, str) else ""

    def ticked(self, key: str) -> bool:
        """Return whether a box was ticked."""
        return self.fields.get(key) is True

    def about(self, kind: str, id_: str) -> Mapping[str, Any]:
        """Return what Discord tells of a chosen thing."""
        found: Mapping[str, Any] = self.resolved.get(kind, {}).get(id_, {})
        return found


def sent_form(interaction: discord.Interaction[Any], ids: re.Pattern[str]) -> re.Match[str] | None:
    """Return the match of the custom id of the form that was sent; ``None`` if it is another's."""
    if interaction.type is not discord.InteractionType.modal_submit or interaction.data is None:
        return None
    found = interaction.data.get("custom_id")
    match = ids.fullmatch(found) if isinstance(found, str) else None
    if match is not None:
        interaction.extras[_TAKEN] = True
        note_interaction(interaction)
    return match


def is_taken(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether somebody knows the form that was sent; see ``cogs/common/strangers.py``."""
    return _TAKEN in interaction.extras


def form_data(interaction: discord.Interaction[Any]) -> FormData:
    """Return what was put into the form that was sent."""
    data: Mapping[str, Any] = interaction.data or {}
    fields = {
        part["custom_id"]: part["values"] if "values" in part else part.get("value")
        for part in _parts(data.get("components", []))
        if "custom_id" in part
    }
    return FormData(fields, data.get("resolved", {}))


def typed_words(interaction: discord.Interaction[Any]) -> str:
    """Return what was typed into the field of a :class:`OutlivingForm`."""
    return form_data(interaction).text(FIELD_ID)


def _parts(components: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as the event has them
    """Yield every component of a form that was sent, those in labels and rows too."""
    for component in components:
        yield component
        if (inner := component.get("component")) is not None:  # a label has one, without a list
            yield from _parts([inner])
        yield from _parts(component.get("components", []))
