from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.quotas import Period, day_of, first_day, resets_at

LATE = datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
EARLY = LATE + timedelta(microseconds=1)


def test_a_day_ends_at_midnight_in_utc_wherever_the_clock_is():
    east = timezone(timedelta(hours=9))
    assert [day_of(moment) for moment in (LATE, EARLY)] == ["2026-01-31", "2026-02-01"]
    assert day_of(EARLY.astimezone(east)) == day_of(EARLY)
    assert first_day(Period.DAY, LATE.astimezone(east)) == "2026-01-31"


def test_a_month_begins_on_its_first():
    assert [first_day(Period.MONTH, moment) for moment in (LATE, EARLY)] == [
        *("2026-01-01", "2026-02-01")
    ]


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        (LATE, EARLY, EARLY),
        (EARLY, datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), *[datetime(2028, 3, 1, tzinfo=UTC)] * 2),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), *[datetime(2027, 1, 1, tzinfo=UTC)] * 2),
    ],
)
def test_caps_start_anew_with_the_next_day_and_month(now, day, month):
    assert (resets_at(Period.DAY, now), resets_at(Period.MONTH, now)) == (day, month)
    assert resets_at(Period.NOW, now) is None
