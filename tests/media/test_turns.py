"""Whose turn it is at the media work: shared among servers, then among their members."""

import asyncio

import pytest

from bot.errors import MediaBusyError
from bot.media.turns import FairSlots, work_for


class Workplace:
    """One slot, which the test holds until it lets them go one by one."""

    def __init__(self, *, slots=1, waiting=50):
        self.slots = FairSlots(slots, waiting)
        self.order, self.refused = [], []
        self.gate = asyncio.Semaphore(0)
        self.tasks = []

    async def _work(self, name, guild, user):
        with work_for(guild, user):
            try:
                async with self.slots.slot():
                    self.order.append(name)
                    await self.gate.acquire()
            except MediaBusyError:
                self.refused.append(name)

    async def bring(self, name, guild, user):
        self.tasks.append(asyncio.create_task(self._work(name, guild, user), name=name))
        await asyncio.sleep(0)

    async def finish(self):
        for _ in self.tasks:
            self.gate.release()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return "".join(self.order)


async def test_members_of_a_server_take_turns_whoever_came_first_with_many():
    place = Workplace()
    for name in "aaaa":
        await place.bring(name, 1, 10)
    await place.bring("b", 1, 11)
    await place.bring("c", 1, 12)
    assert await place.finish() == "abcaaa"


async def test_servers_take_turns_however_many_members_one_has():
    place = Workplace()
    for number, name in enumerate("abcd"):
        await place.bring(name, 1, number)
    await place.bring("X", 2, 100)
    await place.bring("Y", 2, 101)
    assert await place.finish() == "aXbYcd"


async def test_direct_messages_of_different_people_are_one_server_with_members():
    place = Workplace()
    for name in "aa":
        await place.bring(name, None, 1)
    await place.bring("b", None, 2)
    assert await place.finish() == "aba"


async def test_a_full_line_loses_its_last_and_not_who_comes_with_the_first_clip():
    place = Workplace(waiting=3)
    for name in "aAAA":
        await place.bring(name, 1, 10)
    await place.bring("b", 2, 20)  # a server that has nothing here yet
    await place.bring("A", 1, 10)
    assert place.refused == ["A", "A"]
    assert await place.finish() == "abAA"


async def test_whoever_leaves_the_line_gives_up_the_turn_even_in_the_moment_it_comes():
    place = Workplace()
    for name in "abc":
        await place.bring(name, 1, ord(name))
    place.gate.release()
    await asyncio.sleep(0)
    place.tasks[1].cancel()  # its turn may just have come
    place.tasks[2].cancel()
    await asyncio.sleep(0)
    await place.bring("d", 1, 4)
    await place.finish()
    assert place.order[-1] == "d"


@pytest.mark.parametrize("steps", range(6))
async def test_a_slot_is_free_again_after_a_cancellation_at_any_moment(steps):
    place = Workplace()
    await place.bring("a", 1, 1)
    await place.bring("b", 1, 2)
    place.gate.release()
    for _ in range(steps):
        await asyncio.sleep(0)
    place.tasks[1].cancel()
    await asyncio.gather(*place.tasks, return_exceptions=True)
    async with asyncio.timeout(60), place.slots.slot():
        pass
