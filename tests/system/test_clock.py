import asyncio
from datetime import UTC

from bot.system.clock import SystemClock


async def test_a_wait_ends_with_its_event_its_moment_or_at_once():
    clock = SystemClock()
    event = asyncio.Event()
    async with asyncio.timeout(60):
        await clock.wait(event, clock.monotonic() - 1)
        await clock.wait(event, clock.monotonic() + 0.001)
        waiting = [
            asyncio.create_task(clock.wait(event, None)),
            asyncio.create_task(clock.wait(event, clock.monotonic() + 3600)),
        ]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        event.set()
        await asyncio.gather(*waiting)
        await clock.wait(event, None)


def test_moments_are_aware_and_the_steady_clock_goes_forward():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
