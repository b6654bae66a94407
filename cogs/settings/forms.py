"""The forms that the panel of ``/restyle-settings`` opens.

As with ``cogs/common/forms.py`` nothing happens in the modal itself: the cog reads every
submission, so that a form is good also after a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.policy.catalogue import SETTINGS
from bot.policy.problems import UNSET
from bot.policy.prompt_rules.rules import MAX_RULE_CHARACTERS, RuleAction, RuleKind
from bot.policy.typed_values import typed
from bot.policy.values import Number, OneLineText
from bot.requests.text_safety import cut
from bot.requests.validation import MAX_PROMPT_UNITS
from bot.texts import panel as panel_texts
from bot.texts import panel_form as words
from cogs.common.forms import FIELD_ID, FORM_SECONDS
from cogs.settings.items import CHANNEL_TYPES, PanelLocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.policy.levels import Policy
    from bot.policy.prompt_rules.rules import PromptRule

HOW_ID: Final = "how"
KIND_ID, ACTION_ID, REMOVE_ID = "kind", "action", "remove"
MEMBER_ID, CHANNEL_ID, PROMPT_ID, LENGTH_ID = "member", "channel", "prompt", "length"
FILE_ID: Final = "file"

NUMBER, NULL, UNSET_WORD = "number", "null", "unset"
"""What can be chosen in a form; ``number`` stands for words too."""


class SettingsForm(ui.Modal):
    """A modal whose title and labels are cut to Discord's 45 characters."""

    def __init__(self, custom_id: str, title: str) -> None:
        super().__init__(title=cut(title, 45), custom_id=custom_id, timeout=FORM_SECONDS)

    def ask(self, label: str, component: ui.Item[Any], hint: str | None = None) -> None:
        """Add one field."""
        self.add_item(ui.Label(text=cut(label, 45), description=hint, component=component))


def initial_choice(name: str, policy: Policy, location: PanelLocation) -> str:
    """Return what a form shows as chosen at first."""
    own = policy.own(name, location.target)
    return UNSET_WORD if own is UNSET else NULL if own is None else NUMBER


def value_form(
    location: PanelLocation, name: str, policy: Policy, *, highest: float | None
) -> SettingsForm:
    """Return the form for a number or a line of words.

    Args:
        location: Where it is set.
        name: The setting.
        policy: What is set now.
        highest: The most that the operator allows; ``None``: any.
    """
    setting, own = SETTINGS[name], policy.own(name, location.target)
    is_number = isinstance(setting.kind, Number)
    form = SettingsForm(location.custom_id("f", "form", name), setting.title)
    chosen = initial_choice(name, policy, location)
    radio: ui.RadioGroup[Any] = ui.RadioGroup(custom_id=HOW_ID)
    radio.add_option(
        label=words.NUMBER_LABEL if is_number else words.WORDS_LABEL,
        value=NUMBER,
        default=chosen == NUMBER,
    )
    if setting.null is not None:
        radio.add_option(label=words.null_label(name), value=NULL, default=chosen == NULL)
    radio.add_option(
        label=words.UNSET_LABEL,
        value=UNSET_WORD,
        description=panel_texts.above(name, policy, location.target),
        default=chosen == UNSET_WORD,
    )
    form.ask(words.HOW_LABEL, radio, setting.meaning)
    field_: ui.TextInput[Any] = ui.TextInput(
        custom_id=FIELD_ID,
        required=False,
        max_length=setting.kind.longest if isinstance(setting.kind, OneLineText) else 20,
        default=shown_value(name, own),
    )
    if is_number:
        form.ask(words.number_field(name), field_, words.number_hint(name, highest))
    else:
        form.ask(words.WORDS_FIELD, field_)
    return form


def shown_value(name: str, own: Any) -> str | None:  # noqa: ANN401 - each setting has its own type
    """Return what the field of a form holds at first."""
    if own is UNSET or own is None:
        return None
    return typed(name, own) if isinstance(SETTINGS[name].kind, Number) else str(own)


def rule_form(location: PanelLocation, mark: str, rule: PromptRule | None) -> SettingsForm:
    """Return the form for a prompt rule; without a rule it is for a new one.

    Args:
        location: Where it is set.
        mark: By what the form knows its rule again.
        rule: As it is now.
    """
    form = SettingsForm(location.custom_id("f", "rule", mark), words.RULE_TITLE)
    form.ask(
        words.RULE_TEXT_LABEL,
        ui.TextInput(
            custom_id=FIELD_ID,
            min_length=1,
            max_length=MAX_RULE_CHARACTERS,
            default=rule.text if rule is not None else None,
        ),
        words.RULE_TEXT_HINT,
    )
    kind = rule.kind if rule is not None else RuleKind.WORDS
    form.ask(words.RULE_KIND_LABEL, _radio(KIND_ID, words.RULE_KINDS, kind))
    action = rule.action if rule is not None else RuleAction.REFUSE
    form.ask(words.RULE_ACTION_LABEL, _radio(ACTION_ID, words.RULE_ACTIONS, action))
    if rule is not None:
        form.ask(words.RULE_REMOVE_LABEL, ui.Checkbox(custom_id=REMOVE_ID), words.RULE_REMOVE_HINT)
    return form


def _radio(
    custom_id: str, offered: Mapping[Any, tuple[str, str]], chosen: str
) -> ui.RadioGroup[Any]:
    """Return a choice between words, each with its label and what it does."""
    radio: ui.RadioGroup[Any] = ui.RadioGroup(custom_id=custom_id)
    for word, (label, does) in offered.items():
        radio.add_option(label=label, value=str(word), description=does, default=word == chosen)
    return radio


def trial_form(location: PanelLocation) -> SettingsForm:
    """Return the form that asks what would happen."""
    form = SettingsForm(location.custom_id("f", "test"), words.TEST_TITLE)
    form.ask(words.TEST_MEMBER, ui.UserSelect(custom_id=MEMBER_ID))
    form.ask(
        words.TEST_CHANNEL,
        ui.ChannelSelect(
            custom_id=CHANNEL_ID, channel_types=CHANNEL_TYPES, required=False, min_values=0
        ),
        words.TEST_CHANNEL_HINT,
    )
    form.ask(
        words.TEST_PROMPT,
        ui.TextInput(
            custom_id=PROMPT_ID,
            style=discord.TextStyle.paragraph,
            required=False,
            max_length=MAX_PROMPT_UNITS,
        ),
    )
    form.ask(words.TEST_LENGTH, ui.TextInput(custom_id=LENGTH_ID, required=False, max_length=20))
    return form


def import_form(location: PanelLocation) -> SettingsForm:
    """Return the form for a file of settings."""
    form = SettingsForm(location.custom_id("f", "import"), words.IMPORT_TITLE)
    upload: ui.FileUpload[Any] = ui.FileUpload(custom_id=FILE_ID, min_values=1, max_values=1)
    form.ask(words.IMPORT_FIELD, upload, words.IMPORT_HINT)
    return form
