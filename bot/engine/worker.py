"""Worker: one step of one job = open, prepare, submit, poll or deliver."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import JobState
from bot.engine.context import UNFIRM_SECONDS, JobMovedError
from bot.engine.job_handle import Lane
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.steps.approve import Gate
from bot.engine.steps.deliver import Courier
from bot.engine.steps.open import Opener
from bot.engine.steps.poll import Poller
from bot.engine.steps.prepare import Preparer
from bot.engine.steps.submit import Submitter
from bot.errors import JobLostError, StoreUnavailableError

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.engine.context import Parts
    from bot.engine.job_handle import Ticket
    from bot.engine.steps.paid_requests import Posts

log = logging.getLogger(__name__)

_AT_THE_PROVIDER: Final = frozenset({JobState.SUBMITTING, JobState.RUNNING})

_SURPRISE_SECONDS: Final = 5.0
_LONGEST_SURPRISE_SECONDS: Final = 300.0
_STORE_SECONDS: Final = 1.0
_LONGEST_STORE_SECONDS: Final = 10.0


class Worker:
    """Carries out steps. Whatever happens to a job is written to the job; nothing is raised."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._opener = Opener(parts)
        self._preparer = Preparer(parts)
        self._gate = Gate(parts)
        self._submitter = Submitter(parts, self._preparer)
        self._poller = Poller(parts)
        self._courier = Courier(parts, self._gate)

    @property
    def posts(self) -> Posts:
        """The paid requests under way."""
        return self._submitter.posts

    async def step(self, ticket: Ticket) -> float | None:
        """Take one step of one job.

        Returns:
            Seconds until the next step is due; ``None`` when there is nothing left to do here.
        """
        before = ticket.state
        try:
            delay = await self._advance(ticket)
        except JobMovedError as exc:
            delay = self._go_on(ticket, exc.job)
        except JobLostError as exc:
            # Dropped at once. If it is ours after all (a write counted although its confirmation
            # got lost), the next claim brings it back, and only the claim knows whether its paid
            # request may still be sent: going on from here could send it twice.
            log.info("job %s: dropped: %s", ticket.job_id, exc)
            delay = None
        except StoreUnavailableError as exc:
            delay = self._store_failed(ticket, exc)
        except Exception:  # a loop that ends is worse than any error it could report
            log.exception("job %s: step failed", ticket.job_id)
            ticket.failures += 1
            return backoff_seconds(
                ticket.failures, base=_SURPRISE_SECONDS, cap=_LONGEST_SURPRISE_SECONDS
            )
        else:
            if ticket.failures:  # what failed before, also a write, has come through now
                self._parts.watch.worked()
            ticket.failures = 0
        self._mind_line(ticket, before, delay)
        return delay

    def _mind_line(self, ticket: Ticket, before: JobState, delay: float | None) -> None:
        """Let others ask for their turn when this job has left the provider."""
        if ticket.state is not JobState.QUEUED or delay is None:
            self._parts.line.leave(ticket.job_id)
        if before in _AT_THE_PROVIDER and ticket.state not in _AT_THE_PROVIDER:
            self._parts.line.wake()

    async def _advance(self, ticket: Ticket) -> float | None:
        if ticket.state is JobState.RUNNING and not ticket.asks_anew:
            return await self._poller.poll(ticket)
        job = await self._load(ticket)
        if job is None or job.is_settled:
            return None
        if job.state is ticket.state is JobState.RUNNING:  # nobody gave it up
            ticket.asks_anew = False
            return await self._poller.poll(ticket)
        if (job.state, job.hold) != (ticket.state, ticket.hold):
            lane = ticket.lane
            ticket.follow(job)
            await self._gate.leave(ticket, job)
            if ticket.lane is not lane:
                return 0.0  # other workers see to it
        if not self._parts.is_lease_firm():
            return UNFIRM_SECONDS
        match ticket.lane:
            case Lane.OPEN:
                return await self._opener.open(ticket, job)
            case Lane.PREPARE:
                return await self._preparer.prepare(ticket, job)
            case Lane.SUBMIT:
                return await self._submitter.submit(ticket, job)
        match job.state:
            case JobState.HELD:
                return await self._gate.hold(ticket, job)
            case JobState.WITHHELD:
                return await self._courier.withhold(ticket, job)
            case _:
                return await self._courier.deliver(ticket, job)

    async def _load(self, ticket: Ticket) -> Job | None:
        """Return the row; ``None`` if the job is in other hands."""
        job = await self._parts.store.get(ticket.job_id)
        if job is None or job.owner != self._parts.store.worker_id:
            log.info("job %s: in other hands", ticket.job_id)
            return None
        return job

    def _go_on(self, ticket: Ticket, job: Job) -> float | None:
        """Go on with a job that is in another state than was thought, if it is ours."""
        if job.owner != self._parts.store.worker_id or job.is_settled:
            return None
        ticket.follow(job)
        return 0.0

    def _store_failed(self, ticket: Ticket, error: StoreUnavailableError) -> float:
        self._parts.watch.failed(error)
        ticket.failures += 1
        return backoff_seconds(ticket.failures, base=_STORE_SECONDS, cap=_LONGEST_STORE_SECONDS)
