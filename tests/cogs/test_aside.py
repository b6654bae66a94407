"""Threads for what one person can start, of which nobody gets two."""

import asyncio
import threading

import pytest

from cogs.common.aside import Aside


@pytest.fixture
def aside():
    found = Aside(2)
    yield found
    found.close()


async def test_what_one_person_starts_holds_up_nobody_else(aside):
    gate, order = threading.Event(), []

    def slow():
        assert gate.wait(60)
        order.append("slow")

    def quick(name):
        order.append(name)
        return threading.current_thread().name

    first = asyncio.create_task(aside.run(1, slow))
    second = asyncio.create_task(aside.run(1, lambda: quick("own")))
    name = await asyncio.wait_for(aside.run(2, lambda: quick("others")), 60)
    assert name.startswith("aside")
    assert order == ["others"]
    gate.set()
    await asyncio.wait_for(asyncio.gather(first, second), 60)
    assert order == ["others", "slow", "own"]


async def test_who_stops_waiting_gets_no_second_thread_for_it(aside):
    gate, order = threading.Event(), []
    first = asyncio.create_task(aside.run(1, lambda: gate.wait(60)))
    await asyncio.sleep(0)
    first.cancel()
    second = asyncio.create_task(aside.run(1, lambda: order.append("second")))
    await asyncio.wait_for(aside.run(2, lambda: None), 60)
    assert order == []
    gate.set()
    await asyncio.wait_for(second, 60)


async def test_trouble_reaches_who_waits_and_the_next_work_is_done(aside):
    with pytest.raises(ZeroDivisionError):
        await aside.run(1, lambda: 1 / 0)
    assert await aside.run(1, lambda: "done") == "done"
