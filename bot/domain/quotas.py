"""What caps and reviews count and decide, and the periods of caps: days and months in UTC."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


class Scope(enum.StrEnum):
    """What a setting holds for, or whose cap a job counts against."""

    BOT = "bot"  # all servers together; caps only
    SERVER = "server"
    CHANNEL = "channel"
    ROLE = "role"
    MEMBER = "member"  # one member on one server; caps only


class LedgerStatus(enum.StrEnum):
    """What became of the money set aside for a job."""

    RESERVED = "reserved"  # set aside: not sent yet, or nobody knows
    COMMITTED = "committed"  # the provider has taken the job
    RELEASED = "released"  # surely not charged; counts for nothing


class ReviewStage(enum.StrEnum):
    """When a moderator looks at a job."""

    SPENDING = "spending"  # before the provider gets it
    PUBLISHING = "publishing"  # before others see the result


class ReviewStatus(enum.StrEnum):
    """The state of a review, as column ``reviews.status`` holds it; only OPEN waits for anybody."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"  # nobody looked in time
    WITHDRAWN = "withdrawn"  # the requester cancelled the job meanwhile


class Period(enum.StrEnum):
    """Over which time a cap counts."""

    DAY = "day"  # the calendar day in UTC
    MONTH = "month"  # the calendar month in UTC
    NOW = "now"  # what runs at this moment


class Unit(enum.StrEnum):
    """What a cap counts."""

    JOBS = "jobs"
    MICROS = "micros"  # millionths of a dollar


class Decider(enum.StrEnum):
    """Who can change the rule that refused."""

    MODERATORS = "moderators"  # by /restyle-settings
    OPERATOR = "operator"  # whoever runs the bot
    PROVIDER = "provider"  # nobody here


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSubject:
    """Whom a job counts for: one row of the ledger each."""

    scope: Scope
    scope_id: int
    """The member, channel, role or guild; 0 for the bot."""
    guild_id: int
    """0 for the bot, and for direct messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that a holder may use in a period; 0 is nothing at all."""

    holder: QuotaSubject
    period: Period
    unit: Unit
    limit: int
    decided_by: Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class CapUse:
    """How much of a cap is used, reserved money and jobs included."""

    cap: Cap
    used: int

    @property
    def left(self) -> int:
        """What may still be used; never below 0, though a real cost may overshoot."""
        return max(0, self.cap.limit - self.used)


def day_of(moment: datetime) -> str:
    """Return the day of an aware ``moment`` in UTC, as the ledger writes it: ``2026-01-31``."""
    return moment.astimezone(UTC).date().isoformat()


def first_day(period: Period, now: datetime) -> str:
    """Return the day on which the present ``period`` began, as the ledger writes it."""
    today = now.astimezone(UTC).date()
    return (today.replace(day=1) if period is Period.MONTH else today).isoformat()


def started_at(period: Period, now: datetime) -> datetime:
    """Return the moment at which the present ``period`` began."""
    return _midnight(date.fromisoformat(first_day(period, now)))


def resets_at(period: Period, now: datetime) -> datetime | None:
    """Return when a cap of ``period`` counts from zero again; ``None`` for what counts at once."""
    today = now.astimezone(UTC).date()
    match period:
        case Period.DAY:
            return _midnight(today + timedelta(days=1))
        case Period.MONTH:
            return _midnight((today.replace(day=1) + timedelta(days=32)).replace(day=1))
        case Period.NOW:
            return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
