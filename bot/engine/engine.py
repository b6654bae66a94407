"""Engine: the background loop that brings every job to its end."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final, Self

from bot.domain.jobs import JobState, Phase
from bot.engine.clock_watch import ClockWatch
from bot.engine.context import EngineContext
from bot.engine.history import History
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.late_looks import LateLooks
from bot.engine.owed_cards import OwedCardsRunner
from bot.engine.poll_pace import PollPace
from bot.engine.poll_schedule import Limits
from bot.engine.ports import Progress
from bot.engine.progress import Announcer
from bot.engine.scheduler import Scheduler
from bot.engine.throttle import Throttle
from bot.engine.worker import Worker
from bot.errors import LeaseLostError, StoreUnavailableError
from bot.system.clock import SystemClock
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from types import TracebackType

    from bot.archive.archive import Archive
    from bot.cometapi.client import CometClient
    from bot.domain.jobs import FailureReason, Job
    from bot.engine.model_choice import ModelChoice
    from bot.engine.ports import ApprovalPrompts, Deliverer
    from bot.media.download import Downloader
    from bot.media.processing import MediaProcessor
    from bot.media.scratch import Scratch
    from bot.settings import Settings
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 30.0
"""A process that is silent for so long is taken for dead, and others take its jobs over."""
PASS_SECONDS: Final = 5.0
"""How often to look for jobs of nobody: new ones of other processes, and those of the dead. With
a short lease more often: three times within it."""
BATCH: Final = 1000

STEPS_END_SECONDS: Final = 8.0
"""How long a stop waits for paid requests and deliveries under way."""
WRITES_END_SECONDS: Final = 1.5
"""How long it then waits for the last writes, so that it is over within ten seconds."""

_RETRY_SECONDS: Final = 1.0
_BURST: Final = 20


class Engine:
    """Submits, polls and delivers all jobs of this process while it is open.

    Everything it is given is borrowed and outlives it. It needs no cog and no interaction; new
    jobs come out of the database, and ``Store.new_jobs`` only says that it is worth looking now.
    Without ``approval_prompts`` held jobs wait until their time is over.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        comet: CometClient,
        deliverer: Deliverer,
        downloader: Downloader,
        scratch: Scratch,
        media: MediaProcessor,
        approval_prompts: ApprovalPrompts | None = None,
        archive: Archive | None = None,
        models: ModelChoice | None = None,
        may_be_paid: Callable[[Job], Awaitable[bool]] | None = None,
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._store = store
        self._clock: Clock = clock or SystemClock()
        self._lease_seconds = lease_seconds
        self._pass_seconds = min(PASS_SECONDS, lease_seconds / 3)
        self._new_jobs = store.new_jobs
        self._limits = Limits(settings.poll_min_seconds, settings.poll_max_seconds)
        self._announcer = Announcer(store=store, deliverer=deliverer, clock=self._clock)
        self._context = EngineContext(
            settings=settings,
            store=store,
            comet=comet,
            deliverer=deliverer,
            downloader=downloader,
            scratch=scratch,
            media=media,
            clock=self._clock,
            history=History(store=store, clock=self._clock, limits=self._limits),
            announcer=self._announcer,
            polls=Throttle("CometAPI polls", clock=self._clock),
            creates=Throttle("CometAPI requests", clock=self._clock),
            pace=PollPace(self._limits.shortest, clock=self._clock),
            clock_watch=ClockWatch(store, self._clock),
            lease_seconds=lease_seconds,
            adopt=self._adopt,
            models=models,
            may_be_paid=may_be_paid,
            approval_prompts=approval_prompts,
            archive=archive,
        )
        self._worker = Worker(self._context)
        self._scheduler = Scheduler(
            self._worker.step, clock=self._clock, held_until=self._held_until
        )
        self._context.wait_queue.hurry = self._scheduler.hurry
        self._late_looks = LateLooks(self._context)
        self._owed_cards = OwedCardsRunner(self._context)
        self._joined = asyncio.Event()
        self._compared = asyncio.Event()
        self._rejoining = asyncio.Lock()
        self._never = asyncio.Event()
        self._steps_ended = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self.last_pass_at: datetime | None = None
        """When the database was last asked for jobs of nobody."""

    def __len__(self) -> int:
        """Return how many unfinished jobs this process holds."""
        return len(self._scheduler)

    @property
    def lateness_seconds(self) -> float:
        """How long after its moment a poll starts, lately."""
        return self._scheduler.lateness_seconds

    @property
    def database_trouble(self) -> str | None:
        """Why the database does not answer or takes no writes; ``None`` while it does."""
        return self._context.watch.trouble

    @property
    def clock_ahead_seconds(self) -> float:
        """By how much this machine's clock is ahead, if so much that nothing is spent; else 0."""
        watch = self._context.clock_watch
        return watch.ahead_seconds if watch.is_wrong else 0.0

    @property
    def refusal(self) -> FailureReason | None:
        """Why the provider refused the last paid request, if for a reason that meets every job."""
        return self._context.standing.refusal

    @property
    def is_refused(self) -> bool:
        """Whether that was so lately that the next clip would meet the same."""
        return self._context.standing.is_closed(self._clock.monotonic())

    def try_again(self) -> None:
        """Have the next clip show whether the provider takes them, without waiting for that."""
        self._context.standing.let_one_try()

    @property
    def seconds_since_pass(self) -> float:
        """How long ago the database was last asked for jobs of nobody; 0 before the first time."""
        if self.last_pass_at is None:
            return 0.0
        return self._context.age_seconds(self.last_pass_at)

    @property
    def lease_left_seconds(self) -> float:
        """For how much longer this process's jobs are surely its own."""
        return self._store.lease.remaining()

    def wake(self) -> None:
        """Look for new jobs now instead of at the next pass."""
        self._new_jobs.set()

    async def __aenter__(self) -> Self:
        """Start; jobs of an earlier run go on where they were."""
        self._runner = asyncio.create_task(self._run(), name="engine")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop within ten seconds: end what costs money, give the jobs back."""
        await shielded(self._stop())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for part in (
                self._keep_lease,
                self._keep_comparing,
                self._keep_claiming,
                self._late_looks.run,
                self._owed_cards.run,
                self._announcer.run,
            ):
                group.create_task(self._keep_up(part))
            steps = group.create_task(self._keep_up(self._scheduler.run))
            steps.add_done_callback(lambda _: self._steps_ended.set())

    async def _keep_up(self, part: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await part()
            except Exception:  # a surprise never stops the engine
                log.exception("a part of the engine broke; it is restarted")
                await self._clock.wait(self._never, self._clock.monotonic() + _RETRY_SECONDS)
            else:
                return

    async def _stop(self) -> None:
        runner = self._runner
        if runner is None:
            return
        self._context.closing.set()
        self._scheduler.close()
        await self._clock.wait(self._steps_ended, self._clock.monotonic() + STEPS_END_SECONDS)
        runner.cancel()  # steps that are broken off here write what is known of their requests
        _, unfinished = await asyncio.wait([runner], timeout=WRITES_END_SECONDS)
        if unfinished:
            log.error(
                "The last writes did not finish in time; the next start will find UNCERTAIN jobs"
            )
        await self._worker.close()
        try:
            async with asyncio.timeout(WRITES_END_SECONDS):
                await self._store.lease.release()
        except (StoreUnavailableError, TimeoutError) as exc:
            log.warning(
                "The jobs could not be released; others take them over in %.0f s: %s",
                self._lease_seconds,
                exc,
            )
        else:
            log.info("The engine has stopped and released its jobs")

    # Belonging

    async def _keep_lease(self) -> None:
        while True:
            pause = self._lease_seconds / 3
            me = self._store.lease.worker_id
            try:
                await self._store.lease.renew(self._lease_seconds)
                self._context.watch.worked()
                self._joined.set()
            except LeaseLostError:
                await self._start_anew(me)
                pause = 0.0
            except StoreUnavailableError as exc:
                self._context.watch.failed(exc)
                pause = min(pause, _RETRY_SECONDS)
            await self._clock.wait(self._never, self._clock.monotonic() + pause)

    async def _start_anew(self, lost: str) -> None:
        """Drop everything after ``lost``, our id, was taken for dead, and join under a new one."""
        async with self._rejoining:
            if self._store.lease.worker_id != lost:
                return
            log.error(
                "Worker %s was silent for too long and presumed dead; others have its %d jobs, "
                "and it restarts",
                lost,
                len(self._scheduler),
            )
            self._scheduler.clear()
            self._announcer.clear()
            self._context.wait_queue.clear()
            self._context.scratch.kept.clear()
            try:
                await self._store.lease.rejoin(self._lease_seconds)
            except StoreUnavailableError as exc:  # the next renewal finds it lost once more
                self._context.watch.failed(exc)
            self._new_jobs.set()

    async def _keep_comparing(self) -> None:
        """Compare the clocks before the first job is taken on, and from time to time."""
        await self._joined.wait()
        watch = self._context.clock_watch
        while not self._context.closing.is_set():
            try:
                pause = await watch.compare()
                self._compared.set()
            except StoreUnavailableError as exc:
                self._context.watch.failed(exc)
                pause = _RETRY_SECONDS
            await self._clock.wait(self._context.closing, self._clock.monotonic() + pause)

    async def _keep_claiming(self) -> None:
        await self._compared.wait()
        while not self._context.closing.is_set():
            self._new_jobs.clear()
            self._context.scratch.kept.tidy()
            me = self._store.lease.worker_id
            try:
                while len(claimed := await self._store.claims.claim(BATCH)) == BATCH:
                    self._take(claimed)
                self._take(claimed)
                self.last_pass_at = self._clock.now()
            except LeaseLostError:
                await self._start_anew(me)
            except StoreUnavailableError as exc:
                self._context.watch.failed(exc)
            await self._clock.wait(self._new_jobs, self._clock.monotonic() + self._pass_seconds)

    def _take(self, jobs: list[Job]) -> None:
        # Another process may have asked about a task right before.
        shortest = self._limits.shortest
        spread = shortest if len(jobs) > _BURST else 0.0
        for job in jobs:
            if job.state is JobState.UNCERTAIN:
                log.error(
                    "job %s: UNCERTAIN, and never sent again: its process ended at %s or later, "
                    "between the paid request and its answer",
                    job.id,
                    job.submit_started_at,
                )
            delay = 0.0
            self._context.pace.note(job.task_id)
            if job.state is JobState.RUNNING:
                delay = shortest + random.uniform(0, spread)  # noqa: S311 - no secret, only no burst
            self._scheduler.add(JobHandle(job), delay)
            self._announce_found(job)
        if jobs:
            log.info("Took on %d jobs; %d are in progress", len(jobs), len(self._scheduler))

    def _adopt(self, job: Job) -> None:
        if job.owner == self._store.lease.worker_id and not self._context.closing.is_set():
            self._scheduler.add(JobHandle(job))
            self._announce_found(job)

    def _announce_found(self, job: Job) -> None:
        """Have it shown that a job of which people read that nobody knows goes on."""
        if job.state is JobState.RUNNING and job.answer_message_id is not None:
            self._announcer.announce(job.id, Progress(phase=job.phase or Phase.PENDING))

    def _held_until(self, step_kind: StepKind) -> float:
        match step_kind:
            case StepKind.SUBMIT:
                return self._context.creates.resumes_at
            case StepKind.POLL:
                return self._context.polls.resumes_at
            case _:
                return 0.0
