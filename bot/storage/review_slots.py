"""Places in the review channel: which requests have a card there, and which wait folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, insert, or_, select, tuple_, update

from bot.domain.jobs import Hold, JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.reviews import OverflowNotice, SlotGrant
from bot.storage.tables.job import jobs
from bot.storage.tables.review import review_folds, reviews

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

_TRULY_WAITING: Final = and_(
    reviews.c.standing == ReviewStatus.OPEN,
    or_(
        and_(
            reviews.c.stage == ReviewStage.SPENDING,
            jobs.c.state == JobState.HELD,
            jobs.c.hold == Hold.REVIEW,
        ),
        and_(reviews.c.stage == ReviewStage.PUBLISHING, jobs.c.state == JobState.WITHHELD),
    ),
)
"""The review is open and its job waits: one that was cancelled a moment ago takes no place."""
_WITH_JOBS: Final = reviews.join(jobs, jobs.c.id == reviews.c.job_id)


class ReviewSlots:
    """Every statement about places; ``Store.reviews.slots``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(
        self,
        guild_id: int,
        *,
        channel_id: int,
        cap: int | None,
        wanted: tuple[int, ReviewStage] | None = None,
        beyond: int = 0,
    ) -> SlotGrant:
        """Give out what is free in the review channel, to those who have waited longest.

        Args:
            guild_id: Whose channel it is.
            channel_id: The channel.
            cap: How many open requests may have a card there; ``None`` is any number.
            wanted: The job (and stage) that asks; it waits folded when it gets nothing. Others
                that get a place get ``owner`` NULL, so that the engine's next claim shows them.
            beyond: How many are given out whatever the cap says.
        """
        me = tuple_(reviews.c.job_id, reviews.c.stage)
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "reviews", guild_id)
            here = and_(reviews.c.guild_id == guild_id, _TRULY_WAITING)
            if wanted is not None:
                mine = await connection.scalar(
                    select(reviews.c.channel_id).where(me == tuple_(*wanted))
                )
                if mine is not None:
                    return SlotGrant(placed=True, is_new=False, freed=())
            asking: ColumnElement[bool] = reviews.c.folded_at.is_not(None)
            if wanted is not None:
                asking = or_(asking, me == tuple_(*wanted))
            candidates = (
                select(reviews.c.job_id, reviews.c.stage)
                .select_from(_WITH_JOBS)
                .where(here, reviews.c.channel_id.is_(None), asking)
                .order_by(reviews.c.opened_at, reviews.c.job_id)
            )
            if cap is not None:
                shown = await connection.scalar(
                    select(func.count())
                    .select_from(_WITH_JOBS)
                    .where(here, reviews.c.channel_id.is_not(None))
                )
                candidates = candidates.limit(max(0, cap - (shown or 0)) + beyond)
            granted = [(row.job_id, row.stage) for row in await connection.execute(candidates)]
            if granted:
                await connection.execute(
                    update(reviews)
                    .where(me.in_(granted))
                    .values(channel_id=channel_id, folded_at=None)
                )
            freed = tuple(job_id for job_id, stage in granted if (job_id, stage) != wanted)
            if freed:
                self._database.announce_new_jobs(connection)
                # Only those that still wait: what moves on meanwhile keeps the owner it has.
                waiting = jobs.c.state.in_((JobState.HELD, JobState.WITHHELD))
                await connection.execute(
                    update(jobs).where(jobs.c.id.in_(freed), waiting).values(owner=None)
                )
            is_placed = wanted in granted
            if wanted is not None and not is_placed:
                await connection.execute(
                    update(reviews)
                    .where(me == tuple_(*wanted), reviews.c.folded_at.is_(None))
                    .values(folded_at=self._database.now())
                )
        return SlotGrant(placed=is_placed, is_new=is_placed, freed=freed)

    async def posted(self, job_id: int, stage: ReviewStage, *, message_id: int) -> None:
        """Record the card of a request that has a place."""
        await self._card(job_id, stage, message_id=message_id)

    async def free_slot(self, job_id: int, stage: ReviewStage, *, card: int | None) -> None:
        """Take the place back: ``card`` is gone, or none could be posted.

        Where another process has posted one meanwhile, that keeps the place.
        """
        seen = reviews.c.message_id.is_not_distinct_from(card)
        await self._card(job_id, stage, seen, channel_id=None, message_id=None, folded_at=None)

    async def _card(
        self,
        job_id: int,
        stage: ReviewStage,
        *guards: ColumnElement[bool],
        **values: int | None,
    ) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                update(reviews)
                .where(reviews.c.job_id == job_id, reviews.c.stage == stage, *guards)
                .values(**values)
            )

    async def count_folded(self, guild_id: int) -> int:
        """Count the open requests of a guild that wait for a place."""
        async with self._database.read() as connection:
            found = await connection.scalar(
                select(func.count())
                .select_from(_WITH_JOBS)
                .where(
                    reviews.c.guild_id == guild_id,
                    _TRULY_WAITING,
                    reviews.c.folded_at.is_not(None),
                )
            )
        return found or 0

    async def overflow_notice(self, guild_id: int) -> OverflowNotice | None:
        """Return the message that stands for requests without a place, if there is one."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(review_folds).where(review_folds.c.guild_id == guild_id)
            )
            row = rows.one_or_none()
        return OverflowNotice(channel_id=row.channel_id, message_id=row.message_id) if row else None

    async def set_overflow_notice(
        self, guild_id: int, notice: OverflowNotice, *, instead_of: OverflowNotice | None
    ) -> bool:
        """Record that message; ``False`` when another process recorded one meanwhile."""
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "reviews", guild_id)
            await self._drop_overflow_notice(connection, guild_id, instead_of)
            known = select(review_folds.c.guild_id).where(review_folds.c.guild_id == guild_id)
            if await connection.scalar(known) is not None:
                return False
            await connection.execute(
                insert(review_folds).values(
                    guild_id=guild_id, channel_id=notice.channel_id, message_id=notice.message_id
                )
            )
        return True

    async def drop_overflow_notice(self, guild_id: int, notice: OverflowNotice) -> None:
        """Forget that message: it is gone, or about to be."""
        async with self._database.transaction() as connection:
            await self._drop_overflow_notice(connection, guild_id, notice)

    async def _drop_overflow_notice(
        self, connection: AsyncConnection, guild_id: int, notice: OverflowNotice | None
    ) -> None:
        if notice is not None:
            await connection.execute(
                delete(review_folds).where(
                    review_folds.c.guild_id == guild_id,
                    review_folds.c.message_id == notice.message_id,
                )
            )
