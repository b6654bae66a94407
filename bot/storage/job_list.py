"""Jobs as people look them up: one's own or a server's, newest first, by state and by words."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, or_, select, text

from bot.domain.jobs import JobState
from bot.storage.overview import OPEN_STATES
from bot.storage.rows import job_from
from bot.storage.tables.job import SETTLED, UNSETTLED, jobs

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.storage.database import Database


class StateGroup(enum.StrEnum):
    """What a list of jobs is narrowed to; the words are part of custom ids."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"  # with those of which nobody knows
    CANCELLED = "cancelled"


_STATES: Final = {
    StateGroup.OPEN: OPEN_STATES,
    StateGroup.DONE: (JobState.DONE,),
    StateGroup.FAILED: (JobState.FAILED, JobState.UNCERTAIN),
    StateGroup.CANCELLED: (JobState.CANCELLED,),
}
_NEWEST: Final = (jobs.c.id.desc(),)
_OPEN_FIRST: Final = (case((jobs.c.state.in_(OPEN_STATES), 0), else_=1), *_NEWEST)
_UNSETTLED: Final[ColumnElement[bool]] = text(UNSETTLED)  # type: ignore[assignment] # plain SQL serves as a condition
_SETTLED: Final[ColumnElement[bool]] = text(SETTLED)  # type: ignore[assignment] # as above


class JobList:
    """Every statement about such lists; ``Store.job_list``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        guild_id: int | None,
        *,
        user_id: int | None = None,
        group: StateGroup = StateGroup.ALL,
        words: str = "",
        offset: int = 0,
        limit: int = 50,
    ) -> list[Job]:
        """Return jobs: first those in progress, then the others, each newest first.

        Args:
            guild_id: The server; ``None`` for direct messages.
            user_id: Only this requester's; ``None`` is everybody's.
            group: Only these states.
            words: Only with these in the prompt, in whatever case; empty for any.
            offset: How many to pass over.
            limit: How many at most.
        """
        place = jobs.c.guild_id.is_(None) if guild_id is None else jobs.c.guild_id == guild_id
        wanted: list[ColumnElement[bool]] = [place]
        if user_id is not None:
            wanted.append(jobs.c.user_id == user_id)
        if group is not StateGroup.ALL:
            wanted.append(jobs.c.state.in_(_STATES[group]))
        if words:
            # Words of requests that nobody has allowed yet are their requester's alone.
            is_shown = or_(jobs.c.hold.is_(None), jobs.c.user_id == user_id)
            has_words = or_(
                jobs.c.prompt.contains(words, autoescape=True),  # SQLite lowers ASCII alone
                func.lower(jobs.c.prompt).contains(words.lower(), autoescape=True),
            )
            wanted += [has_words, is_shown]
        async with self._database.read() as connection:
            if user_id is not None:
                return await _read(connection, wanted, _OPEN_FIRST, offset, limit)
            # All of a server's may be very many: what goes on, and the past, each by its own index.
            going_on = [_UNSETTLED, *wanted]
            found = await _read(connection, going_on, _OPEN_FIRST, offset, limit)
            if offset and not found:
                counted = select(func.count()).select_from(jobs).where(*going_on)
                offset -= await connection.scalar(counted) or 0
            else:
                offset = 0
            past = [_SETTLED, *wanted]
            return found + await _read(connection, past, _NEWEST, offset, limit - len(found))


async def _read(
    connection: AsyncConnection,
    wanted: list[ColumnElement[bool]],
    order: tuple[ColumnElement[int], ...],
    offset: int,
    limit: int,
) -> list[Job]:
    found = select(jobs).where(*wanted).order_by(*order).offset(offset).limit(limit)
    rows = await connection.execute(found)
    return [job_from(row) for row in rows.mappings()]
