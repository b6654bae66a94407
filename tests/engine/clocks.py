"""A clock for the engine that moves only when a test moves it."""

import asyncio
from datetime import timedelta


class FakeClock:
    def __init__(self, start):
        self._now = start
        self._monotonic = 1000.0
        self._waiting = []

    def monotonic(self):
        return self._monotonic

    def now(self):
        return self._now

    __call__ = now  # what stores on SQLite take as their clock

    def advance(self, seconds):
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
        for until, reached in self._waiting:
            if until <= self._monotonic:
                reached.set()

    @property
    def next_at(self):
        """The next moment somebody waits for, or None."""
        return min(
            (until for until, reached in self._waiting if not reached.is_set()), default=None
        )

    async def wait(self, event, until):
        if event.is_set():
            return
        if until is None:
            await event.wait()
            return
        if until <= self._monotonic:
            await asyncio.sleep(0)
            return
        reached = asyncio.Event()
        entry = (until, reached)
        self._waiting.append(entry)
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(reached.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove(entry)
            for wait in waits:
                wait.cancel()


async def settle(rounds=20):
    """Let everything run that can run without time passing."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def until(condition):
    """Wait for real input and output, on the loopback, to bring about ``condition``."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - sockets and threads set no event of ours
            await asyncio.sleep(0.002)


async def pass_time(clock, condition):
    """Let the clock of a test go on, ten seconds at a time, until ``condition`` holds."""
    async with asyncio.timeout(60):
        while not condition():
            clock.advance(10)
            await asyncio.sleep(0.002)


async def hang(bench, handle):
    """Take the submit step while CometAPI accepts the request and does not answer."""
    step = asyncio.create_task(bench.step(handle))
    await bench.standin.wait_for_creates(1)
    await until(lambda: bench.clock.next_at is not None)
    return step
