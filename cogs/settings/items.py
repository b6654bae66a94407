"""What people touch on the panel of ``/restyle-settings``: alive for as long as its message is.

Every control says in its custom id where on the panel it stands, so that whichever process gets
the press can answer it, also after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from bot.domain.quotas import Scope
from bot.policy.catalogue import topics_of
from bot.policy.problems import SERVER, Target
from bot.policy.topics import Topic
from cogs.common.grants import GRANT, Grant
from cogs.common.ids import UnknownControlError, read_id
from cogs.common.items import NO_TEMPLATE, ItemT, PersistentItem

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

_LOCATION: Final = (
    rf"{GRANT}:(?P<scope>[scr])(?P<scope_id>[0-9]{{1,19}}):(?P<topic>[a-z]{{1,12}}):"
    r"(?P<verb>[a-z-]{1,12})(?::(?P<arg>[a-z0-9_]{1,32}))?"
)
_SCOPES: Final = {"s": Scope.SERVER, "c": Scope.CHANNEL, "r": Scope.ROLE}
FORM_ID: Final = rf"settings\.f:{_LOCATION}"
"""The custom id of a form."""

CHANNEL_TYPES: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    # No media channels: Discord's API description does not know their type here, and a menu that
    # is refused takes the whole panel with it.
]
POSTABLE_TYPES: Final = [discord.ChannelType.text, discord.ChannelType.news]
"""Where the bot can be told to post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelLocation:
    """Level and topic that a panel shows, and the grant by which it was opened."""

    grant: Grant
    target: Target = SERVER
    """An id of 0 with a channel or role: it is still to be chosen."""
    topic: Topic = Topic.STRICTNESS

    @property
    def is_chosen(self) -> bool:
        """Whether there is something to set anything for."""
        return self.target.scope is Scope.SERVER or self.target.scope_id != 0

    def custom_id(self, kind: str, verb: str, arg: str | None = None) -> str:
        """Return the custom id of a control here, at most 100 characters."""
        scope = self.target.scope.value[0]
        end = "" if arg is None else f":{arg}"
        place = f"{self.grant}:{scope}{self.target.scope_id}:{self.topic}"
        return f"settings.{kind}:{place}:{verb}{end}"

    def at(self, target: Target) -> PanelLocation:
        """Return the same topic for another target, or the first that there is for it."""
        offered = topics_of(target.scope)
        topic = self.topic if self.topic in offered else offered[0]
        return replace(self, target=target, topic=topic)

    @classmethod
    def of(cls, match: re.Match[str]) -> PanelLocation:
        """Return the location that a custom id names.

        Raises:
            UnknownControlError: There is no such topic (any more), or no such id.
        """
        if match["topic"] not in set(Topic):
            raise UnknownControlError(f"no topic: {match['topic']}")
        return cls(
            grant=Grant(match["grant"]),
            target=Target(_SCOPES[match["scope"]], read_id(match["scope_id"])),
            topic=Topic(match["topic"]),
        )


class PanelControl(PersistentItem[ItemT], template=NO_TEMPLATE):
    """Something on the panel; its custom id says what it does, and where."""

    location: PanelLocation
    match: re.Match[str]

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the control of a panel opened earlier.

        Raises:
            ValueError: There is no such topic (any more), or no such id.
        """
        found = cls(match.string)  # type: ignore[arg-type] # the kinds below take their custom id
        found.location, found.match = PanelLocation.of(match), match
        return found

    @property
    def chosen(self) -> Sequence[str]:
        """The words or ids that were chosen; none with a button."""
        return ()


class PanelButton(PanelControl[ui.Button[Any]], template=rf"settings\.b:{_LOCATION}"):
    """Opens a form, or does what its verb says at once."""

    def __init__(self, custom_id: str, label: str = "-", **options: Any) -> None:  # noqa: ANN401 - as buttons take them
        super().__init__(ui.Button(label=label, custom_id=custom_id, **options))


class PanelMenu(PanelControl[ui.Select[Any]], template=rf"settings\.m:{_LOCATION}"):
    """Offers up to 25 words, of which one is chosen."""

    def __init__(
        self,
        custom_id: str,
        options: Sequence[discord.SelectOption] = (),
        placeholder: str | None = None,
    ) -> None:
        super().__init__(
            ui.Select(custom_id=custom_id, options=list(options), placeholder=placeholder)
        )

    @property
    def chosen(self) -> Sequence[str]:
        """The words that were chosen."""
        return self.item.values


class PanelChannels(PanelControl[ui.ChannelSelect[Any]], template=rf"settings\.c:{_LOCATION}"):
    """Sets channels, or moves the panel to one of them."""

    def __init__(self, custom_id: str, **options: Any) -> None:  # noqa: ANN401 - as menus take them
        super().__init__(ui.ChannelSelect(custom_id=custom_id, **options))

    @property
    def chosen(self) -> Sequence[str]:
        """The ids of the channels that were chosen."""
        return _ids(self.item.values)


class PanelRoles(PanelControl[ui.RoleSelect[Any]], template=rf"settings\.r:{_LOCATION}"):
    """Sets roles, or moves the panel to one of them."""

    def __init__(self, custom_id: str, **options: Any) -> None:  # noqa: ANN401 - as menus take them
        super().__init__(ui.RoleSelect(custom_id=custom_id, **options))

    @property
    def chosen(self) -> Sequence[str]:
        """The ids of the roles that were chosen."""
        return _ids(self.item.values)


def _ids(chosen: Sequence[Any]) -> Sequence[str]:
    """Return the ids of what was chosen; what Discord did not look up is text, and stays so."""
    return [str(getattr(one, "id", one)) for one in chosen]


ITEMS: Final[tuple[type[PanelControl[Any]], ...]] = (
    PanelButton,
    PanelMenu,
    PanelChannels,
    PanelRoles,
)
