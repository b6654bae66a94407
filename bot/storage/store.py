"""Store: everything the program asks of the database."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from bot.domain.jobs import CancelReason, Charge, JobState
from bot.errors import CapReachedError, JobExistsError
from bot.storage.admission import Admissions
from bot.storage.appeals import Appeals
from bot.storage.budget_notices import BudgetNotices, note_accepted
from bot.storage.changes import change_alone
from bot.storage.circumstances import RequestLooks
from bot.storage.claims import Claims
from bot.storage.consents import Consents
from bot.storage.database import open_database, utc_now
from bot.storage.installation import Installation
from bot.storage.job_list import JobList
from bot.storage.job_writes import JobWrites
from bot.storage.late import LateResults
from bot.storage.leases import Lease
from bot.storage.ledger import Ledger, check_caps, reserve, take_turns
from bot.storage.looks import PersonalLooks
from bot.storage.open_requests import OpenRequests
from bot.storage.overview import Overview
from bot.storage.owed_cards import OwedCardsStore
from bot.storage.past import Past
from bot.storage.personal_data import PersonalDataStore
from bot.storage.policies import Policies
from bot.storage.quarantine import STALE_AFTER, Quarantine, check_not_moved
from bot.storage.repairs import Repairs
from bot.storage.repricing import check_new_price
from bot.storage.retention import RetentionStore
from bot.storage.reviews import Reviews, open_review
from bot.storage.rows import check_changeable, job_from, read_job, row_from
from bot.storage.sanctions import People
from bot.storage.tables.job import jobs
from bot.storage.tables.process import workers
from bot.storage.uncertain import Uncertain
from bot.storage.wishes import Wishes
from bot.system.clock import steady_seconds

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from bot.domain.jobs import Job, NewJob
    from bot.domain.quotas import Cap, QuotaSubject
    from bot.settings import Settings
    from bot.storage.database import Database
    from bot.storage.job_writes import Submission
    from bot.system.last_word import LastWord


class Store:
    """Every statement, on behalf of one worker. Made by :func:`open_store`.

    Each method is one short transaction. Whatever it does not finish it rolls back, also when it is
    cancelled. Besides what they name, all of them raise ``StoreUnavailableError`` when the database
    does not answer or cannot write; if that happened in the very commit, the change may have been
    made, and a repeated ``move`` then raises ``JobLostError``.
    """

    def __init__(
        self,
        database: Database,
        *,
        worker_id: str,
        monotonic: Callable[[], float] = steady_seconds,
        stale_after: timedelta = STALE_AFTER,
        last_word: LastWord | None = None,
    ) -> None:
        self._database = database
        self.lease = Lease(
            database, worker_id, monotonic=monotonic, stale_after=stale_after, last_word=last_word
        )
        self.claims = Claims(database, self.lease)
        self._writes = JobWrites(database, self.lease, self.claims)
        self.installation = Installation(database)
        self.circumstances = RequestLooks(database)
        self.policies = Policies(database)
        self.ledger = Ledger(database)
        self.budget_notices = BudgetNotices(database)
        self.uncertain = Uncertain(database)
        self.quarantine = Quarantine(database)
        self.repairs = Repairs(database)
        self.late = LateResults(database)
        self.owed_cards = OwedCardsStore(database)
        self.people = People(database)
        self.overview = Overview(database)
        self.past = Past(database)
        self.admissions = Admissions(database)
        self.reviews = Reviews(database)
        self.appeals = Appeals(database)
        self.consents = Consents(database)
        self.job_list = JobList(database)
        self.looks = PersonalLooks(database)
        self.wishes = Wishes(database)
        self.open_requests = OpenRequests(database)
        self.privacy = PersonalDataStore(database)
        self.retention = RetentionStore(database)

    @property
    def new_jobs(self) -> asyncio.Event:
        """Set when a claim may find new jobs: this process freed some, or ended a pause.

        The engine clears it and claims. Other processes find the jobs at their next regular claim.
        """
        return self._database.new_jobs

    # Jobs

    async def add(
        self,
        new: NewJob,
        *,
        holders: Sequence[QuotaSubject] = (),
        caps: Sequence[Cap] = (),
        review_reasons: Sequence[str] = (),
        is_taken: bool = False,
    ) -> Job:
        """Store a job as QUEUED, or HELD if it waits for somebody, and reserve what it will cost.

        All in one transaction, so of two requests at the same instant one gets the last slot.
        The engine does not see it before ``begin``: the requester's record is posted first.

        Args:
            new: What was asked for.
            holders: Whom it counts for (``Policy.holders``).
            caps: What it must fit under (``Policy.caps``); of those on what runs at once only the
                ones of zero refuse.
            review_reasons: Why moderators must look before anything is spent; with any, that
                review is opened.
            is_taken: Whether this worker keeps it at once, if its lease holds: from ``begin`` on
                its next claim returns the job, and changes nothing. Else the first worker that
                claims it owns it.

        Raises:
            JobExistsError: A job with this id was added before; after ``StoreUnavailableError``
                that says that the first attempt came through.
            CapReachedError: It does not fit; nothing was stored.
        """
        now = self._database.now()
        values = row_from(new) | {"created_at": now, "updated_at": now}
        is_stored = False
        try:
            async with self._database.transaction(grouped=True) as connection:
                if is_taken and await self.lease.holds(connection):
                    values["owner"] = self.lease.worker_id
                rows = await connection.execute(insert(jobs).values(values).returning(jobs))
                job = job_from(rows.mappings().one())
                if caps:
                    await take_turns(connection, self._database, caps)
                    price, moment = job.price_micros, job.created_at
                    uses = await check_caps(connection, caps, price=price, now=moment)
                    await note_accepted(connection, uses, price=price, now=moment)
                await reserve(connection, job, holders)
                if review_reasons:
                    await open_review(connection, job, review_reasons)
                is_stored = job.owner is not None
        except IntegrityError as exc:
            if await self.get(new.id) is not None:
                raise JobExistsError(f"job {new.id} exists") from exc
            raise
        except CapReachedError as exc:  # the transaction that found it is undone by now
            await self.budget_notices.note_refused(exc)
            raise
        except BaseException:
            if is_stored:  # the commit failed or was cancelled, and may have come through
                self.claims.note_added(new.id)
            raise
        return job

    def begin(self, job: Job) -> None:
        """Let the engine begin with a job that was just stored."""
        if job.owner is not None:
            self.claims.note_added(job.id)
        self.new_jobs.set()

    async def get(self, job_id: int) -> Job | None:
        """Return the job, or ``None``."""
        async with self._database.read() as connection:
            return await read_job(connection, job_id)

    async def move(self, job: Job, to: JobState, **changes: Any) -> Job:  # noqa: ANN401 - each field has its own type
        """Take ``job`` from the state it has to ``to``, set ``changes``, and return it anew.

        Set by themselves, unless ``changes`` says otherwise: for SUBMITTING ``submitted_by`` and
        ``submit_started_at`` (both cleared for QUEUED), for RUNNING ``submitted_at``, for
        DELIVERING, FAILED and CANCELLED ``finished_at`` if there is none yet; a job that ends
        before it was submitted has ``charge`` NO.

        Raises:
            JobLostError: The job is not this worker's, or not in that state, any more: drop it. If
                an earlier write that raised or was cancelled came through after all, the next claim
                brings the job back: as QUEUED if that was the move to SUBMITTING, after which
                nothing may be sent unless it returns.
            ValueError: ``TRANSITIONS`` has no such step, or RUNNING lacks a ``task_id``.
            TypeError: ``changes`` names something that cannot be set.
        """
        return await self._writes.move(job, to, changes)

    async def submit(self, job: Job, *, operator_running: int | None, **changes: Any) -> Submission:  # noqa: ANN401 - each field has its own type
        """Let ``job`` through if its turn has come, and take it to SUBMITTING, with one commit.

        What holds or ends it is asked for in the transaction that says that it is sent; see
        :meth:`Admissions.decide`.

        Args:
            job: QUEUED, with ``changes`` in it.
            operator_running: The most tasks at once for the whole bot; ``None`` is no limit.
            changes: What its row lacks of it; set whether it is let through, has to wait or ends.

        Raises:
            JobLostError: As :meth:`move`; also where its turn never comes: it was just cancelled.
        """
        return await self._writes.submit(
            job, changes, admissions=self.admissions, operator_running=operator_running
        )

    async def update(self, job: Job, **changes: Any) -> Job:  # noqa: ANN401 - each field has its own type
        """Set ``changes`` of ``job``, which stays in its state, and return it anew.

        Raises:
            JobLostError: The job is not this worker's, or not in that state, any more.
            TypeError: ``changes`` names something that cannot be set.
        """
        check_changeable(changes)
        return await self._writes.change(job, changes)

    async def reprice(self, job: Job, operator: Settings, **changes: Any) -> Job:  # noqa: ANN401 - each field has its own type
        """Set ``changes`` of ``job``, of which nothing was sent, among them another price.

        Raises:
            CapReachedError: At that price it does not fit under a budget; nothing was changed.
            JobLostError: The job is not this worker's, or not in that state, any more.
            TypeError: ``changes`` names something that cannot be set.
        """
        check_changeable(changes)
        check = partial(
            check_new_price,
            database=self._database,
            job=job,
            price=changes["price_micros"],
            operator=operator,
        )
        try:
            return await self._writes.change(job, changes, check=check)
        except CapReachedError as exc:  # the transaction that found it is undone by now
            await self.budget_notices.note_refused(exc, accepted_at=job.created_at)
            raise

    async def cancel(
        self,
        job_id: int,
        *,
        by: int | None = None,
        reason: CancelReason = CancelReason.REQUESTER,
        note: str | None = None,
    ) -> Job | None:
        """Cancel a job that is still QUEUED or HELD, whoever owns it; ``None`` if there is none.

        ``jobs.owner`` becomes NULL, so that the next claim of any process tells the outcome.
        """
        return await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state.in_((JobState.QUEUED, JobState.HELD)),
            state=JobState.CANCELLED,
            owner=None,
            charge=Charge.NO,
            cancel_reason=reason,
            cancelled_by=by,
            cancel_note=note,
            finished_at=self._database.now(),
        )

    async def note_deleted(self, job_id: int, *, by: int, note: str | None) -> Job | None:
        """Note who deletes the answer of a DONE job, and why; ``None`` if somebody was faster."""
        return await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state == JobState.DONE,
            jobs.c.deleted_at.is_(None),
            deleted_at=self._database.now(),
            deleted_by=by,
            delete_note=note,
        )

    async def note_kept(self, job: Job) -> None:
        """Take such a note back: Discord did not delete the answer."""
        await change_alone(
            self._database,
            jobs.c.id == job.id,
            jobs.c.deleted_at == job.deleted_at,
            deleted_at=None,
            deleted_by=None,
            delete_note=None,
        )

    async def count_taken_down(self, guild_id: int, *, days: int) -> int:
        """Return how many answers a server's moderators have deleted in the last days."""
        async with self._database.read() as connection:
            since = await self._database.read_now(connection) - timedelta(days=days)
            found = await connection.scalar(
                select(func.count()).where(
                    jobs.c.guild_id == guild_id,
                    jobs.c.deleted_at.is_not(None),
                    jobs.c.deleted_at >= since,
                    jobs.c.deleted_by != jobs.c.user_id,
                    or_(
                        jobs.c.source_author_id.is_(None),
                        jobs.c.deleted_by != jobs.c.source_author_id,
                    ),
                )
            )
        return found or 0

    async def drop(self, job_id: int, *, by: int) -> Job | None:
        """Give up a job that is RUNNING, whoever owns it; ``None`` if there is none.

        The provider goes on with it and may charge for it, so its money stays spent. Whoever polls
        it finds at the next change that it is theirs no more; nothing is asked for again.
        """
        return await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state == JobState.RUNNING,
            state=JobState.CANCELLED,
            owner=None,
            charge=Charge.UNKNOWN,
            cancel_reason=CancelReason.MODERATOR,
            cancelled_by=by,
            finished_at=self._database.now(),
        )

    async def lift_uncertain(self, job_id: int, *, task_id: str, **changes: Any) -> Job | None:  # noqa: ANN401 - each field has its own type
        """Record the late answer to a paid request: UNCERTAIN becomes RUNNING, and this worker's.

        Only for a request that this process sent, under any worker id it has had; ``None`` if the
        job is not such a one (any more). Its outcome counts as untold again. ``changes`` are what
        else the answer said.
        """
        check_changeable(changes)
        lifted = await change_alone(
            self._database,
            jobs.c.id == job_id,
            jobs.c.state == JobState.UNCERTAIN,
            jobs.c.task_id.is_(None),
            jobs.c.submitted_by.in_(self.lease.worker_ids),
            state=JobState.RUNNING,
            owner=self.lease.worker_id,
            task_id=task_id,
            submitted_at=self._database.now(),
            told_at=None,
            delivery_attempts=0,
            **changes,
        )
        if lifted is None:
            # Asked again because the first commit seemed to fail, though it came through?
            job = await self.get(job_id)
            if job and job.task_id == task_id and job.owner == self.lease.worker_id:
                return job
        return lifted


@contextlib.asynccontextmanager
async def open_store(
    url: str,
    *,
    worker_id: str,
    clock: Callable[[], datetime] = utc_now,
    stale_after: timedelta = STALE_AFTER,
    last_word: LastWord | None = None,
) -> AsyncIterator[Store]:
    """Open the database at ``url`` for one worker, its schema up to date; close it at the end.

    After a silence of all processes of ``stale_after``, or where ``last_word`` is missing, what
    waits is not spent on until the bot's owner says so (``Store.quarantine``).

    Raises:
        StoreMovedError: Its jobs go on in another database.
    """
    async with open_database(url, clock=clock) as database:
        async with database.transaction() as connection:
            await check_not_moved(connection)
            if database.dialect == "sqlite":
                # The lock file is ours, so whoever has a row here is dead: why wait for its lease?
                await connection.execute(delete(workers))
        store = Store(database, worker_id=worker_id, stale_after=stale_after, last_word=last_word)
        await store.installation.key()  # made at the first start, before anybody needs it
        yield store
