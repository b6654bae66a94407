"""Answers that no document knows: whatever they say, what follows of money can be stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.cometapi.wire import Reply, judge_failure, read_created, read_task
from bot.domain.jobs import Charge
from bot.domain.money import MOST_MICROS, Cost, CostSource
from bot.engine.context import bill_of
from bot.engine.steps.paid_requests import accepted_by
from bot.errors import CometAssetError, CometError
from tests.cometapi.json_values import json_values

VIDEO = "https://cdn.example/a/clip.mp4"
WORDS = ("SUCCESS", "SUCCEEDED", "FAILURE", "FAILED", "CANCELLED", "RUNNING", "?", "")
TASK = "12a01a5e-ab55-4aa7-b002-7b873546cf76"

amounts = (
    st.floats(allow_nan=False)
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.sampled_from([0, -0.0, 1, 1e18, 2**63, "500000", None, True, [], {}])
)
costs = st.fixed_dictionaries({"credits": amounts}) | amounts


def reply(body, status=200):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, CIMultiDict(), text)


def check(columns):
    """That both databases take it: no text, no number beyond 64 bits, no amount beyond reason."""
    micros = columns.get("cost_micros")
    assert micros is None or (type(micros) is int and 0 <= micros <= MOST_MICROS)
    assert (micros is None) is (columns.get("cost_source") is None)
    assert isinstance(columns.get("cost_credits", 0.0), float | int)


@given(estimate=costs, noise=st.dictionaries(st.text(max_size=3), json_values, max_size=3))
def test_an_accepted_request_is_never_lost_for_its_estimate(estimate, noise):
    created = read_created(reply({**noise, "id": TASK, "estimatedCost": estimate}))
    assert created.task_id == TASK
    check(accepted_by(created))


@given(
    words=st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)),
    quota=amounts,
    cost=costs,
    noise=st.dictionaries(st.sampled_from(["fail_reason", "failureCode", "output"]), json_values),
    in_credits=st.booleans(),
)
def test_whatever_a_task_is_said_to_cost_can_be_stored(words, quota, cost, noise, in_credits):
    outer, inner = words
    task = {"status": inner, "cost": cost, **noise}
    data = {"task_id": TASK, "status": outer, "quota": quota, "data": task}
    try:
        found = read_task(reply({"code": "success", "data": data}), in_credits=in_credits)
    except CometError:
        return
    check(bill_of(found))
    if found.is_over:
        _, charge = judge_failure(found)
        assert charge in Charge
    else:
        assert found.cost is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "%s", "estimatedCost": {"credits": NaN}}',
        b'{"id": "%s", "estimatedCost": {"credits": -Infinity}}',
        b'{"id": "%s", "estimatedCost": {"credits": 1e999}}',
        b'{"id": "%s", "n": 1' + b"0" * 5000 + b"}",
        b'{"id": "%s", "note": "half a pair \\ud83d"}',
        b'\xef\xbb\xbf{"id": "%s"}',
        b'{"id": "%s", "note": "\xff\xfe"}',
        b'{"id": "wrong/one", "id": "%s"}',
        b'{"id": "%s", "error": {"code": "quota_not_enough"}, "code": 500}',
        b'{"id": null, "data": {"task_id": "%s", "quota": -5}}',
    ],
)
def test_an_id_is_found_beside_what_is_no_proper_json(body):
    assert read_created(reply(body % TASK.encode())).task_id == TASK


@pytest.mark.parametrize(
    "body",
    [
        b"<html>200 OK</html>",
        b"",
        b"null",
        b"[]",
        b'"ok"',
        b"{",
        b"[" * 100_000,
        b'{"id": {"id": "x"}}',
        b'{"id": true}',
        b'{"id": 7}',
        b'{"id": ""}',
        b'{"id": "../x"}',
        b'{"id": "%s}' % TASK.encode(),
    ],
)
def test_a_success_without_a_usable_id_is_never_sent_again(body):
    with pytest.raises(CometError) as caught:
        read_created(reply(body))
    assert not caught.value.safe_to_resend


def test_in_a_success_status_a_clip_that_was_not_fetched_is_not_sent_by_another_way():
    body = {"code": 400, "msg": "Failed to fetch asset. The URL may be incorrect."}
    with pytest.raises(CometAssetError) as caught:
        read_created(reply(body))
    assert not caught.value.unreachable


@pytest.mark.parametrize(
    ("quota", "cost"),
    [
        (b"375000", Cost(750_000, CostSource.QUOTA)),
        (b"1", Cost(2, CostSource.QUOTA)),
        (b"0", None),  # a field that nobody filled in
        (b"-375000", None),
        (b"NaN", None),
        (b"1e300", None),
        (b"500000000001", None),
        (b"500000000000", Cost(MOST_MICROS, CostSource.QUOTA)),
        (b'"375000"', None),
        (b"null", None),
    ],
)
def test_a_bill_that_can_be_none_leaves_the_estimate(quota, cost):
    body = b'{"code": "success", "data": {"task_id": "t", "status": "SUCCESS", "quota": %s, '
    task = read_task(reply(body % quota + b'"result_url": "%s"}}' % VIDEO.encode()))
    assert (task.output_url, task.cost) == (VIDEO, cost)


def test_a_failure_that_is_billed_with_nothing_cost_nothing():
    task = read_task(reply({"task_id": "t", "status": "FAILURE", "quota": 0, "fail_reason": "x"}))
    assert judge_failure(task)[1] is Charge.NO


@pytest.mark.parametrize("estimate", [0, -1, 1e300, 1.7e308, None, "63"])
def test_an_estimate_that_can_be_none_leaves_the_price(estimate):
    created = read_created(reply({"id": TASK, "estimatedCost": {"credits": estimate}}))
    assert created.estimate is None
