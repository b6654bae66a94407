"""Cards of ended jobs that Discord did not take: what they should say is owed until it is said.

What a card says follows from its job's row, so that only the debt is stored. When the next try is
due stands there too and is moved on before anybody tries, so that of several processes one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, text, update

from bot.storage.rows import job_from
from bot.storage.tables.job import UNSETTLED, jobs, owed_cards

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.storage.database import Database

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
OWED_FOR: Final = timedelta(days=3)
"""After that the card stays as it is: whoever keeps the bot out for so long wants it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCards:
    """Record and status of one job, which do not say yet what came of it."""

    job: Job
    is_linked: bool
    """Whether the record leads to the outcome; not where that was deleted."""
    since: datetime


class OwedCardsStore:
    """Every statement about them; ``Store.owed_cards``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owe(self, job_id: int, *, is_linked: bool) -> None:
        """Note that the cards of a job are to be brought up to date."""
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, owed_cards.name, job_id)
            await connection.execute(delete(owed_cards).where(owed_cards.c.job_id == job_id))
            await connection.execute(
                insert(owed_cards).values(
                    job_id=job_id,
                    is_linked=is_linked,
                    since=self._database.now(),
                    due_at=self._database.now(FIRST_PAUSE),
                )
            )

    async def due(self, limit: int = 20) -> list[OwedCards]:
        """Take those for which it is time, put off their next try, and forget the oldest.

        Of a job that goes on after all nothing is returned: its end brings its cards up to date.
        """
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            columns = owed_cards.c
            await connection.execute(delete(owed_cards).where(columns.since < now - OWED_FOR))
            rows = await connection.execute(
                select(jobs, columns.is_linked, columns.since)
                .join(owed_cards, columns.job_id == jobs.c.id)
                .where(columns.due_at <= now, text(f"NOT {UNSETTLED}"))
                .order_by(columns.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True, of=owed_cards)
            )
            found = [
                OwedCards(job=job_from(row), is_linked=row["is_linked"], since=row["since"])
                for row in rows.mappings()
            ]
            for one in found:
                pause = min(max(now - one.since, FIRST_PAUSE), LONGEST_PAUSE)
                put_off = update(owed_cards).where(columns.job_id == one.job.id)
                await connection.execute(put_off.values(due_at=now + pause))
            return found

    async def said(self, owed: OwedCards) -> None:
        """Forget what was said, unless more is owed of that job since."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(owed_cards).where(
                    owed_cards.c.job_id == owed.job.id, owed_cards.c.since == owed.since
                )
            )
