"""Consent in the database: what authors answer, and who wants none of their clips restyled.

There is no table of questions: a job that is HELD for CONSENT is one, and an answer is the guarded
change of that job, so of two presses, or a press and the clock, one wins. It sets
``jobs.owner`` to NULL, so that the next claim of any process continues the job.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, text

from bot.domain.consents import ConsentAnswer, ConsentChoice, ConsentStatus, word_on
from bot.domain.guilds import guild_key
from bot.domain.jobs import CancelReason, Charge, Hold, JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.policy.consent import Origin
from bot.storage.changes import change_job
from bot.storage.policies import read_policy
from bot.storage.rows import read_job
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.people import opt_outs
from bot.storage.tables.review import reviews

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database

_ASKED: Final = and_(text(UNSETTLED), jobs.c.state == JobState.HELD, jobs.c.hold == Hold.CONSENT)


class Consents:
    """Every statement about consent; ``Store.consents``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # The author's answer

    async def answer(
        self, job_id: int, *, user_id: int, say: ConsentChoice
    ) -> ConsentAnswer | None:
        """Take the answer of the clip's author; ``None`` if this is not a job of such a person.

        Allowed, the job goes to its turn, or to the moderators first where they have to look:
        their time begins then. Refused, it ends and gives back what was set aside for it. ``NEVER``
        holds even if this question is decided already, and refuses every other that waits.
        """
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            job = await read_job(connection, job_id)
            if job is None or job.source_author_id != user_id:
                return None
            others: list[Job] = []
            if say is ConsentChoice.NEVER:
                refused = await self._opt_out(connection, user_id)
                others = [other for other in refused if other.id != job_id]
                changed = next((other for other in refused if other.id == job_id), None)
            elif say is ConsentChoice.NO:
                changed = await self._refuse(connection, job_id, by=user_id)
            else:
                changed = await self._allow(connection, job, now)
            if changed is None:
                job = await read_job(connection, job_id) or job
        if changed is None:
            return ConsentAnswer(
                is_new=False, word=word_on(job, now), job=job, others=tuple(others)
            )
        word = ConsentStatus.ALLOWED if say is ConsentChoice.ALLOW else ConsentStatus.REFUSED
        return ConsentAnswer(is_new=True, word=word, job=changed, others=tuple(others))

    async def _allow(self, connection: AsyncConnection, job: Job, now: datetime) -> Job | None:
        values: dict[str, Any] = {"state": JobState.QUEUED, "hold": None, "held_until": None}
        reviewed = await connection.scalar(
            select(reviews.c.job_id).where(
                reviews.c.job_id == job.id,
                reviews.c.stage == ReviewStage.SPENDING,
                reviews.c.standing == ReviewStatus.OPEN,
            )
        )
        if reviewed is not None:
            policy = await read_policy(connection, guild_key(job.guild_id))
            hours = policy.server("review_hours")
            values = {"hold": Hold.REVIEW, "held_until": now + timedelta(hours=hours)}
        return await change_job(
            connection,
            self._database,
            jobs.c.id == job.id,
            _ASKED,
            or_(jobs.c.held_until.is_(None), jobs.c.held_until > now),
            owner=None,
            **values,
        )

    async def _refuse(
        self, connection: AsyncConnection, job_id: int, *, by: int | None
    ) -> Job | None:
        return await change_job(
            connection,
            self._database,
            jobs.c.id == job_id,
            _ASKED,
            state=JobState.CANCELLED,
            owner=None,
            charge=Charge.NO,
            cancel_reason=CancelReason.CONSENT_REFUSED,
            cancelled_by=by,
            finished_at=self._database.now(),
        )

    # The opt-out

    async def opted_out_since(self, user_id: int) -> datetime | None:
        """Return since when somebody wants none of their clips restyled; ``None``: they do not."""
        async with self._database.read() as connection:
            found: datetime | None = await connection.scalar(
                select(opt_outs.c.since).where(opt_outs.c.user_id == user_id)
            )
        return found

    async def opt_out(self, user_id: int) -> list[Job]:
        """Let nobody restyle this person's clips from now on, on any server.

        Returns:
            The requests that waited for their word, which are refused by it.
        """
        async with self._database.transaction() as connection:
            return await self._opt_out(connection, user_id)

    async def _opt_out(self, connection: AsyncConnection, user_id: int) -> list[Job]:
        await self._database.take_turn(connection, opt_outs.name, user_id)
        if not await is_opted_out(connection, user_id):
            await connection.execute(
                insert(opt_outs).values(user_id=user_id, since=self._database.now())
            )
        waiting = await connection.scalars(
            select(jobs.c.id)
            .where(_ASKED, jobs.c.source_author_id == user_id)
            .order_by(jobs.c.id)  # two at once wait for each other in one direction only
        )
        refused = [await self._refuse(connection, job_id, by=user_id) for job_id in waiting.all()]
        return [job for job in refused if job is not None]

    async def opt_in(self, user_id: int) -> bool:
        """Take an opt-out back; ``False`` if there was none."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(opt_outs).where(opt_outs.c.user_id == user_id))
        return gone.rowcount > 0

    async def refuse_opted_out(self, job: Job) -> Job | None:
        """Refuse a waiting job whose author opted out just before it was stored.

        ``None`` if they did not, or the job does not wait (any more).
        """
        if job.source_author_id is None:
            return None
        async with self._database.transaction() as connection:
            if not await is_opted_out(connection, job.source_author_id):
                return None
            return await self._refuse(connection, job.id, by=job.source_author_id)


async def is_opted_out(connection: AsyncConnection, user_id: int) -> bool:
    """Tell whether a person wants none of their clips restyled, on any server."""
    known = select(opt_outs.c.user_id).where(opt_outs.c.user_id == user_id)
    return await connection.scalar(known) is not None


async def read_origin(
    connection: AsyncConnection, author_id: int | None, people_ids: Collection[int]
) -> Origin:
    """Return what the rules need to know about the people behind a clip.

    Args:
        connection: Of the caller's transaction.
        author_id: Whose word counts; ``None`` when nobody can be asked.
        people_ids: Others whose opt-out counts as well.
    """
    people = {*people_ids, *(() if author_id is None else (author_id,))}
    opted_out = await connection.scalars(
        select(opt_outs.c.user_id).where(opt_outs.c.user_id.in_(people))
    )
    waiting = None
    if author_id is not None:
        waiting = await connection.scalar(
            select(func.count()).where(_ASKED, jobs.c.source_author_id == author_id)
        )
    return Origin(
        author_id=author_id, opted_out_ids=frozenset(opted_out), open_questions=waiting or 0
    )
