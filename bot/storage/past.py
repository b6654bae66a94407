"""A server's past jobs, for trying settings out on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select, text

from bot.domain.quotas import LedgerStatus, Scope, day_of
from bot.policy.replay.past_jobs import MOST_JOBS, PastJob
from bot.requests.clip_plan import Reason
from bot.storage.batches import in_batches
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from bot.storage.database import Database

_OF_CHANNEL: Final = ledger.alias("of_channel")
_OF_JOB: Final = (
    "created_at",
    "user_id",
    "channel_id",
    "role_ids",
    "is_age_restricted",
    "prompt",
    "look_name",
    "own_words",
    "model",
    "source_bytes",
    "source_seconds",
    "part_start",
    "public_figure_threshold",
    "ratio",
    "plan",
)


class Past:
    """What can be asked about jobs that are over; ``Store.past``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def jobs(
        self, guild_id: int, since: datetime, *, limit: int = MOST_JOBS + 1
    ) -> list[PastJob]:
        """Return the jobs that a server accepted from ``since`` on, oldest first.

        Only jobs that count for the server in the ledger are known.

        Args:
            guild_id: The server.
            since: See ``bot.policy.replay.past_jobs.needed_since``.
            limit: How many at most, the newest ones. One more than ``preview`` replays, so that it
                can tell whether some are left out.
        """
        of_server = (
            ledger.c.scope == Scope.SERVER,
            ledger.c.scope_id == guild_id,
            ledger.c.guild_id == guild_id,
            ledger.c.day >= day_of(since),  # for the index; the moment is for the truth
        )
        statement = (
            select(
                jobs.c.id.label("job_id"),
                *(jobs.c[name] for name in _OF_JOB),
                func.coalesce(jobs.c.part_seconds, jobs.c.source_seconds).label("part_seconds"),
                ledger.c.micros,
                ledger.c.standing,
                _OF_CHANNEL.c.scope_id.label("counted_for"),
            )
            .select_from(
                ledger.join(jobs, jobs.c.id == ledger.c.job_id).outerjoin(
                    _OF_CHANNEL,
                    and_(
                        _OF_CHANNEL.c.job_id == jobs.c.id,
                        _OF_CHANNEL.c.scope == Scope.CHANNEL,
                    ),
                )
            )
            .where(*of_server, jobs.c.created_at >= since)
            .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            found = await in_batches(await connection.execute(statement), _past)
        return found[::-1]

    async def recent_durations(self, model: str, bucket: int, limit: int = 50) -> list[float]:
        """Return how many seconds the latest finished tasks took, newest first.

        Counted are the tasks that brought a video, from the answer to the paid request to when the
        provider was seen to have finished.
        """
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(jobs.c.submitted_at, jobs.c.finished_at)
                .where(
                    jobs.c.model == model,
                    jobs.c.clip_bucket == bucket,
                    text("output_url IS NOT NULL"),
                    jobs.c.finished_at.is_not(None),
                    jobs.c.submitted_at.is_not(None),
                )
                .order_by(jobs.c.finished_at.desc())
                .limit(limit)
            )
            return [max(0.0, (end - start).total_seconds()) for start, end in rows]


def _past(row: RowMapping) -> PastJob:
    # What it counted for is a thread's parent, the channel that settings are about.
    channel_ids = dict.fromkeys((row["channel_id"], row["counted_for"] or row["channel_id"]))
    reasons = json.loads(row["plan"])["reasons"] if row["plan"] else ()
    is_counted = row["standing"] != LedgerStatus.RELEASED
    plain = {name: row[name] for name in _OF_JOB if name not in {"channel_id", "plan"}}
    return PastJob(
        **plain,
        job_id=row["job_id"],
        channel_ids=tuple(channel_ids),
        part_seconds=row["part_seconds"],
        was_cut=Reason.TOO_LONG in reasons,
        micros=row["micros"] if is_counted else 0,
        is_counted=is_counted,
    )
