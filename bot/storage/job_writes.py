"""What a worker writes about its own jobs: guarded, and remembered where a commit is in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.domain.jobs import JobState
from bot.errors import CapReachedError, JobLostError
from bot.storage.changes import change_job
from bot.storage.rows import values_for_move
from bot.storage.tables.job import jobs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.admission import Admission, Admissions
    from bot.storage.claims import Claims
    from bot.storage.database import Database
    from bot.storage.leases import Lease

    Check = Callable[[AsyncConnection], Awaitable[None]]

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Submission:
    """What came of asking for a job's turn."""

    admission: Admission
    job: Job
    """As it stands now: SUBMITTING if it was let through."""


class JobWrites:
    """The writes behind ``Store.move``, ``update``, ``reprice`` and ``submit``."""

    def __init__(self, database: Database, lease: Lease, claims: Claims) -> None:
        self._database = database
        self._lease = lease
        self._claims = claims

    async def move(self, job: Job, to: JobState, changes: Mapping[str, Any]) -> Job:
        """Take ``job`` to ``to`` and return it anew; see ``Store.move``."""
        return await self.change(job, self._values(job, to, changes))

    async def change(
        self, job: Job, values: Mapping[str, Any], *, check: Check | None = None
    ) -> Job:
        """Set ``values`` of ``job`` and return it anew, once ``check`` has raised nothing.

        Raises:
            JobLostError: The job is not this worker's, or not in that state, any more.
        """

        async def write(connection: AsyncConnection) -> Job | None:
            if check is not None:
                await check(connection)
            return await self._set(connection, job, values)

        return await self._keep(job, values.get("state", job.state), write)

    async def submit(
        self,
        job: Job,
        changes: Mapping[str, Any],
        *,
        admissions: Admissions,
        operator_running: int | None,
    ) -> Submission:
        """Let ``job`` through and take it to SUBMITTING; see ``Store.submit``.

        Raises:
            JobLostError: As there.
        """
        far = admissions.far_behind(job, operator_running=operator_running)
        if far is not None and not changes:
            return Submission(far, job)
        submitting = self._values(job, JobState.SUBMITTING, changes)

        async def write(connection: AsyncConnection) -> Submission | None:
            found = await admissions.decide(
                connection, job, operator_running=operator_running, changes=changes
            )
            if found is None:
                return None
            values = submitting if found.admitted else changes
            if not values:
                return Submission(found, job)
            changed = await self._set(connection, job, values)
            return Submission(found, changed) if changed is not None else None

        return await self._keep(job, JobState.SUBMITTING, write)

    def _values(self, job: Job, to: JobState, changes: Mapping[str, Any]) -> dict[str, Any]:
        now = self._database.now()
        return values_for_move(job, to, changes, worker_id=self._lease.worker_id, now=now)

    async def _set(
        self, connection: AsyncConnection, job: Job, values: Mapping[str, Any]
    ) -> Job | None:
        return await change_job(connection, self._database, *_ours(job, values), **values)

    async def _keep(
        self,
        job: Job,
        to: JobState,
        write: Callable[[AsyncConnection], Awaitable[ResultT | None]],
    ) -> ResultT:
        """Return what ``write`` returns, in a transaction that may bring ``job`` to ``to``."""
        # A job read under a former worker id may be in other hands of this very process by now.
        if job.owner != self._lease.worker_id:
            raise JobLostError(f"job {job.id} is not ours")
        try:
            async with self._database.transaction(grouped=True) as connection:
                changed = await write(connection)
        except CapReachedError:  # raised before anything was written
            raise
        except BaseException:  # a cancelled commit may have come through as well
            self._claims.note_doubt(job.id, to)
            raise
        if changed is None:
            self._claims.note_dropped(job.id)
            raise JobLostError(f"job {job.id} is not ours in state {job.state} any more")
        self._claims.note_written(job.id)
        return changed


def _ours(job: Job, values: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Return what must hold of the row of ``job``, so that its worker may set ``values``."""
    guards = [jobs.c.id == job.id, jobs.c.owner == job.owner, jobs.c.state == job.state]
    if values.get("state") is JobState.SUBMITTING:  # nothing is spent on what may be an old row
        guards.append(jobs.c.quarantined_at.is_(None))
    return guards
