"""What the database keeps of one person: handed out, and deleted, when they ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select, update

from bot.domain.jobs import FINAL_STATES
from bot.domain.personal_data import MOST_JOBS, Forgotten, PersonalData
from bot.domain.reviews import Appeal
from bot.storage.rows import job_from
from bot.storage.tables import appeals, jobs, opt_outs, reviews

if TYPE_CHECKING:
    from bot.storage.database import Database

_AT_ONCE: Final = 500
"""Rows changed by one statement: other writers wait meanwhile."""

_FORGOTTEN: Final[dict[str, Any]] = {
    "prompt": "",
    "source_url": "",
    "source_filename": "",
    "source_message_url": None,
    "reference_url": None,
    "sent_url": None,
    "output_url": None,
    "archive_url": None,
    "cancel_note": None,
    "failure_detail": None,
}
"""What becomes of a job's words and links. Times, outcomes and money stay: caps and the operator's
books are sums over them, and so do the ids of our messages, without which nobody could delete a
result any more."""

_OVER: Final = and_(jobs.c.told_at.is_not(None), jobs.c.state.in_(sorted(FINAL_STATES)))


class PersonalDataStore:
    """Every statement about a person's own data; ``Store.privacy``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def kept(self, user_id: int) -> PersonalData:
        """Return what there is of one person."""
        async with self._database.transaction() as connection:
            count = await connection.scalar(
                select(func.count()).select_from(jobs).where(jobs.c.user_id == user_id)
            )
            rows = await connection.execute(
                select(jobs)
                .where(jobs.c.user_id == user_id)
                .order_by(jobs.c.id.desc())
                .limit(MOST_JOBS)
            )
            asked = await connection.execute(
                select(appeals).where(appeals.c.user_id == user_id).order_by(appeals.c.opened_at)
            )
            since = await connection.scalar(
                select(opt_outs.c.since).where(opt_outs.c.user_id == user_id)
            )
            return PersonalData(
                jobs=tuple(job_from(row) for row in rows.mappings()),
                job_count=count or 0,
                appeals=tuple(Appeal(**row) for row in asked.mappings()),
                opted_out_since=since,
            )

    async def forget(self, user_id: int) -> Forgotten:
        """Delete the words and links of a person's jobs that are over, and of their appeals.

        What each job cost stays, and so does the ledger; an opt-out stays as well.
        """
        count = 0
        archived: list[str] = []
        while some := await self._forget_some(user_id, archived):
            count += some
        async with self._database.transaction() as connection:
            await connection.execute(
                update(appeals)
                .where(appeals.c.user_id == user_id, appeals.c.told_at.is_not(None))
                .values(about="", words="", answer="")
            )
            rows = await connection.execute(
                select(jobs).where(jobs.c.user_id == user_id, ~_OVER).order_by(jobs.c.id)
            )
            left = tuple(job_from(row) for row in rows.mappings())
        return Forgotten(jobs=count, left=left, archive_urls=tuple(archived))

    async def _forget_some(self, user_id: int, archived: list[str]) -> int:
        async with self._database.transaction() as connection:
            rows = await connection.execute(
                select(jobs.c.id, jobs.c.archive_url)
                .where(jobs.c.user_id == user_id, jobs.c.source_url != "", _OVER)
                .order_by(jobs.c.id)
                .limit(_AT_ONCE)
            )
            found = rows.all()
            ids = [row.id for row in found]
            if ids:
                await connection.execute(
                    update(jobs)
                    .where(jobs.c.id.in_(ids), _OVER)
                    .values(**_FORGOTTEN, updated_at=self._database.now())
                )
                await connection.execute(
                    update(reviews)
                    .where(reviews.c.job_id.in_(ids))
                    .values(note=None, prompt_before=None)
                )
        archived += [row.archive_url for row in found if row.archive_url is not None]
        return len(ids)
