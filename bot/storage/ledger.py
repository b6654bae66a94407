"""The ledger: what each job takes of every cap that it counts for, and what that adds up to.

There are no counters that could drift. A job has one row for each whom it counts for (a
``QuotaSubject``), written with the job itself; how much of a cap is used is the sum of the
rows that are not released. ``bot.storage.changes`` moves their standing along with the job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, case, cast, func, insert, literal, select, union_all

from bot.domain.quotas import (
    CapUse,
    LedgerStatus,
    Period,
    QuotaSubject,
    Scope,
    Unit,
    day_of,
    first_day,
    resets_at,
)
from bot.domain.usage import GuildSpend, SpendRow, SpendSum
from bot.errors import CapReachedError
from bot.policy.quotas import reached
from bot.storage.batches import in_batches
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.domain.quotas import Cap
    from bot.storage.database import Database

_COUNTED: Final = ledger.c.standing != LedgerStatus.RELEASED


async def take_turns(connection: AsyncConnection, database: Database, caps: Sequence[Cap]) -> None:
    """Wait until nobody else counts against any of ``caps``; until the transaction ends.

    Two turns are enough, because all holders but the bot belong to one server each; taken in one
    order, so that no two transactions ever wait for each other.
    """
    if any(cap.holder.scope is Scope.BOT for cap in caps):
        await database.take_turn(connection, "the bot's ledger")
    for guild_id in sorted({cap.holder.guild_id for cap in caps if cap.holder.scope != Scope.BOT}):
        await database.take_turn(connection, "a server's ledger", guild_id)


async def check_caps(
    connection: AsyncConnection,
    caps: Sequence[Cap],
    *,
    price: int | None,
    now: datetime,
    but: int | None = None,
) -> tuple[CapUse, ...]:
    """Make sure that one more job of ``price`` micro-dollars fits under all ``caps``.

    Of the caps on what runs at once only those of zero count here: the others make jobs wait. A
    job of which nobody knows the price fits under no cap on money. ``but`` is a stored job that is
    not counted, because it is asked about anew; ``now`` is then when it was accepted.

    Returns:
        How much of each cap is used, the new job not counted.

    Raises:
        CapReachedError: It does not fit.
    """
    uses = await _uses(connection, caps, now, but)
    use = reached(uses, price)
    if use is not None:
        raise CapReachedError(use, price=price)
    return uses


async def _uses(
    connection: AsyncConnection, caps: Sequence[Cap], now: datetime, but: int | None = None
) -> tuple[CapUse, ...]:
    wanted = list(dict.fromkeys((cap.holder, cap.period) for cap in caps if _is_summed(cap)))
    sums: dict[tuple[QuotaSubject, Period], tuple[int, int]] = {}
    if wanted:
        sums_of = [
            select(
                literal(number).label("number"),
                cast(func.coalesce(func.sum(ledger.c.jobs), 0), BigInteger).label("jobs"),
                cast(func.coalesce(func.sum(ledger.c.micros), 0), BigInteger).label("micros"),
            ).where(
                _held_by(holder),
                ledger.c.day >= first_day(period, now),
                _COUNTED,
                *_but(but, period, now),
            )
            for number, (holder, period) in enumerate(wanted)
        ]
        for number, count, micros in await connection.execute(union_all(*sums_of)):
            sums[wanted[number]] = (count, micros)
    return tuple(
        CapUse(cap=cap, used=sums.get((cap.holder, cap.period), (0, 0))[cap.unit is Unit.MICROS])
        for cap in caps
    )


def _but(job_id: int | None, period: Period, now: datetime) -> list[ColumnElement[bool]]:
    """Leave a job out that is asked about anew, and what came after the period it counts in."""
    end = resets_at(period, now)
    if job_id is None or end is None:
        return []
    return [ledger.c.job_id != job_id, ledger.c.day < day_of(end)]


def _is_summed(cap: Cap) -> bool:
    return cap.period is not Period.NOW


def _held_by(holder: QuotaSubject) -> ColumnElement[bool]:
    return (
        (ledger.c.scope == holder.scope)
        & (ledger.c.scope_id == holder.scope_id)
        & (ledger.c.guild_id == holder.guild_id)
    )


async def reserve(connection: AsyncConnection, job: Job, holders: Collection[QuotaSubject]) -> None:
    """Set money aside for a job that was just stored, in the name of each of ``holders``."""
    if not holders:
        return
    rows = [
        {
            "job_id": job.id,
            "scope": holder.scope,
            "scope_id": holder.scope_id,
            "guild_id": holder.guild_id,
            "day": day_of(job.created_at),
            "jobs": 1,
            "micros": job.price_micros or 0,
            "standing": LedgerStatus.RESERVED,
        }
        for holder in dict.fromkeys(holders)
    ]
    await connection.execute(insert(ledger), rows)


class Ledger:
    """What the ledger can be asked; ``Store.ledger``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def uses(self, caps: Sequence[Cap]) -> tuple[CapUse, ...]:
        """Return how much of each cap is used in its present period, in the order of ``caps``.

        What runs at once is not counted here: of such a cap ``used`` is 0.
        """
        async with self._database.read() as connection:
            now = await self._database.read_now(connection)
            return await _uses(connection, caps, now)

    async def spend(self, guild_id: int, since: datetime, until: datetime) -> list[SpendRow]:
        """Return the jobs that a server accepted from ``since`` to before ``until``, oldest first.

        Only jobs that count for the server (``Scope.SERVER``) are known to the ledger.
        """
        statement = (
            select(
                jobs.c.id.label("job_id"),
                *(jobs.c[name] for name in _TOLD),
                func.coalesce(jobs.c.part_seconds, jobs.c.source_seconds).label("restyled_seconds"),
                ledger.c.day,
                ledger.c.micros,
                ledger.c.standing,
            )
            .select_from(_WITH_JOBS)
            .where(_server(guild_id), *_between(since, until))
            .order_by(jobs.c.id)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(statement)
            return await in_batches(rows, lambda row: SpendRow(**row))

    async def sums(self, guild_id: int, since: datetime, until: datetime) -> list[SpendSum]:
        """Return a server's jobs and money per member, day and outcome, oldest day first.

        Counted are the jobs accepted from ``since`` to before ``until``.
        """
        told = (jobs.c.user_id, ledger.c.day, jobs.c.state, jobs.c.failure, ledger.c.standing)
        statement = (
            _summed(*told)
            .where(_server(guild_id), *_between(since, until))
            .group_by(*told)
            .order_by(ledger.c.day, jobs.c.user_id, jobs.c.state)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(statement)
            return [SpendSum(**row) for row in rows.mappings()]

    async def by_guild(self, since: datetime, until: datetime) -> list[GuildSpend]:
        """Return what each server used of the bot between two moments, the most costly first.

        Only jobs that count for the bot (``Scope.BOT``) are known to the ledger.
        """
        committed, reserved = (
            func.sum(case((ledger.c.standing == standing, ledger.c.micros), else_=0))
            for standing in (LedgerStatus.COMMITTED, LedgerStatus.RESERVED)
        )
        statement = (
            _summed(jobs.c.guild_id)
            .add_columns(
                cast(committed, BigInteger).label("committed"),
                cast(reserved, BigInteger).label("reserved"),
            )
            .where(ledger.c.scope == Scope.BOT, _COUNTED, *_between(since, until))
            .group_by(jobs.c.guild_id)
        )
        async with self._database.read() as connection:
            rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
        rows.sort(key=lambda row: (-row.pop("micros"), row["guild_id"] or 0))
        return [GuildSpend(**row) for row in rows]


_WITH_JOBS: Final = ledger.join(jobs, jobs.c.id == ledger.c.job_id)
_TOLD: Final = (
    "user_id",
    "created_at",
    "state",
    "failure",
    "cancel_reason",
    "channel_id",
    "source_bytes",
)


def _summed(*told: ColumnElement[Any]) -> Select[Any]:
    return select(
        *told,
        func.count().label("jobs"),
        cast(func.coalesce(func.sum(ledger.c.micros), 0), BigInteger).label("micros"),
    ).select_from(_WITH_JOBS)


def _server(guild_id: int) -> ColumnElement[bool]:
    return _held_by(QuotaSubject(scope=Scope.SERVER, scope_id=guild_id, guild_id=guild_id))


def _between(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    # The days are there for the index, the moments for the truth.
    return (
        ledger.c.day.between(day_of(since), day_of(until)),
        jobs.c.created_at >= since,
        jobs.c.created_at < until,
    )
