"""Channels that the bot may not see: Discord sends them without name, age limit and details.

discord.py knows nothing of that. It fails to build a whole server over a voice channel without a
bit rate, and answers questions about such a channel from what was left out: it would be for
everybody, whatever its age limit. So they are kept out of its cache. Interactions bring their
channel whole, hidden or not, and that is used where the cache has none.

Source: https://docs.discord.com/developers/change-log (12 August 2026)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

HIDDEN: Final = 1 << 17
"""The channel flag that says so."""

_VOICE_KINDS: Final = frozenset({2, 13})
_FORUM_KINDS: Final = frozenset({15, 16})


def keep_hidden_channels_out(
    parsers: MutableMapping[str, Callable[[Any], None]], *, get_guild: Callable[[int], Any]
) -> None:
    """Have discord.py hear of a hidden channel as of one that is not there.

    Args:
        parsers: What it does with each event of the gateway.
        get_guild: Returns a server from its cache, by id; ``None`` if it is not there.
    """
    build, create, change, remove, interact = (
        parsers[name]
        for name in (
            "GUILD_CREATE",
            "CHANNEL_CREATE",
            "CHANNEL_UPDATE",
            "CHANNEL_DELETE",
            "INTERACTION_CREATE",
        )
    )

    def guild_create(data: dict[str, Any]) -> None:
        seen = [channel for channel in data.get("channels") or () if not is_hidden(channel)]
        build(data | {"channels": [_whole(channel) for channel in seen]})

    def channel_create(data: dict[str, Any]) -> None:
        if not is_hidden(data):
            create(_whole(data))

    def channel_update(data: dict[str, Any]) -> None:
        if is_hidden(data):
            remove(data)  # nothing happens if it is not known
            return
        guild = get_guild(int(data["guild_id"])) if data.get("guild_id") is not None else None
        if guild is not None and guild.get_channel(int(data["id"])) is None:
            create(_whole(data))  # it was hidden until now
        else:
            change(_whole(data))

    def interaction_create(data: dict[str, Any]) -> None:
        channel = data.get("channel")
        interact(data | {"channel": _whole(channel)} if channel else data)

    parsers["GUILD_CREATE"] = guild_create
    parsers["CHANNEL_CREATE"] = channel_create
    parsers["CHANNEL_UPDATE"] = channel_update
    parsers["INTERACTION_CREATE"] = interaction_create


def is_hidden(channel: dict[str, Any]) -> bool:
    """Tell whether a channel, as Discord sends it, is one that the bot may not see."""
    return bool(int(channel.get("flags") or 0) & HIDDEN)


def _whole(channel: dict[str, Any]) -> dict[str, Any]:
    """Return the channel with what discord.py cannot do without."""
    if channel.get("type") in _VOICE_KINDS:
        return {"bitrate": 64_000, "user_limit": 0} | channel
    if channel.get("type") in _FORUM_KINDS and channel.get("available_tags") is None:
        return channel | {"available_tags": []}
    return channel
