"""One budget for all calls to Discord: nobody waits for what is less urgent, or not for long."""

from __future__ import annotations

import asyncio
import enum
import heapq
import itertools
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp

from bot.errors import StoreUnavailableError
from bot.system import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import SimpleNamespace

    from yarl import URL

    from bot.storage.leases import Lease
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

BURST: Final = 0.2
"""How much of a second's calls may go out at once. With 40 a second that makes 48 in any one
second, of the 50 that Discord allows.

Source: https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
"""
COUNT_SECONDS: Final = 5.0

_EXEMPT: Final = frozenset({"interactions", "webhooks"})


class Urgency(enum.Enum):
    """Why a call is made; the value is for how many seconds later ones may go first.

    So the urgent come first, and yet nothing starves.
    """

    PERSON = 0.0  # somebody waits for it, or we do not know
    OUTCOME = 0.5  # the answer of a job, or what went wrong
    OPENING = 1.0  # the thread and the status message of a new job
    PROGRESS = 5.0  # a courtesy: what is overtaken meanwhile is never shown


_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.PERSON)


@contextmanager
def urgency(value: Urgency) -> Iterator[None]:
    """Say how urgent the calls made inside are, also those of tasks started there."""
    token = _urgency.set(value)
    try:
        yield
    finally:
        _urgency.reset(token)


@dataclass(order=True, slots=True)
class _Turn:
    due: float
    number: int
    came: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Budget:
    """Lets calls through in the order of their urgency, then of their arrival.

    So one job's many calls do not keep those of the others waiting: each call queues anew.
    ``per_second`` is for all processes together.
    """

    def __init__(self, per_second: float, *, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._numbers = itertools.count()
        self._turns: list[_Turn] = []
        self._full_at = float("-inf")  # when all that was let through will have been earned
        self.share_among(1)

    def __len__(self) -> int:
        """Return how many calls wait."""
        return len(self._turns)

    def share_among(self, processes: int) -> None:
        """Take only this process's share, there being so many that use the same token."""
        self._gap_seconds = max(1, processes) / self._per_second
        self._ahead_seconds = max(0.0, BURST - self._gap_seconds)

    async def turn(self) -> None:
        """Return when one call may be made, with the urgency set by :func:`urgency`."""
        turn = _Turn(self._clock.monotonic() + _urgency.get().value, next(self._numbers))
        heapq.heappush(self._turns, turn)
        try:
            while self._turns[0] is not turn or not self._take():
                turn.came.clear()
                is_first = self._turns[0] is turn
                until = self._full_at - self._ahead_seconds if is_first else None
                await self._clock.wait(turn.came, until)
        finally:
            self._turns.remove(turn)
            heapq.heapify(self._turns)  # a handful: as many as there are steps under way
            if self._turns:
                self._turns[0].came.set()

    def _take(self) -> bool:
        now = self._clock.monotonic()
        if now < self._full_at - self._ahead_seconds:
            return False
        self._full_at = max(now, self._full_at) + self._gap_seconds
        return True

    def trace(self) -> aiohttp.TraceConfig:
        """Return what makes every request of an aiohttp session to Discord's API wait its turn.

        Answers to interactions do not: Discord does not count them. Repeated requests do.
        """
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._before_request)
        config.on_request_end.append(_count_answer)
        config.on_request_exception.append(_count_failure)
        return config

    async def _before_request(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        if is_counted(params.url):
            await self.turn()


async def _count_answer(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    params: aiohttp.TraceRequestEndParams,
) -> None:
    metrics.DISCORD_ANSWERS.labels(metrics.class_of(params.response.status)).inc()


async def _count_failure(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    _params: aiohttp.TraceRequestExceptionParams,
) -> None:
    metrics.DISCORD_ANSWERS.labels("none").inc()


def is_counted(url: URL) -> bool:
    """Tell whether a request counts towards Discord's global limit.

    Source: https://docs.discord.com/developers/interactions/receiving-and-responding
    """
    match url.parts:
        case ("/", "api", _, resource, *_):
            return resource not in _EXEMPT
        case _:
            return False  # the gateway, or a file


async def keep_sharing(budget: Budget, lease: Lease, clock: Clock) -> None:
    """Share ``budget`` with the other processes on the same database; never returns."""
    never = asyncio.Event()
    while True:
        try:
            budget.share_among(await lease.count_workers())
        except StoreUnavailableError as exc:
            log.debug("the other processes were not counted: %s", exc)
        await clock.wait(never, clock.monotonic() + COUNT_SECONDS)
