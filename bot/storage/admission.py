"""Whose turn it is: what may run at once, shared fairly, and what is paused.

A job runs, as far as these caps are concerned, from when its turn came until the provider has
finished: QUEUED once admitted, SUBMITTING, RUNNING. An UNCERTAIN job does not: it may stay so for
days, until a person decides, and would keep others waiting for all that time for a task that has
long ended, if there ever was one. Its money stays reserved all the same.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cachetools import TTLCache
from sqlalchemy import and_, exists, func, or_, select, text, true

from bot.domain.fair_queue import InLine, Place, Waiting, arrange, in_line
from bot.domain.guilds import GLOBAL_GUILD_ID, guild_key
from bot.domain.jobs import CancelReason, Charge, JobState
from bot.domain.quotas import QuotaSubject, Scope, day_of
from bot.errors import JobLostError
from bot.policy.quotas import running_caps_of
from bot.storage.changes import change_job
from bot.storage.columns import Moment
from bot.storage.consents import is_opted_out
from bot.storage.policies import read_policy
from bot.storage.strikes import is_struck
from bot.storage.tables.job import UNSETTLED, jobs
from bot.storage.tables.money import ledger
from bot.storage.tables.people import pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.policy.levels import Policy
    from bot.storage.database import Database

FAR: Final = 8
"""Who stood behind this place a moment ago is told so again without asking the database."""
REMEMBERED_SECONDS: Final = 2.0
REMEMBERED_LINES: Final = 1_000
"""Servers whose line is remembered at a time; of others the database is asked."""

_RECENT: Final = timedelta(days=1)

_RUNS: Final = and_(
    text(UNSETTLED),
    or_(
        jobs.c.state.in_((JobState.SUBMITTING, JobState.RUNNING)),
        and_(
            jobs.c.state == JobState.QUEUED,
            jobs.c.admitted_at.is_not(None),
            jobs.c.quarantined_at.is_(None),
        ),
    ),
)
_WAITS: Final = and_(
    text(UNSETTLED),
    jobs.c.state == JobState.QUEUED,
    jobs.c.admitted_at.is_(None),
    jobs.c.quarantined_at.is_(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a job may be sent to the provider now."""

    admitted: bool
    line: InLine | None = None
    """Where it stands in line; ``None`` when admitted or paused."""
    is_paused: bool = False
    """Whether somebody paused its server or the whole bot; it keeps its place meanwhile."""
    is_quarantined: bool = False
    """Whether it waits for the bot's owner, because the database may be an old one."""

    @property
    def position(self) -> int | None:
        """Its place in line, 1 is next."""
        return None if self.line is None else self.line.position


_ADMITTED: Final = Admission(admitted=True)


class Admissions:
    """Lets jobs through as caps on what runs at once allow; ``Store.admissions``."""

    def __init__(
        self, database: Database, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        # By guild id, or None for the one line of the whole bot where the operator has a limit.
        self._lines: TTLCache[int | None, Sequence[Place]] = TTLCache(
            REMEMBERED_LINES, REMEMBERED_SECONDS, timer=monotonic
        )

    async def admit(self, job: Job, *, operator_running: int | None) -> Admission:
        """Let ``job`` through if its turn has come, or say where it stands in line.

        For a job whose request takes a while to make: :meth:`decide` is asked once more in the
        transaction that moves it to SUBMITTING (``Store.submit``).

        Raises:
            JobLostError: The job is not this worker's, or not QUEUED, any more, or it was just
                cancelled, see :meth:`decide`: drop it. The next claim of any process tells its
                outcome.
            StoreUnavailableError: The database does not answer; nothing may be spent.
        """
        if (far := self.far_behind(job, operator_running=operator_running)) is not None:
            return far
        async with self._database.transaction(grouped=True) as connection:
            found = await self.decide(
                connection, job, operator_running=operator_running, changes={}
            )
        if found is None:
            raise JobLostError(f"job {job.id} is not ours and QUEUED any more")
        return found

    def far_behind(self, job: Job, *, operator_running: int | None) -> Admission | None:
        """Say where a job stands that was far behind a moment ago; ``None``: ask the database."""
        line = in_line(self._lines.get(_line_of(job, operator_running), ()), job.id)
        if line is None or line.position <= FAR:
            return None
        return Admission(admitted=False, line=line)

    async def decide(
        self,
        connection: AsyncConnection,
        job: Job,
        *,
        operator_running: int | None,
        changes: Mapping[str, Any],
    ) -> Admission | None:
        """Let ``job`` through if its turn has come, or say where it stands in line.

        Call it for a QUEUED job of this worker that is ready to be sent, and again every few
        seconds until it is admitted. Once admitted under a cap it stays so (``admitted_at``), also
        after a crash and when it goes back to QUEUED; only a pause holds it then. Where no cap
        applies nothing is written.

        Only jobs that are ready (``prepared_at``) and in some worker's hands are in line, and none
        of a paused server: nobody waits for one that would not start.

        A job that a cap of zero leaves no turn, now that it waits, is CANCELLED (NO_TURN): nothing
        was spent, and it must not wait for ever. So is one whose clip is by somebody else who
        opted out by now (CONSENT_REFUSED): that is their last word until it is sent. And so is one
        whose requester has too many strikes by now (STRUCK).

        Args:
            connection: Of an open transaction, to be committed whatever is returned.
            job: As last read.
            operator_running: The most tasks at once for the whole bot (``BOT_RUNNING``); ``None``
                is no limit.
            changes: What is set of a job that is CANCELLED here, besides that.

        Returns:
            ``None`` if the job is not this worker's, or not QUEUED, any more, or was just
            cancelled as above.
        """
        if await connection.scalar(select(jobs.c.quarantined_at).where(jobs.c.id == job.id)):
            return Admission(admitted=False, is_quarantined=True)
        if await _is_paused(connection, job):
            return Admission(admitted=False, is_paused=True)
        if await _is_ruled_out(connection, job):
            await self._end(connection, job, CancelReason.CONSENT_REFUSED, changes)
            return None
        if await is_struck(connection, self._database, job):
            await self._end(connection, job, CancelReason.STRUCK, changes)
            return None
        return await self._turn(connection, job, operator_running, changes)

    async def running(self) -> dict[QuotaSubject, int]:
        """Return how many jobs run at this moment, of each whom one counts for."""
        async with self._database.read() as connection:
            return await _running(connection, true())

    async def _turn(
        self,
        connection: AsyncConnection,
        job: Job,
        operator_running: int | None,
        changes: Mapping[str, Any],
    ) -> Admission | None:
        of = _line_of(job, operator_running)
        policy = await read_policy(connection, guild_key(job.guild_id))
        if operator_running is None and not _can_bind(policy):
            return _ADMITTED
        # Whoever else decides about the same line does so before or after, and sees the outcome.
        await self._database.take_turn(connection, "line", -1 if of is None else of)
        rows = await connection.execute(
            select(jobs.c.admitted_at).where(*_still(job)).with_for_update()
        )
        row = rows.one_or_none()
        if row is None:
            return None
        if row.admitted_at is not None:
            return _ADMITTED
        holders = await _holders(connection, jobs.c.id == job.id)
        caps = running_caps_of(policy, holders.get(job.id, ()), bot_running=operator_running)
        if not caps:
            return _ADMITTED
        if any(cap.limit == 0 for cap in caps):
            await self._end(connection, job, CancelReason.NO_TURN, changes)
            return None
        in_same = true() if of is None else jobs.c.guild_id.is_not_distinct_from(job.guild_id)
        waiting = await _waiting(connection, job, in_same, policy, operator_running)
        users = {one.user_id for one in waiting}
        last_turns = await _last_turns(connection, in_same, users, job.updated_at)
        places = arrange(waiting, await _running(connection, in_same), last_turns)
        self._lines[of] = places
        if any(place.waiting.job_id == job.id and not place.full for place in places):
            await change_job(
                connection, self._database, *_still(job), admitted_at=self._database.now()
            )
            self._lines.pop(of, None)
            return _ADMITTED
        return Admission(admitted=False, line=in_line(places, job.id))

    async def _end(
        self,
        connection: AsyncConnection,
        job: Job,
        reason: CancelReason,
        changes: Mapping[str, Any],
    ) -> None:
        await change_job(
            connection,
            self._database,
            *_still(job),
            state=JobState.CANCELLED,
            owner=None,
            charge=Charge.NO,
            cancel_reason=reason,
            finished_at=self._database.now(),
            **changes,
        )


def _line_of(job: Job, operator_running: int | None) -> int | None:
    """Return whose line a job stands in: its server's, or the one of the whole bot (``None``)."""
    return guild_key(job.guild_id) if operator_running is None else None


def _still(job: Job) -> tuple[ColumnElement[bool], ...]:
    return (jobs.c.id == job.id, jobs.c.owner == job.owner, jobs.c.state == JobState.QUEUED)


def _can_bind(policy: Policy) -> bool:
    return any(not _RUNNING_SETTINGS.isdisjoint(own) for own in policy.values.values())


_RUNNING_SETTINGS: Final = frozenset({"running", "member_running"})


async def _is_paused(connection: AsyncConnection, job: Job) -> bool:
    where = pauses.c.guild_id.in_((GLOBAL_GUILD_ID, guild_key(job.guild_id)))
    return bool(await connection.scalar(select(exists().where(where))))


async def _is_ruled_out(connection: AsyncConnection, job: Job) -> bool:
    """Tell whether the clip is by somebody else who wants none of theirs restyled."""
    author_id = job.source_author_id
    if author_id is None or author_id == job.user_id:
        return False
    return await is_opted_out(connection, author_id)


async def _holders(
    connection: AsyncConnection, which: ColumnElement[bool]
) -> dict[int, list[QuotaSubject]]:
    rows = await connection.execute(
        select(ledger.c.job_id, ledger.c.scope, ledger.c.scope_id, ledger.c.guild_id)
        .join(jobs, jobs.c.id == ledger.c.job_id)
        .where(which)
    )
    found: dict[int, list[QuotaSubject]] = defaultdict(list)
    for job_id, scope, scope_id, guild_id in rows:
        found[job_id].append(QuotaSubject(scope=scope, scope_id=scope_id, guild_id=guild_id))
    return found


async def _running(
    connection: AsyncConnection, in_line: ColumnElement[bool]
) -> dict[QuotaSubject, int]:
    rows = await connection.execute(
        select(ledger.c.scope, ledger.c.scope_id, ledger.c.guild_id, func.count())
        .join(jobs, jobs.c.id == ledger.c.job_id)
        .where(_RUNS, in_line)
        .group_by(ledger.c.scope, ledger.c.scope_id, ledger.c.guild_id)
    )
    return {
        QuotaSubject(scope=scope, scope_id=scope_id, guild_id=guild_id): count
        for scope, scope_id, guild_id, count in rows
    }


async def _last_turns(
    connection: AsyncConnection,
    in_line: ColumnElement[bool],
    user_ids: Collection[int],
    now: datetime,
) -> dict[int, datetime]:
    """Return when each of these members last had a turn; turns of days ago make no difference."""
    rows = await connection.execute(
        select(jobs.c.user_id, func.max(jobs.c.admitted_at, type_=Moment))
        .select_from(ledger.join(jobs, jobs.c.id == ledger.c.job_id))
        .where(
            ledger.c.scope == Scope.MEMBER,
            ledger.c.scope_id.in_(user_ids),
            ledger.c.day >= day_of(now - _RECENT),
            jobs.c.admitted_at.is_not(None),
            in_line,
        )
        .group_by(jobs.c.user_id)
    )
    return {row[0]: row[1] for row in rows}


async def _waiting(
    connection: AsyncConnection,
    job: Job,
    in_line: ColumnElement[bool],
    policy: Policy,
    operator_running: int | None,
) -> list[Waiting]:
    """Return ``job`` and all others that stand in the same line."""
    ready = or_(
        jobs.c.id == job.id, and_(jobs.c.owner.is_not(None), jobs.c.prepared_at.is_not(None))
    )
    paused = select(pauses.c.guild_id).where(pauses.c.guild_id == jobs.c.guild_id).exists()
    which = and_(_WAITS, in_line, ready, ~paused)
    rows = await connection.execute(select(jobs.c.id, jobs.c.user_id, jobs.c.guild_id).where(which))
    found = rows.all()
    holders = await _holders(connection, which)
    policies = {policy.guild_id: policy}
    for guild_id in {guild_key(row.guild_id) for row in found} - policies.keys():
        policies[guild_id] = await read_policy(connection, guild_id)
    return [
        Waiting(
            job_id=row.id,
            user_id=row.user_id,
            caps=running_caps_of(
                policies[guild_key(row.guild_id)],
                holders.get(row.id, ()),
                bot_running=operator_running,
            ),
        )
        for row in found
    ]
