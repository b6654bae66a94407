"""What the steps of a job share."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.domain.jobs import JobState
from bot.domain.money import CostSource
from bot.engine.poll_schedule import backoff_seconds
from bot.engine.wait_queue import WaitQueue
from bot.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.archive.archive import Archive
    from bot.cometapi.client import CometClient
    from bot.cometapi.wire import Task
    from bot.domain.jobs import Charge, FailureReason, Job
    from bot.engine.clock_watch import ClockWatch
    from bot.engine.history import History
    from bot.engine.job_handle import JobHandle
    from bot.engine.model_choice import ModelChoice
    from bot.engine.poll_pace import PollPace
    from bot.engine.ports import ApprovalPrompts, Deliverer
    from bot.engine.progress import Announcer
    from bot.engine.throttle import Throttle
    from bot.media.download import Downloader
    from bot.media.processing import MediaProcessor
    from bot.media.scratch import Scratch
    from bot.settings import Settings
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

TRIAL_SECONDS: Final = 300.0
"""How long new clips are turned away after the provider refused one for what meets all."""

LEASE_RESERVE: Final = 0.25
"""How much of a lease must be left before money is spent or Discord is written to."""

UNFIRM_SECONDS: Final = 1.0
"""When to look again whether the lease was renewed."""


class JobMovedError(Exception):
    """A job turned out to be in another state than its handle says.

    Attributes:
        job: The job as it is.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


def bill_of(task: Task) -> dict[str, Any]:
    """Return the columns that hold what a finished task cost; an estimate stays without a bill.

    Runway's credits are not stored where they are a gateway's cost: without a source they would
    read as the bill of a version that knew nothing else.
    """
    if task.cost is None:
        return {}
    changes: dict[str, Any] = {"cost_micros": task.cost.micros, "cost_source": task.cost.source}
    if task.cost.source is CostSource.CREDITS:
        changes["cost_credits"] = task.cost_credits
    return changes


class ProviderStanding:
    """Whether the provider's last answers to paid requests refuse every job, as without credit.

    Only a paid request shows that it takes them again. So that not everybody's clip is fetched and
    refused meanwhile, new ones are turned away for a while, and then the next one tries.
    """

    def __init__(self) -> None:
        self.refusal: FailureReason | None = None
        """Why it refused the last one; ``None`` once it takes one."""
        self._closed_until = float("-inf")

    def refused(self, reason: FailureReason, at: float) -> None:
        """Take note that it refused one at the moment ``at`` of the monotonic clock."""
        self.refusal, self._closed_until = reason, at + TRIAL_SECONDS

    def let_one_try(self) -> None:
        """Have the next clip show how it is, without waiting any longer."""
        self._closed_until = float("-inf")

    def accepted(self) -> None:
        """Take note that it has taken one."""
        self.refusal = None
        self.let_one_try()

    def is_closed(self, at: float) -> bool:
        """Tell whether no new clip is to be taken at the moment ``at``."""
        return at < self._closed_until


class StoreWatch:
    """Says once that the database is gone, and once that it is back.

    Only the renewal of the lease proves the latter, for it writes: on a full disk reading works.
    """

    def __init__(self) -> None:
        self.trouble: str | None = None
        """Why it is gone; ``None`` while it is there."""

    def failed(self, error: StoreUnavailableError) -> None:
        """Take note that the database did not answer."""
        was_there, self.trouble = self.trouble is None, str(error)
        if was_there:
            log.error("The database is unavailable; nothing is spent until it is back: %s", error)

    def worked(self) -> None:
        """Take note that the database has taken what was written."""
        if self.trouble is not None:
            self.trouble = None
            log.warning("The database is back; all jobs continue")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineContext:
    """Everything that a step uses, borrowed from whoever opened it."""

    settings: Settings
    store: Store
    comet: CometClient
    deliverer: Deliverer
    downloader: Downloader
    scratch: Scratch
    media: MediaProcessor
    clock: Clock
    history: History
    announcer: Announcer
    polls: Throttle
    """The pace of everything that is asked."""
    pace: PollPace
    """Keeps any two questions about one task apart."""
    clock_watch: ClockWatch
    creates: Throttle
    """The pace of paid requests: refusing those (a daily limit, say) says nothing about polls."""
    lease_seconds: float
    adopt: Callable[[Job], None]
    """Called with a job that unexpectedly has something to do again."""
    models: ModelChoice | None = None
    """Which model takes over from one that is refused; ``None``: none does."""
    may_be_paid: Callable[[Job], Awaitable[bool]] | None = None
    """Asks the provider's own list about an old job before it is paid for; ``None``: no list."""
    approval_prompts: ApprovalPrompts | None = None
    """``None``: held jobs wait until their time is over, and nobody is asked."""
    archive: Archive | None = None
    wait_queue: WaitQueue = field(default_factory=WaitQueue)
    """The jobs of this process that wait for others to end."""
    watch: StoreWatch = field(default_factory=StoreWatch)
    standing: ProviderStanding = field(default_factory=ProviderStanding)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the engine stops: no more money is spent from then on."""

    def holds(self, job: Job) -> bool:
        """Tell whether ``job`` is surely this process's for a while yet.

        Asked right before money is spent or Discord is written to: after a freeze the job may be
        in other hands, also where the process has another lease by then, under another id.
        """
        lease = self.store.lease
        is_firm = lease.remaining() >= LEASE_RESERVE * self.lease_seconds
        return is_firm and job.owner == lease.worker_id

    def age_seconds(self, since: datetime | None) -> float:
        """Return how long ago a row's moment was; 0 for ``None`` and for the future.

        By the database's time at both ends: this machine's calendar may differ from it.
        """
        return max(0.0, (self.store.lease.now() - since).total_seconds()) if since else 0.0

    async def repeat(self, work: Callable[[], Awaitable[None]], *, every_seconds: float) -> None:
        """Do ``work`` now and again until the engine stops; while the database is away, try on."""
        while not self.closing.is_set():
            try:
                await work()
            except StoreUnavailableError as exc:
                self.watch.failed(exc)
            await self.clock.wait(self.closing, self.clock.monotonic() + every_seconds)

    async def until_stored(self, write: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Return what ``write`` returns, asked again for as long as the database is away.

        Raises:
            StoreUnavailableError: It is away, and the engine stops.
        """
        failures = 0
        while True:
            try:
                return await write()
            except StoreUnavailableError as exc:
                self.watch.failed(exc)
                if self.closing.is_set():
                    raise
                failures += 1
                pause = backoff_seconds(failures, cap=5.0)
                await self.clock.wait(self.closing, self.clock.monotonic() + pause)

    async def fail(
        self,
        handle: JobHandle,
        job: Job,
        reason: FailureReason,
        charge: Charge,
        *,
        detail: str | None = None,
        task: Task | None = None,
        request_id: str | None = None,
        look_at: datetime | None = None,
    ) -> float:
        """End ``job`` without a video; its next step, due now, is to say so.

        ``task`` brings what it cost, ``request_id`` names the request that was refused.
        """
        changes: dict[str, Any] = {} if task is None else bill_of(task)
        if request_id is not None:
            changes["request_id"] = request_id
        job = await self.store.move(
            job,
            JobState.FAILED,
            failure=reason,
            failure_detail=detail,
            charge=charge,
            look_at=look_at,
            **changes,
        )
        log.warning(
            "job %s: failed: %s (charged: %s, task %s, request %s): %s",
            job.id,
            reason,
            charge,
            job.task_id,
            job.request_id,
            detail or "-",
        )
        handle.sync(job)
        return 0.0
