"""Progress shown to people: never in the way of polls, and never too much for Discord."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import JobState
from bot.engine.budget import Urgency, urgency
from bot.errors import JobLostError, StoreUnavailableError

if TYPE_CHECKING:
    from bot.engine.ports import Deliverer, Progress
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

SHOWS_PER_SECOND: Final = 15.0
"""Each is two calls (status, record). Discord allows a bot 50 a second; the rest is for answers.

Source: https://docs.discord.com/developers/topics/rate-limits
"""
WORKERS: Final = 6
SETTLE_SECONDS: Final = 10.0
SURPRISE_SECONDS: Final = 1.0

_WAITING: Final = frozenset({JobState.HELD, JobState.QUEUED, JobState.WITHHELD})
"""The provider does not have it yet, or any more: what is shown has no phase."""


class Announcer:
    """Shows the latest progress of each job; what is overtaken while it waits is never shown.

    Only here is progress stored, right before it is shown, so a poll writes nothing. Whoever
    waited longest is next, so that a busy job does not push the others aside.
    """

    def __init__(
        self,
        *,
        store: Store,
        deliverer: Deliverer,
        clock: Clock,
        per_second: float = SHOWS_PER_SECOND,
    ) -> None:
        self._store = store
        self._deliverer = deliverer
        self._clock = clock
        self._pause_seconds = 1 / per_second
        self._pending: dict[int, Progress] = {}
        self._in_flight: dict[int, asyncio.Event] = {}
        self._arrived = asyncio.Event()
        self._never = asyncio.Event()
        self._free_at = 0.0

    def __len__(self) -> int:
        return len(self._pending)

    def announce(self, job_id: int, progress: Progress) -> None:
        """Have ``progress`` shown soon, instead of what still waits for this job."""
        self._pending[job_id] = progress  # an older entry keeps its place in the order
        self._arrived.set()

    async def settle(self, job_id: int) -> None:
        """Forget what waits for this job and let an edit under way end.

        After this no progress appears beneath the outcome; unless Discord takes longer than 10 s.
        """
        self._pending.pop(job_id, None)
        if (ended := self._in_flight.get(job_id)) is not None:
            await self._clock.wait(ended, self._clock.monotonic() + SETTLE_SECONDS)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._pending.clear()

    async def run(self) -> None:
        """Show what is announced, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work(), name="engine-announcer")

    async def _work(self) -> None:
        while True:
            try:
                if not await self.show_next():
                    self._arrived.clear()
                    await self._arrived.wait()
            except Exception:  # progress is a courtesy; nothing of it may stop the engine
                log.exception("progress could not be shown")
                await self._clock.wait(self._never, self._clock.monotonic() + SURPRISE_SECONDS)

    async def show_next(self) -> bool:
        """Show the progress that waited longest; ``False`` if there is nothing to show now."""
        job_id = next((job_id for job_id in self._pending if job_id not in self._in_flight), None)
        if job_id is None:
            return False
        ended = self._in_flight[job_id] = asyncio.Event()
        try:
            await self._wait_for_turn()
            progress = self._pending.pop(job_id, None)  # by now perhaps a later one, or none
            if progress is not None:
                with urgency(Urgency.PROGRESS):
                    await self._show(job_id, progress)
        finally:
            del self._in_flight[job_id]
            ended.set()
            if job_id in self._pending:
                self._arrived.set()  # it was passed over while its edit was under way
        return True

    async def _wait_for_turn(self) -> None:
        now = self._clock.monotonic()
        turn = max(now, self._free_at)
        self._free_at = turn + self._pause_seconds
        if turn > now:
            await self._clock.wait(self._never, turn)

    async def _show(self, job_id: int, progress: Progress) -> None:
        try:
            job = await self._store.get(job_id)
            if job is None or job.owner != self._store.lease.worker_id:
                return
            if job.state is not JobState.RUNNING:
                if progress.phase is None and job.state in _WAITING:
                    await self._deliverer.show(job, progress)
                return
            if progress.phase is None:
                return  # it has left what that was about
            if (job.phase, job.progress) != (progress.phase, progress.fraction):
                job = await self._store.update(
                    job, phase=progress.phase, progress=progress.fraction
                )
        except (JobLostError, StoreUnavailableError):
            return  # it moved on, or the next change will be shown
        await self._deliverer.show(job, progress)
