"""The form that asks what to make of a clip, and what was typed into it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.requests import validation as rules
from bot.requests.text_safety import cut, cut_units
from bot.requests.validation import Refusal, Rule
from bot.texts import choice as choice_texts
from bot.texts import looks as look_texts
from bot.texts import message as message_texts
from cogs.common.forms import FORM_SECONDS
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cometapi.models import VideoModel
    from bot.domain.looks import OfferedLook
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
_LINE: Final = 12
"""Characters of a field for a number."""
_DIGITS: Final = re.compile(r"[0-9]{1,10}")


def shape_name(ratio: str) -> str:
    """Return how people see a ratio: ``16:9, landscape (1280:720)``."""
    shape = SHAPES[ratio]
    return shape if shape.startswith(f"{ratio},") else f"{shape} ({ratio})"


CLIP_FIELD: Final = "video"
MOST_FIELDS: Final = 5
"""Of a form. Source: https://docs.discord.com/developers/components/reference"""
_MOST_LOOKS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledIn:
    """What stands in a form when it opens, and what was typed into it."""

    prompt: str = ""
    look: str = ""
    """The key of a look, or a name that somebody typed; empty for none."""
    start: str = ""
    length: str = ""
    seed: str | None = None
    """``None``: the form does not ask for it."""
    ratio: str = ""
    file: str = ""
    """Which of several clips, from 1 on; empty for the first one."""

    def with_typed(self, data: FormData) -> FilledIn:
        """Return it with what a form has of it; a form need not ask for everything."""
        names = [one.name for one in fields(self) if one.name in data.fields]
        return replace(self, **{name: data.text(name) for name in names})


class RestyleForm(ui.Modal):
    """What to make of a clip; read by whoever gets it sent, not by itself.

    It asks for no more than there is room for: what it leaves out stays as it is.

    Args:
        custom_id: By which it is known when it is sent.
        title: Its heading.
        model: Whose shapes there are to choose from, where they make a difference.
        sources: The clips to choose from; with one or none there is no choice.
        looks: The looks to choose from; with any, the prompt may be left empty.
        filled: What stands in it.
        asks_clip: Whether it asks for the clip itself.
        note: What stands over it.
    """

    def __init__(
        self,
        *,
        custom_id: str,
        title: str,
        model: VideoModel,
        sources: Sequence[RequestedClip] = (),
        looks: Sequence[OfferedLook] = (),
        filled: FilledIn = FilledIn(),
        asks_clip: bool = False,
        note: str | None = None,
    ) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=FORM_SECONDS)
        if note is not None:
            self.add_item(ui.TextDisplay(note))
        if asks_clip:
            upload: ui.FileUpload[Any] = ui.FileUpload(
                custom_id=CLIP_FIELD, min_values=1, max_values=1
            )
            self._add(message_texts.CLIP_LABEL, message_texts.CLIP_HINT, upload)
        if len(sources) > 1:
            files = [
                discord.SelectOption(
                    label=f"{number}. {source.filename}"[:_LABEL],
                    value=str(number),
                    default=str(number) == (filled.file or "1"),
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
                min_length=0 if looks else 1,
                required=not looks,
                max_length=rules.MAX_PROMPT_UNITS,
                default=cut_units(filled.prompt, rules.MAX_PROMPT_UNITS) or None,
            ),
        )
        room = MOST_FIELDS - len(self.children) - (2 if filled.seed is None else 3)
        if looks and room > 0:
            self._add_menu(
                "look",
                choice_texts.LOOK_LABEL,
                choice_texts.LOOK_HINT,
                [
                    discord.SelectOption(
                        label=cut(look_texts.label(one), _LABEL),
                        value=one.key,
                        default=one.key == filled.look,
                    )
                    for one in looks[:_MOST_LOOKS]
                ],
            )
            room -= 1
        if model.offered_ratios and room > 0:
            chosen = model.own_ratio(filled.ratio or None)
            self._add_menu(
                "ratio",
                message_texts.SHAPE_LABEL,
                message_texts.SHAPE_HINT,
                [
                    discord.SelectOption(
                        label=shape_name(ratio), value=ratio, default=ratio == chosen
                    )
                    for ratio in model.offered_ratios
                ],
            )
        add_part(self, filled)
        if filled.seed is not None:
            add_line(self, "seed", message_texts.SEED_LABEL, message_texts.SEED_HINT, filled.seed)

    def _add_menu(
        self, custom_id: str, label: str, hint: str, options: list[discord.SelectOption]
    ) -> None:
        menu: ui.Select[Any] = ui.Select(
            custom_id=custom_id, options=options, min_values=0, required=False
        )
        self._add(label, hint, menu)

    def _add(self, label: str, hint: str | None, item: ui.Item[Any]) -> None:
        self.add_item(ui.Label(text=label, description=hint, component=item))


class PartForm(ui.Modal):
    """Where the part begins, and how long it is; read by whoever gets it sent.

    Args:
        custom_id: By which it is known when it is sent.
        filled: What stands in it.
        hint: How long the part can be.
    """

    def __init__(self, *, custom_id: str, filled: FilledIn, hint: str) -> None:
        super().__init__(title=choice_texts.PART_TITLE, custom_id=custom_id, timeout=FORM_SECONDS)
        add_part(self, filled, length_hint=hint)


def add_part(
    form: ui.Modal, filled: FilledIn, *, length_hint: str = message_texts.LENGTH_HINT
) -> None:
    """Let a form ask for begin and length of the part."""
    add_line(form, "start", message_texts.START_LABEL, message_texts.START_HINT, filled.start)
    add_line(form, "length", message_texts.LENGTH_LABEL, length_hint, filled.length)


def add_line(form: ui.Modal, custom_id: str, label: str, hint: str, default: str) -> None:
    """Let a form ask for a few characters, which may be left out."""
    typed: ui.TextInput[Any] = ui.TextInput(
        custom_id=custom_id, max_length=_LINE, required=False, default=default[:_LINE] or None
    )
    form.add_item(ui.Label(text=label, description=hint, component=typed))


def as_typed(number: float | None) -> str:
    """Return seconds or a seed as somebody would type them; empty for what is left out."""
    return "" if number is None else f"{round(number, 3):.10g}"


def read_part(filled: FilledIn) -> tuple[float | None, float | None]:
    """Return where the part begins and how long it is, in seconds; ``None`` is left out.

    Raises:
        RefusedError: One of them is no time, or past what ``/restyle`` takes.
    """
    return (
        _seconds(filled.start, 0.0, MAX_START_SECONDS),
        _seconds(filled.length, 0.1, MAX_LENGTH_SECONDS),
    )


def _seconds(typed: str, lowest: float, highest: float) -> float | None:
    if not typed.strip():
        return None
    seconds = rules.parse_seconds(typed)
    if seconds is None or not lowest <= seconds <= highest:
        raise RefusedError(Refusal(rule=Rule.MOMENT_UNREADABLE, value=typed))
    return seconds


def read_seed(filled: FilledIn) -> int | None:
    """Return the seed that was typed; ``None`` for a new one.

    Raises:
        RefusedError: It is no whole number.
    """
    typed = (filled.seed or "").strip()
    if not typed:
        return None
    if _DIGITS.fullmatch(typed) is None:
        raise RefusedError(Refusal(rule=Rule.SEED_OUT_OF_RANGE, value=typed, limit=rules.MAX_SEED))
    return int(typed)
