"""Whose turn it is among pieces of media work that wait for a slot.

Turns are shared as those of jobs are (``bot/domain/fair_queue.py``), first among servers and then
among the members of each: of those with the fewest pieces of work under way or ahead, whose last
turn is the longest ago comes first, then whoever came first. Where no more may wait, the one goes
who would be the last in line: whoever brings ten clips does not keep others from bringing one.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.errors import MediaBusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

_REMEMBERED: Final = 1000  # last turns; who is forgotten counts as one who never had any


class Beneficiary(NamedTuple):
    """For whom a piece of work is done."""

    guild_id: int
    """``GLOBAL_GUILD_ID`` for direct messages, and for the bot itself."""
    user_id: int


_NOBODY: Final = Beneficiary(0, 0)
_current: ContextVar[Beneficiary] = ContextVar("beneficiary", default=_NOBODY)


@contextmanager
def work_for(guild_id: int | None, user_id: int) -> Iterator[None]:
    """Have all media work that is asked for inside count as this member's."""
    token = _current.set(Beneficiary(guild_id or 0, user_id))
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(eq=False, slots=True)
class _Waiter:
    whose: Beneficiary
    number: int
    may_go: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class FairSlots:
    """A few slots, and a line before them that has an end.

    Args:
        slots: How many pieces of work go on at once.
        waiting: How many may wait for one of these slots.
    """

    def __init__(self, slots: int, waiting: int) -> None:
        self._slots = slots
        self._room = waiting
        self._running: Counter[Beneficiary] = Counter()
        self._line: list[_Waiter] = []
        self._last_turns: dict[Beneficiary | int, int] = {}
        self._count = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a turn of whoever the work is for (see ``work_for``), and have it inside.

        Raises:
            MediaBusyError: Too many wait already who come before.
        """
        whose = _current.get()
        await self._wait(whose)
        try:
            yield
        finally:
            self._running[whose] -= 1
            self._running += Counter()  # forgets those without any
            self._hand_out()

    async def _wait(self, whose: Beneficiary) -> None:
        self._count += 1
        me = _Waiter(whose, self._count)
        self._line.append(me)
        self._hand_out()
        if len(self._line) > self._room:
            last = in_turn(self._line, self._running, self._last_turns)[-1]
            self._line.remove(last)
            if not last.may_go.done():
                busy = MediaBusyError(f"{self._room} pieces of work are waiting")
                last.may_go.set_exception(busy)
        try:
            await me.may_go
        except asyncio.CancelledError:
            if me in self._line:
                self._line.remove(me)
            elif not me.may_go.cancelled() and me.may_go.exception() is None:
                self._running[whose] -= 1  # its turn had just come
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        while self._line and self._running.total() < self._slots:
            first = in_turn(self._line, self._running, self._last_turns)[0]
            self._line.remove(first)
            if first.may_go.done():  # it is cancelled, and about to say so
                continue
            self._running[first.whose] += 1
            self._note_turn(first.whose)
            first.may_go.set_result(None)

    def _note_turn(self, whose: Beneficiary) -> None:
        self._count += 1
        for holder in (whose, whose.guild_id):
            self._last_turns.pop(holder, None)
            self._last_turns[holder] = self._count
        while len(self._last_turns) > _REMEMBERED:
            del self._last_turns[next(iter(self._last_turns))]


def in_turn(
    line: Iterable[_Waiter],
    running: Mapping[Beneficiary, int],
    last_turns: Mapping[Beneficiary | int, int],
) -> list[_Waiter]:
    """Return those who wait in the order of their turns.

    Args:
        line: Who waits, in any order.
        running: How much is under way for whom.
        last_turns: When members (``Beneficiary``) and servers (their ids) had their last turn, as
            a number that grows; who never had one is not there.
    """
    of_member = Counter(running)
    of_server: Counter[int] = Counter()
    for whose, count in running.items():
        of_server[whose.guild_id] += count
    servers: defaultdict[int, list[tuple[int, int, int, _Waiter]]] = defaultdict(list)
    for one in sorted(line, key=lambda one: one.number):
        last = last_turns.get(one.whose, 0)
        servers[one.whose.guild_id].append((of_member[one.whose], last, one.number, one))
        of_member[one.whose] += 1
    ranked: list[tuple[int, int, int, _Waiter]] = []
    for guild_id, members in servers.items():
        for ahead, (*_, number, one) in enumerate(sorted(members, key=lambda entry: entry[:3])):
            ranked.append((of_server[guild_id] + ahead, last_turns.get(guild_id, 0), number, one))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]
