"""Which looks somebody can choose where they are, and which one they mean."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from discord import app_commands

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.looks import LookOrigin, OfferedLook, name_key, server_key
from bot.errors import StoreError
from bot.requests.text_safety import cut
from bot.texts import looks as look_texts
from cogs.common.limits import store_deadline

if TYPE_CHECKING:
    from collections.abc import Iterable

    import discord

    from bot.storage.store import Store

log = logging.getLogger(__name__)

MOST_SUGGESTED: Final = 25
"""Choices that Discord shows at once.

Source: https://docs.discord.com/developers/interactions/application-commands#autocomplete
"""
_LABEL: Final = 100


class LookBook:
    """Knows everybody's looks: one's own, the server's, and those that come with the bot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def offered(self, guild_id: int | None, user_id: int) -> list[OfferedLook]:
        """Return what ``user_id`` can choose on a server, or in direct messages (``None``).

        One's own come first, then the server's, then the built-in ones that it has not switched
        off.

        Raises:
            StoreError: The database does not answer.
        """
        own = await self._store.looks.of(user_id)
        policy = await self._store.policies.read(guild_id)
        hidden = policy.server("hidden_looks")
        servers = [
            OfferedLook(key=server_key(look.name), look=look) for look in policy.server("looks")
        ]
        return [*own, *servers, *(one for one in built_in() if one.key[2:] not in hidden)]

    async def find(self, guild_id: int | None, user_id: int, text: str) -> OfferedLook | None:
        """Return the look that a key names, or a name that somebody typed; ``None`` without one.

        Raises:
            StoreError: The database does not answer.
        """
        offered = await self.offered(guild_id, user_id)
        by_key = next((one for one in offered if one.key == text), None)
        wanted = name_key(text)
        return by_key or next((one for one in offered if name_key(one.look.name) == wanted), None)


def built_in() -> list[OfferedLook]:
    """Return the looks that come with the bot, in their order."""
    return [
        OfferedLook(key=f"{LookOrigin.BUILT_IN}:{word}", look=look)
        for word, look in BUILT_IN.items()
    ]


def matching(offered: Iterable[OfferedLook], typed: str) -> list[OfferedLook]:
    """Return the looks whose names have what was typed: those that begin with it first."""
    wanted = name_key(typed)
    found = [one for one in offered if wanted in name_key(one.look.name)]
    found.sort(key=lambda one: not name_key(one.look.name).startswith(wanted))
    return found


async def suggest_looks(
    interaction: discord.Interaction[Any], typed: str
) -> list[app_commands.Choice[str]]:
    """Return the looks to choose from while somebody types; none when the database is away.

    For ``app_commands.autocomplete`` of an option whose value :meth:`LookBook.find` then takes.
    """
    book = LookBook(interaction.client.store)
    try:
        async with store_deadline():
            offered = await book.offered(interaction.guild_id, interaction.user.id)
    except StoreError as exc:
        log.warning("interaction %s: no looks: %r", interaction.id, exc)
        return []
    return [
        app_commands.Choice(name=cut(look_texts.label(one), _LABEL), value=one.key)
        for one in matching(offered, typed)[:MOST_SUGGESTED]
    ]
