"""When each job is due: a heap of slots, and bounded workers that run the steps."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from bot.engine.job_handle import JobHandle, StepKind
from bot.system import metrics
from bot.system.log_context import with_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.system.clock import Clock

log = logging.getLogger(__name__)

SLOT_SECONDS: Final = 0.01
"""Jobs due within one slot start together: few wake-ups, and small bursts."""

STEP_CAPS: Final[Mapping[StepKind, int]] = {
    StepKind.OPEN: 32,
    StepKind.PREPARE: 8,
    StepKind.SUBMIT: 32,
    StepKind.POLL: 400,
    StepKind.DELIVER: 8,
}
"""The most steps under way at once. Each poll is a connection; each delivery a file, each
preparation a few, most of which wait for the few processes that work on videos."""

_BROKEN_OFF: Final = frozenset({StepKind.POLL, StepKind.PREPARE})
"""What a stop does not wait for: it costs nothing to do it again."""

LATE_SECONDS: Final = 2.0
REPORT_SECONDS: Final = 60.0

_SMALLEST_POOL: Final = 32
"""Steps may hang for as long as a request may take; so many of them hold nobody else up."""
_HEADROOM: Final = 1.5
_SURPRISE_SECONDS: Final = 30.0


class _Pool:
    """The workers of one kind of step: as many as Little's law asks for, up to a cap.

    Steps under way = steps a second x seconds a step.
    """

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.limit = min(cap, _SMALLEST_POOL)
        self.ready: deque[tuple[JobHandle, float]] = deque()
        """What is due, with the moment since when."""
        self.idle: list[asyncio.Future[None]] = []
        """Parked workers; the last to park is the first to go on, so the surplus stays asleep."""
        self.workers: set[asyncio.Task[None]] = set()
        self._rate = 0.0
        self._step_seconds = 0.1
        self._arrived = 0
        self._since: float | None = None

    def arrive(self, handle: JobHandle, due: float, now: float) -> None:
        self.ready.append((handle, due))
        self._arrived += 1
        if self._since is None:
            self._since = now
        elif (elapsed := now - self._since) >= 1:
            self._rate += 0.5 * (self._arrived / elapsed - self._rate)
            self._arrived, self._since = 0, now
            self._resize(now)

    def _resize(self, now: float) -> None:
        wanted = math.ceil(self._rate * self._step_seconds * _HEADROOM) + 2
        if now - self.ready[0][1] > LATE_SECONDS / 4:  # whatever the averages say, it is not enough
            wanted = max(wanted, self.limit * 2)
        self.limit = min(self.cap, max(_SMALLEST_POOL, wanted))

    def took(self, seconds: float) -> None:
        self._step_seconds += 0.1 * (seconds - self._step_seconds)


class Scheduler:
    """Runs the steps of all unfinished jobs of this process, each when it is due.

    It only knows *when*: the database knows every job and its state, and the heap is rebuilt from
    it at start. A waiting job costs a handle and a place in a slot; no coroutine, no timer.

    Args:
        step: One step of one job; returns after how many seconds the next one is due, or ``None``
            when nothing is left to do. It must not raise.
        held_until: Until when (``clock.monotonic()``) a kind of step stands still.
    """

    def __init__(
        self,
        step: Callable[[JobHandle], Awaitable[float | None]],
        *,
        clock: Clock,
        caps: Mapping[StepKind, int] = STEP_CAPS,
        held_until: Callable[[StepKind], float] = lambda _: 0.0,
    ) -> None:
        self._step = step
        self._clock = clock
        self._held_until = held_until
        self._handles: dict[int, JobHandle] = {}
        self._heap: list[int] = []
        self._slots: dict[int, list[JobHandle]] = {}
        self._pools = {step_kind: _Pool(caps[step_kind]) for step_kind in StepKind}
        self._woken = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._is_closing = False
        self._lateness = 0.0
        self._report_at = 0.0

    def __len__(self) -> int:
        return len(self._handles)

    @property
    def lateness_seconds(self) -> float:
        """How long after its moment a poll starts, lately; a sign of too few workers."""
        return self._lateness

    def add(self, handle: JobHandle, delay: float = 0.0) -> None:
        """Take on a job, due in ``delay`` seconds. A job that is here already is hurried."""
        if (known := self._handles.get(handle.job_id)) is not None:
            known.asks_anew = True
            self.hurry(handle.job_id)
            return
        self._handles[handle.job_id] = handle
        self._plan(handle, delay)

    def hurry(self, job_id: int) -> None:
        """Make a job due now; right after its present step if one runs."""
        handle = self._handles.get(job_id)
        if handle is None:
            return
        if handle.slot:
            self._plan(handle, 0.0)
        else:
            handle.is_due_again = True

    def clear(self) -> None:
        """Forget all jobs; steps under way end, and nothing follows them."""
        self._handles.clear()
        self._slots.clear()
        self._heap.clear()
        for pool in self._pools.values():
            pool.ready.clear()

    async def run(self) -> None:
        """Run steps until closed, or cancelled; then no worker is left."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            while not self._is_closing:
                self._woken.clear()
                self._release_due()
                until = self._heap[0] * SLOT_SECONDS if self._heap else None
                await self._clock.wait(self._woken, until)

    def close(self) -> None:
        """Start no further step. Polls and preparations are broken off, other steps end first."""
        self._is_closing = True
        self._woken.set()
        for step_kind, pool in self._pools.items():
            for idle in pool.idle:
                if not idle.done():
                    idle.set_result(None)
            if step_kind in _BROKEN_OFF:
                for worker in pool.workers:
                    worker.cancel()

    def _plan(self, handle: JobHandle, delay: float) -> None:
        slot = max(1, math.ceil((self._clock.monotonic() + delay) / SLOT_SECONDS))
        handle.slot = slot
        waiting = self._slots.get(slot)
        if waiting is not None:
            waiting.append(handle)
            return
        self._slots[slot] = [handle]
        if not self._heap or slot < self._heap[0]:
            self._woken.set()
        heappush(self._heap, slot)

    def _release_due(self) -> None:
        now = self._clock.monotonic()
        while self._heap and self._heap[0] * SLOT_SECONDS <= now:
            slot = heappop(self._heap)
            for handle in self._slots.pop(slot):
                # A ticket that was hurried or forgotten is still in its old slot.
                if handle.slot == slot and self._handles.get(handle.job_id) is handle:
                    handle.slot = 0
                    self._put(handle, slot * SLOT_SECONDS, now)

    def _put(self, handle: JobHandle, due: float, now: float) -> None:
        step_kind = handle.step_kind
        pool = self._pools[step_kind]
        pool.arrive(handle, due, now)
        while pool.idle:
            idle = pool.idle.pop()
            if not idle.done():
                idle.set_result(None)
                return
        if len(pool.workers) < pool.limit and self._group is not None and not self._is_closing:
            worker = self._group.create_task(
                self._work(step_kind, pool), name=f"engine-{step_kind.value}"
            )
            pool.workers.add(worker)
            worker.add_done_callback(pool.workers.discard)

    async def _work(self, step_kind: StepKind, pool: _Pool) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_closing:
            if not pool.ready:
                if len(pool.workers) > pool.limit:
                    return
                idle = loop.create_future()
                pool.idle.append(idle)
                await idle
                continue
            handle, due = pool.ready.popleft()
            if self._handles.get(handle.job_id) is not handle:
                continue
            now = self._clock.monotonic()
            held = self._held_until(step_kind) - now
            if held > 0:  # spread: not all at once when it is over
                self._plan(handle, held + random.uniform(0, min(held, 5.0)))  # noqa: S311 - no secret
                continue
            metrics.LATE_SECONDS.labels(step_kind.value).observe(max(0.0, now - due))
            if step_kind is StepKind.POLL:
                self._note_lateness(now - due, now)
            delay = await self._run_step(handle)
            seconds = self._clock.monotonic() - now
            metrics.STEP_SECONDS.labels(step_kind.value).observe(seconds)
            pool.took(seconds)
            self._after(handle, delay)

    async def _run_step(self, handle: JobHandle) -> float | None:
        try:
            with with_ids(job=handle.job_id, task=handle.task_id):
                return await self._step(handle)
        except Exception:  # a worker that ends is worse than any error it could report
            log.exception("job %s: a step broke", handle.job_id)
            return _SURPRISE_SECONDS

    def _after(self, handle: JobHandle, delay: float | None) -> None:
        if self._handles.get(handle.job_id) is not handle:
            return
        if handle.is_due_again:
            handle.is_due_again = False
            delay = 0.0
        if delay is None:
            del self._handles[handle.job_id]
        else:
            self._plan(handle, delay)

    def _note_lateness(self, seconds: float, now: float) -> None:
        self._lateness += 0.05 * (seconds - self._lateness)
        if self._lateness > LATE_SECONDS and now >= self._report_at:
            self._report_at = now + REPORT_SECONDS
            pool = self._pools[StepKind.POLL]
            log.warning(
                "Polls start %.1f s late: %d jobs, %d of %d workers",
                self._lateness,
                len(self._handles),
                len(pool.workers),
                pool.cap,
            )
