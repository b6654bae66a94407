"""The controls of the settings panel: one setting each, with what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.look_values import BuiltInLookKeys, LookList
from bot.policy.problems import SERVER, UNSET, Target
from bot.policy.prompt_rules.rules import MAX_RULES
from bot.policy.values import Choice, Flag, Id, Ids, Number, OneLineText, Ratio
from bot.requests.text_safety import cut
from bot.texts import panel as panel_texts
from bot.texts import policy as policy_texts
from cogs.restyle.forms import SHAPES, shape_name
from cogs.settings.items import (
    CHANNEL_TYPES,
    POSTABLE_TYPES,
    PanelButton,
    PanelChannels,
    PanelLocation,
    PanelMenu,
    PanelRoles,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.cometapi.models import VideoModel
    from bot.policy.changes import PolicyChange
    from bot.policy.levels import Effective, Policy
    from bot.settings import Settings
    from bot.texts.commands import CommandNaming

UNSET_VALUE, NULL_VALUE = "unset", "null"
"""What the menus call no value of one's own, and ``None``; other values begin with a colon."""
_MENU: Final = 25
_RATIO_NAMES: Final = {ratio: shape_name(ratio) for ratio in SHAPES}


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelData:
    """A server's settings, its latest changes, and the limits within which they can be changed."""

    policy: Policy
    changes: Sequence[PolicyChange]
    """The latest, newest first."""
    guild: discord.Guild | None
    """``None`` when Discord has not told of it: then nobody can tell what was deleted."""
    operator: Settings
    model: VideoModel
    command: CommandNaming

    def missing(self, of: str, ids: Collection[int]) -> frozenset[int]:
        """Return those of the channels or roles that are deleted."""
        if self.guild is None:
            return frozenset()
        get = self.guild.get_channel if of == "channel" else self.guild.get_role
        return frozenset(id_ for id_ in ids if get(id_) is None)

    def holds_for(self, target: Target) -> Effective:
        """Return what holds for the server, a channel or a role alone."""
        channel_ids = (target.scope_id,) if target.scope is Scope.CHANNEL else ()
        role_ids = (target.scope_id,) if target.scope is Scope.ROLE else ()
        return self.policy.effective(channel_ids, role_ids, self.operator)


def with_chosen(of: str, looks: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a menu with what is chosen in it as Discord takes it."""
    kind = (
        discord.SelectDefaultValueType.channel
        if of == "channel"
        else discord.SelectDefaultValueType.role
    )
    chosen = [discord.SelectDefaultValue(id=one.id, type=kind) for one in looks["default_values"]]
    return {**looks, "default_values": chosen}


def setting_items(
    name: str, location: PanelLocation, data: PanelData, holds: Effective
) -> list[ui.Item[Any]]:
    """Return what is said of a setting, and what it is set with."""
    kind = SETTINGS[name].kind
    own = data.policy.own(name, location.target)
    missing: frozenset[int] = frozenset()
    if isinstance(kind, Id | Ids):
        found = getattr(holds, name)
        ids = found if isinstance(found, frozenset) else {found} - {None}
        missing = data.missing(kind.of, ids)
    words = panel_texts.setting(
        name,
        location.target,
        data.policy,
        holds,
        model=data.model,
        command=data.command,
        missing=missing,
    )
    text: ui.TextDisplay[Any] = ui.TextDisplay(words)
    match kind:
        case Number() | OneLineText():
            return [ui.Section(text, accessory=_form_button(location, name))]
        case Flag() if location.target == SERVER:
            return [ui.Section(text, accessory=_flag_button(location, name, is_on=own is True))]
        case Choice() | Flag():
            return [text, ui.ActionRow(_word_menu(location, name, data, own))]
        case Ratio():
            if not data.model.ratios:
                return [text]
            return [text, ui.ActionRow(_word_menu(location, name, data, own))]
        case Id(of=of) | Ids(of=of):
            return [text, ui.ActionRow(_id_menu(location, name, of, own, missing))]
        case LookList() | BuiltInLookKeys():
            return [text]
        case _:
            return [text, *_rule_items(location, data)]


def _form_button(location: PanelLocation, name: str) -> PanelButton:
    return PanelButton(location.custom_id("b", "form", name), panel_texts.CHANGE_LABEL)


def _flag_button(location: PanelLocation, name: str, *, is_on: bool) -> PanelButton:
    verb = "off" if is_on else "on"
    return PanelButton(location.custom_id("b", verb, name), f"Turn {verb}")


def _word_menu(location: PanelLocation, name: str, data: PanelData, own: Any) -> PanelMenu:  # noqa: ANN401 - each setting has its own type
    """Return the menu of a setting's words.

    For the whole server there is no level above that could hold other than the default, so the
    default is offered alone, as its word.
    """
    setting, is_server = SETTINGS[name], location.target == SERVER
    shown = setting.default if own is UNSET and is_server else own
    options: list[discord.SelectOption] = []

    def offer(label: str, value: str, meaning: Any, description: str | None = None) -> None:  # noqa: ANN401 - as above
        option = discord.SelectOption(
            label=cut(label, 100), value=value, description=description, default=shown == meaning
        )
        options.append(option)

    if not is_server:
        above = panel_texts.above(name, data.policy, location.target)
        offer("Nothing set here", UNSET_VALUE, UNSET, above)
    if setting.null is not None:
        offer(policy_texts.value(name, None).capitalize(), NULL_VALUE, None)
    match setting.kind:
        case Choice():
            for word, (label, does) in policy_texts.CHOICES[name].items():
                offer(label, f":{word}", word, does)
        case Flag():
            offer("On", ":on", True)
            offer("Off", ":off", False)
        case _:
            for ratio in data.model.ratios[: _MENU - 2]:
                offer(_RATIO_NAMES.get(ratio, ratio), f":{ratio}", ratio)
    return PanelMenu(
        location.custom_id("m", "set", name), options, placeholder=policy_texts.value(name, own)
    )


def _id_menu(
    location: PanelLocation,
    name: str,
    of: str,
    own: Any,  # noqa: ANN401 - as above
    missing: Collection[int],
) -> PanelChannels | PanelRoles:
    kind = SETTINGS[name].kind
    chosen = sorted(own) if isinstance(own, frozenset) else [own] if isinstance(own, int) else []
    looks = with_chosen(
        of,
        {
            "placeholder": panel_texts.NONE_CHOSEN[name],
            "min_values": 0,
            "max_values": kind.most if isinstance(kind, Ids) else 1,
            "default_values": [discord.Object(id_) for id_ in chosen if id_ not in missing],
        },
    )
    if of == "role":
        return PanelRoles(location.custom_id("r", "set", name), **looks)
    types = CHANNEL_TYPES if isinstance(kind, Ids) else POSTABLE_TYPES
    return PanelChannels(location.custom_id("c", "set", name), channel_types=types, **looks)


def _rule_items(location: PanelLocation, data: PanelData) -> list[ui.Item[Any]]:
    rules = data.policy.server("prompt_rules")
    items: list[ui.Item[Any]] = [ui.TextDisplay(panel_texts.rules(rules))]
    for first in range(0, len(rules), _MENU):
        options = []
        for number, rule in enumerate(rules[first : first + _MENU], first + 1):
            label, description = panel_texts.rule_label(number, rule)
            options.append(
                discord.SelectOption(label=label, value=str(number), description=description)
            )
        words = panel_texts.change_rules_placeholder(first + 1, first + len(options))
        menu = PanelMenu(location.custom_id("m", "rule", str(first)), options, placeholder=words)
        items.append(ui.ActionRow(menu))
    add = PanelButton(
        location.custom_id("b", "rule", "new"),
        panel_texts.ADD_RULE_LABEL,
        disabled=len(rules) >= MAX_RULES,
    )
    return [*items, ui.ActionRow(add)]
