import logging
from datetime import UTC, datetime

import pytest

from bot.engine.throttle import LONGEST_HOLD_SECONDS, Throttle
from tests.engine.clocks import FakeClock


@pytest.fixture
def time():
    return FakeClock(datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def throttle(time):
    return Throttle("polls", clock=time)


def test_one_event_slows_down_once_however_many_answers_bring_it(time, throttle):
    asked_at = time.monotonic()
    time.advance(0.1)
    for _ in range(100):
        throttle.refused(asked_at=asked_at)
    assert throttle.factor == 2


def test_refusals_that_go_on_slow_down_further_up_to_a_limit(time, throttle):
    for _ in range(20):
        throttle.refused(asked_at=time.monotonic())
        time.advance(1)
    assert 7 < throttle.factor <= 8


def test_recovery_comes_by_itself_and_is_logged(time, throttle, caplog):
    caplog.set_level(logging.INFO)
    throttle.refused(asked_at=time.monotonic())
    time.advance(30)
    assert throttle.factor == pytest.approx(1.5)
    time.advance(300)
    assert throttle.factor == 1
    assert "back to the usual pace" in caplog.text


def test_retry_after_is_obeyed_within_reason(time, throttle):
    throttle.refused(asked_at=time.monotonic(), retry_after_seconds=30)
    assert throttle.resumes_at == time.monotonic() + 30
    throttle.refused(asked_at=time.monotonic(), retry_after_seconds=86_400)
    assert throttle.resumes_at == time.monotonic() + LONGEST_HOLD_SECONDS


def test_single_server_errors_slow_nobody_down_but_a_row_of_them_does(time, throttle):
    for _ in range(10):
        throttle.troubled(asked_at=time.monotonic())
        throttle.served()
    assert throttle.factor == 1
    for _ in range(3):
        throttle.troubled(asked_at=time.monotonic())
    assert throttle.factor == 2
