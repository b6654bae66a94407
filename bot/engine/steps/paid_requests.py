"""Paid requests under way, and those whose answer comes late."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.domain.jobs import JobState
from bot.errors import CometError, CometNotSentError, StoreUnavailableError

if TYPE_CHECKING:
    from bot.cometapi.wire import Created, CreateRequest
    from bot.domain.jobs import Job
    from bot.engine.context import EngineContext

log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 90.0
"""After this the job is UNCERTAIN, and people are told so."""
LATE_SECONDS: Final = 600.0
"""For so long the request stays open all the same: its answer may still lift the job."""
RECORD_SECONDS: Final = 0.5
"""How long a stop waits for the database to take late answers that are here."""
MAX_LATE: Final = 64
"""Each is an open connection."""


@dataclass(slots=True, eq=False)
class PaidRequest:
    """One paid request. It was sent once and will never be sent again."""

    job: Job
    task: asyncio.Task[Created]
    sent_at: float
    """``clock.monotonic()``."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)


def accepted_by(created: Created) -> dict[str, Any]:
    """Return the columns that hold what an accepted request brought.

    The provider's estimate takes the place of what was set aside.
    """
    changes: dict[str, Any] = {"task_id": created.task_id, "request_id": created.request_id}
    if created.estimate is not None:
        changes |= {
            "cost_micros": created.estimate.micros,
            "cost_source": created.estimate.source,
        }
    return changes


class PaidRequests:
    """Sends paid requests and waits for their answers, also for late ones."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._late: dict[asyncio.Task[None], PaidRequest] = {}
        self._open: set[PaidRequest] = set()

    @property
    def open_count(self) -> int:
        """How many requests wait for their answer, the late ones included."""
        return len(self._open)

    def send(self, job: Job, request: CreateRequest) -> PaidRequest:
        """Send the paid request of ``job``, which is stored as SUBMITTING."""
        task = asyncio.create_task(
            self._create(job, request),
            name=f"post-{job.id}",
        )
        paid_request = PaidRequest(job, task, self._context.clock.monotonic())
        self._open.add(paid_request)

        def end(_: asyncio.Task[Created]) -> None:
            self._open.discard(paid_request)
            paid_request.ended.set()

        task.add_done_callback(end)
        return paid_request

    async def _create(self, job: Job, request: CreateRequest) -> Created:
        if not self._context.holds(job):  # the process may have stood still since that was asked
            raise CometNotSentError("Not sent: the job may be in other hands")
        return await self._context.comet.create_task(request, total_seconds=LATE_SECONDS)

    async def wait(self, paid_request: PaidRequest) -> None:
        """Return when ``paid_request`` is answered, or when that takes too long."""
        await self._context.clock.wait(paid_request.ended, paid_request.sent_at + ANSWER_SECONDS)

    def result(self, paid_request: PaidRequest) -> Created:
        """Return what an ended request brought.

        Raises:
            CometError: It was refused, or its outcome is unknown.
        """
        if paid_request.task.cancelled():
            raise CometError("broken off before an answer came")
        return paid_request.task.result()

    def follow(self, paid_request: PaidRequest) -> None:
        """Go on waiting for an answer, and lift the job out of UNCERTAIN if one comes."""
        is_full = self._context.closing.is_set() or len(self._late) >= MAX_LATE
        if is_full and not paid_request.task.done():  # an answer that is here costs no connection
            paid_request.task.cancel()
            return
        task = asyncio.create_task(self._follow(paid_request), name=f"late-{paid_request.job.id}")
        self._late[task] = paid_request
        task.add_done_callback(self._end_late)

    def _end_late(self, task: asyncio.Task[None]) -> None:
        self._late.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("waiting for a late answer failed", exc_info=error)

    async def _follow(self, paid_request: PaidRequest) -> None:
        try:
            await self._context.clock.wait(paid_request.ended, paid_request.sent_at + LATE_SECONDS)
            if paid_request.task.done():
                await self._lift(paid_request)
        finally:
            paid_request.task.cancel()

    async def _lift(self, paid_request: PaidRequest) -> None:
        job_id = paid_request.job.id
        try:
            created = self.result(paid_request)
        except CometError as exc:
            outcome = "a refusal: nothing was paid" if exc.safe_to_resend else "of no help"
            log.warning(
                "job %s: the answer came too late and is %s (request %s): %s",
                job_id,
                outcome,
                exc.request_id,
                exc.detail or exc,
            )
            return
        store = self._context.store
        try:
            job = await self._context.until_stored(
                lambda: store.lift_uncertain(job_id, **accepted_by(created))
            )
        except StoreUnavailableError:
            self.give_up(paid_request)
            return
        if job is None:
            await self._explain_unlifted(paid_request, created)
            return
        log.warning(
            "job %s: no longer UNCERTAIN: it is task %s (request %s)",
            job_id,
            created.task_id,
            created.request_id,
        )
        self._context.adopt(job)

    async def _explain_unlifted(self, paid_request: PaidRequest, created: Created) -> None:
        job = await self._context.store.get(paid_request.job.id)
        if job is not None and job.task_id == created.task_id:
            return  # written by an attempt whose confirmation got lost
        log.error(
            "job %s: task %s was paid for and belongs to nobody: the job is %s by now",
            paid_request.job.id,
            created.task_id,
            "gone" if job is None else job.state,
        )
        if job is not None and job.state in {JobState.HELD, JobState.QUEUED}:
            # The database went back to before it was sent; it must not be paid for once more.
            enter = self._context.store.quarantine.enter
            await self._context.until_stored(lambda: enter([job.id]))

    def give_up(self, paid_request: PaidRequest) -> None:
        """Put what could not be stored where the operator finds it: into the log."""
        if (
            not paid_request.task.done()
            or paid_request.task.cancelled()
            or paid_request.task.exception() is not None
        ):
            return
        log.critical(
            "job %s: task %s was paid for and could not be recorded",
            paid_request.job.id,
            paid_request.task.result().task_id,
        )

    async def close(self) -> None:
        """Stop waiting for late answers; their jobs stay UNCERTAIN.

        An answer that is here already, and only waits for the database, is recorded first.
        """
        here = {
            task: paid_request
            for task, paid_request in self._late.items()
            if paid_request.task.done()
        }
        if here:
            await asyncio.wait(here, timeout=RECORD_SECONDS)
        late = list(self._late)
        for task in late:
            if task in here:
                self.give_up(here[task])
            task.cancel()
        paid_requests = [paid_request.task for paid_request in self._open]
        for task_of_request in paid_requests:
            task_of_request.cancel()
        await asyncio.gather(*late, *paid_requests, return_exceptions=True)
