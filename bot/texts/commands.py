"""How sentences name the bot's commands: to be clicked where Discord has told their ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CommandNaming = Callable[[str], str]
"""Turns ``restyle`` into what a sentence says of that command."""

_IN_CODE: Final = re.compile(r"`/([a-z-]+(?: [a-z-]+)?)`")


def plainly(name: str) -> str:
    """Return the command as one types it, ``/restyle``, for whoever may not use it, or for code."""
    return f"/{name}"


def clickable(text: str, command: CommandNaming) -> str:
    """Return a text of ours that also stands in a log, its commands (in code there) as named."""
    return _IN_CODE.sub(lambda found: command(found[1]), text)


class CommandMentions:
    """Names commands so that a click types them, and plainly while their ids are not known."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    @property
    def are_known(self) -> bool:
        """Whether Discord has told any ids."""
        return bool(self._ids)

    def learn(self, ids: Mapping[str, int]) -> None:
        """Know from now on these commands, by name; an id outlives every start and every change."""
        self._ids = dict(ids)

    def of(self, name: str) -> str:
        """Return ``</restyle:123>``, or ``/restyle``; of ``restyle-admin resume`` likewise."""
        command_id = self._ids.get(name.partition(" ")[0])
        return plainly(name) if command_id is None else f"</{name}:{command_id}>"
