"""What a server used, summed up for people and written down for a spreadsheet."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.jobs import FailureReason, JobState
from bot.domain.quotas import Cap, CapUse, Decider, LedgerStatus, Period, QuotaSubject, Scope, Unit
from bot.domain.usage import (
    CSV_COLUMNS,
    SpendRow,
    SpendSum,
    Tally,
    UsageOutcome,
    outcome_of,
    summarise,
    to_csv,
    window,
)
from bot.texts import usage as usage_texts

NOW = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


def spent(user_id=1, day="2026-03-01", state=JobState.DONE, **fields):
    return SpendSum(
        **{
            "user_id": user_id,
            "day": day,
            "state": state,
            "failure": None,
            "standing": LedgerStatus.COMMITTED,
            "jobs": 1,
            "micros": 750_000,
        }
        | fields
    )


def test_the_window_is_thirty_whole_days_with_today():
    since, until = window(NOW)
    assert since == datetime(2026, 1, 31, tzinfo=UTC)
    assert until == datetime(2026, 3, 2, tzinfo=UTC)
    assert len(summarise([], NOW).days) == 30


def test_every_state_has_an_outcome_with_a_name():
    found = {outcome_of(state, None) for state in JobState}
    found.add(outcome_of(JobState.FAILED, FailureReason.SAFETY_OUTPUT))
    assert found == set(UsageOutcome) == set(usage_texts.OUTCOMES)


def test_released_money_counts_for_nothing_and_reserved_money_is_named():
    usage = summarise(
        [
            spent(),
            spent(state=JobState.CANCELLED, standing=LedgerStatus.RELEASED),
            spent(state=JobState.UNCERTAIN, standing=LedgerStatus.RESERVED),
        ],
        NOW,
    )
    assert usage.total == Tally(3, 1_500_000)
    assert usage.reserved == 750_000
    assert dict(usage.outcomes) == {
        UsageOutcome.DELIVERED: Tally(1, 750_000),
        UsageOutcome.CANCELLED: Tally(1, 0),
        UsageOutcome.UNCERTAIN: Tally(1, 750_000),
    }


def test_days_without_clips_are_there_too():
    usage = summarise([spent(day="2026-02-28"), spent(day="2026-02-28", user_id=2)], NOW)
    days = dict(usage.days)
    assert days[date(2026, 2, 28)] == Tally(2, 1_500_000)
    assert days[date(2026, 3, 1)] == Tally()
    assert [day for day, _ in usage.days] == sorted(days)


def test_the_ten_most_costly_members_are_ranked_and_the_others_counted():
    usage = summarise([spent(user_id=n, micros=n * 1000) for n in range(1, 14)], NOW)
    assert [user_id for user_id, _ in usage.members] == list(range(13, 3, -1))
    assert usage.more_members == 3
    lines = usage_texts.server(usage, place="Filmclub", restyle="/restyle")
    assert "1. <@13> · 1 clip · $0.013" in lines
    assert "and 3 others." in lines


def test_the_picture_says_in_words_what_it_shows():
    usage = summarise([spent(user_id=n) for n in range(1, 20)], NOW)
    words = usage_texts.description(usage)
    assert "19 clips · $14.25" in words
    assert "Most on 1 Mar: $14.25." in words
    assert "delivered 19 clips" in words
    assert len(words) <= 1024


def test_nothing_used_is_said_plainly():
    nothing = usage_texts.server(summarise([], NOW), place="Filmclub", restyle="</restyle:7>")
    assert "None yet. Start one with </restyle:7>." in "\n".join(nothing)


def test_the_sheet_has_a_line_for_each_job_and_no_column_for_what_people_typed():
    row = SpendRow(
        job_id=1_300_000_000_000_000_001,
        user_id=4,
        day="2026-03-01",
        created_at=NOW,
        micros=750_000,
        standing=LedgerStatus.RELEASED,
        state=JobState.FAILED,
        failure=FailureReason.SAFETY_PROMPT,
        cancel_reason=None,
        channel_id=5,
        source_bytes=6,
        restyled_seconds=5.04,
    )
    [found] = csv.DictReader(io.StringIO(to_csv([row]).decode()))
    assert tuple(found) == CSV_COLUMNS
    assert (found["job_id"], found["dollars"]) == ("1300000000000000001", "0.0000")
    assert (found["outcome"], found["created_at"]) == ("refused", "2026-03-01T23:59:00+00:00")


def use(limit, used, period=Period.DAY, unit=Unit.JOBS):
    holder = QuotaSubject(scope=Scope.MEMBER, scope_id=1, guild_id=2)
    cap = Cap(holder=holder, period=period, unit=unit, limit=limit, decided_by=Decider.MODERATORS)
    return CapUse(cap=cap, used=used)


def test_what_is_left_is_said_with_when_it_starts_anew():
    lines = usage_texts.own(
        place="Filmclub",
        today=Tally(2, 1_500_000),
        month=Tally(14, 9_750_000),
        left=[use(5, 2), use(10_000_000, 9_750_000, Period.MONTH, Unit.MICROS)],
        now=NOW,
        restyle="/restyle",
    )
    midnight = int((NOW + timedelta(minutes=1)).timestamp())
    april = int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())
    assert lines == [
        "**Your clips on Filmclub**",
        "Today: 2 clips · $1.50",
        "This month: 14 clips · $9.75",
        "Left:",
        f"- 3 of your 5 clips today · resets <t:{midnight}:R>",
        f"- $0.25 of your $10.00 this month · resets <t:{april}:R>",
    ]


@pytest.mark.parametrize(
    ("count", "limit", "said"),
    [(0, 3, None), (2, None, None), (2, 3, "Strikes: 2 of 3 within 7 days.")],
)
def test_strikes_are_named_where_they_matter(count, limit, said):
    words = usage_texts.own_strikes(count, limit, 7)
    assert (words is None) if said is None else words.startswith(said)


@pytest.mark.parametrize(
    ("micros", "said"),
    [(37_500, "$0.0375"), (1_000_000, "$1.00"), (20_775_000, "$20.78"), (20_774_999, "$20.77")],
)
def test_sums_of_a_dollar_and_more_are_in_whole_cents(micros, said):
    assert usage_texts.tally(Tally(3, micros)) == f"3 clips · {said}"
