"""What was spent, as the ledger tells it; sums for people to look at, rows for a spreadsheet."""

from __future__ import annotations

import csv
import enum
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import SAFETY_FAILURES, FailureReason, JobState
from bot.domain.money import MICROS_PER_DOLLAR
from bot.domain.quotas import LedgerStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.jobs import CancelReason

SHOWN_DAYS: Final = 30
SHOWN_MEMBERS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRow:
    """One job of a server and its money."""

    job_id: int
    user_id: int
    day: str
    """On which it was reserved, in UTC: ``2026-01-31``."""
    created_at: datetime
    micros: int
    """Expected, or as the provider reported it; not spent when ``standing`` is RELEASED."""
    standing: LedgerStatus
    state: JobState
    failure: FailureReason | None
    cancel_reason: CancelReason | None
    channel_id: int
    """Where the command was used."""
    source_bytes: int
    restyled_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendSum:
    """Jobs of one member of a server, of one day, that ended (or stand) alike."""

    user_id: int
    day: str
    state: JobState
    failure: FailureReason | None
    standing: LedgerStatus
    jobs: int
    micros: int
    """Of all of them; not spent when ``standing`` is RELEASED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSpend:
    """What one server used of the bot; released money is left out."""

    guild_id: int | None
    """``None`` is direct messages."""
    jobs: int
    committed: int
    """Micro-dollars that count as paid."""
    reserved: int
    """Micro-dollars set aside for jobs that are not taken yet, or of which nobody knows."""


class UsageOutcome(enum.StrEnum):
    """How a job ended, or stands, as far as moderators care."""

    DELIVERED = "delivered"
    UNDER_WAY = "under_way"
    REFUSED = "refused"  # by the provider's safety check
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"  # nobody knows whether the provider took it


def outcome_of(state: JobState, failure: FailureReason | None) -> UsageOutcome:
    """Return how a job ended, or stands."""
    match state:
        case JobState.DONE:
            return UsageOutcome.DELIVERED
        case JobState.FAILED:
            return UsageOutcome.REFUSED if failure in SAFETY_FAILURES else UsageOutcome.FAILED
        case JobState.CANCELLED:
            return UsageOutcome.CANCELLED
        case JobState.UNCERTAIN:
            return UsageOutcome.UNCERTAIN
        case _:
            return UsageOutcome.UNDER_WAY


@dataclass(frozen=True, slots=True)
class Tally:
    """Jobs, and the micro-dollars of those that cost something (or are going to)."""

    jobs: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a server used, from the first of ``days`` to the last."""

    total: Tally
    reserved: int
    """Of the total, micro-dollars that are set aside and not spent yet."""
    days: tuple[tuple[date, Tally], ...]
    """Every day, also those on which nothing was asked for; oldest first."""
    members: tuple[tuple[int, Tally], ...]
    """The most costly first; at most ``SHOWN_MEMBERS``."""
    more_members: int
    """How many others there are."""
    outcomes: tuple[tuple[UsageOutcome, Tally], ...]
    """Those that happened, in the order of ``UsageOutcome``."""


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return the start and the end of the last ``SHOWN_DAYS`` days in UTC, today included."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return midnight - timedelta(days=SHOWN_DAYS - 1), midnight + timedelta(days=1)


def summarise(sums: Iterable[SpendSum], now: datetime) -> Usage:
    """Add up what the ledger says of the :func:`window` that ends with ``now``."""
    jobs: Counter[object] = Counter()
    micros: Counter[object] = Counter()
    members: set[int] = set()
    total, spent, reserved = 0, 0, 0
    for one in sums:
        counted = 0 if one.standing is LedgerStatus.RELEASED else one.micros
        keys = (one.day, ("member", one.user_id), outcome_of(one.state, one.failure))
        for key in keys:
            jobs[key] += one.jobs
            micros[key] += counted
        members.add(one.user_id)
        total += one.jobs
        spent += counted
        reserved += counted if one.standing is LedgerStatus.RESERVED else 0

    def tally(key: object) -> Tally:
        return Tally(jobs[key], micros[key])

    since, until = window(now)
    days = [since.date() + timedelta(days=n) for n in range((until - since).days)]
    ranked = sorted(
        ((user_id, tally(("member", user_id))) for user_id in members),
        key=lambda entry: (-entry[1].micros, -entry[1].jobs, entry[0]),
    )
    return Usage(
        total=Tally(total, spent),
        reserved=reserved,
        days=tuple((day, tally(day.isoformat())) for day in days),
        members=tuple(ranked[:SHOWN_MEMBERS]),
        more_members=max(0, len(ranked) - SHOWN_MEMBERS),
        outcomes=tuple((one, tally(one)) for one in UsageOutcome if jobs[one]),
    )


CSV_COLUMNS: Final = (
    "job_id",
    "day",
    "created_at",
    "user_id",
    "channel_id",
    "outcome",
    "state",
    "failure",
    "cancel_reason",
    "money",
    "dollars",
    "restyled_seconds",
    "source_bytes",
)


def to_csv(rows: Iterable[SpendRow]) -> bytes:
    """Return one line for each job, as UTF-8 with a header.

    Nothing that people typed is in it: no prompt, which a spreadsheet might take for a formula.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        micros = 0 if row.standing is LedgerStatus.RELEASED else row.micros
        writer.writerow(
            (
                row.job_id,
                row.day,
                row.created_at.astimezone(UTC).isoformat(timespec="seconds"),
                row.user_id,
                row.channel_id,
                outcome_of(row.state, row.failure),
                row.state,
                row.failure or "",
                row.cancel_reason or "",
                row.standing,
                f"{micros / MICROS_PER_DOLLAR:.4f}",
                f"{row.restyled_seconds:.2f}",
                row.source_bytes,
            )
        )
    return text.getvalue().encode()
