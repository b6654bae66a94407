from datetime import UTC, datetime

import pytest

from bot.domain.quotas import Cap, CapUse, Decider, Period, QuotaSubject, Scope, Unit
from bot.texts.quota import cap_reached, what_is_left

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
MIDNIGHT = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
NOTHING = "Nothing was started and nothing was spent."


def use(
    used,
    limit,
    *,
    scope=Scope.MEMBER,
    period=Period.DAY,
    unit=Unit.JOBS,
    decided_by=Decider.MODERATORS,
):
    holder = QuotaSubject(scope=scope, scope_id=7, guild_id=1)
    cap = Cap(holder=holder, period=period, unit=unit, limit=limit, decided_by=decided_by)
    return CapUse(cap=cap, used=used)


def test_a_used_up_quota_says_who_set_it_and_when_it_starts_anew():
    assert cap_reached(use(5, 5), NOW, price=750_000).splitlines() == [
        "Your 5 clips today are used up.",
        "This server's managers can change that limit (/restyle-settings).",
        f"It resets <t:{MIDNIGHT}:f> (<t:{MIDNIGHT}:R>).",
        NOTHING,
    ]


def test_a_budget_says_what_is_left_of_it_and_what_the_clip_would_have_cost():
    found = use(
        19_600_000,
        20_000_000,
        scope=Scope.SERVER,
        period=Period.MONTH,
        unit=Unit.MICROS,
        decided_by=Decider.OPERATOR,
    )
    assert cap_reached(found, NOW, price=750_000).splitlines() == [
        "This clip costs about $0.75; $0.40 of this server's $20.00 this month is left.",
        "Only the bot's owner can change that limit.",
        f"It resets <t:{MIDNIGHT}:f> (<t:{MIDNIGHT}:R>); a shorter part may fit.",
        NOTHING,
    ]


def test_an_overspent_budget_is_used_up():
    found = use(21_000_000, 20_000_000, scope=Scope.BOT, unit=Unit.MICROS)
    assert cap_reached(found, NOW, price=1).startswith("This bot's $20.00 today is used up.")


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (Scope.MEMBER, "for each member"),
        (Scope.SERVER, "on this server"),
        (Scope.CHANNEL, "in this channel"),
        (Scope.ROLE, "for <@&7>"),
        (Scope.BOT, "for this bot"),
    ],
)
@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("period", Period)
def test_a_limit_of_zero_promises_no_better_tomorrow(scope, where, unit, period):
    words = cap_reached(use(0, 0, scope=scope, unit=unit, period=period), NOW, price=None)
    nothing = "$0.00" if unit is Unit.MICROS else "0 clips"
    assert words.startswith(f"The limit {where} is {nothing} ")
    assert "<t:" not in words


def test_without_a_price_the_operator_is_the_one_to_ask():
    found = use(0, 20_000_000, scope=Scope.SERVER, unit=Unit.MICROS)
    words = cap_reached(found, NOW, price=None)
    assert "PRICES" in words
    assert "this server's $20.00 today" in words
    assert "<t:" not in words


def test_one_clip_is_not_one_clips():
    assert cap_reached(use(1, 1), NOW, price=1).startswith("Your 1 clip today is used up.")


def test_a_member_is_told_what_a_clip_costs_and_what_is_left():
    uses = [
        use(2, 5),
        use(750_000, 2_000_000, unit=Unit.MICROS, period=Period.MONTH),
        use(0, 1, period=Period.NOW),
    ]
    assert what_is_left(750_000, uses) == (
        "This costs about $0.75. Left after that: 3 of your 5 clips today · "
        "$1.25 of your $2.00 this month."
    )
    assert what_is_left(None, [use(2, 5)]).endswith("3 of your 5 clips today.")
    assert what_is_left(750_000, []) == "This costs about $0.75."
    assert what_is_left(None, [])
