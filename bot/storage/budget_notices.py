"""What people are told about budgets, noted with the job or the refusal that it is about.

A notice is a row, one for each mark of a budget and period, so that restarts and other processes
do not tell it again; a budget that was changed meanwhile is another one. A notice is owed until
somebody says that it is told. Whoever posts it takes it first, for an hour: after that, if Discord
refused it or the process died, it is tried again, until the period is over.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, or_, select, update

from bot.domain.budgets import NEARLY, USED_UP, BudgetNotice, mark_of
from bot.domain.quotas import Cap, CapUse, QuotaSubject, Unit, first_day, resets_at
from bot.errors import StoreUnavailableError
from bot.storage.ledger import take_turns
from bot.storage.tables.money import budget_notices

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.quotas import Period
    from bot.errors import CapReachedError
    from bot.storage.database import Database

log = logging.getLogger(__name__)

AGAIN_AFTER: Final = timedelta(hours=1)
"""So long one who took a notice has it for himself."""

_NOTED: Final = budget_notices.c


async def note_accepted(
    connection: AsyncConnection, uses: Iterable[CapUse], *, price: int | None, now: datetime
) -> None:
    """Note which budgets a new job of ``price`` micro-dollars brings to a mark.

    Args:
        connection: Of the transaction that stores the job, which has the ledger's turn.
        uses: How much of the job's caps is used, itself not counted.
        price: What it is expected to cost; ``None`` when nobody can say.
        now: The moment of the request.
    """
    for use in uses:
        if use.cap.unit is Unit.MICROS:
            await _note(connection, CapUse(cap=use.cap, used=use.used + (price or 0)), now)


async def _note(
    connection: AsyncConnection,
    use: CapUse,
    now: datetime,
    *,
    refused: CapReachedError | None = None,
) -> None:
    mark = mark_of(use, is_refusing=refused is not None)
    if mark is None:
        return
    budget = _key(use.cap, now)
    known = set(await connection.scalars(select(_NOTED.mark).where(*_is(budget))))
    for one in (NEARLY, USED_UP):
        if one > mark or one in known:
            continue
        await connection.execute(
            insert(budget_notices).values(
                **budget,
                mark=one,
                decided_by=use.cap.decided_by,
                used_micros=use.used,
                price_micros=refused.price if refused is not None else None,
                noted_at=now,
                told_at=None if one == mark else now,  # the higher one says it all
            )
        )


def _key(cap: Cap, now: datetime) -> dict[str, Any]:
    return {
        "scope": cap.holder.scope,
        "scope_id": cap.holder.scope_id,
        "guild_id": cap.holder.guild_id,
        "period": cap.period,
        "day": first_day(cap.period, now),
        "limit_micros": cap.limit,
    }


def _is(key: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [_NOTED[name] == value for name, value in key.items()]


class BudgetNotices:
    """Hands notices out, each to one process; ``Store.budget_notices``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_refused(
        self, refused: CapReachedError, *, accepted_at: datetime | None = None
    ) -> None:
        """Note the budget under which a job did not fit; nothing that fails here is raised.

        Args:
            refused: Which one, and how much of it is used.
            accepted_at: When the job was accepted, if it was and turned out to be dearer: it counts
                in that day and month, and is no news of today's.
        """
        if mark_of(refused.use, is_refusing=True) is None:
            return
        try:
            async with self._database.transaction() as connection:
                await take_turns(connection, self._database, [refused.use.cap])
                now = accepted_at or await self._database.read_now(connection)
                await _note(connection, refused.use, now, refused=refused)
        except StoreUnavailableError as exc:
            log.warning("a budget that is used up was not noted: %s", exc)

    async def take(self) -> list[BudgetNotice]:
        """Return the notices that are owed and in nobody's hands; the caller tells them.

        What is about a period that is over is news no more, and owed no more.
        """
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            rows = await connection.execute(
                update(budget_notices)
                .where(
                    _NOTED.told_at.is_(None),
                    or_(_NOTED.tried_at.is_(None), _NOTED.tried_at < now - AGAIN_AFTER),
                )
                .values(tried_at=self._database.now())
                .returning(budget_notices)
            )
            found = [_notice(**row) for row in rows.mappings()]
            over = [one for one in found if _is_over(one, now)]
            for notice in over:
                await self._set(connection, notice, told_at=now)
        news = [notice for notice in found if notice not in over]
        return sorted(news, key=lambda notice: notice.noted_at)

    async def told(self, notice: BudgetNotice) -> None:
        """Note that people have read a notice, or that nobody wants to."""
        async with self._database.transaction() as connection:
            await self._set(connection, notice, told_at=self._database.now())

    async def put_back(self, notice: BudgetNotice) -> None:
        """Let a notice be tried again soon: Discord was in trouble."""
        async with self._database.transaction() as connection:
            await self._set(connection, notice, tried_at=None)

    async def _set(self, connection: AsyncConnection, notice: BudgetNotice, **values: Any) -> None:  # noqa: ANN401 - a moment, in SQL or not
        await connection.execute(
            update(budget_notices)
            .where(*_is(_key(notice.use.cap, notice.noted_at)), _NOTED.mark == notice.mark)
            .values(**values)
        )


def _is_over(notice: BudgetNotice, now: datetime) -> bool:
    end = resets_at(notice.use.cap.period, notice.noted_at)
    return end is not None and end <= now


def _notice(
    *,
    mark: int,
    period: Period,
    limit_micros: int,
    used_micros: int,
    price_micros: int | None,
    noted_at: datetime,
    **row: Any,  # noqa: ANN401 - each column has its own type
) -> BudgetNotice:
    holder = QuotaSubject(scope=row["scope"], scope_id=row["scope_id"], guild_id=row["guild_id"])
    cap = Cap(
        holder=holder,
        period=period,
        unit=Unit.MICROS,
        limit=limit_micros,
        decided_by=row["decided_by"],
    )
    return BudgetNotice(
        use=CapUse(cap=cap, used=used_micros), mark=mark, price=price_micros, noted_at=noted_at
    )
