"""What Discord's troubles mean at start: those that pass are waited for, the others are mended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
import discord

from bot.engine.poll_schedule import backoff_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS: Final = 60.0
"""How long to wait between two attempts when Discord does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingTrouble:
    """Why Discord cannot be worked with just now, although nothing here needs mending."""

    text: str
    """What is wrong, as the second half of a sentence."""
    seconds: float | None = None
    """How long Discord asks us to wait, if it does."""


def passing(error: Exception) -> PassingTrouble | None:
    """Return what ``error``, from logging in or connecting, is about; ``None``: it stays.

    Anything that is no answer of Discord's API counts as passing: then something else answers,
    such as the page of a proxy, or Discord is being repaired.
    """
    match error:
        case discord.LoginFailure() | discord.PrivilegedIntentsRequired():
            return None
        case discord.RateLimited(retry_after=seconds):
            return PassingTrouble(text=_too_many(seconds), seconds=seconds)
        case discord.HTTPException(status=429):
            wait = _seconds(error.response.headers.get("Retry-After"))
            return PassingTrouble(text=_too_many(wait), seconds=wait)
        case discord.Forbidden():
            text = "it, or something on the way there, refuses this machine (HTTP 403)"
            return PassingTrouble(text=text)
        case discord.HTTPException(status=status):
            return PassingTrouble(text=f"it answers with HTTP {status}")
        case discord.GatewayNotFound():
            cause = error.__cause__
            found = passing(cause) if isinstance(cause, discord.HTTPException) else None
            return found or PassingTrouble(text="it names no gateway")
        case discord.ConnectionClosed() | discord.ClientException():
            return None
        case aiohttp.ClientError() | OSError():
            return PassingTrouble(text=f"it cannot be reached: {str(error) or 'no answer in time'}")
        case KeyError() | TypeError() | ValueError() | AttributeError():
            return PassingTrouble(text="something other than its API answers")
        case _:
            return None


def lasting(error: Exception) -> str | None:
    """Return what an operator should do about a refusal of Discord's that no waiting mends.

    ``None``: it is none of those.
    """
    match error:
        case discord.LoginFailure():
            return "Discord does not accept DISCORD_TOKEN. Reset the token and set the new one."
        case discord.PrivilegedIntentsRequired():
            return "Discord refuses the intents, although Restyle asks for no privileged one."
        case discord.ConnectionClosed(code=code):
            return f"Discord closed the connection for good (code {code})."
        case _:
            return None


def _too_many(seconds: float) -> str:
    wait = f" for {seconds / 60:.0f} min" if seconds >= 90 else ""
    return f"it accepts no requests from this machine{wait} (HTTP 429)"


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0


class Patience:
    """Waits between attempts at one thing: longer each time, and saying so once.

    Args:
        what: What is waited for, as "Discord".
        say: Told what is waited for, and why, whenever that changes.
    """

    def __init__(self, what: str, *, say: Callable[[str], None]) -> None:
        self._what = what
        self._say = say
        self._failures = 0
        self._text = ""
        say(f"waiting for {what}")

    async def wait(self, trouble: PassingTrouble) -> None:
        """Return when it is time for the next attempt."""
        self._failures += 1
        if trouble.text != self._text:
            self._text = trouble.text
            self._say(f"waiting for {self._what}: {trouble.text}")
            log.warning("Waiting for %s: %s. The bot keeps trying.", self._what, trouble.text)
        await asyncio.sleep(
            backoff_seconds(self._failures, cap=LONGEST_PAUSE_SECONDS, at_least=trouble.seconds)
        )

    def over(self) -> None:
        """Take note that it has worked."""
        if self._text:
            log.warning("%s is there", self._what)
