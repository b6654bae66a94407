"""What an error of a call to Discord means for the message that was to be posted."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import aiohttp
import discord
from cachetools import TTLCache

from bot.errors import DeliveryDelayedError

if TYPE_CHECKING:
    from collections.abc import Callable

DISCORD_ERRORS: Final = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""Everything that a call to Discord raises when it fails; a timeout is an ``OSError``."""

_MOST_PLACES: Final = 10_000
"""Refusals that are remembered: as many as bring the ban, and the oldest are forgotten first."""

_TOO_LARGE: Final = frozenset({40005, 50045})
_BLOCKED: Final = frozenset({200000, 200001, 240000})
_ARCHIVED: Final = 50083
_MISSING_PERMISSIONS: Final = 50013
_NO_REPLY: Final = 160002
_THREAD_LOCKED: Final = 160005
_TROUBLE_INSIDE: Final = 130000


class ErrorMeaning(enum.Enum):
    """What to do about an error.

    Source: https://docs.discord.com/developers/topics/opcodes-and-status-codes
    """

    RETRY = enum.auto()  # Discord is in trouble, or cannot be reached
    TOO_LARGE = enum.auto()  # the file; the rest may pass
    BLOCKED = enum.auto()  # AutoMod or the link filter: other words may pass
    NO_REPLY = enum.auto()  # replying needs Read Message History; a plain message may pass
    ARCHIVED = enum.auto()  # the thread sleeps; sending wakes it, editing does not
    NOT_PERMITTED = enum.auto()  # a permission is missing here; perhaps only Attach Files
    REFUSED = enum.auto()  # this place is gone or closed to us: the next one
    MALFORMED = enum.auto()  # anything else about the message itself


def classify(error: Exception) -> ErrorMeaning:
    """Say what ``error``, one of ``DISCORD_ERRORS``, means.

    A refusal without one of Discord's own codes comes from what stands before Discord (a filter,
    a gateway); it says nothing about the place, so it is no reason to give the place up.
    """
    if not isinstance(error, discord.HTTPException):
        return ErrorMeaning.RETRY
    code, status = error.code, error.status
    if status == 413 or code in _TOO_LARGE:
        return ErrorMeaning.TOO_LARGE
    if status >= 500 or status in {401, 408, 429} or code == _TROUBLE_INSIDE:
        return ErrorMeaning.RETRY
    if code in _BLOCKED:
        return ErrorMeaning.BLOCKED
    if code == _NO_REPLY:
        return ErrorMeaning.NO_REPLY
    if code == _ARCHIVED:
        return ErrorMeaning.ARCHIVED
    if code == _THREAD_LOCKED:
        return ErrorMeaning.REFUSED
    if code == _MISSING_PERMISSIONS:
        return ErrorMeaning.NOT_PERMITTED
    if status in {403, 404}:
        return ErrorMeaning.REFUSED if code else ErrorMeaning.RETRY
    return ErrorMeaning.MALFORMED


def lasting_verdict(error: Exception) -> ErrorMeaning:
    """Say what ``error`` means, as :func:`classify` does, when trying again later would not help.

    Raises:
        DeliveryDelayedError: It would help: Discord is in trouble.
    """
    verdict = classify(error)
    if verdict is ErrorMeaning.RETRY:
        raise delayed(error) from error
    return verdict


def delayed(error: Exception) -> DeliveryDelayedError:
    """Return the error by which the engine learns that Discord is in trouble."""
    seconds = error.retry_after if isinstance(error, discord.RateLimited) else None
    return DeliveryDelayedError(f"Discord: {error}", retry_after_seconds=seconds)


class Refusals:
    """Places that refused lately: asking them again at once only counts towards a ban.

    10,000 refused requests in ten minutes ban the address.

    Source: https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
    """

    def __init__(self, clock: Callable[[], float], *, seconds: float = 300.0) -> None:
        self._places: TTLCache[int, None] = TTLCache(_MOST_PLACES, seconds, timer=clock)

    def remember(self, place_id: int) -> None:
        """Keep away from a channel (or a user's direct messages) for a while."""
        self._places[place_id] = None

    def forget(self, place_id: int) -> None:
        """Trust a place again, because it took a message."""
        self._places.pop(place_id, None)

    def __contains__(self, place_id: int) -> bool:
        return place_id in self._places
