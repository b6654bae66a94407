"""The periods over which caps count: calendar days and months in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bot.domain.quotas import Period


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
