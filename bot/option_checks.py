"""Whether a command came as Discord's clients send it: its options, their types and their bounds.

Discord checks little of what a client of somebody's own sends, and discord.py trusts it: a word
where a number belongs would reach our code as such, and break it there. One look at what the
command says of itself is cheaper than a check in each.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import AppCommandOptionType, InteractionType, app_commands

from bot.texts import common as texts
from bot.texts import message as message_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

_LONGEST: Final = 6000
"""Characters of a string option, where a command says nothing else."""
_LARGEST: Final = 2**53
"""Of a number, either way.

Source: https://docs.discord.com/developers/interactions/application-commands
"""
_RESOLVED: Final = {
    AppCommandOptionType.user: ("users",),
    AppCommandOptionType.channel: ("channels",),
    AppCommandOptionType.role: ("roles",),
    AppCommandOptionType.mentionable: ("users", "roles"),
    AppCommandOptionType.attachment: ("attachments",),
}


UNKNOWN_COMMAND: Final = (
    app_commands.CommandNotFound,
    app_commands.CommandSignatureMismatch,
    app_commands.TransformerError,
)
"""discord.py's own errors about a command of another version, or one that no version has."""


def strangeness(
    tree: app_commands.CommandTree[Any], interaction: discord.Interaction[Any]
) -> str | None:
    """Return the answer to a command that no client of Discord's sends like that, or ``None``.

    It costs a look at each option, and asks nobody.
    """
    strange = _strange_options(tree, interaction)
    if strange is None:
        return None
    log.info("interaction %s: not ours: options %.80r", interaction.id, strange)
    # A client that was not reloaded shows an old form.
    return message_texts.LINK_GONE if "link" in strange else texts.UNKNOWN_COMMAND


def wants_suggestions(
    tree: app_commands.CommandTree[Any], interaction: discord.Interaction[Any]
) -> bool:
    """Tell whether suggestions are asked for as Discord's clients do while somebody types."""
    data: Any = interaction.data or {}
    try:
        command, options = tree._get_app_command_options(data)  # noqa: SLF001 - as below
    except app_commands.AppCommandError:
        return False
    offered = {one.display_name for one in command.parameters if one.autocomplete}
    return any(
        option.get("focused") is True
        and option.get("name") in offered
        and isinstance(option.get("value"), str)
        for option in options
    )


def _strange_options(
    tree: app_commands.CommandTree[Any], interaction: discord.Interaction[Any]
) -> list[str] | None:
    """Return the names of the options that are none, or not like this; ``None``: all are fine."""
    data: Any = interaction.data or {}
    if interaction.type is not InteractionType.application_command:
        return None
    resolved = data.get("resolved") or {}
    if data.get("type", 1) != 1:
        return None if str(data.get("target_id")) in _ids(resolved, "users", "messages") else [""]
    try:
        command, options = tree._get_app_command_options(data)  # noqa: SLF001 - its own way to find it
    except app_commands.AppCommandError:
        return [str(option.get("name")) for option in data.get("options", ())]
    return _strange(command, options, resolved)


def _strange(
    command: app_commands.Command[Any, ..., Any],
    options: Sequence[Mapping[str, Any]],
    resolved: Mapping[str, Any],
) -> list[str] | None:
    known = {one.display_name: one for one in command.parameters}
    names = [str(option.get("name")) for option in options]
    missing = [name for name, one in known.items() if one.required and name not in names]
    wrong = [
        name
        for name, option in zip(names, options, strict=True)
        if name not in known
        or option.get("type") != known[name].type.value
        or not _fits(known[name], option.get("value"), resolved)
    ]
    return wrong + missing or None if len(names) == len(set(names)) else names


def _fits(parameter: app_commands.Parameter, value: Any, resolved: Mapping[str, Any]) -> bool:  # noqa: ANN401 - whatever came
    kind = parameter.type
    if kind is AppCommandOptionType.boolean:
        return isinstance(value, bool)
    if kind in _RESOLVED:
        return str(value) in _ids(resolved, *_RESOLVED[kind])
    low: float
    high: float
    measured: float | None
    if kind is AppCommandOptionType.string:
        measured = len(value) if isinstance(value, str) else None
        low, high = 0, _LONGEST
    else:
        measured = _number(value, whole=kind is AppCommandOptionType.integer)
        low, high = -_LARGEST, _LARGEST
    low = low if parameter.min_value is None else parameter.min_value
    high = high if parameter.max_value is None else parameter.max_value
    choices = [choice.value for choice in parameter.choices]
    return measured is not None and low <= measured <= high and value in (choices or [value])


def _number(value: Any, *, whole: bool) -> int | float | None:  # noqa: ANN401 - whatever came
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return None
    return value if math.isfinite(value) else None


def _ids(resolved: Mapping[str, Any], *kinds: str) -> set[str]:
    return {id_ for kind in kinds for id_ in resolved.get(kind) or {}}
