"""Reviews in the database: who looks at which request, and what was decided.

Every press of a moderator is one transaction under the job's turn, so of two at the same instant
one wins and the other reads who did. A decision and the job's next state are the same transaction;
it sets ``jobs.owner`` to NULL, so that the next claim of any process continues the job.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, insert, or_, select, update

from bot.domain.guilds import guild_key
from bot.domain.jobs import CancelReason, Charge, Hold, Job, JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.reviews import PressOutcome, Review, Ruling, own_words
from bot.requests.edits import only_takes_out
from bot.storage.changes import change_job
from bot.storage.review_slots import ReviewSlots
from bot.storage.rows import read_job
from bot.storage.tables.job import jobs
from bot.storage.tables.review import reviews

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

_Values = dict[str, Any] | Callable[[Review, Job], dict[str, Any]]
"""Columns, or what makes them of how things stand."""

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Review))


def review_from(row: RowMapping) -> Review:
    """Return the review that a whole row of ``reviews`` holds."""
    values = {name: row[name] for name in _FIELDS}
    return Review(**values | {"reasons": tuple(json.loads(values["reasons"]))})


def is_waiting(job: Job, stage: ReviewStage) -> bool:
    """Tell whether ``job`` waits for the moderators' word at this stage."""
    if stage is ReviewStage.SPENDING:
        return job.state is JobState.HELD and job.hold is Hold.REVIEW
    return job.state is JobState.WITHHELD


async def open_review(connection: AsyncConnection, job: Job, reasons: Sequence[str]) -> None:
    """Open the review before spending of a job that was stored in this very transaction."""
    await connection.execute(
        insert(reviews).values(
            job_id=job.id,
            stage=ReviewStage.SPENDING,
            guild_id=guild_key(job.guild_id),
            standing=ReviewStatus.OPEN,
            reasons=json.dumps(list(reasons)),
            opened_at=job.created_at,
            # Put off when the moderators' time begins, should somebody else be asked first.
            expires_at=job.held_until or job.created_at,
        )
    )


class Reviews:
    """Every statement about reviews; ``Store.reviews``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.slots = ReviewSlots(database)

    async def ensure(
        self,
        job: Job,
        stage: ReviewStage,
        *,
        expires_at: datetime,
    ) -> Review:
        """Return the review of ``job`` at ``stage``; opened now when there was none.

        A later ``expires_at`` than the one known holds: the wait for somebody's consent may have
        come first.
        """
        row = {
            "job_id": job.id,
            "stage": stage,
            "guild_id": guild_key(job.guild_id),
            "standing": ReviewStatus.OPEN,
            "reasons": "[]",
            "opened_at": self._database.now(),
            "expires_at": expires_at,
        }
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "review", job.id)
            found = await self._read(connection, job.id, stage)
            if found is None:
                made = await connection.execute(insert(reviews).values(row).returning(reviews))
                return review_from(made.mappings().one())
            if found.standing is ReviewStatus.OPEN and found.expires_at < expires_at:
                found = await self._set(connection, found, expires_at=expires_at)
            return found

    async def get(self, job_id: int, stage: ReviewStage) -> Review | None:
        """Return the review, or ``None``."""
        async with self._database.read() as connection:
            return await self._read(connection, job_id, stage)

    async def _read(
        self, connection: AsyncConnection, job_id: int, stage: ReviewStage
    ) -> Review | None:
        rows = await connection.execute(
            select(reviews).where(reviews.c.job_id == job_id, reviews.c.stage == stage)
        )
        row = rows.mappings().one_or_none()
        return review_from(row) if row else None

    async def _set(self, connection: AsyncConnection, review: Review, **values: Any) -> Review:  # noqa: ANN401 - each column has its own type
        rows = await connection.execute(
            update(reviews)
            .where(reviews.c.job_id == review.job_id, reviews.c.stage == review.stage)
            .values(**values)
            .returning(reviews)
        )
        return review_from(rows.mappings().one())

    # What moderators do

    async def look(self, job_id: int, stage: ReviewStage, *, guild_id: int, user_id: int) -> Ruling:
        """Say whether ``user_id`` could decide now; nothing is changed."""
        return await self._press(job_id, stage, guild_id, user_id, {})

    async def take(self, job_id: int, stage: ReviewStage, *, guild_id: int, user_id: int) -> Ruling:
        """Close the request to other moderators for ``LOCK``, or for as long again."""
        taken = {"taken_by": user_id, "taken_at": self._database.now()}
        return await self._press(job_id, stage, guild_id, user_id, taken)

    async def release(
        self, job_id: int, stage: ReviewStage, *, guild_id: int, user_id: int
    ) -> Ruling:
        """Open the request to everybody again; ``NOT_HELD`` if it is not the presser's."""
        free = {"taken_by": None, "taken_at": None}
        return await self._press(job_id, stage, guild_id, user_id, free, only_if_held=True)

    async def approve(
        self, job_id: int, stage: ReviewStage, *, guild_id: int, user_id: int
    ) -> Ruling:
        """Approve the job: it is QUEUED for the provider, or DELIVERING into its thread."""
        to = JobState.QUEUED if stage is ReviewStage.SPENDING else JobState.DELIVERING
        moved = {"state": to, "hold": None, "held_until": None}
        approved = self._decision(ReviewStatus.APPROVED, user_id)
        return await self._press(job_id, stage, guild_id, user_id, approved, job_values=moved)

    async def deny(
        self, job_id: int, stage: ReviewStage, *, guild_id: int, user_id: int, note: str
    ) -> Ruling:
        """End the job. What the provider made already is paid for."""
        ended: dict[str, Any] = {
            "state": JobState.CANCELLED,
            "cancelled_by": user_id,
            "cancel_note": note,
        }
        if stage is ReviewStage.SPENDING:
            ended |= {
                "cancel_reason": CancelReason.DENIED,
                "charge": Charge.NO,
                "finished_at": self._database.now(),
            }
        else:
            ended |= {"cancel_reason": CancelReason.WITHHELD, "charge": Charge.YES}
        denied = {**self._decision(ReviewStatus.DENIED, user_id), "note": note}
        return await self._press(job_id, stage, guild_id, user_id, denied, job_values=ended)

    async def mend(self, job_id: int, *, guild_id: int, user_id: int, prompt: str) -> Ruling:
        """Replace the prompt of a job that waits before spending; the first one is kept."""

        def values(review: Review, job: Job) -> dict[str, Any]:
            before = own_words(review, job)
            if before == prompt:  # the requester's own words are back
                return {"prompt_before": None, "mended_by": None}
            return {"prompt_before": before, "mended_by": user_id}

        def job_values(review: Review, job: Job) -> dict[str, Any]:
            by = None if own_words(review, job) == prompt else user_id
            return {"prompt": prompt, "edited_by": by, "look_name": None, "own_words": None}

        def objection(review: Review, job: Job) -> PressOutcome | None:
            is_bound = job.source_author_id not in {None, job.user_id}
            if is_bound and not only_takes_out(own_words(review, job), prompt):
                return PressOutcome.ADDS_WORDS
            return None

        # The owner is set to NULL: the worker that had the job still knows the former words.
        return await self._press(
            job_id,
            ReviewStage.SPENDING,
            guild_id,
            user_id,
            values,
            job_values=job_values,
            objection=objection,
        )

    def _decision(self, standing: ReviewStatus, user_id: int) -> dict[str, Any]:
        return {
            "standing": standing,
            "decided_by": user_id,
            "decided_at": self._database.now(),
            "folded_at": None,
        }

    async def _press(
        self,
        job_id: int,
        stage: ReviewStage,
        guild_id: int,
        user_id: int,
        values: _Values,
        *,
        job_values: _Values | None = None,
        objection: Callable[[Review, Job], PressOutcome | None] | None = None,
        only_if_held: bool = False,
    ) -> Ruling:
        """Change the review, and with it the job, unless something speaks against it."""
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "review", job_id)
            now = await self._database.read_now(connection)
            review = await self._read(connection, job_id, stage)
            job = was = await read_job(connection, job_id)
            if review is None or job is None or was is None or review.guild_id != guild_id:
                return Ruling(outcome=PressOutcome.UNKNOWN, now=now)
            against = _objection(review, job, user_id, now)
            if against is None and only_if_held and review.holder(now) != user_id:
                against = PressOutcome.NOT_HELD
            if against is None and objection is not None:
                against = objection(review, job)
            if against is not None:
                return Ruling(outcome=against, now=now, review=review, job=job)
            if job_values is not None:
                changes = job_values(review, job) if callable(job_values) else job_values
                moved = await self._move(connection, job, changes)
                if moved is None:  # cancelled, or expired, while this was asked
                    return Ruling(outcome=PressOutcome.DECIDED, now=now, review=review, job=job)
                job = moved
            if changes := values(review, was) if callable(values) else values:
                review = await self._set(connection, review, **changes)
            former = None if job.prompt == was.prompt else was.prompt
            return Ruling(
                outcome=PressOutcome.DONE, now=now, review=review, job=job, former_prompt=former
            )

    async def _move(
        self, connection: AsyncConnection, job: Job, values: dict[str, Any]
    ) -> Job | None:
        return await change_job(
            connection,
            self._database,
            jobs.c.id == job.id,
            jobs.c.state == job.state,
            jobs.c.hold.is_not_distinct_from(job.hold),
            owner=None,
            **values,
        )

    # When the job went on by itself, or is to be shown anew

    async def ask_again(self, job_id: int, *, guild_id: int) -> bool:
        """Have the engine present a waiting job once more; ``False`` if it does not wait."""
        async with self._database.transaction() as connection:
            waits = or_(
                and_(jobs.c.state == JobState.HELD, jobs.c.hold == Hold.REVIEW),
                jobs.c.state == JobState.WITHHELD,
            )
            changed = await change_job(
                connection,
                self._database,
                jobs.c.id == job_id,
                jobs.c.guild_id == guild_id,
                waits,
                owner=None,
            )
        return changed is not None

    async def settle(self, job: Job) -> list[Review]:
        """Close what ``job`` waits for no longer, and return all of its reviews.

        An open one whose job has moved on without a decision expired, or was withdrawn.
        """
        expired = job.cancel_reason is CancelReason.REVIEW_EXPIRED
        standing = ReviewStatus.EXPIRED if expired else ReviewStatus.WITHDRAWN
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "review", job.id)
            rows = await connection.execute(
                select(reviews).where(reviews.c.job_id == job.id).order_by(reviews.c.opened_at)
            )
            found = [review_from(row) for row in rows.mappings()]
            for index, review in enumerate(found):
                over = job.state not in {JobState.HELD, JobState.WITHHELD}
                if review.standing is ReviewStatus.OPEN and over:
                    found[index] = await self._set(
                        connection, review, standing=standing, decided_at=self._database.now()
                    )
        return found


def _objection(review: Review, job: Job, user_id: int, now: datetime) -> PressOutcome | None:
    if job.user_id == user_id:
        return PressOutcome.OWN
    if review.standing is not ReviewStatus.OPEN or not is_waiting(job, review.stage):
        return PressOutcome.DECIDED
    if review.holder(now) not in {None, user_id}:
        return PressOutcome.HELD
    return None
