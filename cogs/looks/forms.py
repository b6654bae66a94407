"""The forms of looks: to try one on a clip, to write one, and to save how a result was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.looks import MAX_NAME, MAX_WORDS, SLOT
from bot.requests.validation import MAX_PROMPT_UNITS
from bot.texts import looks as look_texts
from cogs.common.forms import FORM_SECONDS
from cogs.restyle.forms import shape_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.jobs import Job
    from bot.domain.looks import Look

FORM_ID: Final = (
    r"(?s)looks:form:(?:(?P<verb>try|add|edit):(?P<key>[psb]:.{0,60})|save:(?P<job_id>[0-9]{1,20}))"
)
"""The custom id of a form: about a look, or about the job that is saved as one."""

CLIP, PROMPT, START = "video", "prompt", "start"
NAME, WORDS, SEED, SHAPE, MODEL = "name", "words", "seed", "shape", "model"
FOR_ALL, PICTURE = "for-all", "picture"
NONE: Final = "none"
"""What the menus of shapes and models call no choice."""
_LABEL: Final = 45
_NAMED: Final = 100


class LookForm(ui.Modal):
    """A form about looks; the cog reads it when it is sent, whichever process opened it."""

    def __init__(self, verb: str, key: str, title: str) -> None:
        super().__init__(
            title=title[:_LABEL], custom_id=f"looks:form:{verb}:{key}", timeout=FORM_SECONDS
        )

    def ask(self, label: str, item: ui.Item[Any], hint: str | None = None) -> None:
        """Add one field."""
        self.add_item(ui.Label(text=label, description=hint, component=item))

    def ask_line(
        self, field: str, *, default: str = "", longest: int = 12, required: bool = False
    ) -> None:
        """Add one line of text."""
        label, hint = look_texts.FIELDS[field]
        line: ui.TextInput[Any] = ui.TextInput(
            custom_id=field, max_length=longest, required=required, default=default or None
        )
        self.ask(label, line, hint)

    def ask_text(
        self, field: str, *, default: str = "", longest: int, required: bool = False
    ) -> None:
        """Add a field for words of several lines."""
        label, hint = look_texts.FIELDS[field]
        text: ui.TextInput[Any] = ui.TextInput(
            custom_id=field,
            style=discord.TextStyle.paragraph,
            max_length=longest,
            required=required,
            default=default or None,
        )
        self.ask(label, text, hint)


def try_form(key: str, look: Look) -> LookForm:
    """Return the form that asks for a clip to try a look on."""
    form = LookForm("try", key, look_texts.try_title(look.name))
    upload: ui.FileUpload[Any] = ui.FileUpload(custom_id=CLIP, min_values=1, max_values=1)
    label, hint = look_texts.FIELDS[CLIP]
    form.ask(label, upload, hint)
    form.ask_text(PROMPT, longest=MAX_PROMPT_UNITS)
    form.ask_line(START)
    return form


def look_form(
    verb: str, key: str, look: Look | None, *, ratios: Sequence[str], models: Sequence[str]
) -> LookForm:
    """Return the form to write a look; ``look`` is what stands in it."""
    title = look_texts.ADD_TITLE if look is None else look_texts.EDIT_TITLE
    form = LookForm(verb, key, title)
    form.ask_line(NAME, default=look.name if look else "", longest=MAX_NAME, required=True)
    form.ask_text(WORDS, default=look.words if look else "", longest=MAX_WORDS, required=True)
    form.ask_line(SEED, default=_number(look.seed if look else None))
    if ratios:
        names = {ratio: shape_name(ratio) for ratio in ratios}
        _ask_choice(form, SHAPE, names, look.ratio if look else None)
    if len(models) > 1:
        _ask_choice(form, MODEL, {name: name for name in models}, look.model if look else None)
    return form


def _ask_choice(form: LookForm, field: str, names: dict[str, str], chosen: str | None) -> None:
    label, hint = look_texts.FIELDS[field]
    options = [
        discord.SelectOption(label=look_texts.NO_CHOICE, value=NONE, default=chosen not in names)
    ]
    options += [
        discord.SelectOption(label=name[:_NAMED], value=value, default=value == chosen)
        for value, name in names.items()
    ]
    form.ask(label, ui.Select(custom_id=field, options=options[:25]), hint)


def save_form(job: Job, *, for_all: bool) -> LookForm:
    """Return the form that makes a look of a finished job.

    Args:
        job: The job.
        for_all: Whether the person may make it one of the server's.
    """
    form = LookForm("save", str(job.id), look_texts.SAVE_TITLE)
    form.ask_line(NAME, default=(job.look_name or "")[:MAX_NAME], longest=MAX_NAME, required=True)
    form.ask_text(WORDS, default=words_of(job), longest=MAX_WORDS, required=True)
    form.ask_line(SEED)
    for field, is_offered in {PICTURE: job.reference_url is not None, FOR_ALL: for_all}.items():
        if is_offered:
            label, hint = look_texts.FIELDS[field]
            form.ask(label, ui.Checkbox(custom_id=field), hint)
    return form


def words_of(job: Job) -> str:
    """Return a job's prompt as the words of a look, with a slot for other people's words."""
    prompt = job.prompt.replace(SLOT, "")
    if job.own_words and prompt.count(job.own_words) == 1:  # else nobody knows which was theirs
        words = prompt.replace(job.own_words, SLOT)
        if len(words) <= MAX_WORDS:
            return words
    return f"{prompt[: MAX_WORDS - len(SLOT) - 1].rstrip()} {SLOT}"


def _number(number: int | None) -> str:
    return "" if number is None else str(number)
