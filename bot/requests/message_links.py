"""Links to messages, as people copy them. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(
    r"https://(?:(?:www|canary|ptb)\.)?discord(?:app)?\.com"
    r"/channels/(?P<guild>[0-9]{15,20}|@me)/(?P<channel>[0-9]{15,20})/(?P<message>[0-9]{15,20})/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLink:
    """The ids that a link copied in Discord consists of."""

    guild_id: int | None
    """``None`` in direct messages."""
    channel_id: int
    message_id: int


def parse_message_link(text: str) -> MessageLink | None:
    """Return where the link ``text`` leads; ``None`` if it is not a link to a message."""
    match = _LINK.fullmatch(text.strip().removeprefix("<").removesuffix(">"))
    if match is None:
        return None
    return MessageLink(
        guild_id=None if match["guild"] == "@me" else int(match["guild"]),
        channel_id=int(match["channel"]),
        message_id=int(match["message"]),
    )
