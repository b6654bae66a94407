"""Discord's signed links: when they stop working."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

GONE: Final = frozenset({401, 403, 404, 410})
"""The HTTP statuses of a link that is over, Discord's or the provider's."""

_HOSTS: Final = ("discordapp.com", "discordapp.net")
_MARGIN: Final = timedelta(seconds=60)
"""The provider fetches the clip during the paid request, not at its first byte."""


def link_expires_at(url: str) -> datetime | None:
    """Return when a Discord CDN link stops working; ``None`` for other links and unsigned ones.

    Source: https://github.com/discord/discord-api-docs/pull/6650
    """
    context = urlsplit(url)
    host = context.hostname or ""
    if not any(host == known or host.endswith(f".{known}") for known in _HOSTS):
        return None
    try:
        return datetime.fromtimestamp(int(parse_qs(context.query)["ex"][0], 16), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def is_link_dead(url: str | None, now: datetime) -> bool:
    """Tell whether a Discord link is over, or will be before a provider could use it."""
    expires_at = link_expires_at(url) if url else None
    return expires_at is not None and now + _MARGIN >= expires_at
