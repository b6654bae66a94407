import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cometapi.models import estimate, model_rules
from bot.domain.money import PRICES, Price, dollars, micros_of_credits
from bot.prices import check_prices, prices_with, read_prices


@pytest.mark.parametrize(
    ("model", "seconds", "cents"),
    [
        ("gen4_aleph", 5, 75),
        ("gen4_aleph", 60, 75),  # only the first five seconds are used
        ("gen4_aleph", 3.01, 46),
        ("gen4_aleph", 0.1 + 0.2, 5),  # no cent more for the noise of a float
        ("aleph2", 5, 140),
        ("aleph2", 1, 56),  # the least that is charged
        ("aleph2", 30, 840),
    ],
)
def test_the_price_is_known_from_the_seconds_used(model, seconds, cents):
    assert estimate(model_rules(model), seconds) == cents * 10_000


def test_a_model_without_a_price_is_not_guessed():
    assert estimate(model_rules("gen9_omega"), 5) is None


def test_the_operator_sets_prices_of_known_and_unknown_models():
    prices = prices_with('{"gen9_omega": {"per_job": 0.0375}, "aleph2": {"per_second": 0.1}}')
    assert estimate(model_rules("gen9_omega"), 5, prices) == 37_500
    assert estimate(model_rules("aleph2"), 1, prices) == 100_000  # the built-in minimum is gone too
    assert estimate(model_rules("gen4_aleph"), 5, prices) == 750_000


def test_no_words_leave_the_built_in_prices():
    assert prices_with("") == PRICES


def test_a_price_adds_up_and_has_a_minimum():
    price = Price(per_second=100_000, per_job=50_000, minimum=200_000)
    assert [price.of(seconds) for seconds in (0, 1, 2, 10)] == [
        *(200_000, 200_000, 250_000, 1_050_000)
    ]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("0.15", "JSON"),
        ("{", "JSON"),
        ("[]", "JSON"),
        ('{"aleph2": 0.28}', "aleph2"),
        ('{"aleph2": {}}', "aleph2"),
        ('{"aleph2": {"per_minute": 1}}', "per_second"),
        ('{"aleph2": {"per_second": "1"}}', r"aleph2\.per_second"),
        ('{"aleph2": {"per_second": true}}', r"aleph2\.per_second"),
        ('{"aleph2": {"per_second": NaN}}', r"aleph2\.per_second"),
        ('{"aleph2": {"per_job": -1}}', r"aleph2\.per_job"),
        ('{"aleph2": {"minimum": 10001}}', r"aleph2\.minimum"),
        ('{"aleph2": {"minimum": 1e999999}}', r"aleph2\.minimum"),
    ],
)
def test_prices_that_cannot_be_read_are_refused_with_what_is_wrong(words, named):
    with pytest.raises(ValueError, match=named):
        check_prices(words)


def test_a_decimal_price_is_taken_exactly():
    assert read_prices('{"m": {"per_second": 0.000001, "per_job": 1.1}}') == {
        "m": Price(per_second=1, per_job=1_100_000)
    }


@pytest.mark.parametrize(
    ("micros", "words"),
    [
        (0, "$0.00"),
        (750_000, "$0.75"),
        (37_500, "$0.0375"),
        (735_000, "$0.735"),
        (1_234_500_000, "$1,234.50"),
        (999_999_999, "$1,000.00"),
        (-750_000, "-$0.75"),
    ],
)
def test_amounts_are_written_as_people_write_them(micros, words):
    assert dollars(micros) == words


@given(st.integers(0, 10**15).map(lambda hundredths: hundredths * 100))
def test_no_amount_is_written_as_another(micros):
    assert round(float(dollars(micros).replace("$", "").replace(",", "")) * 10_000) * 100 == micros


def test_credits_become_money_and_never_less_than_none():
    assert [micros_of_credits(one) for one in (0, 75.5, 140, -3)] == [0, 755_000, 1_400_000, 0]
