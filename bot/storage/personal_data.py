"""What the database keeps of one person: handed out, and deleted, when they ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, case, delete, func, insert, or_, select, update

from bot.domain.jobs import JobState
from bot.domain.personal_data import MOST_JOBS, Forgotten, PersonalData
from bot.domain.reviews import Appeal
from bot.domain.sanctions import Block, Strike
from bot.storage.batches import in_batches
from bot.storage.looks import read_looks
from bot.storage.reviews import review_from
from bot.storage.rows import job_from
from bot.storage.tables.deletion import archive_removals, deletions
from bot.storage.tables.job import jobs
from bot.storage.tables.look import looks
from bot.storage.tables.people import blocks, opt_outs, strikes, wishes
from bot.storage.tables.request import open_requests
from bot.storage.tables.review import appeals, reviews
from bot.storage.wiping import IS_OVER, IS_PERSONAL, wipe_jobs
from bot.storage.wishes import read_told_by

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database

_AT_ONCE: Final = 500
"""Rows changed by one statement: other writers wait meanwhile."""


class PersonalDataStore:
    """Every statement about a person's own data; ``Store.privacy``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def kept(self, user_id: int) -> PersonalData:
        """Return what there is of one person."""
        by_others = and_(jobs.c.source_author_id == user_id, jobs.c.user_id != user_id)
        async with self._database.read() as connection:
            count = await connection.scalar(
                select(func.count()).select_from(jobs).where(jobs.c.user_id == user_id)
            )
            mine = await _newest(connection, jobs.c.user_id == user_id)
            of_mine = await _newest(connection, by_others)
            looked = await connection.execute(
                select(reviews)
                .join(jobs, jobs.c.id == reviews.c.job_id)
                .where(jobs.c.user_id == user_id)
                .order_by(reviews.c.job_id.desc())
                .limit(MOST_JOBS)
            )
            asked = await connection.execute(
                select(appeals).where(appeals.c.user_id == user_id).order_by(appeals.c.opened_at)
            )
            struck = await connection.execute(
                select(strikes).where(strikes.c.user_id == user_id).order_by(strikes.c.struck_at)
            )
            shut_out = await connection.execute(select(blocks).where(blocks.c.user_id == user_id))
            since = await connection.scalar(
                select(opt_outs.c.since).where(opt_outs.c.user_id == user_id)
            )
            asked_at = await connection.scalar(
                select(deletions.c.asked_at).where(deletions.c.user_id == user_id)
            )
            return PersonalData(
                jobs=mine,
                job_count=count or 0,
                of_mine=of_mine,
                reviews=tuple(review_from(row) for row in looked.mappings()),
                appeals=tuple(Appeal(**row) for row in asked.mappings()),
                strikes=tuple(Strike(**row) for row in struck.mappings()),
                blocks=tuple(Block(**row) for row in shut_out.mappings()),
                opted_out_since=since,
                deletion_asked_at=asked_at,
                looks=tuple(one.look for one in await read_looks(connection, user_id)),
                told_by=await read_told_by(connection, user_id),
                files_left=await self._files_left(connection, user_id),
            )

    async def forget(self, user_id: int) -> Forgotten:
        """Delete the words and links of a person's jobs that are over, and of their appeals.

        What is not over is noted, and goes when it is (:meth:`forget_later`). What each job cost
        stays, and so does the ledger; an opt-out stays as well. Files of the archive are noted in
        the same transaction as their links go (:meth:`files_to_remove`).
        """
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, deletions.name, user_id)
            await connection.execute(delete(deletions).where(deletions.c.user_id == user_id))
            await connection.execute(
                insert(deletions).values(user_id=user_id, asked_at=self._database.now())
            )
        forgotten = await self._forget(user_id)
        await self._database.clear_journal()
        return forgotten

    async def forget_later(self) -> int:
        """Go on with the deletions that had to wait; return how many jobs lost their words."""
        async with self._database.read() as connection:
            waiting = await connection.scalars(select(deletions.c.user_id))
            user_ids = waiting.all()
        return sum([(await self._forget(user_id)).jobs for user_id in user_ids])

    async def _forget(self, user_id: int) -> Forgotten:
        async with self._database.transaction() as connection:
            asked_at = await connection.scalar(
                select(deletions.c.asked_at).where(deletions.c.user_id == user_id)
            )
        if asked_at is None:  # another process has just finished it
            return Forgotten(jobs=0, left=())
        count = 0
        while some := await self._forget_some(user_id, asked_at):
            count += some
        theirs = and_(appeals.c.user_id == user_id, appeals.c.opened_at <= asked_at)
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(looks).where(looks.c.user_id == user_id, looks.c.saved_at <= asked_at)
            )
            await connection.execute(
                delete(wishes).where(wishes.c.user_id == user_id, wishes.c.since <= asked_at)
            )
            await connection.execute(
                delete(open_requests).where(
                    open_requests.c.user_id == user_id, open_requests.c.kept_at <= asked_at
                )
            )
            await connection.execute(
                update(appeals)
                .where(theirs, appeals.c.told_at.is_not(None), appeals.c.words != "")
                .values(about="", words="", answer="")
            )
            rows = await connection.execute(
                select(jobs)
                .where(jobs.c.user_id == user_id, jobs.c.created_at <= asked_at, ~IS_OVER)
                .order_by(jobs.c.id)
            )
            left = tuple(job_from(row) for row in rows.mappings())
            waiting = select(func.count()).where(theirs, appeals.c.told_at.is_(None))
            questions = await connection.scalar(waiting) or 0
            if not left and not questions:
                await connection.execute(
                    delete(deletions).where(
                        deletions.c.user_id == user_id, deletions.c.asked_at == asked_at
                    )
                )
        return Forgotten(jobs=count, left=left, questions=questions)

    async def _forget_some(self, user_id: int, until: datetime) -> int:
        theirs = and_(jobs.c.user_id == user_id, jobs.c.created_at <= until)
        async with self._database.transaction() as connection:
            return await wipe_jobs(
                connection,
                self._database,
                theirs,
                or_(IS_PERSONAL, jobs.c.role_ids.is_not(None)),
                limit=_AT_ONCE,
                user_id=user_id,
            )

    # What others made of a person's clips

    async def made_of(self, author_id: int, *, limit: int) -> tuple[list[Job], int]:
        """Return what others asked for with a person's clips and left a trace, and how many.

        Only jobs that are over, those without a result too: the clip is kept beside them. At most
        ``limit``, newest first, but those last of which only the messages are left.
        """
        answered = and_(jobs.c.state == JobState.DONE, jobs.c.answer_message_id.is_not(None))
        there = and_(
            jobs.c.source_author_id == author_id,
            jobs.c.user_id != author_id,
            IS_OVER,
            or_(IS_PERSONAL, answered, jobs.c.source_message_id.is_not(None)),
        )
        async with self._database.read() as connection:
            count = await connection.scalar(select(func.count()).select_from(jobs).where(there))
            rows = await connection.execute(
                select(jobs)
                .where(there)
                .order_by(case((IS_PERSONAL, 0), else_=1), jobs.c.id.desc())
                .limit(limit)
            )
            return [job_from(row) for row in rows.mappings()], count or 0

    async def unmake(self, job_id: int, *, author_id: int, is_posted: bool) -> None:
        """Empty the words and links of a job with its author's clip.

        Args:
            job_id: The job.
            author_id: The author, without whom nothing happens.
            is_posted: Whether a message of it is still there: Discord did not let go of it.
        """
        async with self._database.transaction() as connection:
            theirs = and_(jobs.c.id == job_id, jobs.c.source_author_id == author_id)
            await wipe_jobs(connection, self._database, theirs, limit=1, user_id=author_id)
            if not is_posted:
                gone = {"answer_message_id": None, "source_message_id": None}
                await connection.execute(update(jobs).where(theirs, IS_OVER).values(gone))

    # The archive's files

    async def files_to_remove(self, user_id: int | None = None, *, limit: int = 100) -> list[str]:
        """Return links of files in the archive that are to be removed, those tried last at the end.

        Args:
            user_id: Only those that this person had deleted; ``None``: all.
            limit: How many at most.
        """
        found = select(archive_removals.c.url).order_by(archive_removals.c.noted_at).limit(limit)
        if user_id is not None:
            found = found.where(archive_removals.c.user_id == user_id)
        async with self._database.read() as connection:
            return list(await connection.scalars(found))

    async def file_removed(self, url: str) -> None:
        """Record that a file is gone."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(archive_removals).where(archive_removals.c.url == url))

    async def file_stays(self, url: str) -> None:
        """Record that a file could not be removed now: the others come first."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(archive_removals)
                .where(archive_removals.c.url == url)
                .values(noted_at=self._database.now())
            )

    async def files_left(self, user_id: int) -> int:
        """Count the files that a person had deleted and that are still in the archive."""
        async with self._database.read() as connection:
            return await self._files_left(connection, user_id)

    async def _files_left(self, connection: AsyncConnection, user_id: int) -> int:
        found = await connection.scalar(
            select(func.count())
            .select_from(archive_removals)
            .where(archive_removals.c.user_id == user_id)
        )
        return found or 0


async def _newest(connection: AsyncConnection, of: ColumnElement[bool]) -> tuple[Job, ...]:
    rows = await connection.execute(
        select(jobs).where(of).order_by(jobs.c.id.desc()).limit(MOST_JOBS)
    )
    return tuple(await in_batches(rows, job_from))
