"""From what was chosen or typed on the panel to the changes that it means."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from bot.domain.guilds import guild_key
from bot.policy.catalogue import SETTINGS, to_json
from bot.policy.ceilings import ceiling
from bot.policy.problems import SERVER, UNSET, Problem
from bot.policy.prompt_rules.rules import MAX_RULES, Rules
from bot.policy.typed_values import read_typed
from bot.policy.values import Flag, Id, Ids, Number
from bot.texts import panel_answer as answers
from bot.texts import panel_form as form_texts
from bot.texts import policy as policy_texts
from cogs.common.forms import FIELD_ID
from cogs.common.ids import read_id
from cogs.settings import forms
from cogs.settings.controls import NULL_VALUE, UNSET_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.policy.problems import Target
    from bot.policy.prompt_rules.rules import PromptRule
    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.common.forms import FormData
    from cogs.common.pages import Page
    from cogs.settings.forms import SettingsForm
    from cogs.settings.items import PanelLocation
    from cogs.settings.panel import SettingsPanel

_RULES: Final = "prompt_rules"


class Entries:
    """Reads what moderators choose and type; the panel checks and saves it."""

    def __init__(self, panel: SettingsPanel, *, settings: Settings, store: Store) -> None:
        self._panel = panel
        self._operator = settings
        self._store = store

    # Menus and buttons

    async def choose(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        verb: str,
        name: str,
        values: Sequence[str],
    ) -> str | Page:
        """Set what was chosen in a menu, or switched by a button."""
        if not _is_offered(name, location):
            return self._panel.out_of_date()
        value = verb == "on" if verb in {"on", "off"} else _chosen(name, values)
        return await self._propose(interaction, location, name, value)

    async def _propose(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        name: str,
        value: Any,  # noqa: ANN401 - each setting has its own type
    ) -> str | Page:
        changes = {location.target: {name: _cleared(name, location.target, value)}}
        return await self._panel.propose(interaction, location, changes)

    # Forms

    async def form(
        self, interaction: discord.Interaction[Any], location: PanelLocation, verb: str, arg: str
    ) -> SettingsForm | str:
        """Return the form that a control opens, or why there is none."""
        policy = await self._store.policies.read(interaction.guild_id)
        match verb:
            case "form" if _is_offered(arg, location):
                highest = ceiling(arg, self._operator, policy.allowance)
                return forms.value_form(location, arg, policy, highest=highest)
            case "rule":
                number = 0 if arg == "new" else read_id(arg)
                return _rule_form(location, policy.server(_RULES), number)
            case "test":
                return forms.trial_form(location)
            case "import":
                return forms.import_form(location)
            case _:
                return self._panel.out_of_date()

    async def enter(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        name: str,
        found: FormData,
    ) -> str | Page:
        """Set the number or the words that were typed, or what was chosen instead."""
        if not _is_offered(name, location):
            return self._panel.out_of_date()
        guild_id = guild_key(interaction.guild_id)
        policy = await self._store.policies.read(guild_id)
        chosen, words = found.text(forms.HOW_ID), found.text(FIELD_ID).strip()
        initial = forms.initial_choice(name, policy, location)
        is_new = words != (forms.shown_value(name, policy.own(name, location.target)) or "")
        if chosen != forms.NUMBER and words and is_new:
            if chosen != initial:
                return await self._panel.panel(
                    guild_id, location, said=form_texts.contradicting(name)
                )
            chosen = forms.NUMBER  # who types something new means it
        value: Any
        match chosen:
            case forms.NULL:
                value = None
            case forms.UNSET_WORD:
                value = UNSET
            case _ if not words:
                return await self._panel.panel(
                    guild_id, location, said=form_texts.nothing_typed(name)
                )
            case _ if isinstance(SETTINGS[name].kind, Number):
                value = read_typed(name, words, location.target)
            case _:
                value = words
        if isinstance(value, Problem):
            return await self._panel.panel(guild_id, location, said=policy_texts.not_saved([value]))
        return await self._propose(interaction, location, name, value)

    async def enter_rule(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        arg: str,
        found: FormData,
    ) -> str | Page:
        """Add, change or remove a prompt rule; ``arg`` says which, and of which rules."""
        guild_id = guild_key(interaction.guild_id)
        present = (await self._store.policies.read(guild_id)).server(_RULES)
        rules: list[Any] = list(present)
        number = read_id(arg.partition("_")[0] if arg != "new" else "0")
        if number and arg != _rule_mark(number, present):
            return await self._panel.panel(guild_id, location, said=answers.RULE_GONE)
        rule = {
            "kind": found.text(forms.KIND_ID),
            "text": found.text(FIELD_ID),
            "action": found.text(forms.ACTION_ID),
        }
        if number == 0:
            rules.append(rule)
        elif found.ticked(forms.REMOVE_ID):
            del rules[number - 1]
        else:
            rules[number - 1] = rule
        return await self._propose(interaction, location, _RULES, rules)


def _is_offered(name: str, location: PanelLocation) -> bool:
    """Tell whether there is such a setting, and whether it can be set there."""
    return name in SETTINGS and location.target.scope in SETTINGS[name].scopes


def _rule_form(
    location: PanelLocation, rules: Sequence[PromptRule], number: int
) -> SettingsForm | str:
    if number == 0 and len(rules) >= MAX_RULES:
        return answers.RULES_FULL
    if number > len(rules):
        return answers.RULE_GONE
    rule = rules[number - 1] if number else None
    return forms.rule_form(location, _rule_mark(number, rules), rule)


def _rule_mark(number: int, rules: Sequence[PromptRule]) -> str:
    """Return which rule a form is about, and by what it shows that other rules hold meanwhile."""
    mark = hashlib.sha256(to_json(_RULES, rules).encode()).hexdigest()
    return f"{number}_{mark[:12]}"


def _chosen(name: str, values: Sequence[str]) -> Any:  # noqa: ANN401 - each setting has its own type
    """Return the value that a menu's choice means; checked later like any other."""
    kind = SETTINGS[name].kind
    if isinstance(kind, Ids):
        return list(values)
    if isinstance(kind, Id):
        return values[0] if values else None
    word = values[0] if values else UNSET_VALUE
    if word in {UNSET_VALUE, NULL_VALUE}:
        return UNSET if word == UNSET_VALUE else None
    word = word.removeprefix(":")
    return word == "on" if isinstance(kind, Flag) else word


def _cleared(name: str, target: Target, value: Any) -> Any:  # noqa: ANN401 - as above
    """Return ``UNSET`` instead of what would hold for the server anyway, but for numbers.

    Among numbers "unlimited" is said on purpose; elsewhere nobody could see the difference.
    """
    setting = SETTINGS[name]
    if value is UNSET or target != SERVER or isinstance(setting.kind, Number):
        return value
    is_default = not value if isinstance(setting.kind, Ids | Rules) else value == setting.default
    return UNSET if is_default else value
