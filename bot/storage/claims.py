"""Taking jobs that nobody owns, and taking back those that were lost from sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from bot.domain.jobs import JobState
from bot.storage.leases import expire_workers
from bot.storage.rows import job_from
from bot.storage.tables.job import FREE, UNSETTLED, jobs

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database
    from bot.storage.leases import Lease


class Claims:
    """The claims of one worker.

    A commit that raised, or was cancelled, may have been carried out all the same. Then a job can
    be this worker's without its caller knowing, and as long as the worker lives no other one claims
    it. So such jobs are remembered, and the next claim returns them.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        # The state that a write in doubt was to bring.
        self._doubtful: dict[int, JobState] = {}
        # The worker id under which all this was noted: after a ``Lease.rejoin`` it is of no use.
        self._noted_by = lease.worker_id
        # Jobs that the caller does not know to be its own, with the above if that is why.
        self._strays: dict[int, JobState | None] = {}

    def note_doubt(self, job_id: int, to: JobState) -> None:
        """Remember that a write of this job may or may not have been carried out."""
        self._begin_anew_after_rejoining()
        self._doubtful[job_id] = to

    def note_written(self, job_id: int) -> None:
        """Forget the doubt: a later write says how the job stands."""
        self._doubtful.pop(job_id, None)

    def note_dropped(self, job_id: int) -> None:
        """Remember that the caller drops the job, though it may be this worker's."""
        self._begin_anew_after_rejoining()
        if job_id in self._doubtful:
            self._strays[job_id] = self._doubtful.pop(job_id)

    def note_added(self, job_id: int) -> None:
        """Remember a job that is, or may be, this worker's from when it is stored."""
        self._begin_anew_after_rejoining()
        self._strays[job_id] = None

    def _begin_anew_after_rejoining(self) -> None:
        if self._noted_by != self._lease.worker_id:
            self._noted_by = self._lease.worker_id
            self.forget()

    def forget(self) -> None:
        """Forget everything: the worker begins anew."""
        self._doubtful.clear()
        self._strays.clear()

    async def claim(self, limit: int) -> list[Job]:
        """Take up to ``limit`` unsettled jobs that nobody alive owns, oldest first.

        Before that, jobs of workers whose lease ran out get ``owner`` NULL; one of them that was
        SUBMITTING is UNCERTAIN from then on. No two workers ever get the same job. A job that the
        caller still remembers can be among them, if somebody else changed it (``cancel``): then
        this is the newer version.

        Args:
            limit: 1 to 10,000; fewer jobs than that mean there are no more for now.

        Raises:
            LeaseLostError: This worker has no lease: it never took one, or was taken for dead.
        """
        self._begin_anew_after_rejoining()
        taken: list[int] = []
        try:
            async with self._database.transaction() as connection:
                await self._lease.check(connection)
                await expire_workers(connection, self._database, but=self._lease.worker_id)
                taken += await self._find(connection, text(FREE), limit)
                strays = await self._find_strays(connection, limit - len(taken))
                claimed = await self._take(connection, taken)
                claimed += await self._take_back(connection, strays)
        except BaseException:  # a cancelled commit may have come through as well
            for job_id in taken:
                self._strays.setdefault(job_id, None)
            raise
        for job in claimed:
            self._strays.pop(job.id, None)
        return sorted(claimed, key=lambda job: job.id)

    async def _find_strays(self, connection: AsyncConnection, limit: int) -> list[int]:
        # Apart from what is free: one question with OR would read every row ever settled.
        if not self._strays:
            return []
        ours = (jobs.c.owner == self._lease.worker_id) & jobs.c.id.in_(self._strays)
        return await self._find(connection, text(UNSETTLED) & ours, limit)

    async def _find(
        self, connection: AsyncConnection, which: ColumnElement[bool] | TextClause, limit: int
    ) -> list[int]:
        found = await connection.scalars(
            select(jobs.c.id)
            .where(which)
            .order_by(jobs.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(found)

    async def _take(self, connection: AsyncConnection, ids: list[int]) -> list[Job]:
        """Make free jobs this worker's."""
        if not ids:
            return []
        rows = await connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(ids))
            .values(owner=self._lease.worker_id)
            .returning(jobs)
        )
        return [job_from(row) for row in rows.mappings()]

    async def _take_back(self, connection: AsyncConnection, ids: list[int]) -> list[Job]:
        """Return jobs that are this worker's already; most of them were just stored by it."""
        if not ids:
            return []
        # Where the move to SUBMITTING came through but raised, nothing was sent.
        unsent = [id_ for id_ in ids if self._strays.get(id_) is JobState.SUBMITTING]
        if unsent:
            await connection.execute(
                update(jobs)
                .where(jobs.c.id.in_(unsent), jobs.c.state == JobState.SUBMITTING)
                .values(state=JobState.QUEUED, submitted_by=None, submit_started_at=None)
            )
        rows = await connection.execute(select(jobs).where(jobs.c.id.in_(ids)))
        return [job_from(row) for row in rows.mappings()]
