"""The form that asks what to make of a clip, and what was typed into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.requests import validation as rules
from bot.requests.validation import Refusal, Rule
from bot.texts import message as message_texts
from cogs.common.forms import FORM_SECONDS
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cogs.common.forms import FormData
    from cogs.restyle.requests import RequestedClip

MAX_START_SECONDS: Final = 86_400.0
MAX_LENGTH_SECONDS: Final = 600.0

SHAPES: Final = {
    "1280:720": "16:9, landscape",
    "720:1280": "9:16, portrait",
    "1104:832": "4:3, landscape",
    "960:960": "1:1, square",
    "832:1104": "3:4, portrait",
    "1584:672": "21:9, wide",
    "848:480": "16:9, small",
    "640:480": "4:3, small",
    "16:9": "16:9, landscape",
    "9:16": "9:16, portrait",
    "4:3": "4:3, landscape",
    "3:4": "3:4, portrait",
    "1:1": "1:1, square",
    "3:2": "3:2, landscape",
    "2:3": "2:3, portrait",
    "21:9": "21:9, wide",
}
_LABEL: Final = 100
"""Characters of a choice. Source: https://docs.discord.com/developers/components/reference"""
_DIGITS: Final = re.compile(r"[0-9]{1,10}")


def shape_name(ratio: str) -> str:
    """Return how people see a ratio: ``16:9, landscape (1280:720)``."""
    shape = SHAPES[ratio]
    return shape if shape.startswith(f"{ratio},") else f"{shape} ({ratio})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledIn:
    """What stands in a form when it opens."""

    prompt: str = ""
    start: str = ""
    length: str = ""
    seed: str | None = None
    """``None``: the form does not ask for it."""


class RestyleForm(ui.Modal):
    """What to make of a clip; read by whoever gets it sent, not by itself.

    Args:
        custom_id: By which it is known when it is sent.
        title: Its heading.
        sources: The clips to choose from; with one or none there is no choice.
        ratios: The shapes to choose from; with none there is no choice.
        filled: What stands in it.
    """

    def __init__(
        self,
        *,
        custom_id: str,
        title: str,
        sources: Sequence[RequestedClip] = (),
        ratios: Sequence[str] = (),
        filled: FilledIn = FilledIn(),
    ) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=FORM_SECONDS)
        if len(sources) > 1:
            files = [
                discord.SelectOption(
                    label=f"{number}. {source.filename}"[:_LABEL],
                    value=str(number),
                    default=number == 1,
                )
                for number, source in enumerate(sources, 1)
            ]
            self._add(message_texts.FILE_LABEL, None, ui.Select(custom_id="file", options=files))
        self._add(
            message_texts.PROMPT_LABEL,
            message_texts.PROMPT_HINT,
            ui.TextInput(
                custom_id="prompt",
                style=discord.TextStyle.paragraph,
                min_length=1,
                max_length=rules.MAX_PROMPT_UNITS,
                default=filled.prompt or None,
            ),
        )
        shapes = [discord.SelectOption(label=shape_name(ratio), value=ratio) for ratio in ratios]
        if shapes:
            self._add(
                message_texts.SHAPE_LABEL,
                message_texts.SHAPE_HINT,
                ui.Select(custom_id="ratio", options=shapes, min_values=0, required=False),
            )
        self._add_line("start", message_texts.START_LABEL, message_texts.START_HINT, filled.start)
        self._add_line(
            "length", message_texts.LENGTH_LABEL, message_texts.LENGTH_HINT, filled.length
        )
        if filled.seed is not None:
            self._add_line("seed", message_texts.SEED_LABEL, message_texts.SEED_HINT, filled.seed)

    def _add_line(self, custom_id: str, label: str, hint: str, default: str) -> None:
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=custom_id, max_length=12, required=False, default=default or None
        )
        self._add(label, hint, field)

    def _add(self, label: str, hint: str | None, item: ui.Item[Any]) -> None:
        self.add_item(ui.Label(text=label, description=hint, component=item))


def read_part(fields: FormData) -> tuple[float | None, float | None]:
    """Return where the part begins and how long it is, in seconds; ``None`` is left out.

    Raises:
        RefusedError: One of them is no time, or past what ``/restyle`` takes.
    """
    return (
        _seconds(fields.text("start"), 0.0, MAX_START_SECONDS),
        _seconds(fields.text("length"), 0.1, MAX_LENGTH_SECONDS),
    )


def _seconds(typed: str, lowest: float, highest: float) -> float | None:
    if not typed.strip():
        return None
    seconds = rules.parse_seconds(typed)
    if seconds is None or not lowest <= seconds <= highest:
        raise RefusedError(Refusal(rule=Rule.MOMENT_UNREADABLE, value=typed))
    return seconds


def read_seed(fields: FormData) -> int | None:
    """Return the seed that was typed; ``None`` for a new one.

    Raises:
        RefusedError: It is no whole number.
    """
    typed = fields.text("seed").strip()
    if not typed:
        return None
    if _DIGITS.fullmatch(typed) is None:
        raise RefusedError(Refusal(rule=Rule.SEED_OUT_OF_RANGE, value=typed, limit=rules.MAX_SEED))
    return int(typed)
