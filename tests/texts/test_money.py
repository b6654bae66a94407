"""What a job costs: whose word counts first, for the owner in Discord and in a terminal."""

from datetime import UTC, datetime

import pytest

from bot.cli.job_output import shown
from bot.domain.jobs import Job, JobState
from bot.domain.money import CostSource
from bot.texts import owner as owner_texts
from bot.texts import quarantine as quarantine_texts
from bot.texts.money import money_facts
from tests.factories import new_job

ONE = "1 clip needs your decision", "1 clip released. It is paid"
TWO = "2 clips need your decision", "2 clips released. They are paid"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
EXPECTED = "about $0.75 expected by the bot's price list"


def job(**fields):
    new = new_job(1, price_micros=750_000)
    known = {"state": JobState.UNCERTAIN, "owner": None, "created_at": NOW, "updated_at": NOW}
    return Job(**{name: getattr(new, name) for name in new.__slots__} | known | fields)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({}, [EXPECTED]),
        ({"price_micros": None}, []),
        (
            {"cost_micros": 630_000, "cost_source": CostSource.ESTIMATE},
            ["at most $0.63 by the provider's estimate", EXPECTED],
        ),
        (
            {"cost_micros": 600_000, "cost_source": CostSource.QUOTA},
            ["$0.60 by CometAPI's bill", EXPECTED],
        ),
        (
            {"cost_micros": 0, "cost_source": CostSource.CREDITS, "cost_credits": 0.0},
            ["$0.00 by Runway's bill", EXPECTED],
        ),
        ({"cost_credits": 60.0}, ["$0.60 by Runway's bill", EXPECTED]),  # of an old version
    ],
)
def test_each_amount_says_whose_word_it_is_and_the_first_counts(fields, facts):
    found = job(**fields)
    assert money_facts(found) == facts
    in_terminal = shown(found, [], as_json=False)
    on_page = "\n".join(owner_texts.uncertain_one(found, "here"))
    in_quarantine = "\n".join(quarantine_texts.one(found))
    for fact in facts:
        assert f"\n  {fact}" in in_terminal
        assert fact in on_page
        assert fact in in_quarantine
    assert all(fact in "\n".join(quarantine_texts.ended([found])) for fact in facts[:1])


@pytest.mark.parametrize(("count", "words"), [(1, ONE), (2, TWO)])
def test_one_clip_is_no_crowd(count, words):
    told = "\n".join([quarantine_texts.notice(count), quarantine_texts.released(count)])
    assert all(word in told for word in words)
