"""Task details: three shapes, one meaning."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.cometapi.wire import Reply, TaskStatus, read_task
from bot.domain.jobs import Phase
from bot.domain.money import Cost, CostSource
from bot.errors import (
    CometAuthError,
    CometError,
    CometRateLimitedError,
    CometRejectedError,
    CometResponseError,
    CometServerError,
    CometTaskNotFoundError,
)
from tests.cometapi.answers import answer
from tests.cometapi.json_values import json_bodies

LINK = "https://dnznrvs05pmza.cloudfront.net/a/x.mp4?_jwt=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln"


def details(**body):
    return read_task(Reply(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("case", "status", "phase", "progress"),
    [
        ("task_bare_pending", TaskStatus.PENDING, Phase.PENDING, None),
        ("task_bare_throttled", TaskStatus.THROTTLED, Phase.THROTTLED, None),
        ("task_bare_running", TaskStatus.RUNNING, Phase.RUNNING, 0.02),
        ("task_bare_paused", TaskStatus.UNKNOWN, None, None),
        ("task_wrapped_queued", TaskStatus.PENDING, Phase.PENDING, None),
        ("task_wrapped_throttled", TaskStatus.THROTTLED, Phase.THROTTLED, None),
        ("task_wrapped_running", TaskStatus.RUNNING, Phase.RUNNING, 0.3),
        ("task_wrapped_running_inner_progress", TaskStatus.RUNNING, Phase.RUNNING, 0.62),
        ("task_wrapped_unknown", TaskStatus.RUNNING, Phase.RUNNING, 0.25),
        ("task_flat_running", TaskStatus.RUNNING, Phase.RUNNING, 0.3),
        ("task_compat_wrapped", TaskStatus.RUNNING, Phase.RUNNING, 0.3),
    ],
)
def test_an_unfinished_task_is_read_from_every_shape(case, status, phase, progress):
    task = read_task(answer(case))
    assert (task.status, task.phase, task.progress) == (status, phase, progress)
    assert not task.is_over


@pytest.mark.parametrize(
    "case",
    [
        "task_bare_succeeded",
        "task_bare_output_objects",
        "task_wrapped_succeeded",
        "task_wrapped_url_in_fail_reason",
        "task_wrapped_result_url",
        "task_wrapped_inner_ahead",
        "task_flat_succeeded",
    ],
)
def test_the_output_is_found_wherever_a_success_keeps_it(case):
    task = read_task(answer(case))
    assert task.status is TaskStatus.SUCCEEDED
    assert task.is_over
    assert task.output_url == LINK
    assert "_jwt" not in repr(task)


@pytest.mark.parametrize("case", ["task_bare_no_output", "task_wrapped_no_url"])
def test_a_success_without_an_output_has_no_url(case):
    task = read_task(answer(case))
    assert task.status is TaskStatus.SUCCEEDED
    assert task.output_url is None


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("task_bare_failed", "SAFETY.INPUT.TEXT"),
        ("task_wrapped_failed", "SAFETY.INPUT.VIDEO"),
        ("task_bare_failed_no_code", None),
        ("task_wrapped_outer_ahead", None),
    ],
)
def test_a_failure_is_read_with_its_code(case, code):
    task = read_task(answer(case))
    assert task.status is TaskStatus.FAILED
    assert task.failure_code == code
    assert task.output_url is None


def test_a_wrappers_text_of_a_failure_is_kept_when_it_is_the_only_one():
    assert read_task(answer("task_wrapped_outer_ahead")).failure_text == "upstream gave up"


def test_the_link_in_a_failures_text_is_no_output_and_loses_its_signature():
    task = details(task_id="t", status="FAILURE", fail_reason=f"could not read {LINK}")
    assert task.output_url is None
    assert "_jwt" not in task.failure_text


def test_what_a_finished_task_cost_is_read():
    assert read_task(answer("task_bare_succeeded")).cost_credits == 63
    assert read_task(answer("task_bare_cancelled")).cost_credits == 0
    assert read_task(answer("task_wrapped_succeeded")).cost_credits is None


def test_the_wrappers_own_id_is_the_tasks():
    assert read_task(answer("task_wrapped_result_url")).task_id == (
        "3d957031-9a2a-45e2-9dc7-bc8513059c50"
    )
    assert read_task(answer("task_bare_running")).task_id == "acf9ba3d-a513-42c9-a646-96e8bc97c691"


@pytest.mark.parametrize(
    ("outer", "inner", "status"),
    [
        ("IN_PROGRESS", "FAILED", TaskStatus.FAILED),
        ("SUCCESS", "RUNNING", TaskStatus.SUCCEEDED),
        ("FAILURE", "PENDING", TaskStatus.FAILED),
        ("FAILURE", "SUCCEEDED", TaskStatus.SUCCEEDED),
        ("QUEUED", "RUNNING", TaskStatus.PENDING),
        ("IN_PROGRESS", "PENDING", TaskStatus.RUNNING),
        ("SUBMITTED", "THROTTLED", TaskStatus.THROTTLED),
        ("in_progress", None, TaskStatus.RUNNING),
        ("canceled", "PENDING", TaskStatus.CANCELLED),
    ],
)
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_the_end_wins_over_a_copy_that_lags_behind(outer, inner, status, is_wrapped):
    body = {"task_id": "t", "status": outer, "data": {"status": inner}}
    assert details(**({"code": "success", "data": body} if is_wrapped else body)).status is status


@pytest.mark.parametrize(
    ("value", "progress"),
    [
        (0, 0.0),
        (0.5, 0.5),
        (1, 1.0),
        (37, 0.37),
        (100, 1.0),
        (250, 1.0),
        (-3, 0.0),
        ("37%", 0.37),
        ("1%", 0.01),
        (" 12.5 % ", 0.125),
        ("0.4", 0.4),
        ("999%", 1.0),
        ("", None),
        ("nan", None),
        ("half", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_progress_comes_as_fraction_percent_or_text(value, progress):
    assert details(id="t", status="RUNNING", progress=value).progress == progress


def test_progress_means_nothing_before_the_work_began():
    assert details(task_id="t", status="QUEUED", progress="20%").progress is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x.mp4",
        "ftp://example.com/x.mp4",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "https://example.com/a b",
        "https://example.com/x.mp4>)",
        "https://example.com/\u202egpj.mp4",
        "javascript:alert(1)",
        "https://example.com/" + "x" * 9000,
        7,
        None,
    ],
)
def test_only_an_https_link_is_an_output(url):
    assert details(id="t", status="SUCCEEDED", output=[url]).output_url is None
    good = "https://example.com/x.mp4"
    assert details(id="t", status="SUCCEEDED", output=[url, good]).output_url == good


def test_plain_http_is_an_output_on_this_machine_only():
    url = "http://127.0.0.1:8123/outputs/x.mp4"
    assert details(id="t", status="SUCCEEDED", output=[url]).output_url == url
    assert details(id="t", status="SUCCEEDED", output=["http://10.0.0.1/x"]).output_url is None


@pytest.mark.parametrize(
    "case",
    [
        "missing_400",
        "missing_200_status",
        "missing_200_data_null",
        "missing_200_code",
        "missing_gateway_error",
        "missing_404_runway",
    ],
)
def test_a_task_that_is_not_visible_is_no_failure(case):
    with pytest.raises(CometTaskNotFoundError) as caught:
        read_task(answer(case))
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("error_401_gateway", CometAuthError),
        ("error_403_blocked", CometAuthError),
        ("error_400_gateway", CometRejectedError),
        ("error_500_invalid_request", CometRejectedError),
        ("error_408", CometServerError),
        ("error_409", CometServerError),
        ("error_500", CometServerError),
        ("error_502", CometServerError),
        ("error_503_model_not_found", CometServerError),
        ("error_504", CometServerError),
        ("error_524_html", CometServerError),
        ("error_200_compat_500", CometServerError),
        ("error_429_plain", CometRateLimitedError),
        ("error_200_compat_429", CometRateLimitedError),
        ("error_301", CometResponseError),
        ("poll_404_html", CometResponseError),
        ("poll_status_error", CometResponseError),
        ("created_html", CometResponseError),
        ("created_truncated", CometResponseError),
        ("created_empty_body", CometResponseError),
        ("created_empty_object", CometResponseError),
        ("created_null", CometResponseError),
        ("error_200_unknown", CometResponseError),
    ],
)
def test_trouble_while_asking_says_nothing_about_the_task(case, error):
    with pytest.raises(CometError) as caught:
        read_task(answer(case))
    assert type(caught.value) is error
    assert caught.value.retryable is not issubclass(error, CometRejectedError)


def test_the_wait_asked_for_is_kept():
    with pytest.raises(CometRateLimitedError) as caught:
        read_task(answer("error_429_date"))
    assert caught.value.retry_after_seconds == 90
    with pytest.raises(CometServerError) as caught:
        read_task(answer("error_503_retry_after"))
    assert caught.value.retry_after_seconds == 20


@given(status=st.sampled_from([200, 200, 200, 400, 404, 500]), body=json_bodies)
def test_no_answer_raises_anything_but_a_comet_error(status, body):
    try:
        task = read_task(Reply(status, CIMultiDict(), body))
    except CometError:
        return
    assert status == 200
    assert task.progress is None or 0 <= task.progress <= 1
    assert task.output_url is None or task.status is TaskStatus.SUCCEEDED


# Words of which nobody has written

WORDS = [
    *("FINISHED", "DONE", "READY", "UNKNOWN", "EXPIRED", "MODERATED", "REJECTED", "ABORTED"),
    *("TIMEOUT", "", "fertig"),
]
VIDEO = "https://cdn.example/a/clip.mp4?_jwt=e30"
PLACES = [
    {"output": [VIDEO]},
    {"output": {"video": VIDEO}},
    {"output": {"videos": [{"url": VIDEO}]}},
    {"outputs": [{"type": "video", "uri": VIDEO}]},
    {"result_url": VIDEO},
    {"video_url": VIDEO},
    {"metadata": {"url": VIDEO}},
    {"result": {"video_url": VIDEO}},
    {"task_result": {"videos": [{"id": "1", "url": VIDEO}]}},
    {"data": [VIDEO]},
    {"data": [{"url": VIDEO}]},
    {"data": {"status": "WHATEVER", "output": [VIDEO]}},
    {"data": {"metadata": {"url": VIDEO}}},
    {"fail_reason": VIDEO},
]


def said(body, *, in_credits=False):
    return read_task(Reply(200, CIMultiDict(), json.dumps(body).encode()), in_credits=in_credits)


def wrapped(task):
    return {"code": "success", "message": "", "data": {"task_id": "t", **task}}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place)[:30])
@pytest.mark.parametrize("form", [wrapped, lambda task: {"id": "t", **task}], ids=["B", "A"])
def test_a_video_is_a_success_whatever_the_word_and_wherever_it_stands(form, word, place):
    task = said(form({"status": word, **place}))
    assert (task.status, task.output_url) == (TaskStatus.SUCCEEDED, VIDEO)


@pytest.mark.parametrize("word", WORDS)
def test_a_failure_code_is_a_failure_whatever_the_word(word):
    for task in (
        {"failureCode": "SAFETY.OUTPUT.VIDEO", "output": [VIDEO]},
        {"data": {"failureCode": "INTERNAL"}},
        {"error": {"code": "INTERNAL", "message": "no"}},
    ):
        assert said(wrapped({"status": word, **task})).status is TaskStatus.FAILED


@pytest.mark.parametrize("word", WORDS[:-2])
def test_an_unknown_word_with_neither_waits(word):
    assert said(wrapped({"status": word, "fail_reason": "who knows"})).is_over is False


@pytest.mark.parametrize("word", ["PENDING", "THROTTLED", "RUNNING", "IN_PROGRESS"])
def test_a_word_that_means_unfinished_stands_beside_an_address_made_in_advance(word):
    assert said({"id": "t", "status": word, "output": [VIDEO]}).output_url is None


@pytest.mark.parametrize(
    "place",
    [
        {"input": {"video_url": VIDEO}},
        {"videoUri": VIDEO},
        {"properties": {"input": VIDEO}},
        {"request": {"output": VIDEO}},
        {"output": ["https://cdn.example/cover.png"]},
        {"output": ["http://cdn.example/clip.mp4"]},
        {"fail_reason": "https://docs.example/why-it-expired"},
    ],
)
def test_what_was_sent_in_or_is_no_video_makes_no_success(place):
    assert said(wrapped({"status": "EXPIRED", **place})).is_over is False


def test_a_refusal_in_words_alone_stays_a_failure_whatever_link_is_beside_it():
    text = "The input was flagged by our content moderation system."
    task = said(wrapped({"status": "FAILURE", "fail_reason": text, "result_url": VIDEO}))
    assert (task.status, task.output_url) == (TaskStatus.FAILED, None)


# The bill


def test_the_quota_is_what_a_gateway_takes_and_credits_what_runway_takes():
    task = {"status": "SUCCESS", "quota": 640_000, "result_url": VIDEO}
    body = wrapped({**task, "data": {"status": "SUCCEEDED", "cost": {"credits": 75}}})
    assert said(body).cost == Cost(1_280_000, CostSource.QUOTA)
    assert said(body, in_credits=True).cost == Cost(750_000, CostSource.CREDITS)


def test_what_runway_took_is_not_what_a_gateway_takes():
    body = {"id": "t", "status": "SUCCEEDED", "output": [VIDEO], "cost": {"credits": 75}}
    assert said(body).cost is None
    assert said(body).cost_credits == 75
