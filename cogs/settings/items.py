"""What people touch on the panel of ``/restyle-settings``: alive for as long as its message is.

Every control says in its custom id where on the panel it stands, so that whichever process gets
the press can answer it, also after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar, cast

import discord
from discord import ui

from bot.domain.quotas import Scope
from bot.policy.problems import SERVER, Target
from bot.policy.topics import Topic, topics_of
from cogs.common.grants import Grant

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

ItemT = TypeVar("ItemT", bound=ui.Item[Any])

COG: Final = "ServerSettings"
"""The name of the cog that sees to the panel."""

_LOCATION: Final = (
    r"(?P<grant>[rh]):(?P<scope>[scr])(?P<scope_id>[0-9]{1,19}):(?P<topic>[a-z]{1,12}):"
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
    """Where on the panel somebody is, and by what."""

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
        """Return the spot of a control.

        Raises:
            ValueError: There is no such topic (any more).
        """
        return cls(
            grant=Grant(match["grant"]),
            target=Target(_SCOPES[match["scope"]], int(match["scope_id"])),
            topic=Topic(match["topic"]),
        )


class Serves(Protocol):
    """What sees to the panel."""

    async def touched(
        self, interaction: discord.Interaction[Any], match: re.Match[str], values: Sequence[str]
    ) -> None:
        """Answer a press, with no values, or a choice."""
        ...


async def _hand_on(
    interaction: discord.Interaction[Any], match: re.Match[str], values: Sequence[str] = ()
) -> None:
    cog = cast("Serves", interaction.client.get_cog(COG))
    await cog.touched(interaction, match, values)


class _Control(ui.DynamicItem[ItemT], template=r"settings\.none"):
    """Something on the panel; its custom id says what it does, and where."""

    match: re.Match[str]

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the control of a panel opened earlier, perhaps by another process."""
        del interaction, item
        found = cls(match.string)  # type: ignore[arg-type] # the kinds below take their custom id
        found.match = match
        return found


class PanelButton(_Control[ui.Button[Any]], template=rf"settings\.b:{_LOCATION}"):
    """A button of the panel."""

    def __init__(self, custom_id: str, label: str = "-", **looks: Any) -> None:  # noqa: ANN401 - as buttons take them
        super().__init__(ui.Button(label=label, custom_id=custom_id, **looks))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press on."""
        await _hand_on(interaction, self.match)


class PanelMenu(_Control[ui.Select[Any]], template=rf"settings\.m:{_LOCATION}"):
    """A menu of words."""

    def __init__(
        self,
        custom_id: str,
        options: Sequence[discord.SelectOption] = (),
        placeholder: str | None = None,
    ) -> None:
        super().__init__(
            ui.Select(custom_id=custom_id, options=list(options), placeholder=placeholder)
        )

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice on."""
        await _hand_on(interaction, self.match, self.item.values)


class PanelChannels(_Control[ui.ChannelSelect[Any]], template=rf"settings\.c:{_LOCATION}"):
    """A menu of channels."""

    def __init__(self, custom_id: str, **looks: Any) -> None:  # noqa: ANN401 - as menus take them
        super().__init__(ui.ChannelSelect(custom_id=custom_id, **looks))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice on."""
        await _hand_on(interaction, self.match, [str(one.id) for one in self.item.values])


class PanelRoles(_Control[ui.RoleSelect[Any]], template=rf"settings\.r:{_LOCATION}"):
    """A menu of roles."""

    def __init__(self, custom_id: str, **looks: Any) -> None:  # noqa: ANN401 - as menus take them
        super().__init__(ui.RoleSelect(custom_id=custom_id, **looks))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice on."""
        await _hand_on(interaction, self.match, [str(one.id) for one in self.item.values])


ITEMS: Final = (PanelButton, PanelMenu, PanelChannels, PanelRoles)
